"""Histories over real sockets, with the real queue and workers that are killed."""

from __future__ import annotations

import difflib
import random

import pytest
from book import Book, Telling, write_histories
from conftest import staff_of
from http_world import HttpWorld, named_by_order
from world import World

HISTORIES, ROUNDS, SEED = 24, 2, 77


def test_killed_workers_and_real_sockets_end_in_the_perfect_books(fresh_dsn, place):
    perfect = World(fresh_dsn(), place, SEED, frozenset())
    real = HttpWorld(fresh_dsn(), place)
    try:
        tellings = Telling(perfect), Telling(real, random.Random(f"{SEED} telling"))
        books = [
            Book(telling, staff_of(telling.world.house), SEED, write_histories(SEED, HISTORIES))
            for telling in tellings
        ]
        players = [book.rounds(ROUNDS) for book in books]
        for number in range(ROUNDS):
            for player in players:
                next(player)
            ideal, told = named_by_order(perfect), named_by_order(real)
            if ideal != told:
                found = difflib.unified_diff(ideal, told, "perfect", "over HTTP", n=0, lineterm="")
                pytest.fail("\n".join([f"seed {SEED}, round {number}", *list(found)[:60]]))
        assert books[0].log == books[1].log
        assert tellings[1].lost > 0
        assert real.killed > 0
    finally:
        perfect.close()
        real.close()
