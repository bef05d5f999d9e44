"""Somebody with all rights changes the books behind the laws: ``fund check`` names the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import Connection
from stage import Stage, fund

pytestmark = pytest.mark.xdist_group("demo")


@contextmanager
def without_laws(stage: Stage) -> Iterator[Connection]:
    """A superuser's connection on which no trigger fires and no key is looked up."""
    with psycopg.connect(stage.card()["dsn"]["superuser"]) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def findings(stage: Stage) -> dict[str, list[str]]:
    """What ``fund check --json`` finds wrong; its exit code agrees with it."""
    answer = fund("check", "--json", "--data", str(stage.data))
    told = json.loads(answer.stdout)
    assert answer.returncode == (0 if told["ok"] else 1)
    return {check["name"]: check["rows"] for check in told["checks"] if check["count"]}


@pytest.fixture
def entry(stage: Stage) -> int:
    """An accepted gift's entry."""
    found = stage.rows(
        "SELECT id FROM journal_entry WHERE kind = 'donation.received' ORDER BY id LIMIT 1"
    )
    return int(found[0][0])


@pytest.fixture
def tampered(stage: Stage, entry: int) -> Iterator[Connection]:
    """A hand in the books; what it did is undone in the end, and the books are whole again."""
    assert findings(stage) == {}
    kept = {
        table: stage.rows(f"SELECT * FROM {table} WHERE entry_id = %s ORDER BY 1, 2", entry)
        for table in ("posting", "lot_posting")
    }
    with without_laws(stage) as connection:
        yield connection
    with without_laws(stage) as connection:
        for table, rows in kept.items():
            connection.execute(f"DELETE FROM {table} WHERE entry_id = %s", [entry])
            for row in rows:
                places = ", ".join(["%s"] * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({places})", row)
    assert findings(stage) == {}


def test_one_changed_posting_is_named(stage: Stage, tampered: Connection, entry: int) -> None:
    tampered.execute("UPDATE posting SET yen = yen + 1 WHERE entry_id = %s AND line = 1", [entry])
    tampered.commit()
    answer = stage.check()
    assert answer.returncode == 1
    assert f"entry={entry} " in answer.stdout
    found = findings(stage)
    assert any(f"entry={entry} " in row for row in found["entries-balanced"])
    assert any(f"entry={entry} " in row for row in found["entries-unaltered"])


def test_a_balanced_forgery_is_named(stage: Stage, tampered: Connection, entry: int) -> None:
    tampered.execute("UPDATE posting SET yen = yen * 2 WHERE entry_id = %s", [entry])
    tampered.commit()
    found = findings(stage)
    assert "entries-balanced" not in found
    assert any(f"entry={entry} " in row for row in found["entries-unaltered"])


def test_an_account_put_in_place_of_another_is_named(
    stage: Stage, tampered: Connection, entry: int
) -> None:
    tampered.execute(
        "UPDATE posting SET account = 'fund:field:safety' WHERE entry_id = %s AND yen < 0", [entry]
    )
    tampered.commit()
    assert any(f"entry={entry} " in row for row in findings(stage)["entries-unaltered"])


def test_a_lost_posting_is_named(stage: Stage, tampered: Connection, entry: int) -> None:
    tampered.execute("DELETE FROM posting WHERE entry_id = %s AND line = 1", [entry])
    tampered.commit()
    found = findings(stage)
    assert any(f"entry={entry} " in row for row in found["entries-balanced"])
