"""What rooms above learn about gifts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.platform.house import Message


@dataclass(frozen=True)
class GiftsAccepted(Message):
    """The ward accepted these gifts (採納): they are the fund's from ``accepted_on`` on."""

    batch_no: str
    gift_nos: tuple[str, ...]
    accepted_on: dt.date


@dataclass(frozen=True)
class GiftMoneyBack(Message):
    """Yen of an accepted gift go back to the donor: ``donation.refunded`` or ``dispute.lost``.

    ``fact_id`` names the refund or dispute, ``account`` where the money leaves from; the entry
    is booked by whoever knows where the yen are (rule R9), in the same transaction.
    """

    kind: str
    fact_id: str
    gift_no: str
    yen: Yen
    on: dt.date
    account: str
    reason: str


@dataclass(frozen=True)
class GiftMoneyCameBack(Message):
    """A refund of an accepted gift came back: the entry ``entry_id`` is to be reversed."""

    refund_no: str
    entry_id: int
    gift_no: str
    yen: Yen
    on: dt.date
    account: str


@dataclass(frozen=True)
class OneStopAsked(Message):
    """Donors of new gifts ask for the One-Stop exception (ワンストップ特例).

    Gift number → day of birth; None where the donor writes it on the paper by hand.
    """

    born_on: Mapping[str, dt.date | None]


@dataclass(frozen=True)
class NameWithdrawn(Message):
    """A public name is no longer shown: its donor withdrew it, or was forgotten."""

    gift_no: str


@dataclass(frozen=True)
class GiftDeclined(Message):
    """The ward does not accept a gift (不採納); its money is on its way back."""

    refusal_no: str
    gift_no: str
