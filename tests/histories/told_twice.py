"""One book of histories in two worlds, and what to say when their books differ."""

from __future__ import annotations

import difflib
import os
import random

import pytest
from book import Book, Telling, write_histories
from conftest import staff_of
from world import World

HISTORIES = int(os.environ.get("FUND_HISTORIES", "100"))
FIRST_SEED = int(os.environ.get("FUND_HISTORY_SEED", "1"))
"""Another first seed gives other histories: every failure names the seed that shows it again."""
ECHOES = frozenset({"payment_intent.succeeded", "charge.refunded"})
"""Types that say what another type of the same moment says too: four books of five go without."""


def read_twice(fresh_dsn, place, seed: int, histories: int = HISTORIES) -> tuple[Book, Book]:
    """Play a book perfectly and disturbed, comparing the whole books after every round.

    Every fifth book is long (four rounds) and hears every type of event.
    """
    whole = seed % 5 == 0
    deaf_to = frozenset() if whole else ECHOES
    perfect, disturbed = (World(fresh_dsn(), place, seed, deaf_to) for _ in range(2))
    told = Telling(perfect), Telling(disturbed, random.Random(f"{seed} telling"))
    try:
        books = [
            Book(telling, staff_of(telling.world.house), seed, write_histories(seed, histories))
            for telling in told
        ]
        rounds = 4 if whole else 2
        players = [book.rounds(rounds) for book in books]
        for number in range(rounds):
            for player in players:
                next(player)
            if lines := difference(*books):
                pytest.fail("\n".join([f"seed {seed}, round {number}", *lines]))
        assert books[0].log == books[1].log
        return books[0], books[1]
    finally:
        perfect.close()
        disturbed.close()


def difference(perfect: Book, disturbed: Book) -> list[str]:
    """Lines in which the books differ, with what happened to the gifts they speak of."""
    ideal, real = perfect.world.state(), disturbed.world.state()
    if ideal == real:
        return []
    lines = [
        line
        for line in difflib.unified_diff(ideal, real, "perfect", "disturbed", n=0, lineterm="")
        if not line.startswith("@@")
    ]
    named = [
        history
        for history in perfect.histories
        if any(session in line for session in history.sessions for line in lines)
    ]
    told = [
        line for history in named for line in perfect.log if line.startswith(f"{history.number}:")
    ]
    return [*lines[:60], *told[:60]]
