"""Stripe's objects, read as plain mappings, become the facts the payments room knows.

Sources: Stripe API 2026-10-28.endive (Checkout Session, PaymentIntent, Charge, Refund, Dispute).
JPY is a zero-decimal currency: amounts are whole yen as they stand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts
from fund.payments.facts import DisputeFacts, RefundFacts

Object = Mapping[str, Any]

METHODS = {
    "card": "card",
    "konbini": "konbini",
    "paypay": "paypay",
    "customer_balance": "bank_transfer",
}
"""Stripe's names of the ways to pay → ours."""


def moment(seconds: int | None) -> dt.datetime | None:
    """A Unix time as an aware moment."""
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def identifier(value: Any) -> str | None:
    """The id of a field that holds an id or the object itself."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def _object(value: Any) -> Object:
    return value if isinstance(value, Mapping) else {}


def intent_of_invoice(invoice: Any) -> str | None:
    """The id of the payment that paid an invoice (with its ``payments``), or was tried for it."""
    payments = _object(_object(invoice).get("payments")).get("data") or []
    best = sorted(payments, key=lambda one: (one["status"] == "paid", one["is_default"]))
    return identifier(best[-1]["payment"].get("payment_intent")) if best else None


def checkout_facts(session: Object) -> CheckoutFacts:
    """A session with its expanded intent and charge."""
    intent = _object(session.get("payment_intent"))
    paid = session.get("payment_status") == "paid"
    return CheckoutFacts(
        session_id=str(session["id"]),
        payment_no=session.get("client_reference_id"),
        status=str(session.get("status") or "open"),
        paid=paid,
        yen=Yen(session.get("amount_total") or 0),
        currency=str(session.get("currency") or ""),
        livemode=session.get("livemode") is True,
        intent_id=identifier(session.get("payment_intent")),
        customer_id=identifier(session.get("customer")),
        **_of_intent(intent, paid=paid, otherwise=session.get("created")),
    )


def intent_facts(intent: Object) -> CheckoutFacts:
    """An intent that no checkout opened: a monthly charge, or somebody else's payment."""
    paid = intent.get("status") == "succeeded"
    return CheckoutFacts(
        session_id="",
        payment_no=_object(intent.get("metadata")).get("payment"),
        status="open" if intent.get("status") == "requires_confirmation" else "complete",
        paid=paid,
        yen=Yen(intent.get("amount") or 0),
        currency=str(intent.get("currency") or ""),
        livemode=intent.get("livemode") is True,
        intent_id=identifier(intent),
        customer_id=identifier(intent.get("customer")),
        **_of_intent(intent, paid=paid, otherwise=intent.get("created")),
    )


def _of_intent(intent: Object, *, paid: bool, otherwise: int | None) -> dict[str, Any]:
    """What session and intent share; ``otherwise`` is the time of a payment without a charge."""
    charge = _object(intent.get("latest_charge"))
    booked = _object(charge.get("balance_transaction")).get("created")
    error = _object(intent.get("last_payment_error"))
    action = _object(intent.get("next_action"))
    kind = _object(charge.get("payment_method_details")).get("type")
    voucher, pay_by = _voucher(action)
    remaining = _object(action.get("display_bank_transfer_instructions")).get("amount_remaining")
    funded = 0 if remaining is None else int(intent.get("amount") or 0) - int(remaining)
    return {
        "intent_status": intent.get("status"),
        "paid_at": moment(booked or charge.get("created") or otherwise) if paid else None,
        "failure_code": error.get("decline_code") or error.get("code"),
        "method": METHODS.get(str(kind)),
        "charge_id": identifier(charge) if paid else None,
        "voucher": voucher,
        "pay_by": pay_by,
        "funded": Yen(max(0, funded)),
    }


def _voucher(action: Object) -> tuple[dict[str, Json] | None, dt.datetime | None]:
    """How to pay, and until when, where the payer must do it elsewhere."""
    if konbini := action.get("konbini_display_details"):
        stores: dict[str, Json] = {
            name: {
                "payment_code": codes.get("payment_code") or "",
                "confirmation_number": codes.get("confirmation_number") or "",
            }
            for name, codes in _object(konbini.get("stores")).items()
            if isinstance(codes, Mapping)
        }
        url = str(konbini.get("hosted_voucher_url") or "")
        ends = moment(konbini.get("expires_at"))
        return {"kind": "konbini", "url": url, "stores": stores}, ends
    if transfer := action.get("display_bank_transfer_instructions"):
        return _account(transfer), None
    return None, None


def _account(transfer: Object) -> dict[str, Json]:
    addresses = [
        address["zengin"]
        for address in transfer.get("financial_addresses") or ()
        if address.get("type") == "zengin"
    ]
    account = _object(addresses[0] if addresses else None)
    names = ("bank_code", "branch_code", "account_type", "account_number")
    return {
        "kind": "transfer",
        "url": str(transfer.get("hosted_instructions_url") or ""),
        "bank": str(account.get("bank_name") or ""),
        "branch": str(account.get("branch_name") or ""),
        "account_holder": str(account.get("account_holder_name") or ""),
        **{name: str(account.get(name) or "") for name in names},
    }


def refund_facts(refund: Object) -> RefundFacts:
    """A refund with its expanded balance transactions."""
    return RefundFacts(
        refund_id=str(refund["id"]),
        our_no=_object(refund.get("metadata")).get("refund"),
        yen=Yen(refund["amount"]),
        status=str(refund.get("status") or ""),
        created_at=dt.datetime.fromtimestamp(refund["created"], dt.UTC),
        left_at=moment(_object(refund.get("balance_transaction")).get("created")),
        came_back_at=moment(_object(refund.get("failure_balance_transaction")).get("created")),
        failure_reason=refund.get("failure_reason"),
    )


def dispute_facts(dispute: Object) -> DisputeFacts:
    """A dispute; its own balance transactions say when money left and came back."""
    booked = dispute.get("balance_transactions") or ()
    left = [entry["created"] for entry in booked if entry["amount"] < 0]
    back = [entry["created"] for entry in booked if entry["amount"] > 0]
    return DisputeFacts(
        dispute_id=str(dispute["id"]),
        yen=Yen(dispute["amount"]),
        status=str(dispute["status"]),
        reason=str(dispute.get("reason") or ""),
        created_at=dt.datetime.fromtimestamp(dispute["created"], dt.UTC),
        evidence_due_at=moment(_object(dispute.get("evidence_details")).get("due_by")),
        withdrawn_at=moment(min(left, default=None)),
        reinstated_at=moment(max(back, default=None)),
    )
