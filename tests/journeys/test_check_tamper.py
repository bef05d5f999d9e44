"""Somebody with all rights changes the books behind the laws: ``fund check`` names the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import Connection
from stage import Stage, fund

from fund.cli.environment import open_house
from fund.desk.board import INVARIANTS
from fund.platform.invariants import examine

TABLES = ("posting", "lot_posting")
SWITCHES = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


@contextmanager
def without_laws(stage: Stage) -> Iterator[Connection]:
    """A superuser's transaction with the triggers of the postings off; they come back as before."""
    with psycopg.connect(stage.card()["dsn"]["superuser"]) as connection:
        laws = connection.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger"
            " WHERE tgrelid::regclass::text = ANY(%s) AND NOT tgisinternal AND tgenabled <> 'D'",
            [list(TABLES)],
        ).fetchall()
        for table in TABLES:
            _switch(connection, table, "DISABLE", "ALL")
        yield connection
        for table in TABLES:
            _switch(connection, table, "ENABLE", "ALL")
        for table, name, was in laws:
            _switch(connection, table, SWITCHES[was], f'"{name}"')


def _switch(connection: Connection, table: str, act: str, trigger: str) -> None:
    connection.execute(f"ALTER TABLE {table} {act} TRIGGER {trigger}".encode())


def findings(stage: Stage) -> dict[str, list[str]]:
    """What the must-be-zero board finds wrong: the names of its lines and their rows."""
    with open_house(stage.data) as house, house.database.reading() as connection:
        found = examine(connection, INVARIANTS)
    return {finding.name: [str(row) for row in finding.rows] for finding in found if finding.count}


@pytest.fixture
def entry(stage: Stage) -> int:
    """An accepted gift's entry."""
    found = stage.rows(
        "SELECT id FROM journal_entry WHERE kind = 'donation.received' ORDER BY id LIMIT 1"
    )
    return int(found[0][0])


@pytest.fixture
def kept(stage: Stage, entry: int) -> Iterator[None]:
    """Whole books before, and again after what was done to the entry is undone."""
    assert findings(stage) == {}
    rows = {
        table: stage.rows(f"SELECT * FROM {table} WHERE entry_id = %s ORDER BY 1, 2", entry)
        for table in TABLES
    }
    yield
    with without_laws(stage) as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table} WHERE entry_id = %s".encode(), [entry])
            for row in rows[table]:
                places = ", ".join(["%s"] * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({places})".encode(), row)
    assert findings(stage) == {}


@pytest.mark.usefixtures("kept")
def test_one_changed_posting_is_named(stage: Stage, entry: int) -> None:
    with without_laws(stage) as hand:
        hand.execute("UPDATE posting SET yen = yen + 1 WHERE entry_id = %s AND line = 1", [entry])
    told = stage.check()
    assert told.returncode == 1
    assert f"entry={entry} " in told.stdout
    machine = fund("check", "--json", "--data", str(stage.data))
    assert machine.returncode == 1
    body = json.loads(machine.stdout)
    assert body["ok"] is False
    rows = {check["name"]: check["rows"] for check in body["checks"] if check["count"]}
    for name in ("entries-balanced", "entries-unaltered"):
        assert any(f"entry={entry} " in row for row in rows[name])


@pytest.mark.usefixtures("kept")
def test_a_balanced_forgery_is_named(stage: Stage, entry: int) -> None:
    with without_laws(stage) as hand:
        hand.execute("UPDATE posting SET yen = yen * 2 WHERE entry_id = %s", [entry])
    found = findings(stage)
    assert "entries-balanced" not in found
    assert any(f"entry={entry} " in row for row in found["entries-unaltered"])


@pytest.mark.usefixtures("kept")
def test_an_account_put_in_place_of_another_is_named(stage: Stage, entry: int) -> None:
    change = "UPDATE posting SET account = 'fund:field:safety' WHERE entry_id = %s AND yen < 0"
    with without_laws(stage) as hand:
        hand.execute(change, [entry])
    assert any(f"entry={entry} " in row for row in findings(stage)["entries-unaltered"])


@pytest.mark.usefixtures("kept")
def test_a_lost_posting_is_named(stage: Stage, entry: int) -> None:
    with without_laws(stage) as hand:
        hand.execute("DELETE FROM posting WHERE entry_id = %s AND line = 1", [entry])
    assert any(f"entry={entry} " in row for row in findings(stage)["entries-balanced"])


@pytest.mark.usefixtures("kept")
def test_postings_without_their_entry_are_named(stage: Stage, entry: int) -> None:
    nowhere = 9_000_000_000 + entry
    with without_laws(stage) as hand:
        for table in TABLES:
            hand.execute(
                f"UPDATE {table} SET entry_id = %s WHERE entry_id = %s".encode(), [nowhere, entry]
            )
    try:
        assert any(f"entry={nowhere} " in row for row in findings(stage)["parents-are-there"])
    finally:
        with without_laws(stage) as hand:
            for table in TABLES:
                hand.execute(f"DELETE FROM {table} WHERE entry_id = %s".encode(), [nowhere])
