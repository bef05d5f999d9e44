"""The disclosure rule: whatever is combined of what is shown, no few people can be singled out."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.giving.domain.cells import Breakdown, Cell, divided, is_small

YEARS = ("2024", "2025", "2026")
CATEGORIES = ("a", "b", "c", "d", "e")
PEOPLE = [str(number) for number in range(12)]

TABLES = st.dictionaries(
    st.tuples(st.sampled_from(YEARS), st.sampled_from(CATEGORIES)),
    st.frozensets(st.sampled_from(PEOPLE), max_size=8),
    max_size=15,
).map(lambda table: [Cell(year, category, people) for (year, category), people in table.items()])


def published(cells: list[Cell], shown: Breakdown) -> list[dict[tuple[str, str], int]]:
    """Every number a reader gets, as the sum of cells it is: totals of years, rows of tables."""
    sums = [
        {(one.period, one.category): 1 for one in cells if one.period == year} for year in YEARS
    ]
    for period in (None, *YEARS):
        if shown.tells(period):
            sums += [
                {
                    (one.period, one.category): 1
                    for one in cells
                    if one.category in group and period in {None, one.period}
                }
                for group in shown.groups
            ]
    return sums


def rank(rows: list[list[Fraction]]) -> int:
    """The rank of a matrix, exactly."""
    rows, found = [row[:] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(found, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for at in range(found + 1, len(rows)):
            if rows[at][column]:
                factor = rows[at][column] / rows[found][column]
                rows[at] = [x - factor * y for x, y in zip(rows[at], rows[found], strict=True)]
        found += 1
    return found


def recovered(cells: list[Cell], shown: Breakdown) -> list[tuple[Cell, ...]]:
    """Cells, or sums of two or three of one year or category, that follow from what is shown."""
    places = [(one.period, one.category) for one in cells]
    matrix = [[Fraction(row.get(place, 0)) for place in places] for row in published(cells, shown)]
    known = rank(matrix)
    found = []
    for some in chain.from_iterable(combinations(cells, many) for many in (1, 2, 3)):
        wanted = {(one.period, one.category) for one in some}
        row = [Fraction(place in wanted) for place in places]
        if rank([*matrix, row]) == known:
            found.append(some)
    return found


@settings(deadline=None, max_examples=250)
@given(TABLES, st.integers(2, 5))
def test_no_combination_of_what_is_shown_leads_to_few_people(
    cells: list[Cell], smallest: int
) -> None:
    shown = divided(cells, smallest)
    for some in recovered(cells, shown):
        people = frozenset().union(*(one.people for one in some))
        if not made_of_years(cells, some):
            assert not is_small(len(people), smallest), (some, shown)


def made_of_years(cells: list[Cell], some: tuple[Cell, ...]) -> bool:
    """Whether this is the ledger's own total of some years, however few people gave in them."""
    given_in = {one.period for one in some if one.people}
    rest = [one for one in cells if one.period in given_in and one.people and one not in some]
    return not rest


@settings(deadline=None)
@given(TABLES, st.integers(0, 5))
def test_every_category_stands_in_one_row_and_the_rows_add_up(
    cells: list[Cell], smallest: int
) -> None:
    shown = divided(cells, smallest)
    if shown.whole:
        everybody = frozenset().union(*(one.people for one in cells))
        # Too few in all, or in all years but undivided ones: then there is no table to add up.
        assert is_small(len(everybody), smallest) or shown.undivided
    else:
        placed = [one for group in shown.groups for one in group]
        assert sorted(placed) == sorted(set(placed))
        if None not in shown.undivided:
            assert set(placed) == {one.category for one in cells}


@given(TABLES)
def test_where_everybody_may_be_shown_nothing_is_joined(cells: list[Cell]) -> None:
    shown = divided(cells, 1)
    assert all(len(group) == 1 for group in shown.groups)
    assert not shown.undivided


def test_a_small_row_stands_with_its_neighbour_and_large_ones_stay() -> None:
    cells = [
        Cell("2026", "a", frozenset("1")),
        Cell("2026", "b", frozenset("234")),
        Cell("2026", "c", frozenset("56789")),
    ]
    assert divided(cells, 3, ["a", "b", "c"]).groups == (("a", "b"), ("c",))
    # The last one joins what stands before it.
    assert divided(cells, 3, ["c", "b", "a"]).groups == (("c",), ("b", "a"))


def test_small_rows_stand_together_before_large_ones_are_asked() -> None:
    cells = [
        Cell("2026", "a", frozenset("1")),
        Cell("2026", "b", frozenset("2345")),
        Cell("2026", "c", frozenset("67")),
    ]
    assert divided(cells, 3).groups == (("a", "c"), ("b",))


def test_twelve_gifts_of_one_person_are_one_person() -> None:
    cells = [Cell("2026", "a", frozenset({"monthly"})), Cell("2026", "b", frozenset("1234"))]
    assert divided(cells, 3, ["a", "b"]).groups == (("a", "b"),)


def test_a_poor_year_takes_another_one_along() -> None:
    cells = [
        Cell("2024", "a", frozenset("1")),
        Cell("2025", "a", frozenset("234")),
        Cell("2025", "b", frozenset("567")),
        Cell("2026", "a", frozenset("abcd")),
        Cell("2026", "b", frozenset("efgh")),
    ]
    shown = divided(cells, 3, ["a", "b"])
    assert shown.undivided in ({"2024", "2026"}, {"2024", "2025"})
    assert shown.tells(None)


def test_a_part_of_a_row_counts_like_a_row() -> None:
    cells = [
        Cell("2026", "0132", frozenset("1234"), "field"),
        Cell("2026", "0132", frozenset("5"), "theme"),
        Cell("2026", "0201", frozenset("6789"), "theme"),
    ]
    assert divided(cells, 3, ["0132", "0201"]).groups == (("0132", "0201"),)


def test_a_category_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="without a place"):
        divided([Cell("2026", "a", frozenset("1"))], 3, [])
