"""What happens by itself when its time comes: sessions and vouchers expire, funds become free.

The ticker calls ``sweep`` every second, and every request calls it first, so an advanced clock
shows its effects at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fund.sandbox import balance, checkout, disputes, refunds, sessions, subscriptions
from fund.sandbox.till import ITSELF, Till, cause, moment

Errand = Callable[[Till, str], None]


def sweep(till: Till) -> int:
    """Do every errand that is due, oldest first; returns how many were done.

    Each is done at its own time, also when the clock was put ahead by a year at once.
    """
    done = 0
    with till.store.act():
        while due := till.store.rows(
            "SELECT * FROM errand WHERE due <= ? ORDER BY due, seq LIMIT 1", (till.now(),)
        ):
            till.store.rows("DELETE FROM errand WHERE seq = ?", (due[0]["seq"],))
            token, clock = cause.set(ITSELF), moment.set(due[0]["due"])
            try:
                ERRANDS[due[0]["name"]](till, due[0]["subject"])
            finally:
                moment.reset(clock)
                cause.reset(token)
            done += 1
    return done


def _expire_session(till: Till, session_id: str) -> None:
    session = till.get("checkout.session", session_id)
    if session["status"] == "open":
        sessions.expire(till, session)


def _expire_voucher(till: Till, intent_id: str) -> None:
    if till.get("payment_intent", intent_id)["status"] == "requires_action":
        checkout.expire_voucher(till, intent_id)


ERRANDS: Mapping[str, Errand] = {
    "dispute_later": disputes.open_later,
    "expire_session": _expire_session,
    "expire_voucher": _expire_voucher,
    "finalize_invoice": subscriptions.finalize,
    "refund_later": refunds.later,
    "release_funds": balance.release,
    "renew_subscription": subscriptions.renew,
    "retry_invoice": subscriptions.retry,
}
