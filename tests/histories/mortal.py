"""A world whose processes die at every step of every piece of work, one step after the other.

Steps are the places at which a death can make a difference: a transaction begins, a transaction
is about to commit, a request is about to leave for the provider, its answer was on the way. A
piece of work that died is taken up again, as the queue does with tasks of the dead and the
provider with deliveries that nobody confirmed, and dies one step later.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulated import Provider
from sqlalchemy import Connection, event
from world import World

from fund.payments import deliveries as payment_deliveries
from fund.payments.reconciliation.deliveries import catch_up


class Died(BaseException):
    """SIGKILL: nothing catches it, nothing is tidied up but what the server does."""


class Fate:
    """Counts steps and ends the process at one of them."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.taken = 0
        self.deaths = 0

    def step(self, *_: object) -> None:
        if self.last is None:
            return
        self.taken += 1
        if self.taken > self.last:
            self.last = None
            self.deaths += 1
            raise Died


class MortalProvider(Provider):
    """Requests and answers are steps; a key that was answered once is answered the same again."""

    def __init__(self, seed: int, fate: Fate) -> None:
        super().__init__(seed)
        self._fate = fate
        self._answered: dict[str, tuple[int, Any]] = {}

    def answer(self, method: str, url: str, body: str, key: str = "") -> tuple[int, Any]:
        self._fate.step()
        if key not in self._answered:
            answered = super().answer(method, url, body)
            if key:
                self._answered[key] = answered
        else:
            answered = self._answered[key]
        self._fate.step()
        return answered


class MortalWorld(World):
    """The same house; ``deaths`` says how often it died."""

    def __init__(self, dsn: str, place: Path, seed: int, deaf_to: frozenset[str]) -> None:
        self.fate = Fate()
        super().__init__(dsn, place, seed, deaf_to)
        engine = self.house.database._writing
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "commit", self.fate.step)
        event.listen(engine, "rollback", self._rollback)

    def make_provider(self, seed: int) -> Provider:
        return MortalProvider(seed, self.fate)

    @property
    def deaths(self) -> int:
        return self.fate.deaths

    def deliver(self, body: bytes) -> None:
        self._again_and_again(lambda: super(MortalWorld, self).deliver(body))

    def work(self, dice: random.Random | None = None) -> None:
        while self.queue.tasks:
            if dice is not None:
                self.queue.tasks.rotate(dice.randrange(len(self.queue.tasks)))
            task = self.queue.tasks.popleft()
            self._again_and_again(
                lambda task=task: self._tasks[task.name](self.house, now=self.now, **task.payload)
            )

    def catch_up(self) -> None:
        self._again_and_again(lambda: payment_deliveries.sweep(self.house, now=self.now))
        self._again_and_again(lambda: catch_up(self.house, now=self.now))
        self.work()

    def _again_and_again(self, act: Callable[[], object]) -> None:
        """Die at the first step, the second, …, until it is done before its death is due."""
        steps = 0
        while True:
            self.fate.last, self.fate.taken = steps, 0
            try:
                act()
            except Died:
                steps += 1
            else:
                self.fate.last = None
                return

    def _begin(self, connection: Connection) -> None:
        """A transaction that dies takes along the tasks it asked for."""
        self.fate.step()
        connection.info["tasks"] = list(self.queue.tasks)

    def _rollback(self, connection: Connection) -> None:
        before = connection.info.pop("tasks", None)
        if before is not None:
            self.queue.tasks.clear()
            self.queue.tasks.extend(before)
