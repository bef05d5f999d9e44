"""A house beside a simulated provider: what it is told, in what order, and what its books say."""

from __future__ import annotations

import datetime as dt
import random
from collections import deque
from collections.abc import Collection, Sequence
from pathlib import Path
from unittest import mock

from houses import wired_settings
from simulated import BEGIN, SECRET, Provider
from sqlalchemy import Connection, Insert

from fund import wiring
from fund.desk.state import state_lines
from fund.kernel.actor import Actor
from fund.payments import deliveries as payment_deliveries
from fund.payments import events
from fund.payments.commands import keep_event
from fund.payments.reconciliation.commands import reconcile
from fund.payments.reconciliation.deliveries import catch_up
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.tasks import Task


class Notebook:
    """The queue of a simulated house: tasks in the order in which they were asked for.

    Mail, documents and publication are other tests' business and are left lying.
    """

    def __init__(self) -> None:
        self.tasks: deque[Task] = deque()
        self._taken: set[int] = set()

    def enqueue(self, connection: object, tasks: Sequence[Task]) -> None:
        self.tasks.extend(task for task in tasks if task.name.startswith("payments."))

    def enqueue_rows(
        self, connection: Connection, insert: Insert, values: dict, name: str, argument: str
    ) -> list[str]:
        added = list(connection.execute(insert, values).scalars())
        self.enqueue(connection, [Task(name, {argument: told}) for told in added])
        return added

    def take_along(
        self, connection: object, name: str, argument: str, limit: int
    ) -> dict[int, str]:
        """By the place in the notebook; what was taken along before is left alone."""
        taken: dict[int, str] = {}
        for task in self.tasks:
            if task.name == name and id(task) not in self._taken and len(taken) < limit:
                taken[id(task)] = str(task.payload[argument])
        self._taken |= set(taken)
        return taken

    def done(self, connection: object, ids: Collection[int]) -> None:
        self.tasks = deque(task for task in self.tasks if id(task) not in ids)

    def give_back(self, connection: object, ids: Collection[int]) -> None:
        """They wait where they waited."""

    def enqueue_once(self, connection: object, task: Task, lock: str) -> None:
        if task.name.startswith("payments.") and task not in self.tasks:
            self.tasks.append(task)


class World:
    """One provider, one house, one clock; ``deaf_to`` are types the endpoint is not sent."""

    def __init__(self, dsn: str, place: Path, seed: int, deaf_to: frozenset[str]) -> None:
        self.provider = self.make_provider(seed)
        self.queue = Notebook()
        settings = wired_settings(dsn, place)
        object.__setattr__(settings, "stripe_webhook_secret", SECRET)
        with mock.patch.object(wiring, "StripeConnection", return_value=self.provider.connection()):
            ports = wiring.adapters(settings)
        self.house = House(
            settings=settings,
            database=Database(dsn),
            queue=self.queue,  # type: ignore[arg-type]
            ports=ports,
            reactions=wiring.reactions(),
        )
        self._tasks = wiring.deliveries()
        self._seen = 0
        self.used = frozenset(events.used_types()) - deaf_to

    def make_provider(self, seed: int) -> Provider:
        return Provider(seed)

    def close(self) -> None:
        self.house.database.close()
        self.provider.till.store.close()

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.provider.till.now(), dt.UTC)

    def new_events(self) -> list[tuple[str, str, bytes]]:
        """Events nobody has taken out of the provider yet: (id, type, bytes)."""
        found = self.provider.events_after(self._seen)
        if found:
            self._seen = found[-1][0]
        return [(event_id, kind, body) for _, event_id, kind, body in found if kind in self.used]

    def deliver(self, body: bytes) -> None:
        """The webhook takes an event in; the worker does not run."""
        keep_event(self.house, now=self.now, body=body, signature=self.provider.signature(body))

    def work(self, dice: random.Random | None = None) -> None:
        """The worker does what waits, in order or, with dice, in any order."""
        while self.queue.tasks:
            if dice is not None:
                self.queue.tasks.rotate(dice.randrange(len(self.queue.tasks)))
            task = self.queue.tasks.popleft()
            self._tasks[task.name](self.house, now=self.now, **task.payload)

    def catch_up(self) -> None:
        """The night: looks that are due, events never delivered, the provider's statement."""
        payment_deliveries.sweep(self.house, now=self.now)
        catch_up(self.house, now=self.now)
        self.work()

    def compare(self) -> None:
        """The provider's statement alone: whoever missed nothing needs no more."""
        reconcile(self.house, now=self.now, thorough=False)

    def state(self) -> list[str]:
        with self.house.database.reading() as connection:
            return list(state_lines(connection))


__all__ = ["BEGIN", "Actor", "World"]
