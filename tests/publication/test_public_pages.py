"""The ledger's pages as a reader, a script and a nuisance meet them."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sample_books import BY, NOW, add_past_award, small_story

from fund.platform.house import House
from fund.publication import commands

GARBAGE = (
    "%00",
    "%ff%fe",
    "%ED%A0%80",
    "1" * 31,
    "-1",
    "' OR 1=1 --",
    "%27%3B DROP TABLE posting",
    "x" * 10_000,
    "１２３",
    "٣",
    "1e9",
    "🙂",
    "[]",
    "%25",
    "..%2F..%2F",
)
ARGUMENTS = (
    "fy",
    "kind",
    "field",
    "group",
    "min",
    "max",
    "from",
    "to",
    "q",
    "after",
    "limit",
    "programme",
)
PATHS = (
    "/ledger",
    "/ledger.json",
    "/ledger.csv",
    "/ledger.xlsx",
    "/glance",
    "/glance.json",
    "/grants",
    "/grants.json",
    "/grants.csv",
)


@pytest.fixture
def story(house: House) -> House:
    small_story(house)
    commands.append_pending(house, by=BY, now=NOW)
    return house


def test_the_json_has_exactly_the_public_names(story: House, client: FlaskClient) -> None:
    found = client.get("/ledger.json").get_json()
    assert sorted(found) == ["as_of", "next", "previous", "rows", "sums", "totals"]
    assert found["totals"] == {"in": 35_000, "out": 6_000, "left": 26_000}
    assert sorted(found["rows"][0]) == ["kind", "no", "on", "postings", "reason", "reverses"]
    assert sorted(found["sums"]) == ["committed", "entries", "kept", "moved", "returned", "spent"]
    assert found["sums"]["entries"] == len(found["rows"])
    assert found["next"] is found["previous"] is None


def test_pages_by_key_show_every_entry_once(story: House, client: FlaskClient) -> None:
    seen: list[int] = []
    after = None
    while True:
        query = {"limit": 3} if after is None else {"limit": 3, "after": after}
        found = client.get("/ledger.json", query_string=query).get_json()
        seen += [row["no"] for row in found["rows"]]
        assert found["totals"]["in"] == 35_000
        after = found["next"]
        if after is None:
            break
    assert seen == list(range(len(seen), 0, -1))
    back: list[int] = []
    before: int | None = 0
    while before is not None:
        query = {"limit": 3, "before": before}
        found = client.get("/ledger.json", query_string=query).get_json()
        back = [row["no"] for row in found["rows"]] + back
        before = found["previous"]
    assert back == seen


def test_a_page_in_the_middle_links_both_ways(story: House, client: FlaskClient) -> None:
    page = client.get("/ledger?limit=3&after=9").text
    assert 'rel="prev" href="/ledger?limit=3&amp;before=8"' in page
    assert 'rel="next" href="/ledger?limit=3&amp;after=6"' in page
    assert client.get("/ledger?after=3&before=1").status_code == 400


def test_the_csv_holds_the_same_rows_as_the_json(story: House, client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/ledger.csv?fy=2026").text)))
    twin = client.get("/ledger.json?fy=2026").get_json()["rows"]
    assert [int(row["no"]) for row in rows] == [row["no"] for row in twin]
    assert [json.loads(row["postings"]) for row in rows] == [row["postings"] for row in twin]
    assert all(row["postings"].startswith("[") for row in rows)
    assert list(rows[0]) == ["no", "on", "kind", "postings", "reverses", "reason"]


def test_the_workbook_says_each_entry_in_words(story: House, client: FlaskClient) -> None:
    answer = client.get("/ledger.xlsx?kind=donation.received")
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 4
    assert any("受け入れました" in str(cell) for cell in rows[1])


def test_no_garbage_in_a_query_brings_the_service_down(story: House, client: FlaskClient) -> None:
    for path, argument, garbage in itertools.product(PATHS, ARGUMENTS, GARBAGE):
        answer = client.get(f"{path}?{argument}={garbage}")
        assert answer.status_code in {200, 400}, (path, argument, garbage)
        if answer.status_code == 400 and path.endswith((".json", ".csv", ".xlsx")):
            assert answer.content_type == "application/problem+json"


def test_a_refused_argument_is_named(story: House, client: FlaskClient) -> None:
    problem = client.get("/ledger.json?fy=abc&kind=nothing&max=1&min=2").get_json()
    assert sorted(problem["fields"]) == ["fy", "kind", "max"]
    page = client.get("/ledger?fy=abc")
    assert page.status_code == 400
    assert 'value="abc"' in page.text or "abc" in page.text
    assert "整数で入力してください" in page.text


def test_an_unknown_number_gets_a_helpful_page(story: House, client: FlaskClient) -> None:
    for no in ("0", "999", "007", "-1", "x", "9" * 40, "%00", "１", "1.5", "٣"):
        for suffix in ("", ".json"):
            answer = client.get(f"/ledger/{no}{suffix}")
            assert answer.status_code in {400, 404}, no
    assert "までです" in client.get("/ledger/999").text


def test_an_entry_page_shows_its_fingerprint_and_the_way_of_its_gift(
    story: House, client: FlaskClient
) -> None:
    rows = client.get("/ledger.json?kind=allocation.line").get_json()["rows"]
    page = client.get(f"/ledger/{rows[-1]['no']}").text
    assert "この寄附の道すじ" in page
    assert "希望のとおりです" in page
    assert "/ledger?q=" not in page


def test_the_entry_json_is_the_canonical_bytes(story: House, client: FlaskClient) -> None:
    body = client.get("/ledger/1.json").data
    assert hashlib.sha256(body).hexdigest() in client.get("/ledger/1").text
    assert json.loads(body)["no"] == 1


def test_each_money_word_links_to_the_entries_that_add_up_to_it(
    story: House, client: FlaskClient
) -> None:
    for query in ("", "?fy=2026"):
        found = client.get(f"/glance.json{query}").get_json()
        assert found["words"] == {
            "in": 35_000,
            "committed": 3_000,
            "out": 6_000,
            "spent": 0,
            "returned": 0,
            "left": 26_000,
        }
        for word in ("in", "out", "left"):
            url = found["ledger"][word].replace("/ledger", "/ledger.json", 1)
            assert client.get(url).get_json()["totals"][word] == found["words"][word]


def test_an_empty_filter_result_says_so(story: House, client: FlaskClient) -> None:
    page = client.get("/ledger?q=ありえないことば")
    assert page.status_code == 200
    assert "この条件に合う記帳はありません" in page.text


def test_an_empty_ledger_has_pages_too(house: House, client: FlaskClient) -> None:
    for path in ("/ledger", "/ledger.json", "/ledger.csv", "/glance", "/glance.json", "/en/glance"):
        assert client.get(path).status_code == 200, path
    assert client.get("/ledger/1").status_code == 404


def test_words_are_found_in_names_and_numbers(story: House, client: FlaskClient) -> None:
    for words in ("水辺の会", "a2026-0001", "Ａ2026-0001 交付", "子ども", "Sample Waterside"[:6]):
        found = client.get("/ledger.json", query_string={"q": words}).get_json()
        if words != "Sample":
            assert found["rows"], words


def test_pages_exist_in_english(story: House, client: FlaskClient) -> None:
    page = client.get("/en/ledger")
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert "Gift accepted" in page.text
    assert client.get("/en/ledger/1").status_code == 200


def test_an_english_page_links_to_english_pages(story: House, client: FlaskClient) -> None:
    assert 'href="/en/ledger/1"' in client.get("/en/ledger").text


def test_a_grant_says_where_its_money_came_from(story: House, client: FlaskClient) -> None:
    page = client.get("/grants/A2026-0001").text
    assert "2件の寄附から、あわせて9,000円をあてました。" in page
    twin = client.get("/grants/A2026-0001.json").get_json()
    assert twin["origin"] == {
        "gifts": 2,
        "yen": 9_000,
        "by_wish": {"general": 2_000, "group": 7_000},
        "others": 0,
    }
    assert (twin["allocated"], twin["disbursed"], twin["ceiling"]) == (9_000, 6_000, 100_000)


def test_a_grant_from_before_the_ledger_names_its_source(story: House, client: FlaskClient) -> None:
    with story.transaction(by=BY, now=NOW) as tx:
        add_past_award(tx, "A2013-0001")
        add_past_award(tx, "A2013-0002", yen=None)
    page = client.get("/grants/A2013-0001").text
    assert "https://example.jp/results" in page
    assert "台帳の前の助成" in page
    listed = client.get("/grants").text
    assert "A2013-0001" in listed
    assert "A2026-0001" in listed
    assert client.get("/grants/A2013-0002").status_code == 200
    assert client.get("/grants.json?fy=2013").get_json()["rows"][0]["historical"] is True


def test_grants_are_filtered_and_paged(story: House, client: FlaskClient) -> None:
    with story.transaction(by=BY, now=NOW) as tx:
        add_past_award(tx, "A2013-0001")
    assert len(client.get("/grants.json?field=child").get_json()["rows"]) == 1
    assert len(client.get("/grants.json?q=観察会").get_json()["rows"]) == 1
    assert client.get("/grants.json?programme=river").get_json()["rows"] == []
    first = client.get("/grants.json?limit=1").get_json()
    second = client.get(f"/grants.json?limit=1&after={first['next']}").get_json()
    assert [first["rows"][0]["no"], second["rows"][0]["no"]] == ["A2026-0001", "A2013-0001"]
    assert second["next"] is None


def test_an_unknown_grant_gets_a_helpful_page(story: House, client: FlaskClient) -> None:
    for no in ("A2026-9999", "x", "9" * 50, "%00", "١", "A2026-0001%0a"):
        for suffix in ("", ".json"):
            assert client.get(f"/grants/{no}{suffix}").status_code in {400, 404}, no
    assert "A2026-0007 の形" in client.get("/grants/x").text


def test_an_english_page_calls_a_group_by_its_english_name(
    story: House, client: FlaskClient
) -> None:
    conditions = client.get("/en/ledger?group=0132").text.split('class="echo-list"')[1]
    assert "Sample Waterside Club" in conditions.split("</ul>")[0]
    assert "見本・水辺の会" in client.get("/ledger?group=0132").text
