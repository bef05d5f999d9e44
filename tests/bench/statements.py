"""The statements our own code really sends, and pgbench running the same ones as the limit.

``captured`` listens to the driver while a piece of work runs; ``Script`` turns what it heard into
a pgbench script: the numbers of the work's gift become expressions over a counter, so that every
round works on a row of its own, exactly as ours does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import psycopg
from arena import Arena

from fund.platform.cluster import APP
from fund.platform.database import WRITING

_LITERAL = re.compile(r"E?'(?:[^']|'')*'")
_RATE = re.compile(r"tps = ([0-9.]+)")
_FAILED = re.compile(r"number of failed transactions: ([1-9][0-9]*)")


class Sent(NamedTuple):
    """The statements of one transaction; ``alone`` a single one that is its own transaction."""

    statements: tuple[str, ...]
    alone: bool


@contextlib.contextmanager
def captured() -> Iterator[list[Sent]]:
    """Every statement of this process inside the block, with its values written in.

    One item for each transaction that was committed, in their order. It listens to the driver,
    so that what libraries send through our connections is heard too. BEGIN, COMMIT and COPY are
    not heard: the first two are counted, work that copies cannot be written down this way.
    """
    done: list[Sent] = []
    open_: list[str] = []
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def heard_execute(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        said = psycopg.ClientCursor(cursor.connection).mogrify(query, params)
        if not said.strip(" ;"):
            pass  # asking a connection that lay idle whether it lives; busy ones are not asked
        elif cursor.connection.autocommit:
            done.append(Sent((said,), alone=True))
        else:
            open_.append(said)
        return execute(cursor, query, params, **options)

    def heard_commit(connection: Any) -> None:
        if open_:
            done.append(Sent(tuple(open_), alone=False))
            open_.clear()
        commit(connection)

    with (
        mock.patch.object(psycopg.Cursor, "execute", heard_execute),
        mock.patch.object(psycopg.Connection, "commit", heard_commit),
    ):
        yield done


@dataclass(frozen=True)
class Script:
    """Transactions of one round; ``names`` maps each text that must differ to its expression.

    Expressions use ``:n``, a number that no other round has.
    """

    transactions: Sequence[Sent]
    names: Mapping[str, str] = field(default_factory=dict)

    def text(self, base: int, each: int, batch: int = 1) -> str:
        """The pgbench script; with ``batch`` so many rounds share each transaction."""
        numbered = f"\\set i :i + 1\n\\set n {base} + :client_id * {each} + :i\n"
        bodies = [
            ("".join(f"{self._general(one)};\n" for one in sent.statements), sent.alone)
            for sent in self.transactions
        ]
        if batch > 1:
            round_ = numbered + "".join(body for body, _ in bodies)
            return "BEGIN;\n" + round_ * batch + "COMMIT;\n"
        return numbered + "".join(
            body if alone else f"BEGIN;\n{body}COMMIT;\n" for body, alone in bodies
        )

    @property
    def round_trips(self) -> int:
        """How often a round waits for the server, BEGIN and COMMIT included."""
        return sum(1 if sent.alone else len(sent.statements) + 2 for sent in self.transactions)

    def _general(self, statement: str) -> str:
        flat = " ".join(statement.split())
        return _LITERAL.sub(
            # A list that is put together is a text; where one is asked for, it says what it is.
            lambda found: (
                self._spelt(found[0]) + "::text[]" * flat[: found.start()].endswith("any(")
            ),
            flat,
        )

    def _spelt(self, literal: str) -> str:
        """The literal with its numbers as expressions, and no colon that pgbench would read."""
        inside = literal[literal.index("'") + 1 : -1]
        if not literal.startswith("E"):
            inside = inside.replace("\\", "\\\\")
        plain = inside.replace(":", "\\x3a")
        if not any(text in inside for text in self.names):
            return literal if plain == inside else f"E'{plain}'"
        pieces = re.split(f"({'|'.join(map(re.escape, self.names))})", plain)
        return "(" + " || ".join(self.names.get(one, f"E'{one}'") for one in pieces if one) + ")"

    def per_second(
        self, arena: Arena, *, rounds: int, clients: int, base: int, batch: int = 1
    ) -> float:
        """Rounds a second with so many clients; every round is committed.

        Raises:
            RuntimeError: when pgbench ends badly or a round failed.
        """
        each = max(rounds // clients // batch, 1) * batch
        with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
            file.write(self.text(base, each, batch))
            file.flush()
            done = subprocess.run(
                [
                    program(),
                    f"--client={clients}",
                    f"--jobs={min(clients, os.cpu_count() or 1)}",
                    f"--transactions={each // batch}",
                    "--define=i=0",
                    "--no-vacuum",
                    "--protocol=prepared",
                    f"--file={file.name}",
                    arena.cluster.dsn(APP, arena.name),
                ],
                # The limit plans as our own sessions do, or it would not be the limit.
                env={**os.environ, "PGOPTIONS": WRITING},
                capture_output=True,
                text=True,
                check=False,
            )
        rate = _RATE.search(done.stdout)
        if done.returncode or rate is None or _FAILED.search(done.stdout):
            raise RuntimeError(done.stdout + done.stderr)
        return float(rate[1]) * batch


def program() -> str:
    """Where pgbench lies: on the path, or among PostgreSQL's own programs."""
    found = shutil.which("pgbench")
    if found:
        return found
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    if not places:
        raise RuntimeError("pgbench is not installed (Debian: postgresql-contrib)")
    return str(places[-1])
