"""Any order, repetition, delay and loss of what the provider tells ends in the same books.

Twenty books of a hundred histories each: donors pay, fail, come back, pay
late, too little or too much; shops, banks and the dashboard give back, dispute and pay out; two
officers accept. Each book is played on the sandbox's own code twice: one house hears every event
once and in order, the other in any order, twice, late or never, until the sweep.
"""

from __future__ import annotations

import random

import pytest
from book import Book, Telling, write_histories
from conftest import staff_of
from told_twice import FIRST_SEED, HISTORIES, difference, read_twice
from world import World

from fund.desk.board import INVARIANTS
from fund.platform.invariants import examine


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 20))
def test_the_books_do_not_depend_on_how_they_were_told(fresh_dsn, place, seed):
    perfect, disturbed = read_twice(fresh_dsn, place, seed)
    assert len(perfect.histories) == HISTORIES
    assert disturbed.telling.lost > 0
    assert disturbed.telling.delivered > perfect.telling.delivered


def test_a_house_that_never_sweeps_is_found_out(fresh_dsn, place):
    """The comparison itself is tested: losses without a sweep must show."""
    worlds = [World(fresh_dsn(), place, 3, frozenset()) for _ in range(2)]
    told = Telling(worlds[0]), Telling(worlds[1], random.Random("deaf"))
    worlds[1].catch_up = lambda: None
    books = [
        Book(telling, staff_of(telling.world.house), 3, write_histories(3, 30)) for telling in told
    ]
    for book in books:
        next(book.rounds(1))
    assert told[1].lost > 0
    assert difference(*books)
    for world in worlds:
        world.close()


def test_after_every_history_what_must_be_zero_is_zero(fresh_dsn, place):
    world = World(fresh_dsn(), place, 4, frozenset())
    telling = Telling(world, random.Random("board"))
    book = Book(telling, staff_of(world.house), 4, write_histories(4, 60))
    for _ in book.rounds(3):
        with world.house.database.reading() as connection:
            found = [(one.name, one.rows) for one in examine(connection, INVARIANTS) if one.count]
        assert found == []
    world.close()
