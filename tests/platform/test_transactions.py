"""What one transaction leaves behind: audit lines and tasks, whole or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from houses import wired_house
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from fund.kernel.actor import Actor, system
from fund.payments.models import provider_event
from fund.platform import database
from fund.platform.house import House

NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
HAND = Actor("system", None, "見本")


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    opened = wired_house(app_dsn, tmp_path)
    yield opened
    opened.database.close()


def written(dsn: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def acts(dsn: str) -> list[object]:
    return [row[0] for row in written(dsn, "SELECT act FROM audit_trail ORDER BY id")]


def tasks(dsn: str) -> list[tuple[object, ...]]:
    return written(dsn, "SELECT task_name, args FROM procrastinate_jobs ORDER BY id")


def test_audit_lines_keep_their_order_their_hand_and_every_character(
    house: House, app_dsn: str
) -> None:
    odd = {"note": "\"'\\ , {} 髙 𠮷", "none": None, "list": [1, {"a": True}], "yen": 10**15}
    with house.transaction(by=HAND, now=NOW) as tx:
        for number in range(30):
            tx.audit(f"act.{number}", "G-1")
        tx.audit("odd", "A,\"{}'", **odd)
    assert acts(app_dsn) == [*(f"act.{number}" for number in range(30)), "odd"]
    found = written(
        app_dsn, "SELECT subject, detail, at, actor_kind, person_id, label FROM audit_trail"
    )
    assert found[-1] == ("A,\"{}'", odd, NOW, "system", None, "見本")


def test_tasks_are_there_with_the_commit_and_in_their_order(house: House, app_dsn: str) -> None:
    with house.transaction(by=HAND, now=NOW) as tx:
        for number in range(3):
            tx.enqueue("mail.send", mail_id=number)
        tx.enqueue("receipts.draw", gift_no="G-1")
        assert tasks(app_dsn) == []
    assert tasks(app_dsn) == [
        *(("mail.send", {"mail_id": number}) for number in range(3)),
        ("receipts.draw", {"gift_no": "G-1"}),
    ]


def test_a_refusal_leaves_neither_line_nor_task(house: House, app_dsn: str) -> None:
    def command() -> None:
        with house.transaction(by=HAND, now=NOW) as tx:
            tx.audit("act", "G-1")
            tx.enqueue("mail.send", mail_id=1)
            tx.enqueue("publication.append", once="publication.append")
            raise LookupError

    with pytest.raises(LookupError):
        command()
    assert (acts(app_dsn), tasks(app_dsn)) == ([], [])


def test_what_was_said_inside_a_savepoint_vanishes_with_it(house: House, app_dsn: str) -> None:
    with house.transaction(by=HAND, now=NOW) as tx:
        tx.audit("before", "G-1")
        for keep in (False, True):
            savepoint = tx.connection.begin_nested()
            tx.audit(f"row {keep}", "G-1")
            tx.enqueue("mail.send", keep=str(keep))
            if keep:
                savepoint.commit()
            else:
                savepoint.rollback()
        tx.audit("after", "G-1")
    assert sorted(map(str, acts(app_dsn))) == ["after", "before", "row True"]
    assert tasks(app_dsn) == [("mail.send", {"keep": "True"})]


def test_a_task_wanted_once_waits_once(house: House, app_dsn: str) -> None:
    for _ in range(2):
        with house.transaction(by=HAND, now=NOW) as tx:
            tx.enqueue("publication.append", once="publication.append")
            tx.enqueue("publication.append", once="publication.append")
            tx.audit("asked", "G-1")
    assert tasks(app_dsn) == [("publication.append", {})]
    assert acts(app_dsn) == ["asked", "asked"]


def test_what_the_commit_finds_leaves_the_block_as_a_refusal_of_the_database(
    house: House, app_dsn: str
) -> None:
    """An entry without postings is found by a deferred check."""
    entry = text(
        "INSERT INTO journal_entry (kind, fact_kind, fact_id, fy, on_day, booked_at, booked_by,"
        " sha256) VALUES ('fee.charged', 'fee.charged', 'x', 2026, '2026-05-01', now(), 'x',"
        " sha256('x'))"
    )

    def command() -> None:
        with house.transaction(by=HAND, now=NOW) as tx:
            tx.audit("act", "G-1")
            tx.connection.execute(entry)

    with pytest.raises(IntegrityError) as refused:
        command()
    assert refused.value.orig.diag.constraint_name == "entry_balances"  # type: ignore[union-attr]
    assert acts(app_dsn) == []
    with house.transaction(by=system("x"), now=NOW) as tx:
        tx.audit("next", "G-1")
    assert acts(app_dsn) == ["next"]


def test_a_connection_that_died_while_it_lay_idle_is_replaced(
    house: House, app_dsn: str, superuser_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.transaction(by=HAND, now=NOW) as tx:
        tx.audit("first", "G-1")
        mine = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(superuser_dsn) as hand:
        hand.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
    monkeypatch.setattr(database, "_IDLE_SECONDS", 0.0)
    with house.transaction(by=HAND, now=NOW) as tx:
        tx.audit("second", "G-1")
    assert acts(app_dsn) == ["first", "second"]


def test_who_wants_the_same_task_at_once_does_not_wait_for_the_other(
    house: House, app_dsn: str
) -> None:
    def second() -> None:
        with house.transaction(by=HAND, now=NOW) as tx:
            tx.connection.execute(text("SET LOCAL statement_timeout = '2s'"))
            tx.enqueue("publication.append", once="publication.append")
            tx.enqueue("publication.release", once="publication.release")

    with ThreadPoolExecutor(1) as another, house.transaction(by=HAND, now=NOW) as first:
        first.enqueue("publication.append", once="publication.append")
        another.submit(second).result()
    assert {name for name, _ in tasks(app_dsn)} == {"publication.append", "publication.release"}
    assert len(tasks(app_dsn)) == 2


def test_each_new_row_has_its_task_and_a_known_one_none(house: House, app_dsn: str) -> None:
    filled = [column.name for column in provider_event.c if not column.nullable]
    given = {name: bindparam(name) for name in filled}
    insert = (
        upsert(provider_event).values(given).on_conflict_do_nothing().returning(provider_event.c.id)
    )

    def keep(*ids: str) -> list[str]:
        added = []
        for one in ids:
            row = {"id": one, "type": "x", "livemode": False, "body": b"{}", "source": "listed"}
            row |= {"object_id": "o", "received_at": NOW, "state": "pending"}
            added += house.keep_rows(insert, row, "payments.process_event", "event_id")
        return added

    assert keep("evt_1", "evt_'2\"", "evt_1") == ["evt_1", "evt_'2\""]
    assert keep("evt_1", "evt_3") == ["evt_3"]
    assert tasks(app_dsn) == [
        ("payments.process_event", {"event_id": one}) for one in ("evt_1", "evt_'2\"", "evt_3")
    ]
    (same,) = written(
        app_dsn,
        "SELECT DISTINCT queue_name, priority, lock, queueing_lock, status::text, attempts"
        " FROM procrastinate_jobs",
    )
    with house.transaction(by=HAND, now=NOW) as tx:
        tx.enqueue("payments.process_event", event_id="evt_4")
    assert (
        same
        == written(
            app_dsn,
            "SELECT queue_name, priority, lock, queueing_lock, status::text, attempts"
            " FROM procrastinate_jobs ORDER BY id DESC LIMIT 1",
        )[0]
    )


def test_a_statement_of_its_own_stands_at_once_and_nests_in_nothing(
    house: House, app_dsn: str
) -> None:
    line = text(
        "INSERT INTO audit_trail (at, actor_kind, label, act, subject, detail)"
        " VALUES (now(), 'system', 'x', :act, 'G-1', '{}')"
    )
    with house.database.at_once() as connection:
        connection.execute(line, {"act": "first"})
        assert acts(app_dsn) == ["first"]  # safe already, seen by everybody
        with pytest.raises(RuntimeError), house.database.transaction():
            pass
    with (
        house.transaction(by=HAND, now=NOW),
        pytest.raises(RuntimeError),
        house.database.at_once(),
    ):
        pass

    # The pooled connection opens transactions again: what fails later leaves nothing behind.
    def fails() -> None:
        with house.database.transaction() as connection:
            connection.execute(line, {"act": "second"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert acts(app_dsn) == ["first"]
