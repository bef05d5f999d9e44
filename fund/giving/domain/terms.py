"""The term of a wish: what opens behind it, and why the wish could not be met until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fund.giving.domain.shares import ANYWHERE, Wish
from fund.kernel.canonical import Json
from fund.ledger.reasons import Redirected


@dataclass(frozen=True)
class Opened:
    """The donor's second use, now open: its wish and its levels in the rule's own form."""

    wish: Wish
    levels: Mapping[str, Json]


def fallback_of(kind: str, fallback: str | None, group_fields: Sequence[str] = ()) -> Opened | None:
    """What a wish falls back to after its term; None for one that has none.

    ``field`` behind a group is the group's first field, its other fields after it: the pot and
    the public wish name one field, and a reader of the log can check both. A group without a
    field, and a theme, fall back to anywhere.
    """
    if kind == "anywhere" or (kind == "field" and fallback == "field"):
        return None
    if kind == "group" and fallback == "field" and group_fields:
        first, *others = group_fields
        levels: list[dict[str, Json]] = [{"uses": [f"field:{first}"]}]
        if others:
            levels.append({"uses": [f"field:{code}" for code in others]})
        return Opened(Wish("field", first, "field"), {"levels": levels})
    return Opened(Wish(), ANYWHERE)


@dataclass(frozen=True)
class Meanwhile:
    """What happened to a wish within its term: the causes the manual knows, each true or not."""

    returned: bool = False
    """A group gave yen of this share back."""
    taken_back: bool = False
    """Yen of this share left an award that was made smaller or cancelled."""
    group_gone: bool = False
    ended: bool = False
    """The theme has ended."""
    awarded: bool = False
    """The group had an award, which did not need these yen."""
    refused: bool = False
    applied: bool = False


def cause(kind: str, meanwhile: Meanwhile) -> Redirected:
    """Why a wish was not met in its term: the cause nearest to the yen themselves.

    Source: the manual's clause ``wish-fallback`` lists the same causes.
    """
    of_group = kind == "group"
    causes = (
        (meanwhile.returned, Redirected.GRANT_RETURNED),
        (meanwhile.taken_back, Redirected.AWARD_CANCELLED),
        (kind == "theme" and meanwhile.ended, Redirected.PROJECT_STOPPED),
        (of_group and meanwhile.group_gone, Redirected.GROUP_REMOVED),
        (of_group and meanwhile.awarded, Redirected.OVER_TARGET),
        (of_group and meanwhile.refused, Redirected.NOT_SELECTED),
        (of_group and not meanwhile.applied, Redirected.NO_APPLICATION),
    )
    return next((code for holds, code in causes if holds), Redirected.WISH_TERM)
