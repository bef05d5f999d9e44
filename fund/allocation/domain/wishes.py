"""What a wish permits on one day: active levels, preference classes, ranks and flexibility.

Two gifts with the same active levels are interchangeable for the rule. That is why a million
gifts become a few thousand *preference classes* and the flow problem stays small.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from fund.allocation.domain.problem import Donation, Grant, Level, Vintage
from fund.kernel.calendar import fiscal_year

ANY = "any"
_WIDTH = {"group": 0, "award": 0, "programme": 1, "field": 2, ANY: 3}
_UNDESIGNATED_WIDTH = 4


class Preference(NamedTuple):
    """A preference class: the key under which gifts are added up.

    ``levels`` are the active ones as (rank, sorted uses); the rank is the 1-based position in the
    donor's original list. Tuples order the classes: designated first, then by their levels.
    """

    undesignated: bool
    levels: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def flex(self) -> int:
        """0 group or award only, 1 programme, 2 field, 3 anywhere as fallback, 4 undesignated."""
        if self.undesignated:
            return _UNDESIGNATED_WIDTH
        return max((width(use) for _, uses in self.levels for use in uses), default=0)


EXHAUSTED = Preference(undesignated=True, levels=((1, (ANY,)),))
"""The class of a gift whose every level has expired and whose donor then said: anywhere."""


def width(use: str) -> int:
    """How wide a single use is: 0 group or award, 1 programme, 2 field, 3 anywhere."""
    return _WIDTH[use.partition(":")[0]]


def narrowest_first(use: str) -> tuple[int, str]:
    """Sort key that puts the most specific of several uses first."""
    return (width(use), use)


def is_active(level: Level, day: dt.date) -> bool:
    """Whether a level is open on ``day``; both of its dates are inclusive."""
    return (level.opens is None or level.opens <= day) and not has_expired(level, day)


def has_expired(level: Level, day: dt.date) -> bool:
    """Whether the last valid day of a level lies before ``day``."""
    return level.expires is not None and level.expires < day


def preference_of(donation: Donation, day: dt.date) -> Preference:
    """The preference class of a donation on the day of the run.

    A gift is undesignated when its donor's *first* choice was anywhere, or when every level has
    expired and the donor chose ``any`` for that case. Levels after an active ``any`` can never be
    a better choice for anything and are left out.
    """
    levels = donation.levels
    if donation.on_exhausted == ANY and all(has_expired(level, day) for level in levels):
        return EXHAUSTED
    active: list[tuple[int, tuple[str, ...]]] = []
    for rank, level in enumerate(levels, start=1):
        if is_active(level, day):
            active.append((rank, tuple(sorted(set(level.uses)))))
            if ANY in level.uses:
                break
    return Preference(ANY in levels[0].uses, tuple(active))


def uses_of(grant: Grant) -> Iterator[str]:
    """Every use that permits a grant, the most specific first and each once."""
    yield f"award:{grant.id}"
    yield f"group:{grant.group}"
    if grant.programme is not None:
        yield f"programme:{grant.programme}"
    for name in sorted(set(grant.fields)):
        yield f"field:{name}"
    yield ANY


def choice(preference: Preference, grant: Grant) -> tuple[int, str] | None:
    """The (rank, use) under which a class may pay a grant, or None if it may not."""
    open_uses = list(uses_of(grant))
    for rank, uses in preference.levels:
        for use in open_uses:
            if use in uses:
                return rank, use
    return None


def ever_permitted(donation: Donation, grant: Grant, day: dt.date) -> bool:
    """Whether some level of the wish, open or not, could have paid this grant until ``day``."""
    named = {use for level in donation.levels for use in level.uses}
    return any(use in named for use in uses_of(grant)) or preference_of(donation, day) == EXHAUSTED


def vintage_of(day: dt.date, unit: Vintage) -> int:
    """The age class of a gift as an integer that grows with time; 0 when age does not count.

    ``fy`` 2025 is April 2025 to March 2026, ``month`` 202505 and ``day`` 20250501.
    """
    match unit:
        case "fy":
            return fiscal_year(day)
        case "month":
            return day.year * 100 + day.month
        case "day":
            return (day.year * 100 + day.month) * 100 + day.day
        case "none":
            return 0
