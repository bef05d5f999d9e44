"""Pages that are kept as they were drawn: whatever they show changes, the next reader sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sample_books import BY, NOW, Wish, give, small_story

from fund import site
from fund.platform.house import House
from fund.platform.web import drawn
from fund.publication import commands, counting

PAGES = ("/ledger", "/en/ledger?kind=donation.received", "/ledger?group=0132", "/glance")
Hits = Callable[[], int]


@pytest.fixture
def story(house: House) -> House:
    small_story(house)
    commands.append_pending(house, by=BY, now=NOW)
    return house


@pytest.fixture
def hits(app: Flask) -> Hits:
    """How often a page was not drawn again."""
    kept: drawn.DrawnPages = app.extensions[drawn.EXTENSION]
    return lambda: kept.found


def change(superuser_dsn: str, statement: str) -> None:
    with psycopg.connect(superuser_dsn) as owner:
        assert owner.execute(statement).rowcount > 0


@pytest.mark.parametrize("path", PAGES)
def test_the_same_page_is_drawn_once_and_says_the_same(
    story: House, client: FlaskClient, hits: Hits, path: str
) -> None:
    first = client.get(path)
    again = client.get(path)
    assert hits() == 1
    assert again.data == first.data
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Last-Modified"] == first.headers["Last-Modified"]


@pytest.mark.parametrize("path", PAGES)
def test_a_new_entry_is_on_the_next_page(
    story: House, client: FlaskClient, hits: Hits, path: str
) -> None:
    kept = client.get(path)
    with story.transaction(by=BY, now=NOW) as tx:
        give(tx, 77, [Wish("group", "0132", 3_000)], batch="B77")
    assert commands.append_pending(story, by=BY, now=NOW)
    assert client.get(path).data != kept.data
    assert hits() == 0


@pytest.mark.parametrize("path", ["/ledger", "/ledger?group=0132", "/glance"])
def test_a_new_name_of_a_group_is_on_the_next_page(
    story: House, client: FlaskClient, hits: Hits, superuser_dsn: str, path: str
) -> None:
    client.get(path)
    change(superuser_dsn, "UPDATE civic_group SET name = 'あたらしい会' WHERE no = '0132'")
    assert "あたらしい会" in client.get(path).text
    assert hits() == 0


def test_lines_are_written_as_they_are_and_names_in_them_are_escaped(
    story: House, client: FlaskClient, superuser_dsn: str
) -> None:
    name = "'<script>&''\"'"
    change(
        superuser_dsn, f"UPDATE civic_group SET name = {name}, name_en = {name} WHERE no = '0132'"
    )
    for path in ("/ledger", "/en/ledger?group=0132", "/glance"):
        told = client.get(path).text
        assert "<script>&" not in told
        assert "&lt;script&gt;&amp;&#39;&#34;" in told


@pytest.mark.parametrize("table", ["field", "programme"])
def test_a_name_of_the_register_that_changes_and_changes_back_is_never_old(
    story: House, client: FlaskClient, hits: Hits, superuser_dsn: str, table: str
) -> None:
    first = client.get("/ledger").data
    change(superuser_dsn, f"UPDATE {table} SET name_ja = name_ja || '（新）'")
    second = client.get("/ledger").data
    change(superuser_dsn, f"UPDATE {table} SET name_ja = replace(name_ja, '（新）', '')")
    assert client.get("/ledger").data == first
    assert (table == "programme") or second != first
    assert hits() == 0


def test_a_new_comparison_of_the_books_is_under_the_page_as_soon_as_under_any_other(
    story: House, client: FlaskClient, hits: Hits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "FRESH_SECONDS", -1.0)
    client.get("/ledger")
    real = site.reconciled

    def later(connection: object) -> site.Reconciled:
        books = real(connection)  # type: ignore[arg-type]
        provider = type(books.provider)(NOW, NOW, 3)
        return site.Reconciled(provider, books.bank)

    monkeypatch.setattr(site, "reconciled", later)
    fresh = client.get("/ledger").text
    assert "決済会社と最後に一致したのは" in fresh
    assert hits() == 0


def test_a_new_day_is_another_page(
    story: House, client: FlaskClient, hits: Hits, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/ledger")
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=366)
    monkeypatch.setattr(drawn, "now", lambda: tomorrow)
    client.get("/ledger")
    assert hits() == 0


def test_addresses_languages_and_hosts_do_not_answer_for_each_other(
    story: House, client: FlaskClient, hits: Hits
) -> None:
    asked = ("/ledger", "/ledger?limit=2", "/en/ledger", "/glance", "/glance?fy=2026")
    pages = [client.get(path).data for path in asked]
    client.get("/ledger", base_url="http://other.example")
    assert hits() == 0
    assert [client.get(path).data for path in asked] == pages
    assert hits() == len(asked)


def test_whoever_brings_a_session_gets_a_page_drawn_for_them(
    story: House, app: Flask, client: FlaskClient, hits: Hits
) -> None:
    client.get("/ledger")
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], "anything", domain="localhost")
    client.get("/ledger")
    client.get("/ledger")
    assert hits() == 0


def test_counting_and_counting_anew_change_no_figure(
    story: House, client: FlaskClient, superuser_dsn: str
) -> None:
    asked = "/ledger.json?limit=1&kind=donation.received"
    told = client.get(asked).json
    counting.count(story, by=BY, now=NOW)
    assert client.get(asked).json == told
    counting.forget(story, by=BY, now=NOW)
    assert client.get(asked).json == told
    counting.count(story, by=BY, now=NOW)
    # The sums are those of this count: cells counted anew are read anew.
    change(superuser_dsn, "UPDATE public_cell SET in_yen = in_yen + 1")
    client.get(asked)
    counting.forget(story, by=BY, now=NOW)
    counting.count(story, by=BY, now=NOW)
    assert client.get(asked).json == told


def test_only_so_much_is_kept_and_what_nobody_asks_for_goes_first(
    story: House, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, hits: Hits
) -> None:
    long = len(client.get("/ledger?limit=1").data)
    monkeypatch.setattr(drawn, "MOST_BYTES", 8 * long)
    for limit in range(2, 12):
        client.get(f"/ledger?limit={limit}")
    client.get("/ledger?limit=11")
    assert hits() == 1
    client.get("/ledger?limit=1")
    assert hits() == 1
    monkeypatch.setattr(drawn, "MOST_BYTES", 2 * long)
    for _again in range(2):
        client.get("/ledger?limit=30")
    assert hits() == 1
