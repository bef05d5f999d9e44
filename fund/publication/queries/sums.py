"""Totals of exactly a filter: counted cells and the tail above them, on one snapshot."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    String,
    Subquery,
    and_,
    column,
    func,
    select,
    text,
)
from sqlalchemy.sql import ColumnElement

from fund.kernel.money import Yen
from fund.publication.models import public_cell, public_entry, public_place
from fund.publication.queries.filters import (
    LedgerFilter,
    TagSet,
    in_cells,
    members,
    plain,
    tag_sets,
    tagged_any,
)
from fund.publication.queries.tags import BETWEEN, TAGGED

_WORDS = ("in_yen", "committed_yen", "out_yen", "spent_yen", "returned_yen", "left_yen")
_PARTS_AT_ONCE = 10_000
_ALL = TagSet("all", ("",))


@dataclass(frozen=True)
class Totals:
    """Sums of yen over a filter, one for each money word; how many entries, what they move.

    ``moved`` is the sum of what each entry moves or, where the filter asks for an account, a
    group's or field's use or an age, of the part that is about it (an account: debit positive).
    """

    came_in: Yen
    committed: Yen
    out: Yen
    spent: Yen
    returned: Yen
    left: Yen
    moved: Yen
    entries: int

    @property
    def kept(self) -> Yen:
        """All that is in the fund: what is left, and what is committed and not yet paid."""
        return Yen(self.left + self.committed)


@dataclass(frozen=True)
class Ends:
    """Where the log ends on a snapshot, read once for everything a page asks of it.

    ``counted`` is the number of the last entry that is counted (all above it are the tail),
    ``cells`` the last cell made while counting, ``last`` the highest public number, ``as_of``
    when that entry was appended (aware UTC; None for an empty log, whose numbers are zero).
    """

    counted: int
    cells: int
    last: int
    as_of: dt.datetime | None


_ENDS = text("""
SELECT coalesce((SELECT max(max_no) FROM public_cell WHERE tag = ''), 0) AS counted,
       coalesce((SELECT max(id) FROM public_cell), 0) AS cells,
       coalesce(newest.no, 0) AS last, newest.appended_at AS as_of
FROM (SELECT) AS once
LEFT JOIN (SELECT no, appended_at FROM public_entry ORDER BY no DESC LIMIT 1) AS newest ON true
""")


def ends(connection: Connection) -> Ends:
    """Where the log ends, in one look."""
    row = connection.execute(_ENDS).one()
    return Ends(int(row.counted), int(row.cells), int(row.last), row.as_of)


def counted_to(connection: Connection) -> int:
    """The number of the last entry that is counted; all above it are the tail."""
    cell = public_cell.c
    highest = select(func.max(cell.max_no)).where(cell.tag == "")
    return int(connection.execute(highest).scalar_one() or 0)


def last_no(connection: Connection) -> int:
    """The highest public number; zero for an empty log."""
    return int(connection.execute(select(func.max(public_entry.c.no))).scalar_one() or 0)


def totals(connection: Connection, wanted: LedgerFilter, where: Ends | None = None) -> Totals:
    """Exact sums over everything the filter finds; ``where`` are this snapshot's ends if known."""
    where = where or ends(connection)
    over, upto = where.counted, where.last
    sets = tag_sets(wanted)
    sums = _counted(connection, wanted, sets, where)
    if upto > over:
        later = _tail(connection, wanted, sets, over, upto)
        sums = [one + other for one, other in zip(sums, later, strict=True)]
    came_in, committed, out, spent, returned, left, moved = (Yen(yen) for yen in sums[:-1])
    return Totals(came_in, committed, out, spent, returned, left, moved, sums[-1])


_KEPT_SUMS = 512
_kept: WeakKeyDictionary[Engine, dict[object, list[int]]] = WeakKeyDictionary()


def _counted(
    connection: Connection, wanted: LedgerFilter, sets: list[TagSet], where: Ends
) -> list[int]:
    """Sums over the counted entries; kept, for what was counted never changes.

    They hold for exactly this end of the count: the next count, or one that was thrown away and
    made anew, has other numbers.
    """
    known = _kept.setdefault(connection.engine, {})
    key = (wanted, where.counted, where.cells)
    if (sums := known.get(key)) is None:
        if wanted.words or len(sets) > 1 or any(one.repeats for one in sets):
            sums = _read(connection, wanted, sets, where.counted)
        else:
            sums = _from_cells(connection, wanted, sets[0] if sets else _ALL, where.counted)
        if len(known) >= _KEPT_SUMS:
            known.clear()
        known[key] = sums
    return sums


def _from_cells(connection: Connection, wanted: LedgerFilter, one: TagSet, over: int) -> list[int]:
    cell, entry = public_cell.c, public_entry.c
    sums = _row(
        connection,
        [*(cell[name] for name in _WORDS), cell.yen, cell.entries],
        and_(cell.tag.in_(one.tags), in_cells(wanted)),
    )
    if not one.cut:
        return sums
    within = and_(cell.tag.in_(one.cut), in_cells(wanted))
    found = (
        select(public_place.c.no).join(public_cell, cell.id == public_place.c.cell_id).where(within)
    )
    ends = _row(
        connection,
        [*(entry[name] for name in _WORDS), entry.size_yen],
        and_(entry.no.in_(found), entry.no <= over, plain(wanted)),
        count=True,
    )
    return [one + other for one, other in zip(sums, ends, strict=True)]


def _read(connection: Connection, wanted: LedgerFilter, sets: list[TagSet], over: int) -> list[int]:
    """Entry by entry, where no cell knows the sum: words, or several sets at once."""
    where = and_(public_entry.c.no <= over, matching(connection, wanted, sets))
    *words, moved, entries = _entries_row(connection, where)
    if (part := part_of(sets)) is not None:
        moved = _parts_of(connection, part, where)
    return [*words, moved, entries]


def matching(
    connection: Connection, wanted: LedgerFilter, sets: list[TagSet]
) -> ColumnElement[bool]:
    """The filter as a condition on counted entries, the rarest set of tags looked up first."""
    entry, cell, place = public_entry.c, public_cell.c, public_place.c
    rarest = rarest_set(connection, wanted, sets)
    if rarest is None:
        return and_(plain(wanted), members(sets))
    found = (
        select(place.no)
        .join(public_cell, cell.id == place.cell_id)
        .where(cell.tag.in_(rarest.tags + rarest.cut), in_cells(wanted))
    )
    rest = [one for one in sets if one is not rarest]
    return and_(entry.no.in_(found), plain(wanted), members(rest))


def rarest_set(
    connection: Connection, wanted: LedgerFilter, sets: Sequence[TagSet]
) -> TagSet | None:
    """Of the sets whose entries have places, the one with the fewest of them."""
    placed = [one for one in sets if one.name != "account"]
    if len(placed) < 2:
        return placed[0] if placed else None
    cell = public_cell.c

    def many(one: TagSet) -> int:
        asked = select(func.coalesce(func.sum(cell.entries), 0)).where(
            cell.tag.in_(one.tags + one.cut), in_cells(wanted)
        )
        return int(connection.execute(asked).scalar_one())

    return min(placed, key=many)


def tail_condition(
    wanted: LedgerFilter, sets: list[TagSet], over: int, upto: int
) -> ColumnElement[bool]:
    """The filter as a condition on the entries above the counted ones."""
    tests = [public_entry.c.no > over, plain(wanted)]
    for one in sets:
        if one.name not in {"group", "field", "amount"}:
            tagged = tail_tags(over, upto)
            tests.append(
                public_entry.c.no.in_(select(tagged.c.no).where(tagged_any(tagged.c.tag, one)))
            )
    return and_(*tests)


def tail_tags(over: int, upto: int) -> Subquery:
    """The tail's entries under their tags: ``no``, ``tag``, ``yen`` and the cell's keys."""
    return (
        text(BETWEEN)
        .bindparams(over=over, upto=upto)
        .columns(
            column("no", BigInteger),
            column("tag", String),
            column("yen", BigInteger),
            column("fy", Integer),
            column("kind", String),
        )
        .subquery()
    )


def _tail(
    connection: Connection, wanted: LedgerFilter, sets: list[TagSet], over: int, upto: int
) -> list[int]:
    where = tail_condition(wanted, sets, over, upto)
    *words, moved, entries = _entries_row(connection, where)
    if (part := part_of(sets)) is not None:
        moved = _parts_of(connection, part, where)
    return [*words, moved, entries]


def _entries_row(connection: Connection, where: ColumnElement[bool]) -> list[int]:
    entry = public_entry.c
    return _row(connection, [*(entry[name] for name in _WORDS), entry.size_yen], where, count=True)


def _row(
    connection: Connection,
    columns: Sequence[ColumnElement[int]],
    where: ColumnElement[bool],
    *,
    count: bool = False,
) -> list[int]:
    asked = [func.coalesce(func.sum(one), 0) for one in columns]
    counted = [func.count()] if count else []
    row = connection.execute(select(*asked, *counted).where(where)).one()
    return [int(value) for value in row]


def part_of(sets: Sequence[TagSet]) -> TagSet | None:
    """The set whose own yen are summed as ``moved``, when the filter asks for a part."""
    return next((one for one in sets if one.part), None)


def _parts_of(connection: Connection, part: TagSet, where: ColumnElement[bool]) -> int:
    """The tag's own yen over entries that are known one by one."""
    nos = connection.execute(select(public_entry.c.no).where(where)).scalars().all()
    tagged = text(
        "SELECT coalesce(sum(yen), 0) FROM ("
        + TAGGED.format(where="e.no = ANY(:nos)")
        + ") AS tagged WHERE tag = ANY(:tags)"
    )
    return sum(
        int(
            connection.execute(
                tagged, {"nos": list(nos[at : at + _PARTS_AT_ONCE]), "tags": list(part.tags)}
            ).scalar_one()
        )
        for at in range(0, len(nos), _PARTS_AT_ONCE)
    )


_BY_TAG = text(f"""
SELECT tag, kind, sum(yen)::bigint AS yen, sum(entries)::bigint AS entries FROM (
  SELECT tag, kind, fy, first_day, yen, entries FROM public_cell
  WHERE tag >= :prefix AND tag < :beyond
  UNION ALL
  SELECT tag, kind, fy, first_day, yen, 1 FROM ({BETWEEN}) AS tail WHERE starts_with(tag, :prefix)
) AS summed
WHERE (CAST(:fy AS int) IS NULL OR fy = :fy) AND first_day >= :first AND first_day <= :last
GROUP BY tag, kind
""")
EARLIEST, LATEST = dt.date(1, 1, 1), dt.date(9999, 1, 1)


@dataclass(frozen=True)
class Sum:
    """Yen and entries under one tag, of one kind."""

    tag: str
    kind: str
    yen: int
    entries: int


def by_tag(
    connection: Connection,
    prefix: str,
    *,
    fy: int | None = None,
    first: dt.date = EARLIEST,
    last: dt.date = LATEST,
) -> list[Sum]:
    """Sums under every tag that begins with ``prefix``; the prefix itself is cut off."""
    asked = {"prefix": prefix, "beyond": prefix[:-1] + chr(ord(prefix[-1]) + 1)}
    span = {"fy": fy, "first": first, "last": last}
    bounds = {"over": counted_to(connection), "upto": last_no(connection)}
    rows = connection.execute(_BY_TAG, {**asked, **span, **bounds})
    return [
        Sum(row.tag.removeprefix(prefix), row.kind, int(row.yen), int(row.entries)) for row in rows
    ]


def balances(connection: Connection, last: dt.date = LATEST) -> dict[str, Yen]:
    """Every account's raw balance (debit positive) at the end of a day, zero ones left out."""
    sums: dict[str, int] = defaultdict(int)
    for found in by_tag(connection, "at:", last=last):
        sums[found.tag] += found.yen
    return {account: Yen(yen) for account, yen in sorted(sums.items()) if yen}
