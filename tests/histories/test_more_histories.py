"""The other half of the twenty books (see ``test_histories``)."""

from __future__ import annotations

import pytest
from told_twice import FIRST_SEED, HISTORIES, read_twice


@pytest.mark.parametrize("seed", range(FIRST_SEED + 10, FIRST_SEED + 20))
def test_the_books_do_not_depend_on_how_they_were_told(fresh_dsn, place, seed):
    perfect, disturbed = read_twice(fresh_dsn, place, seed)
    assert len(perfect.histories) == HISTORIES
    assert disturbed.telling.lost > 0
    assert disturbed.telling.delivered > perfect.telling.delivered
