"""The sandbox account's balance: one balance transaction for each movement, in whole yen.

Fees follow the published shape (a rate, a minimum); they are 見本 and no quotation.
"""

from __future__ import annotations

from dataclasses import dataclass

from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank

HOLD_SECONDS = 4 * 24 * 3600
_FEES = {"card": (360, 0), "konbini": (360, 120), "paypay": (360, 0), "customer_balance": (150, 50)}
"""Method → (basis points of the amount, least fee in yen)."""
DISPUTE_FEE = 1500


@dataclass(frozen=True)
class Movement:
    """What moves: type and category as reports name them, gross yen (signed), fee, cause."""

    kind: str
    category: str
    amount: int
    source: str | None
    fee: int = 0
    description: str | None = None


def fee_of(method: str, amount: int) -> int:
    """The fee in yen for a payment by this method, rounded half up."""
    points, least = _FEES[method]
    return max(least, (amount * points + 5000) // 10000)


def post(till: Till, movement: Movement) -> Thing:
    """Book a movement; its money is available four days later."""
    details = [
        {
            "amount": movement.fee,
            "application": None,
            "currency": "jpy",
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    entry = till.make(
        "balance_transaction",
        "txn",
        amount=movement.amount,
        available_on=till.now() + HOLD_SECONDS,
        description=movement.description,
        fee=movement.fee,
        fee_details=details if movement.fee else [],
        net=movement.amount - movement.fee,
        reporting_category=movement.category,
        source=movement.source,
        type=movement.kind,
    )
    till.remind(HOLD_SECONDS, "release_funds", entry["id"])
    return entry


def post_charge(till: Till, charge: Thing) -> Thing:
    """Book a succeeded charge: cards are ``charge``, every other method is ``payment``."""
    method = charge["payment_method_details"]["type"]
    return post(
        till,
        Movement(
            kind=_kind(method, "charge", "payment"),
            category="charge",
            amount=charge["amount"],
            source=charge["id"],
            fee=fee_of(method, charge["amount"]),
            description=charge["description"],
        ),
    )


def post_refund(till: Till, refund: Thing, charge: Thing, *, failed: bool = False) -> Thing:
    """Book a refund, or with ``failed`` the money's return after it could not be paid out."""
    method = charge["payment_method_details"]["type"]
    names = ("refund_failure", "payment_failure_refund") if failed else ("refund", "payment_refund")
    return post(
        till,
        Movement(
            kind=_kind(method, *names),
            category="refund_failure" if failed else "refund",
            amount=refund["amount"] if failed else -refund["amount"],
            source=refund["id"],
            description="REFUND FOR CHARGE",
        ),
    )


def _kind(method: str, card: str, other: str) -> str:
    return card if method == "card" else other


def release(till: Till, identifier: str) -> None:
    """Make a transaction's money available; errand of its own posting."""
    entry = till.get("balance_transaction", identifier)
    till.store.save(entry | {"status": "available"})


def summary(till: Till) -> Thing:
    """The balance object: what can be paid out now, and what is still held back, in yen."""
    found = till.store.rows(
        "SELECT json_extract(body, '$.status') AS status, sum(json_extract(body, '$.net')) AS net "
        "FROM thing WHERE kind = 'balance_transaction' GROUP BY 1"
    )
    sums = {row["status"]: row["net"] for row in found}
    return blank("balance", **{name: [_part(sums.get(name, 0))] for name in _STATES})


_STATES = ("available", "pending")


def _part(yen: int) -> Thing:
    return {"amount": yen, "currency": "jpy", "source_types": {"card": yen}}
