"""Bank transfers into a customer's virtual account: too little waits, too much stays as balance."""

from __future__ import annotations

from typing import Any

from fund.sandbox import checkout, intents, sessions
from fund.sandbox.checkout import Outcome
from fund.sandbox.errors import ApiError
from fund.sandbox.intents import Means, Payer
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank

_WAITS = "display_bank_transfer_instructions"


def begin(till: Till, session_id: str, payer: Payer) -> Outcome:
    """Promise a transfer: the session completes unpaid; money already there is used at once."""
    session = checkout.offered(till, session_id, "customer_balance")
    if session["status"] != "open":
        return Outcome("closed", session)
    intent = intents.open_for(till, session)
    account = _account(till, session["customer"])
    shown = {
        "amount_remaining": intent["amount"],
        "currency": "jpy",
        "financial_addresses": [
            {"type": "zengin", "supported_networks": ["zengin"], "zengin": account}
        ],
        "hosted_instructions_url": checkout.aside(session, "transfer"),
        "reference": None,
        "type": "jp_bank_transfer",
    }
    action = {"type": _WAITS, _WAITS: shown}
    intents.require_action(till, intent, Means("customer_balance", payer, {}), action)
    till.store.hide(session_id, payer=vars(payer))
    session = sessions.complete(till, session, payer, paid=False)
    _apply(till, session["customer"])
    return Outcome("instructions", till.get("checkout.session", session_id))


def receive(till: Till, customer_id: str, amount: int) -> Thing:
    """So many yen arrived on the customer's virtual account; returns their cash balance.

    They pay what waits, oldest first; what remains stays in the cash balance.

    Raises:
        ApiError: 404 for an unknown customer, 400 for an amount below one yen.
    """
    till.get("customer", customer_id, "customer")
    if amount < 1:
        raise ApiError("A transfer is at least ¥1.", param="amount")
    _cash(till, customer_id, amount, "funded", funded=_FUNDED)
    _apply(till, customer_id)
    return cash_balance(till, customer_id)


def cash_balance(till: Till, customer_id: str) -> Thing:
    """The customer's cash balance object, in yen."""
    held = till.store.hidden(customer_id).get("cash", 0)
    return blank("cash_balance", customer=customer_id, available={"jpy": held})


_FUNDED: Thing = {
    "bank_transfer": {
        "jp_bank_transfer": {
            "sender_bank": "見本銀行",
            "sender_branch": "本店",
            "sender_name": "ミホン ハナコ",
        },
        "reference": None,
        "type": "jp_bank_transfer",
    }
}


def _apply(till: Till, customer_id: str) -> None:
    for intent in till.store.all("payment_intent", customer=customer_id):
        held = till.store.hidden(customer_id).get("cash", 0)
        if held > 0 and (intent["next_action"] or {}).get("type") == _WAITS:
            _pay_towards(till, intent, held)
    if till.store.hidden(customer_id).get("cash", 0) > 0:
        till.emit("cash_balance.funds_available", cash_balance(till, customer_id))


def _pay_towards(till: Till, intent: Thing, held: int) -> None:
    shown = intent["next_action"][_WAITS]
    part = min(held, shown["amount_remaining"])
    applied = {"payment_intent": intent["id"]}
    _cash(till, intent["customer"], -part, "applied_to_payment", applied_to_payment=applied)
    shown["amount_remaining"] -= part
    if shown["amount_remaining"]:
        till.store.save(intent)
        till.emit("payment_intent.partially_funded", intent)
        return
    session = sessions.of_intent(till, intent)
    payer = Payer(**till.store.hidden(session["id"])["payer"])
    intents.succeed(till, intent, Means("customer_balance", payer, {}))
    sessions.settle(till, session, paid=True)


def _cash(till: Till, customer_id: str, change: int, kind: str, **why: Any) -> None:
    held = till.store.hidden(customer_id).get("cash", 0) + change
    till.store.hide(customer_id, cash=held)
    entry = till.make(
        "customer_cash_balance_transaction",
        "ccsbtxn",
        customer=customer_id,
        ending_balance=held,
        net_amount=change,
        type=kind,
        **why,
    )
    till.emit("customer_cash_balance_transaction.created", entry)


def _account(till: Till, customer_id: str) -> Thing:
    """The customer's virtual account; the same for every payment of theirs."""
    number = till.store.hidden(customer_id).get("account") or checkout.digits(7)
    till.store.hide(customer_id, account=number)
    nowhere = blank("payment_method")["billing_details"]["address"]
    return {
        "account_holder_address": nowhere,
        "account_holder_name": "ミホン（キキン",
        "account_number": number,
        "account_type": "futsu",
        "bank_address": nowhere,
        "bank_code": "0000",
        "bank_name": "見本銀行",
        "branch_code": "001",
        "branch_name": "本店",
    }
