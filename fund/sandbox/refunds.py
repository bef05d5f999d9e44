"""Refunds: cards and PayPay at once, konbini and transfers only when the payer names an account."""

from __future__ import annotations

from fund.kernel.transitions import Transitions
from fund.sandbox import balance
from fund.sandbox.errors import ApiError
from fund.sandbox.sessions import metadata_of
from fund.sandbox.store import Thing
from fund.sandbox.till import Till

STATES = Transitions.table(
    "refund",
    {
        "requires_action": {"pending", "succeeded", "failed", "canceled"},
        "pending": {"succeeded", "failed", "canceled"},
        "succeeded": {"failed"},
    },
)
_AT_ONCE = frozenset({"card", "paypay"})
_ANSWER_WITHIN = 45 * 24 * 3600


def create(till: Till, params: Thing) -> Thing:
    """Refund a charge wholly or in part; ``amount`` is in yen.

    Raises:
        ApiError: 400 if there is nothing (or not so much) left to refund, or it is disputed.
    """
    charge = _charge(till, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise ApiError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if charge["disputed"]:
        raise ApiError(f"Charge {charge['id']} has been charged back.", code="charge_disputed")
    if not 1 <= amount <= left:
        raise ApiError(
            f"Refund amount (¥{amount}) is not between ¥1 and the unrefunded amount (¥{left}).",
            param="amount",
        )
    refund = _make(till, params, charge, amount)
    _count(till, charge, amount)
    till.emit("charge.refunded", charge)
    till.emit("refund.created", refund)
    if refund["status"] == "succeeded":
        _refer(till, refund)
    return refund


def move(till: Till, refund_id: str, status: str, reason: str | None = None) -> Thing:
    """Carry a refund on to ``pending``, ``succeeded``, ``failed`` or ``canceled``.

    Money that could not be paid out comes back into the balance.

    Raises:
        ApiError: 400 if the refund cannot go there from where it is.
    """
    refund = till.get("refund", refund_id, "refund")
    before = refund["status"]
    if not STATES.allows(before, status):
        raise ApiError(f"A refund that is {before} cannot become {status}.")
    refund["status"] = status
    refund.pop("next_action", None)
    if status in ("failed", "canceled"):
        charge = till.get("charge", refund["charge"])
        back = balance.post_refund(till, refund, charge, failed=True)
        refund["failure_balance_transaction"] = back["id"]
        refund["failure_reason"] = reason or "unknown"
        _count(till, charge, -refund["amount"])
    till.store.save(refund)
    till.emit("refund.updated", refund, {"status": before})
    if status == "failed":
        till.emit("refund.failed", refund)
    return refund


def later(till: Till, refund_id: str) -> None:
    """What the test cards 5126 and 7726 are for: a refund that fails, or succeeds, afterwards."""
    refund = till.get("refund", refund_id)
    planned = till.store.hidden(refund["charge"]).get("later")
    status = "failed" if planned == "refund:fails" else "succeeded"
    if STATES.allows(refund["status"], status):
        move(till, refund_id, status)


def _charge(till: Till, params: Thing) -> Thing:
    identifier = params.get("charge")
    if identifier is None and "payment_intent" in params:
        intent = till.get("payment_intent", params["payment_intent"], "payment_intent")
        identifier = intent["latest_charge"]
        if intent["status"] != "succeeded" or identifier is None:
            raise ApiError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
    if identifier is None:
        raise ApiError(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            code="parameter_missing",
        )
    charge = till.get("charge", identifier, "charge")
    if charge["status"] != "succeeded":
        raise ApiError(f"Charge {identifier} did not succeed.", param="charge")
    return charge


def _make(till: Till, params: Thing, charge: Thing, amount: int) -> Thing:
    method = charge["payment_method_details"]["type"]
    planned = till.store.hidden(charge["id"]).get("later")
    status = "succeeded" if method in _AT_ONCE else "requires_action"
    if planned == "refund:pends":
        status = "pending"
    refund = till.make(
        "refund",
        "re" if method == "card" else "pyr",
        amount=amount,
        charge=charge["id"],
        destination_details=_destination(method),
        metadata=metadata_of(params),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
        status=status,
    )
    refund["balance_transaction"] = balance.post_refund(till, refund, charge)["id"]
    if status == "requires_action":
        email = params.get("instructions_email") or charge["billing_details"]["email"]
        sent = {"email_sent_at": till.now(), "email_sent_to": email}
        details = {"email_sent": sent, "expires_at": till.now() + _ANSWER_WITHIN}
        refund["next_action"] = {"type": "display_details", "display_details": details}
        refund["instructions_email"] = email
    if planned in ("refund:pends", "refund:fails"):
        till.remind(60, "refund_later", refund["id"])
    return till.store.save(refund)


def _destination(method: str) -> Thing:
    if method == "card":
        return {"type": "card", "card": {"type": "refund", "reference_status": "pending"}}
    if method == "paypay":
        return {"type": "paypay"}
    bank = {"reference": None, "reference_status": "pending"}
    return {"type": "jp_bank_transfer", "jp_bank_transfer": bank}


def _refer(till: Till, refund: Thing) -> None:
    """A card's refund soon learns the reference the payer's bank shows."""
    if refund["destination_details"]["type"] != "card":
        return
    before = refund["destination_details"]
    reference = "".join(char for char in refund["id"] if char.isdigit())[:12].rjust(12, "7")
    card = {
        "reference": reference,
        "reference_status": "available",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    refund["destination_details"] = {"type": "card", "card": card}
    till.store.save(refund)
    till.emit("refund.updated", refund, {"destination_details": before})


def _count(till: Till, charge: Thing, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    till.store.save(charge)
