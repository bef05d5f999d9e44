"""Public pages may be kept and asked for again; what changed is always shown."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sample_books import BY, NOW, Wish, give, small_story

from fund.platform.house import House
from fund.platform.web import caching
from fund.publication import commands

PAGES = (
    "/",
    "/en/",
    "/ledger",
    "/en/ledger?fy=2026&kind=donation.received",
    "/ledger.json?limit=3",
    "/ledger.csv",
    "/ledger.csv?kind=donation.received&sums=yes",
    "/ledger/1",
    "/ledger/1.json",
    "/glance",
    "/glance.json?fy=2026",
)


@pytest.fixture
def story(house: House) -> House:
    small_story(house)
    commands.append_pending(house, by=BY, now=NOW)
    return house


@pytest.mark.parametrize("path", PAGES)
def test_a_page_for_anyone_is_asked_for_again_by_its_fingerprint(
    story: House, client: FlaskClient, path: str
) -> None:
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == caching.KEPT
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in first.headers.get("Vary", "")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get(path, headers={"If-None-Match": '"of something else"'})
    assert (other.status_code, other.data) == (200, first.data)
    head = client.head(path)
    assert head.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("path", PAGES)
def test_figures_say_when_they_changed_but_time_alone_proves_nothing(
    story: House, client: FlaskClient, path: str
) -> None:
    changed = client.get(path).headers["Last-Modified"]
    assert client.get(path, headers={"If-Modified-Since": changed}).status_code == 200


@pytest.mark.parametrize("path", ["/ledger", "/ledger.json", "/ledger.csv", "/glance"])
def test_a_new_entry_is_seen_by_whoever_kept_the_page(
    story: House, client: FlaskClient, path: str
) -> None:
    kept = client.get(path)
    with story.transaction(by=BY, now=NOW) as tx:
        give(tx, 77, [Wish("anywhere", None, 3_000)], batch="B77")
    commands.append_pending(story, by=BY, now=NOW)
    fresh = client.get(path, headers={"If-None-Match": kept.headers["ETag"]})
    assert fresh.status_code == 200
    assert fresh.data != kept.data
    assert fresh.headers["ETag"] != kept.headers["ETag"]


def test_a_changed_name_is_seen_although_no_entry_changed(
    story: House, client: FlaskClient, superuser_dsn: str
) -> None:
    kept = client.get("/ledger").headers["ETag"]
    with psycopg.connect(superuser_dsn) as owner:
        owner.execute("UPDATE civic_group SET name = name || '（新）' WHERE no = '0132'")
    fresh = client.get("/ledger", headers={"If-None-Match": kept})
    assert fresh.status_code == 200
    assert "（新）" in fresh.text


def test_whoever_brings_a_session_gets_a_page_of_their_own(
    story: House, app: Flask, client: FlaskClient
) -> None:
    name = app.config["SESSION_COOKIE_NAME"]
    kept = client.get("/ledger").headers["ETag"]
    client.set_cookie(name, "anything", domain="localhost")
    own = client.get("/ledger", headers={"If-None-Match": kept})
    assert own.status_code == 200
    assert own.headers["Cache-Control"] == caching.OWN
    assert "Cookie" in own.headers["Vary"]
    assert "ETag" not in own.headers


def test_a_page_with_a_form_of_the_visitor_is_not_for_anyone(client: FlaskClient) -> None:
    page = client.get("/verify")
    assert page.headers["Cache-Control"] == caching.OWN
    assert "Cookie" in page.headers["Vary"]


def test_pages_of_people_are_not_stored_and_errors_are_not_kept(
    story: House, client: FlaskClient
) -> None:
    assert client.get("/give").headers["Cache-Control"] == "no-store"
    assert client.get("/staff/login").headers["Cache-Control"] == "no-store"
    for path in ("/ledger?fy=abc", "/ledger/999999", "/no-such-page"):
        assert "ETag" not in client.get(path).headers
