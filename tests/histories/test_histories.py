"""Any order, repetition, delay and loss of what the provider tells ends in the same books."""

from __future__ import annotations

import difflib
import os
import random
import time

import pytest
from book import Book, History, Telling, write_histories
from conftest import staff_of
from world import World

ECHOES = frozenset({"payment_intent.succeeded", "charge.refunded"})
"""Types that say what another type of the same moment says too: four books of five go without."""
HISTORIES = int(os.environ.get("FUND_HISTORIES", "100"))
SEEDS = range(int(os.environ.get("FUND_HISTORY_SEED", "1")), 999)


def read_twice(fresh_dsn, place, seed: int, histories: int) -> tuple[Book, Book]:
    """Play a book perfectly and disturbed, comparing the whole books after every round."""
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
            compare(seed, number, *books)
        return books[0], books[1]
    finally:
        perfect.close()
        disturbed.close()


def compare(seed: int, number: int, perfect: Book, disturbed: Book) -> None:
    ideal, real = perfect.world.state(), disturbed.world.state()
    if ideal == real:
        return
    difference = [
        line
        for line in difflib.unified_diff(ideal, real, "perfect", "disturbed", n=0, lineterm="")
        if not line.startswith("@@")
    ]
    named = [
        h for h in perfect.histories if any(s in line for s in h.sessions for line in difference)
    ]
    told = [line for h in named for line in perfect.log if line.startswith(f"{h.number}:")]
    pytest.fail("\n".join([f"seed {seed}, round {number}", *difference[:60], *told[:60]]))


@pytest.mark.parametrize("seed", SEEDS[:1])
def test_histories(fresh_dsn, place, seed, capsys):
    begun = time.perf_counter()
    perfect, disturbed = read_twice(fresh_dsn, place, seed, HISTORIES)
    took = time.perf_counter() - begun
    with capsys.disabled():
        print(
            f"\n{HISTORIES} histories, seed {seed}: {took:.1f}s, acts {len(perfect.log)}, perfect {perfect.telling.delivered}, disturbed {disturbed.telling.delivered}, lost {disturbed.telling.lost}"
        )
