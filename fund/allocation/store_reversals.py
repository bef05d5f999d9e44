"""What stands of allocation lines, and writing down what is taken back of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from fund.allocation.domain.taking_back import Line
from fund.allocation.models import allocation_line, allocation_reversal, allocation_run
from fund.kernel.money import Yen
from fund.ledger import queries as ledger
from fund.ledger.reversals import Undone
from fund.platform.house import Transaction


@dataclass(frozen=True)
class Posted:
    """A line as it was posted: its name in the journal, and the pot that gave the yen."""

    fact: str
    pot: str


@dataclass(frozen=True)
class Reversed:
    """Yen that an entry took back of a line (see ``allocation_reversal``)."""

    run_id: int
    line: int
    share: str
    award: str
    yen: int
    source: str


_BACK = (
    select(
        allocation_reversal.c.run_id,
        allocation_reversal.c.line,
        func.sum(allocation_reversal.c.yen).label("yen"),
    )
    .group_by(allocation_reversal.c.run_id, allocation_reversal.c.line)
    .subquery()
)


def standing_lines(connection: Connection, share_ids: Collection[str]) -> list[Line]:
    """What stands of each line of these shares: less what was taken back or came back unspent."""
    rows = connection.execute(
        select(
            allocation_line,
            (allocation_line.c.yen - func.coalesce(_BACK.c.yen, 0)).label("standing"),
        )
        .outerjoin(
            _BACK,
            (_BACK.c.run_id == allocation_line.c.run_id) & (_BACK.c.line == allocation_line.c.line),
        )
        .where(allocation_line.c.share_id == func.any(sorted(set(share_ids))))
        .order_by(allocation_line.c.run_id.desc(), allocation_line.c.line.desc())
    ).all()
    unspent = dict(ledger.returned_by_groups(connection, share_ids))
    lines = []
    for row in rows:
        came_back = min(unspent.get((row.share_id, row.award_no), 0), int(row.standing))
        if came_back:
            unspent[row.share_id, row.award_no] -= came_back
        if standing := int(row.standing) - came_back:
            lines.append(
                Line(
                    run=row.run_id,
                    line=row.line,
                    share=row.share_id,
                    award=row.award_no,
                    rank=row.rank,
                    use=row.use,
                    yen=standing,
                )
            )
    return lines


def posted(connection: Connection, lines: Collection[tuple[int, int]]) -> dict[Any, Posted]:
    """How lines (run id, line) were posted."""
    found: dict[tuple[int, int], Posted] = {}
    rows = connection.execute(
        select(
            allocation_line.c.run_id,
            allocation_line.c.line,
            allocation_line.c.entry_id,
            allocation_run.c.no,
        )
        .join(allocation_run, allocation_run.c.id == allocation_line.c.run_id)
        .where(
            allocation_line.c.run_id.in_({run for run, _ in lines}),
            allocation_line.c.line.in_({line for _, line in lines}),
        )
    )
    for row in rows:
        if (row.run_id, row.line) in lines:
            pot = ledger.lots_of_entry(connection, row.entry_id)[0].pot
            found[row.run_id, row.line] = Posted(f"{row.no}#{row.line}", pot)
    return found


class UndoneLine(NamedTuple):
    """Yen to be taken back of a posted line (run id, line)."""

    run_id: int
    line: int
    part: Undone


_OF_AWARD = text("""
SELECT line.run_id, line.line, run.no || '#' || line.line AS fact, line.share_id, line.award_no,
       (SELECT min(moved.account) FROM lot_posting AS moved
        WHERE moved.entry_id = line.entry_id) AS pot,
       line.yen - coalesce((SELECT sum(back.yen) FROM allocation_reversal AS back
                            WHERE back.run_id = line.run_id AND back.line = line.line), 0) AS yen
FROM allocation_line AS line JOIN allocation_run AS run ON run.id = line.run_id
WHERE line.award_no = :award AND run.kind = 'ordinary'
ORDER BY line.run_id DESC, line.rank DESC, line.line DESC
""")


def undo_of_award(connection: Connection, award_no: str, yen: int) -> list[UndoneLine]:
    """The inverse of allocation: ``yen`` of an award's lines, newest run, worst rank first.

    Raises:
        ValueError: when its lines hold less than that.
    """
    left, found = yen, []
    for row in connection.execute(_OF_AWARD, {"award": award_no}):
        part = min(left, int(row.yen))
        if part:
            undone = Undone(row.fact, row.share_id, award_no, row.pot, Yen(part), "committed")
            found.append(UndoneLine(row.run_id, row.line, undone))
            left -= part
    if left:
        raise ValueError(f"{award_no}: its lines hold {left} yen less than goes back")
    return found


def add_reversals(tx: Transaction, entry_id: int, rows: Iterable[Reversed]) -> None:
    """Write down what an entry takes back of lines; negative yen give it to them again.

    Raises:
        sqlalchemy.exc.IntegrityError: for more than a line gave (``reversal_within_line``) or
            more than an award may have (``allocation_within_award``).
    """
    values = [
        {
            "run_id": row.run_id,
            "line": row.line,
            "share_id": row.share,
            "award_no": row.award,
            "yen": row.yen,
            "source": row.source,
            "entry_id": entry_id,
        }
        for row in rows
    ]
    if values:
        tx.connection.execute(insert(allocation_reversal), values)


def reversals_of_entry(connection: Connection, entry_id: int) -> list[Reversed]:
    """What an entry took back of lines, in the order it was written."""
    rows = connection.execute(
        select(allocation_reversal)
        .where(allocation_reversal.c.entry_id == entry_id)
        .order_by(allocation_reversal.c.id)
    )
    return [
        Reversed(row.run_id, row.line, row.share_id, row.award_no, int(row.yen), row.source)
        for row in rows
    ]


@dataclass(frozen=True)
class Filled:
    """How full an award is: yen of its ordinary lines that stand, and the hole the ward fills."""

    given: int
    hole: int


def filled(connection: Connection, award_nos: Collection[str]) -> Mapping[str, Filled]:
    """For each award: what ordinary lines give it, and what the ward still stands in for."""
    given: dict[str, int] = defaultdict(int)
    hole: dict[str, int] = defaultdict(int)
    lines = connection.execute(
        select(allocation_line.c.award_no, allocation_run.c.kind, func.sum(allocation_line.c.yen))
        .join(allocation_run, allocation_run.c.id == allocation_line.c.run_id)
        .where(allocation_line.c.award_no == func.any(sorted(set(award_nos))))
        .group_by(allocation_line.c.award_no, allocation_run.c.kind)
    )
    for award, kind, yen in lines:
        if kind == "ordinary":
            given[award] += int(yen)
        else:
            hole[award] -= int(yen)
    back = connection.execute(
        select(
            allocation_reversal.c.award_no,
            allocation_reversal.c.source,
            func.sum(allocation_reversal.c.yen),
        )
        .where(allocation_reversal.c.award_no == func.any(sorted(set(award_nos))))
        .group_by(allocation_reversal.c.award_no, allocation_reversal.c.source)
    )
    for award, source, yen in back:
        if source == "committed":
            given[award] -= int(yen)
        else:
            hole[award] += int(yen)
    return {award: Filled(given[award], hole[award]) for award in award_nos}


def holes(connection: Connection) -> dict[str, int]:
    """Awards whose group keeps money of donors who got it back: yen the ward stands in for."""
    awards = connection.scalars(
        select(allocation_reversal.c.award_no)
        .where(allocation_reversal.c.source == "ward")
        .distinct()
    ).all()
    return {award: one.hole for award, one in filled(connection, awards).items() if one.hole}


def gone(connection: Connection, award_nos: Collection[str]) -> list[tuple[str, str, int]]:
    """(share, award, yen) that no longer count as given by that share.

    These are yen taken back of awards that were not paid, and yen the ward stood in for until
    other money filled the hole, the oldest hole first.
    """
    wanted = allocation_reversal.c.award_no == func.any(sorted(set(award_nos)))
    back = connection.execute(
        select(
            allocation_reversal.c.share_id,
            allocation_reversal.c.award_no,
            allocation_reversal.c.source,
            func.sum(allocation_reversal.c.yen),
        )
        .where(wanted)
        .group_by(
            allocation_reversal.c.share_id,
            allocation_reversal.c.award_no,
            allocation_reversal.c.source,
        )
        .order_by(func.min(allocation_reversal.c.id))
    ).all()
    filling = connection.execute(
        select(allocation_line.c.award_no, func.sum(allocation_line.c.yen))
        .join(allocation_run, allocation_run.c.id == allocation_line.c.run_id)
        .where(
            allocation_line.c.award_no == func.any(sorted(set(award_nos))),
            allocation_run.c.kind == "reinstatement",
        )
        .group_by(allocation_line.c.award_no)
    )
    left = {award: int(yen) for award, yen in filling}
    found = []
    for share, award, source, yen in back:
        part = int(yen) if source == "committed" else min(int(yen), left.get(award, 0))
        if source != "committed":
            left[award] = left.get(award, 0) - part
        found.append((share, award, part))
    return found


@dataclass(frozen=True)
class TakenBackView:
    """Yen of a gift that an entry took back of its allocation to an award."""

    gift_no: str
    share_id: str
    award_no: str
    yen: Yen


def taken_back_by(connection: Connection, kind: str, fact_id: str) -> list[TakenBackView]:
    """What the entry of a fact took back of gifts, share by share."""
    booked = ledger.booked_fact(connection, kind, fact_id)
    if booked is None:
        return []
    rows = connection.execute(
        select(
            allocation_reversal.c.share_id,
            allocation_reversal.c.award_no,
            func.sum(allocation_reversal.c.yen),
        )
        .where(allocation_reversal.c.entry_id == booked.id)
        .group_by(allocation_reversal.c.share_id, allocation_reversal.c.award_no)
        .order_by(allocation_reversal.c.share_id)
    )
    lots = {share: (award, int(yen)) for share, award, yen in rows}
    gifts = ledger.lots_by_share(connection, lots)
    return [
        TakenBackView(gift_no, share, award, Yen(yen))
        for share, (award, yen) in lots.items()
        if (gift_no := gifts[share].gift_no) is not None
    ]


_LEFT = text("""
SELECT DISTINCT back.share_id FROM allocation_reversal AS back
JOIN journal_entry AS entry ON entry.id = back.entry_id
WHERE back.share_id = ANY (:shares) AND entry.kind IN ('award.reduced', 'award.cancelled')
""")


def left_by_changes(connection: Connection, share_ids: Collection[str]) -> set[str]:
    """Those of these shares whose yen left an award that was made smaller or cancelled."""
    return set(connection.scalars(_LEFT, {"shares": sorted(set(share_ids))}))
