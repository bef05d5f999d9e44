"""The house at work: settings, database, queue, ports and reactions, handed to every command."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert

from fund.kernel.actor import Actor
from fund.kernel.canonical import Json
from fund.platform import audit, once
from fund.platform.database import Database
from fund.platform.settings import Settings
from fund.platform.tasks import Task, TaskQueue, Values

Port = TypeVar("Port")


class Message:
    """A fact in the past tense; rooms above learn through it what happened below."""


Reaction = Callable[["Transaction", Any], None]

Delivery = Callable[..., None]
"""Work after a commit, ``(house, *, now, **payload)``: it calls the outside between
transactions and may be repeated; what it raises makes the worker try again later."""


@dataclass(frozen=True)
class Transaction:
    """One open transaction of one hand: what it writes, announces and asks for stands together.

    Reactions to an announced message run here, inside the same transaction, so that no
    commit ever shows a fact without its consequences (a gift accepted without its receipt).
    """

    connection: Connection
    by: Actor
    now: dt.datetime
    house: House
    _lines: list[audit.Line] = field(default_factory=list)
    _tasks: list[Task] = field(default_factory=list)

    def announce(self, message: Message) -> None:
        """Tell every room that listens; their writes join this transaction."""
        for reaction in self.house.reactions.get(type(message), ()):
            reaction(self, message)

    def enqueue(self, task: str, *, once: str | None = None, **payload: int | str | None) -> None:
        """Ask for work after the commit; with ``once`` only if no equal one waits already."""
        asked = Task(task, dict(payload))
        if once is not None:
            self.house.queue.enqueue_once(self.connection, asked, once)
        elif self._in_savepoint():
            self.house.queue.enqueue(self.connection, [asked])
        else:
            self._tasks.append(asked)

    def audit(self, act: str, subject: str, **detail: Json) -> None:
        """Write who did what to which thing; never a donor's name, address or mail."""
        line = audit.Line(act, subject, detail)
        if self._in_savepoint():
            audit.write(self.connection, self.by, self.now, [line])
        else:
            self._lines.append(line)

    def done(self, tasks: Collection[int]) -> None:
        """Tasks that were taken along (``House.taking_along``) are done by this transaction."""
        if tasks:
            self.house.queue.done(self.connection, tasks)

    def _in_savepoint(self) -> bool:
        """What is said inside a savepoint must vanish with it, so it is written at once."""
        return self.connection.in_nested_transaction()

    def close(self) -> None:
        """Write the audit lines and tasks gathered so far, few statements for all of them."""
        if self._lines:
            audit.write(self.connection, self.by, self.now, self._lines)
        if self._tasks:
            self.house.queue.enqueue(self.connection, self._tasks)


@dataclass(frozen=True)
class House:
    """Everything a command, a delivery or a page may need; made once in ``fund.wiring``."""

    settings: Settings
    database: Database
    queue: TaskQueue
    ports: Mapping[type[Any], Any] = field(default_factory=dict)
    reactions: Mapping[type[Message], tuple[Reaction, ...]] = field(default_factory=dict)

    @contextlib.contextmanager
    def transaction(self, *, by: Actor, now: dt.datetime) -> Iterator[Transaction]:
        """Open the one transaction of a command or a delivery."""
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        with self.database.transaction() as connection, once.bearing(connection, now):
            tx = Transaction(connection, by, now, self)
            yield tx
            tx.close()
        once.committed()

    def keep_rows(self, insert: Insert, values: Values, task: str, argument: str) -> list[str]:
        """Insert rows and ask for a task for each new one: one statement, one transaction.

        See ``TaskQueue.enqueue_rows``. Nobody acts, so nothing is audited or announced.
        """
        with self.database.at_once() as connection:
            return self.queue.enqueue_rows(connection, insert, values, task, argument)

    @contextlib.contextmanager
    def taking_along(self, task: str, argument: str, limit: int) -> Iterator[Mapping[int, str]]:
        """Other waiting tasks of a kind, to be done together with one that is being done.

        What a transaction in the block does not call ``done`` runs by itself afterwards.
        """
        with self.database.at_once() as connection:
            taken = self.queue.take_along(connection, task, argument, limit)
        try:
            yield taken
        finally:
            if taken:
                with self.database.at_once() as connection:
                    self.queue.give_back(connection, taken)

    def port(self, kind: type[Port]) -> Port:
        """The adapter wired for a port, typed as the port."""
        adapter: Port = self.ports[kind]
        return adapter
