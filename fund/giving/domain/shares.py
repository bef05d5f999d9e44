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
from fund.kernel.money import Yen, share_of, total
from fund.kernel.sentences import filled

KINDS = ("anywhere", "field", "group", "theme")
FALLBACKS = ("field", "anywhere")
MAX_PARTS = 5
"""Over how many wishes one gift may be split."""
LEAST_PART = 100
"""Yen: the smallest part of a split gift, see ``check_parts``."""
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
class Part:
    """The yen that a donor names for one wish of a gift."""

    wish: Wish
    yen: Yen


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


def check_parts(yen: Yen, parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of a gift, if they are one to five different wishes that sum to it to the yen.

    A part of several is at least ``LEAST_PART`` yen: then one per cent of it is a whole yen
    and no pass-on share can swallow a wish.

    Raises:
        Invalid: saying what must change; a wrong sum is told as the difference in yen.
    """
    if not 1 <= len(parts) <= MAX_PARTS:
        raise Invalid(
            filled("使いみちは%(most)sつまで選べます", most=MAX_PARTS), {"parts": "使いみちの数"}
        )
    for number, part in enumerate(parts, start=1):
        if part.yen <= 0 or (len(parts) > 1 and part.yen < LEAST_PART):
            message = filled(
                "ひとつの使いみちには%(yen)s以上を入力してください", yen=Yen(LEAST_PART)
            )
            raise Invalid(message, {f"part{number}": message})
    named = [(part.wish.kind, part.wish.target) for part in parts]
    if len(set(named)) < len(named):
        twice = "同じ使いみちが二度選ばれています。ひとつにまとめてください"
        raise Invalid(twice, {"parts": twice})
    missing = int(yen) - int(total(part.yen for part in parts))
    if missing:
        words = "合計が寄附の金額に%(yen)s足りません"
        if missing < 0:
            words = "合計が寄附の金額より%(yen)s多くなっています"
        message = filled(words, yen=Yen(abs(missing)))
        raise Invalid(message, {f"part{len(parts)}": message})
    return tuple(parts)


def split(gift_no: str, yen: Yen, wish: Wish, percent: int) -> tuple[Share, ...]:
    """Cut a gift of one wish into shares; see ``split_parts``."""
    return split_parts(gift_no, [(Part(wish, yen), percent)])


def split_parts(gift_no: str, parts: Sequence[tuple[Part, int]]) -> tuple[Share, ...]:
    """Cut the parts of a gift into shares, each part with the per cent that follow its wish.

    Of each part the floor of the per cent follows the wish; the rest is kept and stands right
    behind it, so that the yen a donor named for a wish can be read from the shares again. A
    part without a wish, and one passed on whole, is one share. The shares sum to the parts.

    Raises:
        ValueError: if a per cent is outside 0..100 or a part is not positive.
    """
    shares: list[Share] = []

    def add(wish: Wish, part: str, yen: Yen) -> None:
        position = len(shares) + 1
        name = share_id(gift_no, position)
        shares.append(Share(name, position, wish.kind, wish.target, wish.fallback, part, yen))

    for part, percent in parts:
        if part.yen <= 0:
            raise ValueError("a part of a gift is at least one yen")
        whole = part.wish.kind == "anywhere"
        passed, kept = (part.yen, Yen(0)) if whole else share_of(part.yen, percent)
        if passed:
            add(part.wish, "wish", passed)
        if kept:
            add(Wish(), "kept", kept)
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
