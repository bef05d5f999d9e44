"""Thousands of entries in few statements: the same rows and the same laws as one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from award_books import NOW, make_house, write_books
from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.ledger.domain import Entry
from fund.ledger.invariants import INVARIANTS
from fund.platform.cluster import APP, OWNER, SUPERUSER, Cluster
from fund.platform.house import House, Transaction
from fund.platform.invariants import examine
from fund.platform.migrate import upgrade

DAY = dt.date(2026, 5, 20)
GIFTS = [f"G-{at:08d}" for at in range(1, 13)]
LAWS = tuple(law for law in INVARIANTS if law.name != "editions-in-the-journal")
"""The books' edition was never published by a command."""
TABLES = (
    (
        "SELECT kind, fact_id, fy, on_day, reason, clauses, detail, sha256"
        " FROM journal_entry ORDER BY kind, fact_id"
    ),
    (
        "SELECT e.fact_id, p.line, p.account, p.yen FROM posting p"
        " JOIN journal_entry e ON e.id = p.entry_id ORDER BY e.kind, 1, 2"
    ),
    "SELECT share_id, origin, gift_no, yen, received_on, wish FROM lot ORDER BY 1",
    (
        "SELECT e.fact_id, lot.share_id, p.account, p.yen FROM lot_posting p"
        " JOIN lot ON lot.id = p.lot_id JOIN journal_entry e ON e.id = p.entry_id ORDER BY 1, 2, 3"
    ),
    (
        "SELECT account, sum(yen) FROM (SELECT account, yen FROM pot UNION ALL"
        " SELECT account, yen FROM pot_inflow) AS both_sides GROUP BY 1 ORDER BY 1"
    ),
)


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    made = make_house(app_dsn, tmp_path)
    yield made
    made.database.close()


def _arrivals() -> list[Entry]:
    entries = []
    for no in GIFTS:
        entries.append(facts.payment_received(f"P-{no}", no, Yen(1_000), "bank", DAY))
        shares = tuple(
            facts.Share(f"{no}/{at}", "group", "0132", "anywhere", "wish", Yen(yen), {"levels": []})
            for at, yen in enumerate((700, 300), start=1)
        )
        gift = facts.Gift(no, Yen(1_000), DAY, shares)
        entries.append(facts.donation_received(gift, DAY, "B2026-001", ("acceptance@x",)))
    return entries


def _moves(*, last: int = 700) -> list[Entry]:
    """Every share moves to another pot; ``last`` yen of the last gift's first share."""
    yen = [700] * (len(GIFTS) - 1) + [last]
    return [_move(f"M-{no}", f"{no}/1", one) for no, one in zip(GIFTS, yen, strict=True)]


def _move(fact: str, share: str, yen: int) -> Entry:
    lots = (
        journal.LotPosting(share, "fund:group:0132", Yen(yen)),
        journal.LotPosting(share, "fund:general", Yen(-yen)),
    )
    lines = tuple(journal.Posting(one.account, one.yen) for one in lots)
    return Entry("entry.reversed", fact, DAY, postings=lines, lots=lots, reason="test")


def _books(connection: Connection) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in connection.execute(text(sql))] for sql in TABLES]


def _undo(connection: Connection) -> None:
    transaction = connection.get_transaction()
    assert transaction is not None
    transaction.rollback()


def _record_many(house: House, entries: list[Entry]) -> list[int]:
    with house.transaction(by=system(), now=NOW) as tx:
        return list(journal.record_many(tx, iter(entries)))


def test_many_entries_are_the_rows_that_single_ones_are(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "IN_ONE_GO", 5)
    everything = [*_arrivals(), *_moves()]
    with house.database.transaction() as connection:
        tx = Transaction(connection, system(), NOW, house)
        for entry in everything:
            journal.record(tx, entry)
        single = _books(connection)
        _undo(connection)
    assert _record_many(house, everything)
    with house.database.reading() as connection:
        assert _books(connection) == single
        assert {one.name for one in examine(connection, LAWS) if one.count} == set()


def test_one_overdrawn_lot_among_many_refuses_all(house: House) -> None:
    _record_many(house, _arrivals())
    with pytest.raises(IntegrityError, match="G-00000012/1 would be overdrawn"):
        _record_many(house, _moves(last=701))
    with house.database.reading() as connection:
        assert [row for row in _books(connection)[0] if row[0] == "entry.reversed"] == []


def test_a_lot_that_is_there_already_refuses_all(house: House) -> None:
    _record_many(house, _arrivals())
    again = [entry for entry in _arrivals() if entry.new_lots]
    with pytest.raises(IntegrityError):
        _record_many(house, again)


def test_what_fails_while_entries_are_built_is_raised_and_nothing_stands(house: House) -> None:
    def built() -> Iterator[Entry]:
        yield from _arrivals()
        raise ValueError("no further")

    with (
        pytest.raises(ValueError, match="no further"),
        house.transaction(by=system(), now=NOW) as tx,
    ):
        list(journal.record_many(tx, built()))
    with house.database.reading() as connection:
        assert _books(connection)[1] == []


def test_clauses_of_any_spelling_come_back_as_they_were(house: House) -> None:
    clauses = ('a"b', "c\\d", "NULL", "", "{e,f}", "条 二", " g ")
    entry = facts.award_decided("A2026-0001", DAY, clauses, {})
    _record_many(house, [entry])
    with house.database.reading() as connection:
        (stored,) = connection.scalars(
            text("SELECT clauses FROM journal_entry WHERE fact_id = 'A2026-0001'")
        )
    assert tuple(stored) == clauses


def test_the_check_at_commit_keeps_its_plan(house: House) -> None:
    """Planned anew for every entry it costs six times as much, and nothing else would show it."""
    with house.database.reading() as connection:
        settings = connection.scalar(
            text("SELECT proconfig FROM pg_proc WHERE proname = 'check_new_entry'")
        )
    assert set(settings) == {"enable_seqscan=off", "plan_cache_mode=force_generic_plan"}


def test_young_books_are_not_read_whole_for_each_entry(house: House, owner_dsn: str) -> None:
    """The database plans for the page or two it found when it last looked; the plan is kept."""
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("ANALYZE")
    with house.transaction(by=system(), now=NOW) as tx:
        for entry in [*_arrivals(), *_moves()]:
            journal.record(tx, entry)
        list(journal.record_many(tx, iter([_move("M-last", f"{GIFTS[0]}/1", -700)])))
        tx.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        scans = tx.connection.execute(
            text("SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE seq_scan > 0")
        ).all()
    assert scans == []


@pytest.fixture
def house_by_bytes(cluster: Cluster, empty_database_name: str, tmp_path: Path) -> Iterator[House]:
    """A house in a database whose texts sort by bytes, as those of PostgreSQL 17 do."""
    name = sql.Identifier(empty_database_name)
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
            ).format(name, sql.Identifier(OWNER))
        )
    upgrade(cluster.dsn(OWNER, empty_database_name))
    house = make_house(cluster.dsn(APP, empty_database_name), tmp_path)
    yield house
    house.database.close()


def test_no_entry_looks_for_its_postings_by_account(house_by_bytes: House) -> None:
    """There a prefix is a range of an index: each entry read all postings of all pots."""
    with house_by_bytes.transaction(by=system(), now=NOW) as tx:
        for entry in [*_arrivals(), *_moves()]:
            journal.record(tx, entry)
        list(journal.record_many(tx, iter([_move("M-last", f"{GIFTS[0]}/1", -700)])))
        tx.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        scans = tx.connection.scalar(
            text("SELECT pg_stat_get_xact_numscans('ix_posting_account'::regclass)")
        )
    assert scans == 0
