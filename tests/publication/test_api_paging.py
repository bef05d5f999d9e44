"""Whoever reads the API page by page misses nothing and sees nothing twice while entries come."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from public_history import History
from sample_books import BY, NOW, Wish, gift_no, give, small_story
from sqlalchemy import text

from fund.platform.house import House
from fund.publication import commands, counting


@pytest.fixture
def story(house: House) -> House:
    small_story(house)
    commands.append_pending(house, by=BY, now=NOW)
    return house


def more(house: House, serial: int) -> None:
    """Two more gifts are accepted and become public."""
    with house.transaction(by=BY, now=NOW) as tx:
        for number in (serial, serial + 1):
            give(tx, number, [Wish("field", "child", 3_000)], batch=f"B{number}")
    commands.append_pending(house, by=BY, now=NOW)


def local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("query", ["", "&kind=donation.received", "&field=child", "&min=1"])
@pytest.mark.parametrize("limit", [1, 3])
def test_every_old_row_once_while_new_ones_are_appended(
    story: House, client: FlaskClient, query: str, limit: int
) -> None:
    more(story, 300)
    start = f"/api/v1/ledger/entries?limit={limit}{query}"
    before = [
        row["no"]
        for row in client.get(f"/api/v1/ledger/entries?limit=1000{query}").get_json()["rows"]
    ]
    seen, address, serial = [], start, 400
    while address:
        page = client.get(address).get_json()
        seen += [row["no"] for row in page["rows"]]
        address = local(page["next"]) if page["next"] else ""
        if serial < 440:
            more(story, serial)
            counting.count(story, by=BY, now=NOW, most=3)
            serial += 2
    assert seen == before
    assert len(seen) > 2


def test_oldest_first_goes_on_where_the_log_grows(story: House, client: FlaskClient) -> None:
    seen: list[int] = []
    for serial in range(500, 512, 2):
        address = f"/api/v1/ledger/entries?order=oldest&limit=4&after={seen[-1] if seen else 0}"
        while address:
            page = client.get(address).get_json()
            seen += [row["no"] for row in page["rows"]]
            address = local(page["next"]) if page["next"] else ""
        more(story, serial)
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 20


def test_other_lists_too_and_after_a_random_history(house: House, client: FlaskClient) -> None:
    small_story(house)
    history = History(random.Random(7))
    for step in range(60):
        history.step(house)
        if step % 15 == 0:
            commands.append_pending(house, by=BY, now=NOW)
    commands.append_pending(house, by=BY, now=NOW)
    counting.count(house, by=BY, now=NOW, most=40)
    for path, key in (
        ("gifts", "gift"),
        ("allocations", "no"),
        ("balances", "account"),
        ("grants", "no"),
        ("groups", "no"),
    ):
        whole = client.get(f"/api/v1/{path}?limit=1000").get_json()["rows"]
        seen, address = [], f"/api/v1/{path}?limit=2"
        while address:
            page = client.get(address).get_json()
            seen += page["rows"]
            address = local(page["next"]) if page["next"] else ""
        assert seen == whole, path
        assert len({row[key] for row in seen}) == len(seen) > 1, path
    rows = client.get("/api/v1/ledger/entries?limit=1000").get_json()["rows"]
    totals = client.get("/api/v1/ledger/totals").get_json()
    for word in ("in", "committed", "out", "spent", "returned", "left"):
        assert sum(row[word] for row in rows) == totals[word], word


def test_a_name_is_shown_by_consent_and_gone_when_it_is_withdrawn(
    story: House, client: FlaskClient
) -> None:
    no = gift_no(1)

    def say(publish: bool, name: str) -> None:
        with story.transaction(by=BY, now=NOW) as tx:
            tx.connection.execute(
                text("UPDATE gift SET publish_name = :p, display_name = :n WHERE no = :no"),
                {"p": publish, "n": name, "no": no},
            )

    say(publish=True, name="=見本の 𠮷田")
    kept = client.get(f"/api/v1/gifts/{no}")
    assert kept.get_json()["name"] == "=見本の 𠮷田"
    assert "'=見本の 𠮷田" in client.get("/api/v1/gifts.csv").text, "a formula in a spreadsheet"
    say(publish=False, name="")
    again = client.get(f"/api/v1/gifts/{no}", headers={"If-None-Match": kept.headers["ETag"]})
    assert again.status_code == 200
    assert again.get_json()["name"] is None
    assert "𠮷田" not in client.get("/api/v1/gifts").text


def test_a_gift_that_waits_is_not_public(story: House, client: FlaskClient) -> None:
    assert client.get(f"/api/v1/gifts/{gift_no(4)}").status_code == 404
    assert client.get(f"/api/v1/gifts/{gift_no(1)}").status_code == 200


def test_before_the_first_entry_everything_is_empty(house: House, client: FlaskClient) -> None:
    assert client.get("/api/v1/ledger/entries").get_json() == {
        "as_of": None,
        "next": None,
        "rows": [],
    }
    assert client.get("/api/v1/log").status_code == 404
    assert client.get("/api/v1/ledger/entries/1").status_code == 404
    assert client.get("/api/v1/ledger/totals").get_json()["entries"] == 0
    assert client.get("/api/v1/glance").status_code == 200


def test_an_entry_without_a_signed_head_has_no_proof(story: House, client: FlaskClient) -> None:
    assert client.get("/api/v1/ledger/entries/1").get_json()["proof"] is None
