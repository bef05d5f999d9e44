"""Money that goes back to a donor: the life of a refund, its reasons, what may be asked."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.errors import Forbidden, Invalid
from fund.kernel.ids import CROCKFORD
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.kernel.transitions import Transitions
from fund.payments.domain import ONLINE_METHODS

REFUND = Transitions.table(
    "返金",
    {
        "proposed": {"approved", "rejected", "canceled"},
        # Offline money is paid by the treasurer, so an approved refund may end at once.
        "approved": {"sent", "succeeded", "canceled", *("pending", "requires_action", "failed")},
        "sent": {"pending", "requires_action", "succeeded", "failed", "canceled"},
        "pending": {"requires_action", "succeeded", "failed", "canceled"},
        "requires_action": {"pending", "succeeded", "failed", "canceled"},
        # The donor's bank may send back what had already been reported as paid.
        "succeeded": {"failed"},
        # We gave it up, but the provider had made it: the provider's word counts.
        "canceled": {"pending", "requires_action", "succeeded", "failed"},
    },
)
"""``sent``: the provider is being asked. ``requires_action``: it asks the payer for a bank
account (konbini, bank transfer). ``failed`` and ``rejected`` are ends without money."""

WITHOUT_MONEY = ("failed", "canceled", "rejected")
"""States in which a refund takes nothing of its payment."""

WAITING = ("proposed", "approved", "sent", "requires_action", "pending")
"""States in which somebody still has to do something."""

REASONS: Mapping[str, str] = {
    "wrong-payment": "mistake",
    "double-payment": "double-payment",
    "refused": "refund",
    "donor-request": "refund",
    "dashboard": "refund",
    "other": "refund",
}
"""Reason of a refund → the public reason code of its entry."""

ASKABLE = ("wrong-payment", "double-payment", "donor-request", "other")
"""Reasons an officer may choose; ``refused`` follows a refusal, ``dashboard`` is external."""

PAID_FROM = ("bank", "counter")
"""Where the treasurer takes offline money from: the bank account, or cash not yet banked."""

MAX_TEXT = 1_000
MAX_DECISION_NO = 60
_NO = re.compile(r"RF-[0-9A-HJKMNP-TV-Z]{8}")


@dataclass(frozen=True)
class Request:
    """What an officer asks for: yen of one payment, why, and under which decision.

    ``seen`` is what the page said could still be refunded: if that is no longer so, somebody
    else was faster and the officer looks again.
    """

    payment_no: str
    yen: Yen
    reason: str
    decision_no: str
    note: str
    seen: Yen | None


def new_refund_no() -> str:
    """A random number such as ``RF-7K3F92QX``; also the key under which the provider is asked."""
    return "RF-" + "".join(secrets.choice(CROCKFORD) for _ in range(8))


def is_refund_no(text: str) -> bool:
    """Whether a text has the form of a refund's number."""
    return _NO.fullmatch(text) is not None


def check_request(request: Request, refundable: Yen) -> None:
    """Whether this may be asked of a payment of which ``refundable`` yen are left.

    Raises:
        Invalid: naming each field that cannot be.
    """
    wrong: dict[str, str] = {}
    if not 0 < request.yen <= refundable:
        wrong["yen"] = filled(
            "%(least)sから%(most)sまでで入力してください", least=Yen(1), most=Yen(refundable)
        )
    if request.reason not in ASKABLE:
        wrong["reason"] = "返金の理由を選んでください"
    if not request.decision_no.strip():
        wrong["decision_no"] = "決裁の番号を入力してください"
    elif len(request.decision_no) > MAX_DECISION_NO:
        wrong["decision_no"] = filled(
            "%(longest)s文字までで入力してください", longest=MAX_DECISION_NO
        )
    if request.reason == "other" and not request.note.strip():
        wrong["note"] = "「その他」のときは、事情を書いてください"
    elif len(request.note) > MAX_TEXT:
        wrong["note"] = filled("%(longest)s文字までで入力してください", longest=f"{MAX_TEXT:,}")
    if wrong:
        raise Invalid("入力内容を確認してください", wrong)


def check_other_person(proposed_by: int | None, decided_by: int | None) -> int:
    """The deciding person's id, if it is not the proposer's.

    Raises:
        Forbidden: in words that say who can decide instead.
    """
    if decided_by is None:
        raise Forbidden("返金の承認は、サインインした職員だけが行えます")
    if decided_by == proposed_by:
        raise Forbidden("返金を起案した人は承認できません。ほかの人が承認します")
    return decided_by


def check_written(text: str, field: str, absent: str) -> str:
    """A text that must be there, trimmed.

    Raises:
        Invalid: if it is missing or too long.
    """
    written = text.strip()
    if not written or len(written) > MAX_TEXT:
        message = (
            absent
            if not written
            else filled("%(longest)s文字までで入力してください", longest=f"{MAX_TEXT:,}")
        )
        raise Invalid(message, {field: message})
    return written


def check_paid(source: str, on: dt.date, approved_on: dt.date, today: dt.date) -> None:
    """Whether the treasurer's entry can be true.

    Raises:
        Invalid: for a day before the approval or in the future, or an unknown source.
    """
    wrong: dict[str, str] = {}
    if source not in PAID_FROM:
        wrong["source"] = "どこから返したかを選んでください"
    if not approved_on <= on <= today:
        wrong["on"] = "承認の日から今日までの日を入力してください"
    if wrong:
        raise Invalid("入力内容を確認してください", wrong)


def by_provider(method: str) -> bool:
    """Whether the provider pays this refund; otherwise the treasurer does."""
    return method in ONLINE_METHODS


def asks_for_account(method: str) -> bool:
    """Whether the provider has to ask the payer for a bank account by mail first."""
    return method in {"konbini", "bank_transfer"}
