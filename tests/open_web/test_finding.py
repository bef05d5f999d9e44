"""What search engines and finders of holes meet: sitemaps, robots.txt, security.txt, headers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from urllib.robotparser import RobotFileParser

import psycopg
import pytest
from flask.testing import FlaskClient
from lxml import etree
from published_books import ADDRESS, Books

from fund.app import create_app
from fund.publication.queries import addresses

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


def listed(body: bytes, kind: str) -> dict[str, str | None]:
    """Addresses and their last changes; everything in the document is one of these."""
    root = etree.fromstring(body)
    assert root.tag == SITEMAP + {"url": "urlset", "sitemap": "sitemapindex"}[kind]
    assert all(one.tag == SITEMAP + kind for one in root)
    found = {one.findtext(f"{SITEMAP}loc"): one.findtext(f"{SITEMAP}lastmod") for one in root}
    assert len(found) == len(root) <= 50_000
    assert all(moment is None or MOMENT.fullmatch(moment) for moment in found.values())
    assert all(address.startswith(f"{ADDRESS}/") for address in found)
    return found


def every_address(client: FlaskClient) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for one in listed(client.get("/sitemap.xml").data, "sitemap"):
        pages = listed(client.get(one.removeprefix(ADDRESS)).data, "url")
        assert not found.keys() & pages.keys()
        found |= pages
    return found


def test_the_sitemaps_name_every_page_once_and_each_can_be_opened(client: FlaskClient) -> None:
    found = every_address(client)
    entries = client.get("/ledger.json").get_json()["sums"]["entries"]
    named = [one for one in found if re.fullmatch(rf"{ADDRESS}(/en)?/ledger/\d+", one)]
    assert len(named) == 2 * entries
    awards = client.get("/grants.json?limit=500").get_json()["rows"]
    assert {f"{ADDRESS}/grants/{row['no']}" for row in awards} <= found.keys()
    groups = client.get("/groups.json").get_json()["rows"]
    assert {f"{ADDRESS}/en/groups/{row['no']}" for row in groups} <= found.keys()
    kinds = {re.sub(r"[A-Z]*\d[\w-]*", "#", one): one for one in found}
    for one in kinds.values():
        page = client.get(one.removeprefix(ADDRESS))
        assert page.status_code == 200, one
        assert f'<link rel="canonical" href="{one}">' in page.text
        assert "noindex" not in page.headers.get("X-Robots-Tag", "")
        assert 'name="robots"' not in page.text


def test_an_entry_page_says_when_it_was_written_or_undone(
    books: Books, client: FlaskClient
) -> None:
    found = every_address(client)
    with psycopg.connect(books.superuser_dsn) as looking:
        rows = looking.execute(
            "SELECT e.no, greatest(e.appended_at, u.appended_at) FROM public_entry e"
            " LEFT JOIN public_entry u ON u.reverses = e.no"
        ).fetchall()
    assert rows
    for no, moment in rows:
        told = found[f"{ADDRESS}/ledger/{no}"]
        assert told == moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_long_ledger_is_cut_into_parts(
    books: Books, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {one for one in every_address(client) if "/ledger/" in one}
    monkeypatch.setattr(addresses, "PART", 7)
    monkeypatch.setattr(addresses, "BLOCK", 3)
    names = [one for one in listed(client.get("/sitemap.xml").data, "sitemap") if "ledger-" in one]
    assert len(names) == -(-len(whole) // 2 // 7)
    parts = [listed(client.get(one.removeprefix(ADDRESS)).data, "url") for one in names]
    assert all(len(part) <= 14 for part in parts)
    assert set().union(*parts) == whole
    assert sum(map(len, parts)) == len(whole)
    with books.house.database.reading() as connection:
        last = max(int(one.rpartition("/")[2]) for one in whole)
        exact = addresses.parts(connection, last // 7 * 7)
    assert [part.number for part in exact] == list(range(last // 7))


def test_a_part_is_asked_for_again_by_its_fingerprint(client: FlaskClient) -> None:
    first = client.get("/sitemaps/ledger-0.xml")
    assert first.is_streamed
    again = client.get("/sitemaps/ledger-0.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["ledger-1", "ledger-00", "ledger-x", "grants-1999", "grants-99999", "x", "ledger--1"]
)
def test_there_is_no_sitemap_of_what_there_is_not(client: FlaskClient, name: str) -> None:
    assert client.get(f"/sitemaps/{name}.xml").status_code == 404


def test_robots_may_read_all_but_the_pages_of_somebody(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())
    assert robots.site_maps() == [f"{ADDRESS}/sitemap.xml"]
    for path in (
        "/",
        "/give",
        "/en/give",
        "/ledger?fy=2026",
        "/grants/A2026-0001",
        "/data",
        "/manual/clause/wish-respected",
        "/feeds/ledger.atom",
        "/release/README",
        "/verify",
    ):
        assert robots.can_fetch("anybody", f"{ADDRESS}{path}"), path
    for path in (
        "/d/abc",
        "/en/d/abc",
        "/m/abc",
        "/staff",
        "/staff/login",
        "/en/staff/gifts",
        "/give/amount",
        "/en/give/use",
        "/give/resume/abc",
        "/email/abc",
        "/stop/G-1/abc",
    ):
        assert not robots.can_fetch("anybody", f"{ADDRESS}{path}"), path


@pytest.mark.parametrize(
    "path",
    [
        "/d/abc",
        "/en/d/abc/receipt.pdf",
        "/m/abc",
        "/staff",
        "/staff/login",
        "/staff/gifts",
        "/give/use",
        "/give/amount",
        "/give/resume/abc",
        "/email/abc",
        "/stop/G-1/abc",
    ],
)
def test_pages_of_somebody_say_so_themselves(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'rel="canonical"' not in answer.text
    assert "og:url" not in answer.text
    if path.startswith(("/d/", "/m/", "/email/", "/stop/")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_way_in_to_giving_is_found_but_not_kept(client: FlaskClient) -> None:
    answer = client.get("/give")
    assert "X-Robots-Tag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'<link rel="canonical" href="{ADDRESS}/give">' in answer.text


def test_whoever_finds_a_hole_reads_whom_to_tell(books: Books, client: FlaskClient) -> None:
    answer = client.get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:fund@example.jp"
    assert fields["Canonical"] == f"{ADDRESS}/.well-known/security.txt"
    left = dt.datetime.fromisoformat(fields["Expires"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=140) < left < dt.timedelta(days=366)  # RFC 9116, 2.5.5
    old = client.get("/security.txt")
    assert (old.status_code, old.headers["Location"]) == (301, "/.well-known/security.txt")
    named = dataclasses.replace(books.house.settings, security_contact="https://example.jp/report")
    house = dataclasses.replace(books.house, settings=named)
    told = create_app(house).test_client().get("/.well-known/security.txt").text
    assert "Contact: https://example.jp/report\n" in told
