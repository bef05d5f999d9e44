"""The database refuses, to the app and to its owner alike, what is against a wish or a plan."""

from __future__ import annotations

import psycopg
import pytest
from award_books import NOW, rows
from lots import draft_and_approve, give, sample

from fund.allocation import commands
from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal

LINE = (
    "INSERT INTO allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)"
    " SELECT id, %s, %s, %s, %s, %s, %s, %s FROM allocation_run WHERE no = %s"
)


@pytest.fixture(params=["app", "owner"])
def dsn(request, app_dsn, owner_dsn):
    """The address under which an attacker writes."""
    return app_dsn if request.param == "app" else owner_dsn


def booked(house, run, number, share, award, yen, *, pot="fund:general"):
    """Book an allocation line by the ledger's own writer, without any run; not committed yet."""
    line = facts.Line(run, number, share, share[:10], {pot: Yen(yen)}, award, 1, "any")
    return facts.allocation_line(line, NOW.date(), ())


def refused(act):
    with pytest.raises(psycopg.errors.IntegrityError) as error:
        act()
    return error.value.diag.constraint_name


def forge(dsn, line, entry=None):
    """Insert a line; its entry is any entry with postings unless one is named."""
    with psycopg.connect(dsn) as connection:
        found = entry or connection.execute("SELECT min(entry_id) FROM posting").fetchone()[0]
        number, share, award, yen, rank, use, run = line
        connection.execute(LINE, (number, share, award, yen, rank, use, found, run))


def test_a_line_of_a_run_that_nobody_approved_is_refused(house, people, dsn):
    sample(house, people)
    run = commands.draft_run(house, by=people.officer, now=NOW)
    line = (99, "G-00000001/1", "A2026-0002", 1, 2, "any", run)
    assert refused(lambda: forge(dsn, line)) == "line_of_approved_run"
    commands.discard_run(house, by=people.officer, now=NOW, run_no=run, reason="やり直す")
    assert refused(lambda: forge(dsn, line)) == "line_of_approved_run"


@pytest.mark.parametrize("yen", [0, -1])
def test_a_line_of_no_yen_is_refused(house, people, dsn, yen):
    sample(house, people)
    run = draft_and_approve(house, people)
    line = (99, "G-00000004/1", "A2026-0002", yen, 1, "any", run)
    assert refused(lambda: forge(dsn, line)) == "ck_allocation_line_yen_positive"


def test_an_approved_run_takes_no_further_line(house, people, dsn):
    sample(house, people)
    run = draft_and_approve(house, people)
    give(house, "G-00000009", "anywhere", None, [{"uses": ["any"]}], 5_000)
    line = (99, "G-00000009/1", "A2026-0002", 1, 1, "any", run)
    assert refused(lambda: forge(dsn, line)) == "lines_within_plan"


def test_lines_are_neither_changed_nor_removed(house, people, dsn):
    sample(house, people)
    draft_and_approve(house, people)
    for change in (
        "UPDATE allocation_line SET award_no = 'A2026-0001'",
        "UPDATE allocation_line SET yen = 1",
        "DELETE FROM allocation_line",
        "TRUNCATE allocation_line CASCADE",
    ):
        with (
            psycopg.connect(dsn) as connection,
            pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)),
        ):
            connection.execute(change)


def test_a_line_beside_an_entry_about_other_yen_is_refused(house, people, app_dsn, superuser_dsn):
    """What a superuser must fake first: an approved run whose plan has room for one yen more."""
    sample(house, people)
    run = draft_and_approve(house, people)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE allocation_run DISABLE TRIGGER ALL")
        connection.execute("UPDATE allocation_run SET total_yen = total_yen + 100")
    line = (99, "G-00000001/1", "A2026-0002", 1, 2, "any", run)
    assert refused(lambda: forge(app_dsn, line)) == "line_is_booked"


def test_an_entry_that_allocates_without_a_line_is_not_committed(house, people, app_dsn):
    """Yen for the children of 0132 cannot be booked to the award of 0133 past every run."""
    sample(house, people)
    entry = booked(house, "RUN2026-001", 1, "G-00000001/1", "A2026-0002", 10, pot="fund:group:0132")
    with pytest.raises(Exception, match="allocates without a line"):
        write(house, entry)
    assert rows(app_dsn, "SELECT count(*) FROM journal_entry WHERE kind = 'allocation.line'") == [
        (0,)
    ]


@pytest.mark.parametrize(
    "kind", ["award.reduced", "grant.returned", "entry.reversed", "fee.charged"]
)
def test_no_other_entry_commits_yen_of_a_pot(house, people, kind):
    sample(house, people)
    entry = booked(house, "RUN2026-001", 1, "G-00000001/1", "A2026-0002", 10, pot="fund:group:0132")
    object.__setattr__(entry, "kind", kind)
    with pytest.raises(Exception, match="commits yen without an allocation"):
        write(house, entry)


def test_a_lot_is_never_overdrawn_by_lines(house, people):
    sample(house, people)
    entry = booked(house, "RUN2026-001", 1, "G-00000004/1", "A2026-0002", 100_001)
    with pytest.raises(Exception, match=r"pot_never_overdrawn|lot_never_overdrawn|overdrawn"):
        write(house, entry)


def write(house, entry):
    with house.transaction(by=system(), now=NOW) as tx:
        journal.record(tx, entry)
