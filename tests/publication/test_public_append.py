"""Appending to the public log on a real database."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading

import pytest
from sample_books import (
    BY,
    DAY,
    NOW,
    Wish,
    accept,
    allocate,
    decide,
    disburse,
    entries,
    gift_no,
    give,
    pay,
    reverse,
    set_up,
    small_story,
)
from sqlalchemy import text

from fund.kernel.canonical import canonical
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.house import House
from fund.publication import commands, queries
from fund.publication.domain.entries import commitment
from fund.publication.reactions import TASK


def append(house: House) -> int:
    return commands.append_pending(house, by=BY, now=NOW)


def test_an_accepted_gift_becomes_public_and_a_waiting_one_does_not(house: House) -> None:
    small_story(house)
    append(house)
    log = entries(house)
    said = json.dumps(log, ensure_ascii=False)
    assert [entry["no"] for entry in log] == list(range(1, len(log) + 1))
    assert gift_no(1) in said
    assert gift_no(4) not in said
    assert "見本1" not in said


def test_payments_are_public_only_as_one_sum_for_the_batch(house: House) -> None:
    small_story(house)
    append(house)
    payments = [entry for entry in entries(house) if entry["kind"].startswith("payment")]
    assert payments == [
        {
            "v": 1,
            "no": 1,
            "kind": "payments.received",
            "fy": 2026,
            "on": "2026-05",
            "batch": "B2026-001",
            "count": 3,
            "yen": 35_000,
            "postings": [
                {"account": "assets:bank", "yen": 5_000},
                {"account": "assets:clearing:stripe", "yen": 30_000},
                {"account": "held:unaccepted", "yen": -35_000},
            ],
        }
    ]


def test_a_gift_shows_its_month_its_shares_and_a_commitment(house: House) -> None:
    small_story(house)
    append(house)
    no = gift_no(1)
    gift = next(
        entry
        for entry in entries(house)
        if entry.get("gift") == no and entry["kind"] == "donation.received"
    )
    salt = hashlib.sha256(f"salt {no}".encode()).digest()
    assert gift["on"] == "2026-05"
    assert gift["shares"] == [
        {
            "share": f"{no}/1",
            "kind": "group",
            "target": "0132",
            "fallback": "anywhere",
            "yen": 7_000,
        },
        {"share": f"{no}/2", "kind": "anywhere", "target": None, "fallback": None, "yen": 3_000},
    ]
    assert gift["commitment"] == commitment(no, salt, DAY, "見本1 花子")
    assert gift["clauses"] == ["acceptance@2024-04"]


def test_the_stored_bytes_are_canonical_and_agree_with_the_columns(house: House) -> None:
    small_story(house)
    append(house)
    with house.database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM public_entry ORDER BY no")).all()
    for row in rows:
        content = json.loads(bytes(row.body))
        assert canonical(content) == bytes(row.body)
        assert (content["no"], content["kind"], content["fy"], content["on"]) == (
            row.no,
            row.kind,
            row.fy,
            row.on_text,
        )


def test_repeating_the_append_changes_nothing(house: House) -> None:
    small_story(house)
    assert append(house) > 0
    before = entries(house)
    assert append(house) == 0
    assert entries(house) == before


def test_a_gift_accepted_later_brings_its_payment_with_it(house: House) -> None:
    small_story(house)
    append(house)
    with house.transaction(by=BY, now=NOW) as tx:
        accept(tx, 4, [Wish("anywhere", None, 5_000)], batch="B2026-002", on=dt.date(2026, 6, 3))
    assert append(house) == 2
    last = entries(house)[-2:]
    assert [(entry["kind"], entry["on"]) for entry in last] == [
        ("payments.received", "2026-06"),
        ("donation.received", "2026-06"),
    ]


def test_gifts_come_in_no_particular_order(house: House) -> None:
    set_up(house)
    with house.transaction(by=BY, now=NOW) as tx:
        for serial in range(1, 31):
            give(tx, serial, [Wish("anywhere", None, 1_000)])
    append(house)
    order = [entry["gift"] for entry in entries(house) if entry["kind"] == "donation.received"]
    assert sorted(order) == sorted(gift_no(serial) for serial in range(1, 31))
    assert order != [gift_no(serial) for serial in range(1, 31)]


def test_a_low_id_that_commits_late_is_still_published(house: House) -> None:
    set_up(house)
    opened, written = threading.Event(), threading.Event()

    def slow() -> None:
        with house.transaction(by=BY, now=NOW) as tx:
            give(tx, 1, [Wish("anywhere", None, 1_000)])
            opened.set()
            written.wait(10)

    worker = threading.Thread(target=slow)
    worker.start()
    assert opened.wait(10)
    # The slow one already holds the queue's waiting row; this one asks for nothing.
    with house.transaction(by=BY, now=NOW) as tx:
        tx.house.reactions.clear()
        journal.record(tx, facts.opening_balance("OPEN-1", Yen(500), DAY, {}))
    assert append(house) == 1
    written.set()
    worker.join()
    assert append(house) == 2
    assert [entry["kind"] for entry in entries(house)][1:] == [
        "payments.received",
        "donation.received",
    ]


def test_a_correction_names_the_public_number_it_reverses(house: House) -> None:
    small_story(house)
    append(house)
    with house.transaction(by=BY, now=NOW) as tx:
        wrong = journal.record(
            tx, facts.clearing_settled("po_x", "assets:clearing:stripe", Yen(900), DAY)
        )
        assert wrong is not None
        reverse(tx, wrong)
    append(house)
    payout, undone = entries(house)[-2:]
    assert undone["reverses"] == payout["no"]
    assert undone["reason"] == "mistake"
    with house.database.reading() as connection:
        row = queries.entry(connection, payout["no"])
    assert row is not None
    assert (row.reversed_by, row.reversed_for) == (undone["no"], "mistake")


def test_two_workers_appending_at_once_leave_no_gap_and_no_double(house: House) -> None:
    set_up(house)
    with house.transaction(by=BY, now=NOW) as tx:
        for serial in range(1, 21):
            give(tx, serial, [Wish("anywhere", None, 1_000)])
    threads = [threading.Thread(target=append, args=(house,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = entries(house)
    assert [entry["no"] for entry in log] == list(range(1, 22))


def test_no_guarded_account_is_overdrawn_at_any_entry(house: House) -> None:
    small_story(house)
    append(house)
    running: dict[str, int] = {}
    for entry in entries(house):
        assert sum(line["yen"] for line in entry["postings"]) == 0
        for line in entry["postings"]:
            running[line["account"]] = running.get(line["account"], 0) + line["yen"]
            if line["account"].startswith(("held:", "fund:", "committed:")):
                assert running[line["account"]] <= 0
    assert running["held:unaccepted"] == 0


def test_a_transaction_asks_for_the_append_once_and_a_payment_never(house: House) -> None:
    set_up(house)
    with house.transaction(by=BY, now=NOW) as tx:
        pay(tx, 1, [Wish("anywhere", None, 1_000)])
    count = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task")
    with house.database.reading() as connection:
        assert connection.execute(count, {"task": TASK}).scalar_one() == 0
    with house.transaction(by=BY, now=NOW) as tx:
        accept(tx, 1, [Wish("anywhere", None, 1_000)])
        decide(tx, "A2026-0001")
    with house.transaction(by=BY, now=NOW) as tx:
        decide(tx, "A2026-0002")
    with house.database.reading() as connection:
        assert connection.execute(count, {"task": TASK}).scalar_one() == 1


def test_the_columns_say_the_money_words(house: House) -> None:
    small_story(house)
    append(house)
    with house.database.reading() as connection:
        sums = queries.totals(connection, queries.LedgerFilter())
        child = queries.totals(connection, queries.LedgerFilter(field="child"))
        group = queries.totals(connection, queries.LedgerFilter(group="0132"))
    assert (sums.came_in, sums.committed, sums.out, sums.left) == (35_000, 3_000, 6_000, 26_000)
    assert child.came_in == 20_000
    assert (group.came_in, group.out) == (10_000, 6_000)


def test_a_commitment_needs_its_whole_salt() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment("G-00000000", b"short", DAY, "x")


def test_publishing_uses_the_sums_of_the_internal_ledger(house: House) -> None:
    small_story(house)
    with house.transaction(by=BY, now=NOW) as tx:
        decide(tx, "A2026-0002", "0201", ("child",))
        allocate(tx, "RUN2026-002", [(2, 1, "fund:field:child", "A2026-0002", 4_000)])
        disburse(tx, "A2026-0001", 3_000, 2)
        disburse(tx, "A2026-0002", 2_000)
    append(house)
    with house.database.reading() as connection:
        public = dict(
            connection.execute(
                text("SELECT account, sum(yen)::bigint FROM public_posting GROUP BY 1")
            ).all()
        )
        inner = dict(
            connection.execute(
                text("SELECT account, sum(yen)::bigint FROM posting GROUP BY 1")
            ).all()
        )
    inner["assets:clearing:stripe"] -= 5_000
    inner["held:unaccepted"] += 5_000
    assert public == inner
