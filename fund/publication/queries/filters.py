"""What a reader may ask of the public ledger, and how it is looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, true

from fund.publication.models import public_cell, public_entry, public_place, public_posting
from fund.publication.queries.tags import amount_tags

MOST_MONTHS = 1_200


@dataclass(frozen=True)
class LedgerFilter:
    """What a reader asked for; None or empty means no restriction.

    ``first`` and ``last`` are inclusive days (a gift counts by the first of its month),
    ``low`` and ``high`` inclusive yen of the movement, ``words`` folded words to be found all.
    ``fit`` is how an allocation meets its wish (``first``, ``other``, ``open``), ``reason`` why a
    wish was changed, ``age`` the fiscal year unspent money came from, ``wait`` inclusive months
    from a gift to its allocation, ``to`` the group an allocation goes to, ``use`` the first field
    of its award (empty for none), ``account`` one account. Figures stand for several fits,
    reasons, ages or uses where too few people stand behind one.
    """

    fy: int | None = None
    kinds: tuple[str, ...] = ()
    field: str | None = None
    group: str | None = None
    low: int | None = None
    high: int | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    words: tuple[str, ...] = ()
    fit: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    age: tuple[int, ...] = ()
    wait: tuple[int, int] | None = None
    to: str | None = None
    use: tuple[str, ...] = ()
    account: str | None = None


@dataclass(frozen=True)
class TagSet:
    """Entries under any of ``tags``; those under ``cut`` only if ``test`` holds too.

    ``part`` is True when the tag's yen is a part of the entry's and not all it moves: one entry
    may be under several of these tags.
    """

    name: str
    tags: tuple[str, ...]
    cut: tuple[str, ...] = ()
    part: bool = False

    @property
    def repeats(self) -> bool:
        """Whether an entry may be found under more than one of the tags."""
        return self.part and len(self.tags) > 1


def tag_sets(wanted: LedgerFilter) -> list[TagSet]:
    """The sets of tags whose common entries the filter asks for, those with a part first."""
    found = [
        TagSet(name, tuple(f"{prefix}:{value}" for value in values), part=part)
        for name, prefix, part, values in (
            ("account", "at", True, _one(wanted.account)),
            ("to", "for", True, _one(wanted.to)),
            ("use", "use", True, _some(wanted.use)),
            ("age", "age", True, _some(wanted.age)),
            ("wait", "wait", False, _months(wanted.wait)),
            ("group", "group", False, _one(wanted.group)),
            ("reason", "reason", False, _some(wanted.reason)),
            ("fit", "fit", False, _some(wanted.fit)),
            ("field", "field", False, _one(wanted.field)),
        )
        if values is not None
    ]
    if wanted.low is not None or wanted.high is not None:
        whole, cut = amount_tags(wanted.low, wanted.high)
        found.append(TagSet("amount", tuple(whole), tuple(cut)))
    return found


def _one(value: str | None) -> list[str] | None:
    return None if value is None else [value]


def _some(values: Sequence[str | int]) -> list[str] | None:
    return [str(value) for value in values] or None


def _months(wait: tuple[int, int] | None) -> list[str] | None:
    if wait is None:
        return None
    return [str(month) for month in range(wait[0], min(wait[1], MOST_MONTHS) + 1)]


def plain(wanted: LedgerFilter) -> ColumnElement[bool]:
    """The conditions on an entry's own columns: all but the tags that are found by cells only."""
    column = public_entry.c
    asked: tuple[tuple[object, Callable[[], ColumnElement[bool]]], ...] = (
        (wanted.fy, lambda: column.fy == wanted.fy),
        (wanted.kinds or None, lambda: column.kind.in_(wanted.kinds)),
        (wanted.field, lambda: column.fields.contains([wanted.field])),
        (wanted.group, lambda: column.groups.contains([wanted.group])),
        (wanted.low, lambda: column.size_yen >= wanted.low),
        (wanted.high, lambda: column.size_yen <= wanted.high),
        (wanted.first, lambda: column.first_day >= wanted.first),
        (wanted.last, lambda: column.first_day <= wanted.last),
    )
    tests = [test() for value, test in asked if value is not None]
    tests += [column.search_text.contains(word, autoescape=True) for word in wanted.words]
    return and_(true(), *tests)


def in_cells(wanted: LedgerFilter) -> ColumnElement[bool]:
    """What a filter says of cells: kinds, fiscal year and days."""
    column = public_cell.c
    tests = []
    if wanted.fy is not None:
        tests.append(column.fy == wanted.fy)
    if wanted.kinds:
        tests.append(column.kind.in_(wanted.kinds))
    if wanted.first is not None:
        tests.append(column.first_day >= wanted.first)
    if wanted.last is not None:
        tests.append(column.first_day <= wanted.last)
    return and_(true(), *tests)


def member(one: TagSet) -> ColumnElement[bool]:
    """Whether a counted entry is under a set of tags, looked up by the entry."""
    entry, cell, place = public_entry.c, public_cell.c, public_place.c
    if one.name == "account":
        account = one.tags[0].removeprefix("at:")
        posting = public_posting.c
        return (
            select(posting.no)
            .where(posting.no == entry.no, posting.account == account)
            .correlate(public_entry)
            .exists()
        )
    return (
        select(place.no)
        .select_from(public_place.join(public_cell, place.cell_id == cell.id))
        .where(
            place.no == entry.no,
            cell.tag.in_(one.tags + one.cut),
            cell.kind == entry.kind,
            cell.fy == entry.fy,
            cell.first_day == entry.first_day,
        )
        .correlate(public_entry)
        .exists()
    )


_OWN_COLUMNS = frozenset({"group", "field", "amount"})


def members(sets: list[TagSet]) -> ColumnElement[bool]:
    """Whether a counted entry is under every set that ``plain`` does not test already."""
    return and_(true(), *(member(one) for one in sets if one.name not in _OWN_COLUMNS))


def tagged_any(column: ColumnElement[str], one: TagSet) -> ColumnElement[bool]:
    """Whether a tag is one of the set's."""
    return or_(column.in_(one.tags), column.in_(one.cut)) if one.cut else column.in_(one.tags)
