"""Money that goes back and gifts that are not accepted: which payment is a gift's own, and grounds.

Before the acceptance everything about a gift's money follows from its payments as they stand:
whatever order the news came in, the same facts end in the same gift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fund.giving.domain.shares import Share
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import filled


@dataclass(frozen=True)
class Paid:
    """A payment of a gift as it stands: yen that went back, and whether it is disputed."""

    payment_no: str
    method: str
    yen: Yen
    paid_at: dt.datetime
    received_on: dt.date
    returned: Yen
    disputed: bool

    @property
    def whole(self) -> bool:
        """Whether every yen of it is here and nobody disputes it."""
        return self.returned == 0 and not self.disputed


@dataclass(frozen=True)
class Stand:
    """Where a gift that is not accepted stands: its own payment, and the state that follows."""

    own: Paid
    state: str


def stand_of(payments: Sequence[Paid], yen: Yen) -> Stand | None:
    """The payment whose money a gift of ``yen`` is, and the state this gives; None if unpaid.

    The earliest payment counts as the gift's own. If its money went back, or is disputed, a
    later one that stands takes its place.
    """
    matching = [paid for paid in payments if paid.yen == yen] or list(payments)
    if not matching:
        return None
    own = min(
        matching,
        key=lambda paid: (
            paid.returned >= paid.yen,
            paid.disputed,
            paid.returned > 0,
            paid.paid_at,
            paid.payment_no,
        ),
    )
    if own.returned >= own.yen:
        return Stand(own, "refunded")
    return Stand(own, "disputed" if own.disputed else "received")


def substitute(payments: Sequence[Paid], own: str, yen: Yen) -> Paid | None:
    """Another whole payment of the same amount that can take the place of a gift's own one."""
    for paid in payments:
        if paid.payment_no != own and paid.whole and paid.yen == yen:
            return paid
    return None


def cut(shares: Sequence[Share], yen: Yen) -> tuple[Share, ...]:
    """Shares of a gift of which ``yen`` went back before it was accepted.

    The yen leave the last share first (what the fund would have kept), then the one before.

    Raises:
        ValueError: if nothing would be left.
    """
    left = yen
    kept: list[Share] = []
    for share in reversed(shares):
        part = min(left, share.yen)
        left -= part
        if share.yen > part:
            kept.append(replace(share, yen=share.yen - part))
    if left or not kept:
        raise ValueError("a gift that went back wholly has no shares")
    return tuple(reversed(kept))


@dataclass(frozen=True)
class Ground:
    """A ground on which a gift is not accepted, in both languages."""

    code: str
    ja: str
    en: str


GROUNDS: tuple[Ground, ...] = (
    Ground("public-order", "公序良俗に反する", "Against public order or morals"),
    Ground("politics-religion", "政治活動・宗教活動にかかわる", "Political or religious activity"),
    Ground("antisocial-forces", "暴力団など反社会的勢力による", "From an antisocial force"),
    Ground("dispute", "争い・苦情の原因となるおそれがある", "Likely to cause a dispute"),
    Ground("law", "法令に反する", "Against the law"),
    Ground("other", "その他", "Other"),
)
GROUND_CODES = frozenset(ground.code for ground in GROUNDS)
MAX_REASON, MAX_COURSE = 1_000, 2_000


def check_refusal(ground: str, reason: str, course: str) -> None:
    """Whether a refusal says on which ground, why, and how it came to this.

    Raises:
        Invalid: naming each field that is missing.
    """
    wrong: dict[str, str] = {}
    if ground not in GROUND_CODES:
        wrong["ground"] = "受け取れない理由の区分を選んでください"
    for name, text, longest, absent in (
        ("reason", reason, MAX_REASON, "寄附した人にお伝えする理由を書いてください"),
        ("course", course, MAX_COURSE, "これまでの経過を書いてください"),
    ):
        if not text.strip():
            wrong[name] = absent
        elif len(text) > longest:
            wrong[name] = filled("%(longest)s文字までで入力してください", longest=f"{longest:,}")
    if wrong:
        raise Invalid("入力内容を確認してください", wrong)


def refusal_no(year: int, serial: int) -> str:
    """The number of a refusal: ``NA2026-003`` (fiscal year of the proposal)."""
    return f"NA{year}-{serial:03d}"
