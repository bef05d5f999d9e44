"""What can become of a payment, and what the provider's facts mean for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.calendar import ZONE, day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.kernel.transitions import Transitions

PAYMENT = Transitions.table(
    "支払い",
    {
        "created": {"open", "waiting", "succeeded", "failed", "expired", "canceled"},
        "open": {"waiting", "succeeded", "failed", "expired", "canceled"},
        "waiting": {"succeeded", "failed", "expired", "canceled"},
        # Money that arrives late is still money: an ended payment may yet succeed.
        "failed": {"succeeded"},
        "expired": {"succeeded"},
        "canceled": {"succeeded"},
        "succeeded": set(),
    },
)
"""``open``: the hosted page exists. ``waiting``: the donor chose there to pay at a shop or by
transfer, and holds a voucher or an account number. ``succeeded`` ends every payment that paid."""

LIVE = frozenset({"created", "open", "waiting"})
"""States in which a payment may be paid as agreed."""

ENDED = frozenset({"failed", "expired", "canceled"})
"""States without money; what comes after them comes late."""

ONLINE_METHODS = ("card", "konbini", "paypay", "bank_transfer")
"""Methods behind the provider's hosted page, in the order in which they are offered."""

OFFLINE_METHODS = frozenset({"counter", "slip", "box", "bank", "portal"})
"""Cash at the desk, payment slip (納付書), collection box, direct transfer, a donation portal."""

LIMITS: Mapping[str, tuple[int, int]] = {
    "card": (50, 99_999_999),
    "konbini": (120, 300_000),
    "paypay": (50, 1_000_000),
    "bank_transfer": (50, 99_999_999),
}
"""Least and greatest amount in yen of each online method (the provider's limits for Japan)."""

SESSION_LIFE = dt.timedelta(hours=23)
"""How long the hosted page stays open (the provider allows 30 minutes to 24 hours)."""

KONBINI_DAYS = 7
"""A voucher ends at 23:59:59 in Japan this many days after it was issued."""

TRANSFER_LIFE = dt.timedelta(days=30)
"""How long a transfer is waited for; the provider itself sets no end to it."""

DECLINES_PER_PAGE = 10
"""After so many declined cards the hosted page is closed: the next one asks for patience first."""

REMIND_BEFORE = dt.timedelta(hours=24)
"""How long before a voucher's end its donor is reminded, once."""

VOUCHER_OVERDUE = "payment_intent_payment_attempt_expired"
"""The provider's code for a voucher that nobody paid in time."""

_SOONEST, _LATEST = dt.timedelta(minutes=1), dt.timedelta(hours=6)


@dataclass(frozen=True)
class CheckoutFacts:
    """A checkout as the provider reports it now; events only say that it is time to look.

    ``yen`` is whole yen (JPY is zero-decimal); ``paid_at`` aware UTC, None while unpaid;
    ``failure_code`` is the last decline's code, also while the page is still open.
    ``method`` is the one really used (None before). ``voucher`` says how to pay while it waits:
    ``{"kind": "konbini", "url", "stores": {store: {"payment_code", "confirmation_number"}}}`` or
    ``{"kind": "transfer", "url", "bank", "bank_code", "branch", "branch_code", "account_type",
    "account_number", "account_holder"}``; ``funded`` is the part of a transfer that arrived.
    """

    session_id: str
    payment_no: str | None
    status: str
    paid: bool
    yen: Yen
    currency: str
    livemode: bool
    intent_id: str | None
    intent_status: str | None
    paid_at: dt.datetime | None
    failure_code: str | None
    method: str | None = None
    charge_id: str | None = None
    customer_id: str | None = None
    voucher: Mapping[str, Json] | None = None
    funded: Yen = Yen(0)  # noqa: RUF009 - an immutable number
    pay_by: dt.datetime | None = None


def state_after(facts: CheckoutFacts) -> str:
    """The state that the provider's facts ask for."""
    if facts.paid:
        return "succeeded"
    if facts.status == "expired":
        return "expired"
    if facts.status != "complete":
        return "open"
    if facts.intent_status == "canceled":
        return "canceled"
    if facts.intent_status == "requires_payment_method":
        return "expired" if facts.failure_code == VOUCHER_OVERDUE else "failed"
    return "waiting" if facts.voucher is not None else "open"


def mismatch(facts: CheckoutFacts, yen: Yen, *, livemode: bool) -> str | None:
    """Why these facts cannot belong to a payment of ``yen``; None when they can."""
    if facts.livemode != livemode:
        return "the event comes from the other mode (live or test)"
    if facts.currency != "jpy":
        return f"paid in {facts.currency}, not in yen"
    if facts.yen != yen:
        return f"paid {int(facts.yen)} yen, asked for {int(yen)}"
    return None


def in_range(method: str, yen: int) -> bool:
    """Whether an online method takes this amount."""
    least, most = LIMITS[method]
    return least <= yen <= most


def transfer_deadline(now: dt.datetime) -> dt.datetime:
    """Until when a transfer promised now is waited for: the end of a day in Japan."""
    day = day_in_japan(now) + TRANSFER_LIFE
    return dt.datetime.combine(day, dt.time(23, 59, 59), ZONE).astimezone(dt.UTC)


def has_lapsed(method: str, pay_by: dt.datetime | None, funded: int, now: dt.datetime) -> bool:
    """Whether we stop waiting for a transfer of which nothing arrived in its time.

    Vouchers end at the provider; a transfer never does, and one that was paid in part is
    somebody's money and waits for an officer.
    """
    return method == "bank_transfer" and pay_by is not None and funded == 0 and now > pay_by


def next_look(created_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When a payment that nobody reports about is looked at again: the older, the rarer."""
    wait = min(max((now - created_at) // 8, _SOONEST), _LATEST)
    return now + wait
