"""Payouts: everything not yet paid out goes to the bank, with the list of what it consists of."""

from __future__ import annotations

from fund.sandbox import balance
from fund.sandbox.balance import Movement
from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing
from fund.sandbox.till import Till

_DAY = 24 * 3600


def create(till: Till, *, fees: int = 0, arrived: bool = True) -> Thing:
    """Pay out the net of all transactions so far; ``fees`` yen are booked as Stripe's own before.

    Raises:
        ApiError: 400 if nothing would be left to pay out.
    """
    if fees:
        _bill(till, fees)
    entries = _open_entries(till)
    total = sum(entry["net"] for entry in entries)
    if total <= 0:
        raise ApiError(f"The balance is ¥{total}: there is nothing to pay out.")
    payout = till.make(
        "payout",
        "po",
        amount=total,
        arrival_date=till.now() // _DAY * _DAY + (0 if arrived else 2 * _DAY),
        destination="ba_sandbox",
        status="in_transit",
    )
    own = balance.post(till, Movement("payout", "payout", -total, payout["id"]))
    payout["balance_transaction"] = own["id"]
    for entry in (*entries, own):
        till.store.hide(entry["id"], payout=payout["id"])
        balance.release(till, entry["id"])
    till.store.save(payout)
    till.emit("payout.created", payout)
    return arrive(till, payout["id"]) if arrived else payout


def arrive(till: Till, payout_id: str) -> Thing:
    """The payout reached the bank; its list of transactions is final.

    Raises:
        ApiError: 400 if it is no longer on its way.
    """
    payout = _on_its_way(till, payout_id)
    payout |= {"status": "paid", "reconciliation_status": "completed"}
    till.store.save(payout)
    till.emit("payout.paid", payout)
    till.emit("payout.reconciliation_completed", payout)
    return payout


def bounce(till: Till, payout_id: str) -> Thing:
    """The bank refused the payout, perhaps days after it was thought paid; its money is back.

    Raises:
        ApiError: 400 if it has failed already.
    """
    payout = till.get("payout", payout_id, "payout")
    if payout["status"] not in ("in_transit", "paid"):
        raise ApiError(f"This payout is {payout['status']} already.")
    back = balance.post(
        till, Movement("payout_failure", "payout_reversal", payout["amount"], payout["id"])
    )
    payout |= {
        "failure_balance_transaction": back["id"],
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed",
        "status": "failed",
    }
    till.store.save(payout)
    till.emit("payout.failed", payout)
    return payout


def _on_its_way(till: Till, payout_id: str) -> Thing:
    payout = till.get("payout", payout_id, "payout")
    if payout["status"] != "in_transit":
        raise ApiError(f"This payout is {payout['status']} already.")
    return payout


def _bill(till: Till, fees: int) -> None:
    words = "Billing - Usage Fee"
    balance.post(till, Movement("stripe_fee", "fee", -fees, None, 0, words))


def _open_entries(till: Till) -> list[Thing]:
    rows = till.store.rows(
        "SELECT id FROM thing WHERE kind = 'balance_transaction' "
        "AND json_extract(hidden, '$.payout') IS NULL ORDER BY seq"
    )
    return [till.get("balance_transaction", row["id"]) for row in rows]
