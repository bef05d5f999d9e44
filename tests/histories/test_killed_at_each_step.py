"""Whatever is being done dies at each of its steps and is taken up again: the same books."""

from __future__ import annotations

import random

import pytest
from book import Book, Telling, write_histories
from conftest import staff_of
from mortal import MortalWorld
from told_twice import difference
from world import World

from fund.desk.board import INVARIANTS
from fund.platform.invariants import examine

HISTORIES, ROUNDS = 10, 2


@pytest.mark.parametrize("seed", [501])
def test_dying_at_each_step_of_all_work_ends_in_the_perfect_books(fresh_dsn, place, seed):
    perfect = World(fresh_dsn(), place, seed, frozenset())
    mortal = MortalWorld(fresh_dsn(), place, seed, frozenset())
    try:
        tellings = Telling(perfect), Telling(mortal, random.Random(f"{seed} telling"))
        books = [
            Book(telling, staff_of(telling.world.house), seed, write_histories(seed, HISTORIES))
            for telling in tellings
        ]
        players = [book.rounds(ROUNDS) for book in books]
        for number in range(ROUNDS):
            for player in players:
                next(player)
            if lines := difference(*books):
                pytest.fail("\n".join([f"seed {seed}, round {number}", *lines]))
        assert books[0].log == books[1].log
        # Payments that wait together share their steps, so there are fewer steps than events.
        assert mortal.deaths > 25 * HISTORIES
        with mortal.house.database.reading() as connection:
            assert [one.name for one in examine(connection, INVARIANTS) if one.count] == []
    finally:
        perfect.close()
        mortal.close()
