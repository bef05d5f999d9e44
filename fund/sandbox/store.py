"""The sandbox's state in one SQLite file: objects, answers, requests, mails and switches.

One connection behind one lock: whoever acts holds it, so every act is one transaction and a
killed process leaves either all of it or nothing. What an object means is decided elsewhere.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Thing: TypeAlias = dict[str, Any]
"""One API object as it goes over the wire; amounts are whole yen, times are Unix seconds."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  created INTEGER NOT NULL, body TEXT NOT NULL, hidden TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS thing_kind ON thing (kind, seq);
CREATE INDEX IF NOT EXISTS thing_intent ON thing (json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS thing_charge ON thing (json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS thing_source ON thing (json_extract(body, '$.source'));
CREATE INDEX IF NOT EXISTS thing_customer ON thing (json_extract(body, '$.customer'));
CREATE INDEX IF NOT EXISTS thing_payout ON thing (kind, json_extract(hidden, '$.payout'));
CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
  created INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0,
  last_status INTEGER, last_error TEXT);
CREATE INDEX IF NOT EXISTS event_state ON event (state, due);
CREATE TABLE IF NOT EXISTS answer (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS request (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, method TEXT NOT NULL,
  path TEXT NOT NULL, params TEXT NOT NULL, status INTEGER NOT NULL,
  idempotency_key TEXT, version TEXT, replayed INTEGER NOT NULL, answer TEXT);
CREATE TABLE IF NOT EXISTS errand (
  seq INTEGER PRIMARY KEY, due INTEGER NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mail (
  seq INTEGER PRIMARY KEY, received INTEGER NOT NULL, sender TEXT NOT NULL,
  recipients TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS switch (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("thing", "event", "answer", "request", "errand", "mail", "switch")


class Store:
    """Reads and writes of the state file; usable from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        self._grow("request", "answer TEXT")

    def _grow(self, table: str, column: str) -> None:
        """Add a column that a state file of an earlier version lacks."""
        found = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        if column.split(maxsplit=1)[0] not in {row["name"] for row in found}:
            self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")

    @contextmanager
    def act(self) -> Iterator[None]:
        """Hold the lock and make everything inside one transaction; inner acts join the outer."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a statement; its values are bound."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        with self._lock:
            self._connection.close()

    # objects -------------------------------------------------------------------------------

    def add(self, thing: Thing, hidden: Thing | None = None) -> Thing:
        """Keep a new object; ``hidden`` is what the API never shows of it."""
        self.rows(
            "INSERT INTO thing (id, kind, created, body, hidden) VALUES (?, ?, ?, ?, ?)",
            (thing["id"], thing["object"], thing["created"], _dump(thing), _dump(hidden or {})),
        )
        return thing

    def save(self, thing: Thing) -> Thing:
        """Overwrite the body of a kept object."""
        self.rows("UPDATE thing SET body = ? WHERE id = ?", (_dump(thing), thing["id"]))
        return thing

    def find(self, identifier: str, kind: str | None = None) -> Thing | None:
        """The object of this id (and kind), or None."""
        found = self.rows("SELECT kind, body FROM thing WHERE id = ?", (identifier,))
        if not found or kind not in (None, found[0]["kind"]):
            return None
        return _load(found[0]["body"])

    def hidden(self, identifier: str) -> Thing:
        """What is kept of an object but never shown; empty if there is nothing."""
        found = self.rows("SELECT hidden FROM thing WHERE id = ?", (identifier,))
        return _load(found[0]["hidden"]) if found else {}

    def hide(self, identifier: str, **facts: object) -> None:
        """Add to what is kept of an object but never shown."""
        hidden = self.hidden(identifier) | facts
        self.rows("UPDATE thing SET hidden = ? WHERE id = ?", (_dump(hidden), identifier))

    def all(self, kind: str, **equal: object) -> list[Thing]:
        """Every object of a kind whose fields equal the given values, oldest first."""
        where = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in equal)
        found = self.rows(
            f"SELECT body FROM thing WHERE kind = ?{where} ORDER BY seq", (kind, *equal.values())
        )
        return [_load(row["body"]) for row in found]

    # switches ------------------------------------------------------------------------------

    def switch(self, name: str, default: Any) -> Any:
        """The value of a switch as it was last turned, or the default."""
        found = self.rows("SELECT value FROM switch WHERE name = ?", (name,))
        return json.loads(found[0]["value"]) if found else default

    def turn(self, name: str, value: object) -> None:
        """Set a switch; it stays as it is over restarts."""
        self.rows("INSERT OR REPLACE INTO switch VALUES (?, ?)", (name, json.dumps(value)))

    def clear(self) -> None:
        """Forget everything."""
        with self.act():
            for table in TABLES:
                self.rows(f"DELETE FROM {table}")

    # pages of lists ------------------------------------------------------------------------

    def page(
        self, table: str, conditions: Mapping[str, object], paging: Mapping[str, Any]
    ) -> tuple[list[sqlite3.Row], bool]:
        """One page, newest first, and whether there is more beyond it.

        ``conditions`` maps an SQL condition with one placeholder to its value; ``paging`` may
        hold ``limit`` (10 by default) and a ``starting_after`` or ``ending_before`` number.
        """
        where, values = list(conditions), list(conditions.values())
        limit = int(paging.get("limit", 10))
        backwards = "ending_before" in paging
        if "starting_after" in paging:
            where.append("seq < ?")
            values.append(paging["starting_after"])
        if backwards:
            where.append("seq > ?")
            values.append(paging["ending_before"])
        found = self.rows(
            f"SELECT * FROM {table} WHERE {' AND '.join(where) or '1'} "
            f"ORDER BY seq {'ASC' if backwards else 'DESC'} LIMIT ?",
            (*values, limit + 1),
        )
        shown = found[:limit]
        return (shown[::-1] if backwards else shown), len(found) > limit


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Thing:
    loaded: Thing = json.loads(text)
    return loaded
