"""Feeds as newsreaders meet them: valid, in order, steady, and silent about people."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import feedparser
import psycopg
import pytest
from flask.testing import FlaskClient
from lxml import etree
from published_books import ADDRESS, NOW, Books
from sqlalchemy import text

from fund.platform.web import atom
from fund.publication.domain.kinds import MONTH_ONLY

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = (
    "/feeds/ledger.atom",
    "/feeds/grants.atom",
    "/feeds/allocations.atom",
    "/feeds/manual.atom",
    "/feeds/checkpoints.atom",
    "/ledger.atom",
    "/ledger.atom?kind=donation.received&fy=2026",
    "/ledger.atom?q=ありえないことば",
    "/ledger.atom?after=20&limit=5",
)


def valid(body: bytes) -> etree._Element:
    """The document, after two readers that are not ours took it without complaint."""
    tree = etree.fromstring(body)
    assert SCHEMA.validate(tree), SCHEMA.error_log
    read = feedparser.parse(body)
    assert not read.bozo, read.get("bozo_exception")
    assert read.version == "atom10"
    return tree


def links(node: etree._Element, rel: str) -> list[etree._Element]:
    return [link for link in node.findall(f"{ATOM}link") if link.get("rel") == rel]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", FEEDS)
def test_every_feed_is_valid_and_names_itself_and_its_pages(
    client: FlaskClient, prefix: str, path: str
) -> None:
    answer = client.get(prefix + path)
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = valid(answer.data)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == ("en" if prefix else "ja")
    [own] = links(feed, "self")
    assert own.get("href").startswith(ADDRESS + prefix)
    assert feed.findtext(f"{ATOM}id") == own.get("href")
    assert client.get(own.get("href").removeprefix(ADDRESS)).data == answer.data
    kinds = [(link.get("type"), link.get("hreflang")) for link in links(feed, "alternate")]
    assert len(set(kinds)) == len(kinds)  # RFC 4287, 4.1.1
    for link in links(feed, "alternate") + links(feed, "next"):
        assert client.get(link.get("href").removeprefix(ADDRESS)).status_code == 200
    entries = feed.findall(f"{ATOM}entry")
    moments = [entry.findtext(f"{ATOM}updated") for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert feed.findtext(f"{ATOM}updated") == max(moments, default="1970-01-01T00:00:00Z")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"tag:fund\.example\.jp,\d{4}-\d\d-\d\d:[\w/.-]+", one) for one in ids)
    for entry in entries[:5]:
        for link in entry.findall(f"{ATOM}link"):
            page = client.get(link.get("href").removeprefix(ADDRESS))
            assert page.status_code == 200, link.get("href")


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_asked_for_again_by_its_fingerprint(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Cache-Control"] == "public, no-cache"
    moment = dt.datetime.fromisoformat(etree.fromstring(first.data).findtext(f"{ATOM}updated"))
    assert first.last_modified == moment
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_a_feed_says_is_what_the_ledger_holds(client: FlaskClient) -> None:
    rows = client.get("/ledger.json?limit=50").get_json()["rows"]
    feed = valid(client.get("/feeds/ledger.atom").data)
    told = [entry.findtext(f"{ATOM}id").rpartition("/")[2] for entry in feed.iter(f"{ATOM}entry")]
    assert told == [str(row["no"]) for row in rows]
    kinds = [entry.find(f"{ATOM}category").get("term") for entry in feed.iter(f"{ATOM}entry")]
    assert kinds == [row["kind"] for row in rows]


def test_pages_of_a_feed_go_through_the_whole_ledger_once(client: FlaskClient) -> None:
    seen: list[int] = []
    path = "/ledger.atom?limit=17"
    while path:
        feed = valid(client.get(path).data)
        seen += [
            int(one.findtext(f"{ATOM}id").rpartition("/")[2]) for one in feed.iter(f"{ATOM}entry")
        ]
        older = links(feed, "next")
        path = older[0].get("href").removeprefix(ADDRESS) if older else ""
    assert seen == list(range(len(seen), 0, -1))
    assert len(seen) == client.get("/ledger.json").get_json()["sums"]["entries"]


def test_equal_filters_are_one_feed_and_others_are_told_apart(client: FlaskClient) -> None:
    def own(path: str) -> str:
        return links(valid(client.get(path).data), "self")[0].get("href")

    one = own("/ledger.atom?kind=disbursement.paid,award.decided&fy=２０２６&min=1万&q= A2026 ")
    assert one == own(
        "/ledger.atom?q=a2026&min=10,000&kind=award.decided,disbursement.paid&fy=2026"
    )
    assert one != own("/ledger.atom?q=a2026&fy=2026")


def test_a_filter_that_cannot_be_read_is_named_to_a_machine(client: FlaskClient) -> None:
    answer = client.get("/ledger.atom?fy=abc")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert "fy" in answer.get_json()["fields"]
    assert client.get("/feeds/nothing.atom").status_code == 404
    assert client.get("/feeds/ledger.atom?after=x").status_code == 400


def test_no_feed_tells_a_person_or_the_day_of_a_gift(books: Books, client: FlaskClient) -> None:
    with psycopg.connect(books.superuser_dsn) as tampering:
        people = tampering.execute(
            "SELECT concat_ws(' ', family_name, given_name), email, phone, address1 FROM donor"
        ).fetchall()
        days = tampering.execute("SELECT no, received_on, accepted_on FROM gift").fetchall()
    whole, path = "", "/ledger.atom"
    while path:
        page = client.get(path)
        whole += page.text
        older = links(etree.fromstring(page.data), "next")
        path = older[0].get("href").removeprefix(ADDRESS) if older else ""
    assert people
    for person in people:
        for fact in person:
            assert not fact or not fact.strip() or fact not in whole
    gifts = [
        entry
        for entry in re.findall(r"<entry>.*?</entry>", whole, re.DOTALL)
        if any(f'term="{kind}"' in entry for kind in MONTH_ONLY)
    ]
    assert gifts
    published = set()
    with books.house.database.reading() as connection:
        for (moment,) in connection.execute(text("SELECT DISTINCT appended_at FROM public_entry")):
            published.add(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    for entry in gifts:
        # The only days in it are those of its publication, which the batch shares.
        rest = re.sub(r"<(updated|published)>(.*?)</\1>", "", entry)
        assert set(re.findall(r"<updated>(.*?)</updated>", entry)) <= published
        assert not re.search(r"\d{4}-\d\d-\d\d(?!:ledger)", rest), rest
        assert not re.search(r"\d月\d+日", rest)
    assert days


def test_a_head_in_the_feed_is_the_note_itself(client: FlaskClient) -> None:
    feed = valid(client.get("/feeds/checkpoints.atom").data)
    newest = feed.find(f"{ATOM}entry").findtext(f"{ATOM}content")
    assert client.get("/log/checkpoint").text.startswith(newest)
    assert newest.startswith("tests.example/log\n")


def test_names_may_hold_anything_and_the_feed_stays_well_formed() -> None:
    strange = "a\x00b\x0b<script>]]>&\"'\ud800\ufffe🏯"
    item = atom.Item("tag:x,2026-01-01:1", strange, NOW, (atom.Link("alternate", f"{ADDRESS}/1"),))
    feed = atom.Feed(
        f"{ADDRESS}/f", strange, "x", "ja", (atom.Link("self", f"{ADDRESS}/f"),), [item]
    )
    read = valid(atom.written(feed))
    assert read.findtext(f"{ATOM}title") == "ab<script>]]>&\"'🏯"


def test_the_pages_lead_to_their_feeds(client: FlaskClient) -> None:
    for path, feed in (
        ("/ledger?kind=donation.received", "/ledger.atom?kind=donation.received"),
        ("/ledger?q=ありえないことば", "/ledger.atom?q="),
        ("/grants", "/feeds/grants.atom"),
        ("/runs", "/feeds/allocations.atom"),
        ("/manual", "/feeds/manual.atom"),
        ("/verify", "/feeds/checkpoints.atom"),
        ("/", "/feeds/ledger.atom"),
        ("/data", "/feeds/checkpoints.atom"),
    ):
        head, _, body = client.get(path).text.partition("</head>")
        assert re.search(
            rf'<link rel="alternate" type="application/atom\+xml"[^>]*href="{re.escape(feed)}', head
        ), path
        if path.startswith(("/ledger", "/data")):
            assert f'<a href="{feed}' in body
