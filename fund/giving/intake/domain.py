"""What an intake batch, a row, a file and a doubt are; plain rules."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fund.giving.domain import Donor, Wish
from fund.giving.domain.donor import ANONYMOUS, refuse_my_number
from fund.giving.domain.receipt_ways import POST
from fund.kernel.canonical import Json, canonical
from fund.kernel.errors import Forbidden, Invalid
from fund.kernel.japanese import narrow
from fund.kernel.money import Yen
from fund.kernel.sentences import filled

KINDS = ("counter", "slip", "box", "bank", "portal")
"""Kinds of a batch; each is also the method of the payments it books."""

MAX_NOTE = 500
MAX_COUNT = 2_000
ALIKE_DAYS = 3
"""How many days apart two payments of the same gift may have been written down."""

PAPER_VERSION = "paper-2026-11"
PORTAL_VERSION = "portal-2026-11"


def batch_no(year: int, serial: int) -> str:
    """The number of an intake batch: ``N2026-003`` (fiscal year in which it was opened)."""
    return f"N{year}-{serial:03d}"


def in_kind_no(year: int, serial: int) -> str:
    """The number of a gift in kind: ``K2026-003``."""
    return f"K{year}-{serial:03d}"


def import_no(year: int, serial: int) -> str:
    """The number of an uploaded file: ``F2026-003``."""
    return f"F{year}-{serial:03d}"


@dataclass(frozen=True)
class RowFacts:
    """What one row says, read into the rules' own values.

    ``wish_stated`` is False when the paper or portal said nothing of the use: the gift then
    enters as anywhere and its donor may choose later. ``pays`` names a gift that waits for this
    money; nothing else of the row is then used but its yen and its day. ``source`` and
    ``source_key`` are the portal and its own number of the gift. ``receipt_way`` is how the receipt
    comes, and with it the form of the One-Stop exception where ``one_stop`` asks for it: its day
    of birth is written by hand and never typed here.
    """

    yen: Yen
    received_on: dt.date
    method: str
    donor: Donor
    wish: Wish = field(default_factory=Wish)
    wish_stated: bool = False
    display_name: str = ""
    locale: str = "ja"
    note: str = ""
    pays: str = ""
    source: str = ""
    source_key: str | None = None
    receipt_way: str = POST
    one_stop: bool = False

    def as_json(self) -> dict[str, Json]:
        """The facts as they are stored with the row."""
        body: dict[str, Any] = asdict(self)
        body["yen"] = int(self.yen)
        body["received_on"] = self.received_on.isoformat()
        return body

    def sha256(self) -> bytes:
        """A fingerprint: two rows that say the same have the same."""
        body = self.as_json()
        del body["source_key"]
        # How its papers go out makes no other gift of a row (and rows came before this was asked).
        del body["receipt_way"], body["one_stop"]
        return hashlib.sha256(canonical(body)).digest()


def row_facts(body: Mapping[str, Any]) -> RowFacts:
    """The facts of a stored row."""
    return RowFacts(
        **{
            **body,
            "yen": Yen(body["yen"]),
            "received_on": dt.date.fromisoformat(body["received_on"]),
            "donor": Donor(**body["donor"]),
            "wish": Wish(**body["wish"]),
        }
    )


@dataclass(frozen=True)
class Likeness:
    """What two gifts of one person have in common, however they were written; only to compare.

    Widths, spaces and letter case are folded here and nowhere else: the stored name is as typed.
    """

    name_key: str
    kana_key: str
    postal_code: str
    phone: str


def likeness(donor: Donor) -> Likeness:
    """The keys of a donor; all empty for an anonymous one."""
    if donor.kind == ANONYMOUS:
        return Likeness("", "", "", "")
    return Likeness(
        _folded(donor.name), _folded(donor.kana), donor.postal_code, donor.phone.lstrip("+")
    )


def _folded(text: str) -> str:
    return "".join(narrow(text).split()).casefold()


@dataclass(frozen=True)
class Totals:
    """Control total and what is there: numbers of rows and yen."""

    expected_count: int
    expected_yen: int
    count: int
    yen: int

    @property
    def agree(self) -> bool:
        """Whether nothing is missing and nothing too much."""
        return self.count == self.expected_count and self.yen == self.expected_yen

    @property
    def missing_yen(self) -> int:
        """Yen that are still to come; negative when there are too many."""
        return self.expected_yen - self.yen

    @property
    def missing_count(self) -> int:
        """Rows that are still to come; negative when there are too many."""
        return self.expected_count - self.count


def check_totals(totals: Totals, reason: str) -> str:
    """The written reason of a difference, empty when there is none.

    Raises:
        Invalid: when the rows are not the control total and nobody says why.
    """
    if totals.count == 0:
        raise Invalid("行がありません", {"reason": "一件も入力していない束は渡せません"})
    written = check_note(reason, "reason")
    if totals.agree or written:
        return "" if totals.agree else written
    message = filled(
        "控えの合計と合いません（差：%(count)s件、%(yen)s）。直すか、差の理由を書いてください",
        count=totals.missing_count,
        yen=Yen(totals.missing_yen),
    )
    raise Invalid("控えの合計と合いません", {"reason": message})


def check_note(text: str, name: str = "note") -> str:
    """A note, trimmed.

    Raises:
        Invalid: if it is longer than ``MAX_NOTE`` characters, or a My Number may stand in it.
    """
    note = text.replace("\r\n", "\n").strip()
    try:
        refuse_my_number(note)
    except ValueError as error:
        raise Invalid("メモを確認してください", {name: str(error)}) from error
    if len(note) > MAX_NOTE:
        raise Invalid(
            "メモが長すぎます",
            {name: filled("%(longest)s文字までで入力してください", longest=MAX_NOTE)},
        )
    return note


def check_other_hand(hands: frozenset[int | None], checker: int | None) -> int:
    """The checker's id, if it is nobody's who opened, typed or handed in.

    Raises:
        Forbidden: in words that say who can check instead.
    """
    if checker is None:
        raise Forbidden("確認は、サインインした職員だけが行えます")
    if checker in hands:
        raise Forbidden("入力した人は確認できません。ほかの職員が確認してください")
    return checker
