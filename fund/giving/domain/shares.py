"""The wish of a gift, its shares, and how a share reads in the allocation rule."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fund.kernel.calendar import fiscal_year, fiscal_year_bounds
from fund.kernel.canonical import Json
from fund.kernel.errors import Invalid
from fund.kernel.ids import share_id
from fund.kernel.money import Yen, share_of

KINDS = ("anywhere", "field", "group", "theme")
FALLBACKS = ("field", "anywhere")
_TARGET = {
    "field": re.compile(r"[a-z][a-z0-9-]{1,30}"),
    "group": re.compile(r"[0-9]{4}"),
    "theme": re.compile(r"[a-z][a-z0-9-]{1,40}"),
}
_USE = {"field": "field", "group": "group", "theme": "programme"}
ANYWHERE: dict[str, Json] = {"levels": [{"uses": ["any"]}]}
"""The levels of yen without a wish, and of what the pass-on share keeps."""


@dataclass(frozen=True)
class Wish:
    """What a donor wishes: anywhere, or one field, group or theme with a fallback.

    The fallback says what happens once the wish's term has run out: ``field`` stays in the
    field (a group's fields for a group wish, the same field without a term for a field wish),
    ``anywhere`` opens the yen to the whole fund. A theme has no field of its own.

    Raises:
        Invalid: for a kind, target or fallback that does not exist or does not fit.
    """

    kind: str = "anywhere"
    target: str | None = None
    fallback: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Invalid("使いみちを選んでください", {"wish": "使いみちを選んでください"})
        if self.kind == "anywhere":
            if self.target is not None or self.fallback is not None:
                raise Invalid("おまかせの寄附に、あて先は付けられません")
            return
        if not self.target or not _TARGET[self.kind].fullmatch(self.target):
            raise Invalid("使いみちを選んでください", {self.kind: "一覧から選んでください"})
        allowed = ("anywhere",) if self.kind == "theme" else FALLBACKS
        if self.fallback not in allowed:
            message = "希望どおりに使えないときの使いみちを選んでください"
            raise Invalid(message, {"fallback": message})


@dataclass(frozen=True)
class Share:
    """One share of a gift: its public id, its wish (or none) and its yen.

    ``part`` is ``wish`` for what follows the wish and ``kept`` for what the manual's
    pass-on share keeps in the general pot.
    """

    id: str
    position: int
    kind: str
    target: str | None
    fallback: str | None
    part: str
    yen: Yen


def split(gift_no: str, yen: Yen, wish: Wish, percent: int) -> tuple[Share, ...]:
    """Cut a gift into shares: the floor of ``percent`` follows the wish, the rest is kept.

    A gift without a wish, and a wish whose pass-on share is 100 per cent, is one share.
    The shares sum to the gift to the yen.

    Raises:
        ValueError: if ``percent`` is outside 0..100 or the gift is not positive.
    """
    if yen <= 0:
        raise ValueError("a gift is at least one yen")
    passed, kept = (yen, Yen(0)) if wish.kind == "anywhere" else share_of(yen, percent)
    shares: list[Share] = []
    if passed:
        one = share_id(gift_no, 1)
        shares.append(Share(one, 1, wish.kind, wish.target, wish.fallback, "wish", passed))
    if kept:
        position = len(shares) + 1
        shares.append(
            Share(share_id(gift_no, position), position, "anywhere", None, None, "kept", kept)
        )
    return tuple(shares)


def wish_levels(
    share: Share,
    *,
    received_on: dt.date,
    term_years: int,
    group_fields: Sequence[str] = (),
) -> Mapping[str, Json]:
    """The levels under which the allocation rule may spend a share.

    A wish holds until 31 March of the fiscal year of receipt plus ``term_years``; its
    fallback opens the day after. ``group_fields`` are the fields of a wished group; a group
    without any falls back to anywhere. A field wish with fallback ``field`` has no term.
    """
    if share.kind == "anywhere" or share.target is None:
        return ANYWHERE
    use = f"{_USE[share.kind]}:{share.target}"
    if share.kind == "field" and share.fallback == "field":
        return {"levels": [{"uses": [use]}]}
    expires = fiscal_year_bounds(fiscal_year(received_on) + term_years)[1]
    uses = [f"field:{code}" for code in group_fields] if share.fallback == "field" else []
    return {
        "levels": [
            {"uses": [use], "expires": expires.isoformat()},
            {"uses": uses or ["any"], "opens": (expires + dt.timedelta(days=1)).isoformat()},
        ],
        "on_exhausted": "any",
    }
