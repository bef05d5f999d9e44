"""Attacks on the ledger with plain SQL: the database itself keeps the laws."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

ENTRY = """
INSERT INTO journal_entry (kind, fact_kind, fact_id, fy, on_day, booked_at, booked_by, sha256)
VALUES (%s, %s, %s, 2026, '2026-05-01', now(), 'test', sha256('x'))
RETURNING id
"""
POSTING = "INSERT INTO posting (entry_id, line, account, yen) VALUES (%s, %s, %s, %s)"


def _post(
    connection: psycopg.Connection,
    fact: str,
    *lines: tuple[str, int],
    kind: str = "interest.earned",
) -> int:
    row = connection.execute(ENTRY, [kind, kind, fact]).fetchone()
    assert row is not None
    for number, (account, yen) in enumerate(lines, 1):
        connection.execute(POSTING, [row[0], number, account, yen])
    return int(row[0])


@pytest.fixture
def app(app_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(app_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def funded(app: psycopg.Connection) -> psycopg.Connection:
    """1,000 yen held for donors."""
    with app.transaction():
        _post(app, "in", ("assets:bank", 1000), ("held:unaccepted", -1000), kind="payment.received")
    return app


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET yen = yen + 1",
        "DELETE FROM posting",
        "TRUNCATE posting CASCADE",
        "UPDATE journal_entry SET on_day = '2020-01-01'",
        "DELETE FROM journal_entry",
        "UPDATE pot SET yen = 0",
        "INSERT INTO pot (account, yen) VALUES ('fund:general', 1000000)",
        "INSERT INTO pot_inflow (account, yen) VALUES ('fund:general', 1000000)",
        "DELETE FROM pot_inflow",
        "DELETE FROM audit_trail",
        "UPDATE public_entry SET body = ''",
        "UPDATE gift_share SET kind = 'anywhere'",
        "UPDATE edition SET body = ''",
        "ALTER TABLE posting DISABLE TRIGGER ALL",
        "DROP TRIGGER refuse_change ON posting",
        "CREATE TABLE mine (a int)",
        "SET ROLE fund_owner",
    ],
)
def test_the_app_role_cannot_change_what_was_written(
    funded: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.Error), funded.transaction():
        funded.execute(statement)
    left = funded.execute("SELECT sum(yen) FROM posting WHERE account = 'held:unaccepted'")
    assert left.fetchone() == (-1000,)


@pytest.mark.parametrize(("table", "column"), [("posting", "yen"), ("journal_entry", "fy")])
def test_even_the_owner_cannot_change_an_entry(
    funded: psycopg.Connection, owner_dsn: str, table: str, column: str
) -> None:
    with psycopg.connect(owner_dsn) as owner:
        for statement in (f"UPDATE {table} SET {column} = 7", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.RestrictViolation), owner.transaction():
                owner.execute(statement)


@pytest.mark.parametrize(
    "lines",
    [
        (("assets:bank", 1000), ("held:unaccepted", -999)),
        (("assets:bank", 1000),),
        (),
    ],
    ids=["off by one", "one posting", "no posting"],
)
def test_an_unbalanced_entry_cannot_be_committed(
    app: psycopg.Connection, lines: tuple[tuple[str, int], ...]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), app.transaction():
        _post(app, "bad", *lines)
    assert app.execute("SELECT count(*) FROM journal_entry").fetchone() == (0,)


def test_checking_early_does_not_open_a_way_round_the_balance(app: psycopg.Connection) -> None:
    app.execute("BEGIN")
    entry = _post(app, "good", ("assets:bank", 5), ("held:unaccepted", -5))
    app.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(psycopg.errors.CheckViolation):
        app.execute(POSTING, [entry, 3, "assets:bank", 7])


def test_a_posting_of_zero_is_refused(app: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), app.transaction():
        _post(app, "zero", ("assets:bank", 0), ("held:unaccepted", 0))


def test_nothing_joins_an_entry_after_its_transaction(funded: psycopg.Connection) -> None:
    entry = funded.execute("SELECT id FROM journal_entry").fetchone()
    assert entry is not None
    more = POSTING + ", (%s, 9, 'assets:fund-deposit', -5)"
    with pytest.raises(psycopg.errors.RestrictViolation):
        funded.execute(more, [entry[0], 8, "assets:bank", 5, entry[0]])


def test_a_forged_transaction_mark_does_not_reopen_an_entry(funded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error), funded.transaction():
        funded.execute("UPDATE journal_entry SET xact = pg_current_xact_id()::text::bigint")


def test_a_fact_is_recorded_once(funded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation), funded.transaction():
        _post(funded, "in", ("assets:bank", 1), ("held:unaccepted", -1), kind="payment.received")


def test_what_is_held_cannot_be_overdrawn(funded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), funded.transaction():
        _post(funded, "out", ("held:unaccepted", 1001), ("assets:bank", -1001))
    with funded.transaction():
        _post(funded, "all of it", ("held:unaccepted", 1000), ("assets:bank", -1000))
    with pytest.raises(psycopg.errors.CheckViolation), funded.transaction():
        _post(funded, "one more", ("held:unaccepted", 1), ("assets:bank", -1))


def test_a_pot_moves_only_with_its_lots(funded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="lot"), funded.transaction():
        _post(funded, "into the fund", ("held:unaccepted", 10), ("fund:general", -10))


@pytest.mark.parametrize("isolation", list(psycopg.IsolationLevel)[1:3])
def test_parallel_spenders_never_overdraw(
    funded: psycopg.Connection, app_dsn: str, isolation: psycopg.IsolationLevel
) -> None:
    """Eight spend 400 of 1,000 at once: two can, whoever they are, at any isolation level."""
    start, outcomes = threading.Barrier(8), []

    def spend(number: int) -> None:
        with psycopg.connect(app_dsn) as mine:
            mine.isolation_level = isolation
            start.wait()
            try:
                with mine.transaction():
                    _post(mine, f"s{number}", ("held:unaccepted", 400), ("assets:bank", -400))
                outcomes.append("spent")
            except psycopg.Error as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = funded.execute("SELECT -sum(yen) FROM posting WHERE account = 'held:unaccepted'")
    row = left.fetchone()
    assert row is not None
    assert row[0] == 1000 - 400 * outcomes.count("spent")
    assert 1 <= outcomes.count("spent") <= 2


def test_the_guard_survives_replica_mode_of_a_superuser(
    funded: psycopg.Connection, superuser_dsn: str
) -> None:
    """``session_replication_role`` switches ordinary triggers off, not the append-only ones."""
    with psycopg.connect(superuser_dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.RestrictViolation), superuser.transaction():
            superuser.execute("UPDATE posting SET yen = yen * 2")
