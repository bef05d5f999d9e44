"""Disputes: opened against a charge, its money withdrawn, closed won or lost."""

from __future__ import annotations

from fund.sandbox import balance
from fund.sandbox.balance import Movement
from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing
from fund.sandbox.till import Till

_DAYS_TO_ANSWER = 9
OUTCOMES = ("won", "lost", "warning_closed")


def open_against(till: Till, charge_id: str, *, reason: str, inquiry: bool = False) -> Thing:
    """Open a dispute over a charge's unrefunded amount; an inquiry withdraws nothing yet.

    Raises:
        ApiError: 400 if the charge did not succeed, is no card's, is disputed already, or has
            been given back wholly.
    """
    charge = till.get("charge", charge_id, "charge")
    if charge["status"] != "succeeded" or charge["payment_method_details"]["type"] != "card":
        raise ApiError("Only a succeeded card charge can be disputed.", param="charge")
    if till.store.all("dispute", charge=charge_id):
        raise ApiError("This charge is disputed already.", param="charge")
    if charge["amount"] == charge["amount_refunded"]:
        raise ApiError("Nothing of this charge is left to dispute.", param="charge")
    dispute = till.make("dispute", "du", **_facts(charge, reason, inquiry=inquiry))
    dispute["evidence_details"]["due_by"] = till.now() + _DAYS_TO_ANSWER * 24 * 3600
    charge["disputed"] = True
    till.store.save(charge)
    if not inquiry:
        _book(till, dispute, -dispute["amount"], "dispute", balance.DISPUTE_FEE)
    till.store.save(dispute)
    till.emit("charge.dispute.created", dispute)
    if not inquiry:
        till.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(till: Till, dispute_id: str, outcome: str) -> Thing:
    """Close a dispute ``won`` (its money comes back), ``lost`` or ``warning_closed`` (inquiry).

    Raises:
        ApiError: 400 for an unknown outcome, one that does not fit, or a closed dispute.
    """
    dispute = till.get("dispute", dispute_id, "dispute")
    before = dispute["status"]
    if before in OUTCOMES or outcome not in OUTCOMES:
        raise ApiError(f"A dispute that is {before} cannot become {outcome}.")
    if before.startswith("warning") != (outcome == "warning_closed"):
        raise ApiError(f"A dispute that is {before} cannot become {outcome}.")
    dispute |= {"status": outcome, "is_charge_refundable": outcome == "warning_closed"}
    if outcome == "won":
        _book(till, dispute, dispute["amount"], "dispute_reversal", 0)
    if outcome != "lost":
        charge = till.get("charge", dispute["charge"])
        till.store.save(charge | {"disputed": False})
    till.store.save(dispute)
    if outcome == "won":
        till.emit("charge.dispute.funds_reinstated", dispute)
    till.emit("charge.dispute.closed", dispute)
    return dispute


def open_later(till: Till, charge_id: str) -> None:
    """What the test cards 0259, 2685 and 1976 are for: a dispute some time afterwards."""
    planned = str(till.store.hidden(charge_id)["later"])
    kind, _, reason = planned.partition(":")
    charge = till.get("charge", charge_id)
    given_back = charge["amount"] == charge["amount_refunded"]
    if not given_back and not till.store.all("dispute", charge=charge_id):
        open_against(till, charge_id, reason=reason, inquiry=kind == "inquiry")


def _facts(charge: Thing, reason: str, *, inquiry: bool) -> Thing:
    brand = charge["payment_method_details"]["card"]["brand"]
    card = {
        "brand": brand,
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": brand,
        "network_reason_code": "10.4",
    }
    return {
        "amount": charge["amount"] - charge["amount_refunded"],
        "charge": charge["id"],
        "is_charge_refundable": inquiry,
        "network_reason_code": "10.4",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"type": "card", "card": card},
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def _book(till: Till, dispute: Thing, amount: int, category: str, fee: int) -> None:
    words = "Chargeback withdrawal for" if amount < 0 else "Chargeback reversal for"
    entry = balance.post(
        till,
        Movement(
            kind="adjustment",
            category=category,
            amount=amount,
            source=dispute["id"],
            fee=fee,
            description=f"{words} {dispute['charge']}",
        ),
    )
    dispute["balance_transactions"].append(entry)
