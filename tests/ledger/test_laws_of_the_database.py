"""Attacks on the ledger with plain SQL: the database itself keeps the laws."""

from __future__ import annotations

import contextlib
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
    _lines(connection, int(row[0]), *lines)
    return int(row[0])


def _lines(connection: psycopg.Connection, entry: int, *lines: tuple[str, int]) -> None:
    """All postings of an entry in one statement, as the laws ask for it."""
    numbered = [(entry, number, *line) for number, line in enumerate(lines, 1)]
    if numbered:
        values = ", ".join(["(%s, %s, %s, %s)"] * len(numbered))
        connection.execute(
            f"INSERT INTO posting (entry_id, line, account, yen) VALUES {values}",
            [value for line in numbered for value in line],
        )


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


EARLY = "SET CONSTRAINTS ALL IMMEDIATE"
LOT = """
INSERT INTO lot (share_id, origin, gift_no, yen, received_on, wish, entry_id)
VALUES (%s, 'gift', 'G-1', %s, '2026-05-01', '{}', %s) RETURNING id
"""
LOT_POSTING = "INSERT INTO lot_posting (entry_id, lot_id, account, yen) VALUES (%s, %s, %s, %s)"


def test_checking_early_does_not_open_a_way_round_the_balance(app: psycopg.Connection) -> None:
    app.execute("BEGIN")
    entry = _post(app, "good", ("assets:bank", 5), ("held:unaccepted", -5))
    app.execute(EARLY)
    with pytest.raises(psycopg.errors.CheckViolation):
        app.execute(POSTING, [entry, 3, "assets:bank", 7])


@pytest.mark.parametrize("early", [True, False], ids=["checked early", "not checked yet"])
def test_the_postings_of_an_entry_come_in_one_statement(
    app: psycopg.Connection, early: bool
) -> None:
    """A balanced pair added later would move money that no check of the lots has seen."""
    app.execute("BEGIN")
    entry = _post(app, "good", ("assets:bank", 5), ("held:unaccepted", -5))
    if early:
        app.execute(EARLY)
    with pytest.raises(psycopg.errors.RestrictViolation, match="one statement"):
        app.execute(
            "INSERT INTO posting (entry_id, line, account, yen)"
            " VALUES (%s, 3, 'fund:general', -5), (%s, 4, 'fund:field:x', 5)",
            [entry, entry],
        )


def test_the_postings_of_many_entries_may_come_in_one_statement(app: psycopg.Connection) -> None:
    """They balance each by itself: one entry's surplus does not pay for another's lack."""
    both = (
        "INSERT INTO posting (entry_id, line, account, yen) VALUES"
        " (%s, 1, 'assets:bank', 5), (%s, 2, 'held:unaccepted', %s),"
        " (%s, 1, 'assets:bank', 7), (%s, 2, 'held:unaccepted', %s)"
    )
    for off in (0, 1):
        with _refused_if(off), app.transaction():
            one = app.execute(ENTRY, ["interest.earned"] * 2 + [f"one {off}"]).fetchone()
            two = app.execute(ENTRY, ["interest.earned"] * 2 + [f"two {off}"]).fetchone()
            assert one is not None
            assert two is not None
            app.execute(both, [*one, *one, -5 + off, *two, *two, -7 - off])
    assert app.execute("SELECT count(*), sum(yen) FROM posting").fetchone() == (4, 0)


def _refused_if(off: int) -> contextlib.AbstractContextManager[object]:
    return pytest.raises(psycopg.errors.CheckViolation) if off else contextlib.nullcontext()


@pytest.mark.parametrize("kind", ["award.decided", "allocation.approved", "manual.edition"])
def test_a_fact_of_governance_takes_no_posting(funded: psycopg.Connection, kind: str) -> None:
    with funded.transaction():
        _post(funded, "alone", kind=kind)
    with pytest.raises(psycopg.errors.CheckViolation), funded.transaction():
        _post(funded, "with money", ("assets:bank", 5), ("held:unaccepted", -5), kind=kind)


def test_nothing_joins_a_fact_of_governance_that_was_checked_early(app: psycopg.Connection) -> None:
    app.execute("BEGIN")
    entry = _post(app, "alone", kind="award.decided")
    app.execute(EARLY)
    with pytest.raises(psycopg.errors.CheckViolation):
        _lines(app, entry, ("fund:general", -5), ("fund:field:x", 5))


@pytest.mark.parametrize("end", [EARLY, "COMMIT"])
def test_an_entry_without_postings_is_found_early_and_at_commit(
    app: psycopg.Connection, end: str
) -> None:
    app.execute("BEGIN")
    _post(app, "nothing")
    with pytest.raises(psycopg.errors.CheckViolation):
        app.execute(end)


def test_a_check_that_was_rolled_back_is_made_again(app: psycopg.Connection) -> None:
    """The postings vanish with the savepoint; so does what was found out about them."""
    app.execute("BEGIN")
    row = app.execute(ENTRY, ["interest.earned", "interest.earned", "hollow"]).fetchone()
    assert row is not None
    app.execute("SAVEPOINT before")
    _lines(app, row[0], ("assets:bank", 5), ("held:unaccepted", -5))
    app.execute(EARLY)
    app.execute("ROLLBACK TO SAVEPOINT before")
    with pytest.raises(psycopg.errors.CheckViolation):
        app.execute("COMMIT")
    assert app.execute("SELECT count(*) FROM journal_entry").fetchone() == (0,)


def _accepted(app: psycopg.Connection) -> tuple[int, int]:
    """An entry that moves 5 yen of a new lot into a pot, not committed; entry and lot."""
    entry = _post(app, "in the fund", ("assets:bank", 5), ("fund:general", -5))
    row = app.execute(LOT, ["G-1/1", 5, entry]).fetchone()
    assert row is not None
    app.execute(LOT_POSTING, [entry, row[0], "fund:general", -5])
    return entry, int(row[0])


def test_lots_that_do_not_explain_the_pot_are_refused_at_once(app: psycopg.Connection) -> None:
    app.execute("BEGIN")
    entry = _post(app, "in the fund", ("assets:bank", 5), ("fund:general", -5))
    row = app.execute(LOT, ["G-1/1", 5, entry]).fetchone()
    assert row is not None
    with pytest.raises(psycopg.errors.CheckViolation, match="explain"):
        app.execute(LOT_POSTING, [entry, row[0], "fund:general", -4])


@pytest.mark.parametrize("early", [True, False], ids=["checked early", "not checked yet"])
@pytest.mark.parametrize("account", ["fund:general", "fund:field:x"])
def test_no_lot_joins_an_entry_whose_pots_are_explained(
    app: psycopg.Connection, account: str, early: bool
) -> None:
    app.execute("BEGIN")
    entry, _ = _accepted(app)
    if early:
        app.execute(EARLY)
    other = app.execute(LOT, ["G-1/2", 9, entry]).fetchone()
    assert other is not None
    with pytest.raises(psycopg.errors.CheckViolation, match="explain"):
        app.execute(LOT_POSTING, [entry, other[0], account, -9])


def test_lots_do_not_come_before_what_they_explain(app: psycopg.Connection) -> None:
    app.execute("BEGIN")
    row = app.execute(ENTRY, ["donation.received", "donation.received", "early"]).fetchone()
    assert row is not None
    made = app.execute(LOT, ["G-1/1", 5, row[0]]).fetchone()
    assert made is not None
    with pytest.raises(psycopg.errors.CheckViolation, match="explain"):
        app.execute(LOT_POSTING, [row[0], made[0], "fund:general", -5])


def test_lots_that_cancel_out_do_not_hide_a_pot_that_comes_later(app: psycopg.Connection) -> None:
    """Lots of both signs explain nothing; the postings after them are still judged."""
    with app.transaction():
        _, lot = _accepted(app)
    app.execute("BEGIN")
    row = app.execute(ENTRY, ["donation.received", "donation.received", "hidden"]).fetchone()
    assert row is not None
    other = app.execute(LOT, ["G-1/2", 5, row[0]]).fetchone()
    assert other is not None
    app.execute(
        LOT_POSTING + ", (%s, %s, 'fund:general', 5)",
        [row[0], other[0], "fund:general", -5, row[0], lot],
    )
    _lines(app, row[0], ("assets:bank", 5), ("fund:field:x", -5))
    with pytest.raises(psycopg.errors.CheckViolation, match="explain"):
        app.execute("COMMIT")


def test_no_lot_joins_an_entry_after_its_transaction(app: psycopg.Connection) -> None:
    with app.transaction():
        entry, lot = _accepted(app)
    with pytest.raises(psycopg.errors.RestrictViolation):
        app.execute(LOT_POSTING, [entry, lot, "fund:field:x", -5])


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


NOWHERE = 9_000_000_000
MISSING_PARENTS = {
    "fk_posting_entry_id": (
        "INSERT INTO posting (entry_id, line, account, yen) SELECT %s, line, account, yen"
        " FROM (VALUES (1, 'assets:bank', 5), (2, 'held:unaccepted', -5)) AS l(line, account, yen)"
    ),
    "fk_lot_posting_entry_id": (
        # Two postings that cancel out explain no pot: only the missing entry gives them away.
        "INSERT INTO lot_posting (entry_id, lot_id, account, yen) SELECT %s, id, 'fund:general',"
        " yen FROM (SELECT id, (row_number() OVER () * 2 - 3) AS yen FROM lot LIMIT 2) AS two"
    ),
    "fk_lot_posting_lot_id": (
        "INSERT INTO lot_posting (entry_id, lot_id, account, yen)"
        " SELECT max(id), %s, 'fund:general', -5 FROM journal_entry"
    ),
    "fk_allocation_line_entry_id": (
        "INSERT INTO allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)"
        " SELECT 1, 1, share_id, 'A2026-00001', 1, 1, 'any', %s FROM lot LIMIT 1"
    ),
    "fk_allocation_line_share_id": (
        "INSERT INTO allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)"
        " SELECT 1, 1, %s::text, 'A2026-00001', 1, 1, 'any', max(id) FROM journal_entry"
    ),
}


@pytest.mark.parametrize("law", MISSING_PARENTS)
def test_nothing_refers_to_a_row_that_is_not_there(
    funded: psycopg.Connection, superuser_dsn: str, law: str
) -> None:
    """This law alone: every other that would refuse the same row is switched off for it."""
    table = MISSING_PARENTS[law].split()[2]
    with psycopg.connect(superuser_dsn) as connection:
        entry = connection.execute("SELECT max(id) FROM journal_entry").fetchone()
        assert entry is not None
        for share in ("O-1", "O-2"):
            connection.execute(LOT, [share, 5, entry[0]])
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER parents_are_there")
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
            connection.execute(MISSING_PARENTS[law], [NOWHERE])
        assert refused.value.diag.constraint_name == law
        connection.rollback()
