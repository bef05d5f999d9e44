"""What a page says of itself to programs: schema.org objects, cards, one address per page."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from lxml import html
from playwright.sync_api import sync_playwright
from published_books import ADDRESS, Books
from werkzeug.serving import make_server

WICKED = "</script><script>alert(1)</script><!--\"'&"


def things(page: str) -> list[dict[str, Any]]:
    """Every data block of a page, read as a browser finds it."""
    blocks = html.fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8")).xpath(
        '//script[@type="application/ld+json"]'
    )
    found = [json.loads(block.text) for block in blocks]
    assert all(one["@context"] == "https://schema.org" for one in found)
    return found


def one(page: str, kind: str) -> dict[str, Any]:
    [found] = [thing for thing in things(page) if thing["@type"] == kind]
    return found


def meta(page: str) -> dict[str, str]:
    tree = html.fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))
    named = tree.xpath("//meta[@property or @name]")
    return {tag.get("property") or tag.get("name"): tag.get("content") for tag in named}


def first(client: FlaskClient, path: str) -> str:
    return str(client.get(path).get_json()["rows"][0]["no"])


@pytest.mark.parametrize("path", ["/", "/give", "/en/give"])
def test_giving_is_an_act_with_a_place_and_a_least_amount(client: FlaskClient, path: str) -> None:
    found = one(client.get(path).text, "DonateAction")
    whose = found["recipient"]
    assert whose["@type"] == "GovernmentOrganization"
    assert whose["name"] == ("Sample City" if path.startswith("/en") else "見本区")
    assert whose["identifier"] == "1000020131113"
    assert whose["contactPoint"]["email"] == "fund@example.jp"
    assert found["priceSpecification"]["priceCurrency"] == "JPY"
    assert found["priceSpecification"]["minPrice"] > 0
    place = found["target"]["urlTemplate"]
    assert place == ADDRESS + ("/en/give" if path.startswith("/en") else "/give")
    assert found["target"]["inLanguage"] == ["ja", "en"]


def test_a_grant_is_money_from_the_municipality_for_a_group(client: FlaskClient) -> None:
    row = client.get("/grants.json").get_json()["rows"][0]
    found = one(client.get(f"/grants/{row['no']}").text, "MonetaryGrant")
    assert found["identifier"] == row["no"]
    assert found["name"] == row["title"]
    assert found["amount"] == {
        "@type": "MonetaryAmount",
        "currency": "JPY",
        "value": row["ceiling"],
    }
    assert found["funder"]["@type"] == "GovernmentOrganization"
    assert found["sponsor"]["@type"] == "FundingScheme"
    assert found["fundedItem"]["name"] == row["group_name"]
    assert client.get(found["fundedItem"]["url"].removeprefix(ADDRESS)).status_code == 200
    english = one(client.get(f"/en/grants/{row['no']}").text, "MonetaryGrant")
    assert english["@id"] == found["@id"]


def test_a_group_is_an_organisation_with_its_grants(client: FlaskClient) -> None:
    row = client.get("/grants.json").get_json()["rows"][0]
    found = one(client.get(f"/groups/{row['group']}").text, "Organization")
    assert (found["identifier"], found["name"]) == (row["group"], row["group_name"])
    assert row["no"] in [grant["identifier"] for grant in found["funding"]]


@pytest.mark.parametrize("path", ["/ledger", "/ledger?kind=award.decided", "/en/ledger", "/data"])
def test_data_say_where_their_files_are(client: FlaskClient, path: str) -> None:
    found = one(client.get(path).text, "Dataset")
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert found["creator"]["@type"] == "GovernmentOrganization"
    assert len(found["distribution"]) >= 4
    for download in found["distribution"]:
        with client.get(download["contentUrl"].removeprefix(ADDRESS)) as answer:
            assert answer.status_code == 200, download
            assert answer.mimetype == download["encodingFormat"]
    assert client.get(found["url"].removeprefix(ADDRESS)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/ledger", "/ledger/3", "/grants", "/groups", "/manual", "/runs", "/en/glance"]
)
def test_the_way_to_a_page_is_told_in_order(client: FlaskClient, path: str) -> None:
    steps = one(client.get(path).text, "BreadcrumbList")["itemListElement"]
    assert [step["position"] for step in steps] == list(range(1, len(steps) + 1))
    assert all(step["name"] for step in steps)
    assert "item" not in steps[-1]
    for step in steps[:-1]:
        assert step["item"].startswith(ADDRESS)
        assert client.get(step["item"].removeprefix(ADDRESS)).status_code == 200


@pytest.fixture
def wicked(books: Books) -> Iterator[str]:
    """A group whose name tries to leave every place where a name may stand."""
    with psycopg.connect(books.superuser_dsn, autocommit=True) as tampering:
        row = tampering.execute(
            "SELECT g.no, g.name FROM civic_group g JOIN award a ON a.group_no = g.no"
            " WHERE NOT a.historical ORDER BY g.no"
        ).fetchone()
        assert row is not None
        change = "UPDATE civic_group SET name = %s WHERE no = %s"
        tampering.execute(change, (WICKED, row[0]))
        yield row[0]
        tampering.execute(change, (row[1], row[0]))


def test_no_name_ends_the_block_it_stands_in(client: FlaskClient, wicked: str) -> None:
    page = client.get(f"/groups/{wicked}").text
    assert one(page, "Organization")["name"] == WICKED
    assert one(page, "BreadcrumbList")["itemListElement"][-1]["name"] == WICKED
    assert meta(page)["og:title"] == WICKED
    assert "<script>alert" not in page
    award = next(
        row
        for row in client.get("/grants.json?limit=500").get_json()["rows"]
        if row["group"] == wicked
    )
    grant = client.get(f"/grants/{award['no']}").text
    assert one(grant, "MonetaryGrant")["fundedItem"]["name"] == WICKED
    assert "<script>alert" not in grant
    feed = client.get(f"/ledger.atom?group={wicked}")
    assert "<script" not in feed.text


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/", "/"),
        ("/en/", "/en/"),
        ("/ledger/3", "/ledger/3"),
        (
            "/ledger?kind=disbursement.paid,award.decided&fy=２０２６&max=&x=1",
            "/ledger?fy=2026&kind=award.decided,disbursement.paid",
        ),
        ("/en/ledger?min=1万&fy=2026", "/en/ledger?fy=2026&min=10000"),
        ("/ledger?after=30", "/ledger"),
        ("/grants?utm_source=x", "/grants"),
        ("/verify?number=G-XXXX", "/verify"),
    ],
)
def test_every_page_has_one_address_in_each_language(
    client: FlaskClient, path: str, here: str
) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})
    page = answer.text
    told = meta(page)
    [canonical] = re.findall(r'<link rel="canonical" href="([^"]*)">', page)
    canonical = html.fromstring(f"<p>{canonical}</p>").text.replace("%2C", ",").replace("%2c", ",")
    assert canonical == told["og:url"].replace("%2C", ",") == ADDRESS + here
    languages = dict(re.findall(r'<link rel="alternate" hreflang="([^"]*)" href="([^"]*)">', page))
    assert sorted(languages) == ["en", "ja", "x-default"]
    assert languages["ja"] == languages["x-default"]
    assert languages["en"].startswith(f"{ADDRESS}/en/")
    assert told["og:title"]
    assert told["og:description"] == told["description"]
    assert 10 < len(told["description"]) <= 163
    assert "<" not in told["description"]
    assert told["og:locale"] == ("en_US" if here.startswith("/en") else "ja_JP")
    assert told["og:site_name"]
    assert "evil.example" not in page


def test_data_blocks_break_no_rule_of_the_browser(books: Books, client: FlaskClient) -> None:
    grant, group = first(client, "/grants.json"), first(client, "/groups.json")
    paths = ["/", "/give", "/ledger", f"/grants/{grant}", f"/groups/{group}", "/data", "/ledger/3"]
    server = make_server("127.0.0.1", 0, books.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium")
            page = browser.new_page()
            told: list[str] = []
            page.on("console", lambda message: told.append(message.text))
            page.on("pageerror", lambda error: told.append(str(error)))
            page.add_init_script(
                "document.addEventListener('securitypolicyviolation',"
                " e => console.error('violation ' + e.violatedDirective))"
            )
            for path in paths:
                answer = page.goto(f"http://127.0.0.1:{server.port}{path}")
                assert answer is not None
                assert "script-src 'self'" in answer.headers["content-security-policy"]
                assert "unsafe" not in answer.headers["content-security-policy"]
                blocks = page.locator('script[type="application/ld+json"]').all_inner_texts()
                assert blocks, path
                assert all(json.loads(block) for block in blocks)
            assert told == []
            browser.close()
    finally:
        server.shutdown()
        thread.join()
