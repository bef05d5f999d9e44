"""Where every yen of a gift is, as parts that sum to the gift: read from the rows of the ledger.

Pure arithmetic over plain rows; nothing is estimated and no part is what is left of the others.
A part of a line is what the line took, less what was taken back of it (a refund, an award made
smaller), less what the group returned of it; what is open stands in its lots; what was refunded
is what the entries about the refunds moved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fund.kernel.money import Yen, total


@dataclass(frozen=True)
class Line:
    """A posted line: what of it was not taken back (yen), in the order posted."""

    share_id: str
    award_no: str
    standing: Yen
    rank: int
    use: str
    on: dt.date
    run_no: str


@dataclass(frozen=True)
class Used:
    """Yen of a gift for one award, by the wish they met, decided on one day."""

    award_no: str
    yen: Yen
    came_back: Yen
    """What the group returned of these yen; they are no part of ``yen`` any more."""
    rank: int
    use: str
    on: dt.date
    run_no: str


@dataclass(frozen=True)
class Waits:
    """Yen of one share that are still in the fund."""

    share_id: str
    yen: Yen


@dataclass(frozen=True)
class Account:
    """The parts of an accepted gift: decided for awards, waiting, and gone back to the donor."""

    used: tuple[Used, ...]
    waits: tuple[Waits, ...]
    refunded: Yen

    @property
    def yen(self) -> Yen:
        """All parts together: the gift as it was accepted, to the yen, always."""
        return total(
            [
                *(part.yen for part in self.used),
                *(part.yen for part in self.waits),
                self.refunded,
            ]
        )


def account(
    lines: Iterable[Line],
    returned: Mapping[tuple[str, str], Yen],
    waits: Iterable[Waits],
    refunded: Yen,
) -> Account:
    """Put the parts together.

    ``returned`` are yen that groups gave back to (share, award); as money walks back, they are
    taken off the latest lines first. Lines of one run for one award by one wish are one part.
    """
    left = dict(returned)
    parts: dict[tuple[str, str, int, str], Used] = {}
    for line in reversed(list(lines)):
        key = (line.share_id, line.award_no)
        back = min(left.get(key, Yen(0)), line.standing)
        if back:
            left[key] -= back
        place = (line.run_no, line.award_no, line.rank, line.use)
        before = parts.get(place)
        parts[place] = Used(
            award_no=line.award_no,
            yen=line.standing - back + (before.yen if before else Yen(0)),
            came_back=back + (before.came_back if before else Yen(0)),
            rank=line.rank,
            use=line.use,
            on=line.on,
            run_no=line.run_no,
        )
    told = [part for part in parts.values() if part.yen or part.came_back]
    return Account(tuple(reversed(told)), tuple(waits), refunded)
