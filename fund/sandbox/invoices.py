"""Invoices of subscriptions: drawn up, finalized an hour later, charged, retried, paid or given up.

The times between the attempts are those of the provider's usual schedule in whole days (見本).
"""

from __future__ import annotations

from fund.sandbox import intents
from fund.sandbox.cards import Card, Decline
from fund.sandbox.errors import ApiError
from fund.sandbox.intents import Means, Payer
from fund.sandbox.reading import as_list
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank, new_id

DRAFT_SECONDS = 3600
DAY = 24 * 3600
RETRY_AFTER_DAYS = (3, 5, 7)
"""Days from one failed attempt to the next; after the last the subscription ends."""


def draw_up(till: Till, subscription: Thing, reason: str) -> Thing:
    """A draft for the subscription's present period."""
    item = subscription["items"]["data"][0]
    total = item["price"]["unit_amount"] * item["quantity"]
    customer = till.get("customer", subscription["customer"])
    identifier = new_id("in")
    line = _line(item, subscription, identifier, total)
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    invoice = till.make(
        "invoice",
        "in",
        id=identifier,
        amount_due=total,
        amount_remaining=total,
        billing_reason=reason,
        customer=customer["id"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        lines=as_list([line], f"/v1/invoices/{identifier}/lines"),
        parent={
            "quote_details": None,
            "subscription_details": details,
            "type": "subscription_details",
        },
        automatically_finalizes_at=till.now() + DRAFT_SECONDS,
        period_start=item["current_period_start"],
        period_end=item["current_period_end"],
        **dict.fromkeys(
            ("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total
        ),
    )
    till.emit("invoice.created", invoice)
    return invoice


def _line(item: Thing, subscription: Thing, invoice_id: str, total: int) -> Thing:
    parent = blank("line_item")["parent"]
    parent["subscription_item_details"] |= {
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    price = item["price"]
    return blank(
        "line_item",
        id=new_id("il"),
        amount=total,
        subtotal=total,
        invoice=invoice_id,
        metadata=subscription["metadata"],
        parent=parent,
        period={"start": item["current_period_start"], "end": item["current_period_end"]},
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
    )


def finalize(till: Till, invoice: Thing, intent: Thing | None = None) -> Thing:
    """Open a draft: it gets a number and the payment intent that will pay it."""
    if intent is None:
        intent = _intent_for(till, invoice)
    till.make(
        "invoice_payment",
        "inpay",
        amount_requested=invoice["total"],
        invoice=invoice["id"],
        payment={"payment_intent": intent["id"], "type": "payment_intent"},
    )
    invoice |= {
        "automatically_finalizes_at": None,
        "effective_at": till.now(),
        "number": f"MIHON-{len(till.store.all('invoice')):04d}",
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = till.now()
    till.store.save(invoice)
    till.emit("invoice.finalized", invoice)
    return invoice


def _intent_for(till: Till, invoice: Thing) -> Thing:
    identifier = new_id("pi")
    intent = till.make(
        "payment_intent",
        "pi",
        id=identifier,
        amount=invoice["total"],
        client_secret=new_id(f"{identifier}_secret"),
        customer=invoice["customer"],
        description="Subscription update",
        payment_method_types=["card"],
        payment_method_options={},
        setup_future_usage="off_session",
    )
    till.emit("payment_intent.created", intent)
    return intent


def charge(
    till: Till, invoice: Thing, subscription: Thing, *, planned: bool = True
) -> Decline | None:
    """Try the subscription's card once; None when the invoice is paid by it.

    An attempt that was not ``planned`` moves no plan of further attempts.
    """
    intent = till.get("payment_intent", payment_of(till, invoice)["payment"]["payment_intent"])
    held = till.store.hidden(subscription["id"])
    card = Card(held["card"]["number"], *held["card"]["ends"])
    means = intents.by_card(card, Payer(**held["payer"]))
    means = Means(
        means.kind, means.payer, means.shown, means.card, subscription["default_payment_method"]
    )
    if card.decline is None:
        intents.succeed(till, intent, means)
        settle(till, invoice)
        return None
    intents.decline(till, intent, means, card.decline)
    if planned:
        _missed(till, invoice)
    else:
        till.emit("invoice.payment_failed", invoice)
    return card.decline


def settle(till: Till, invoice: Thing) -> Thing:
    """Mark an open invoice as paid by its intent."""
    payment = payment_of(till, invoice)
    payment |= {"amount_paid": invoice["total"], "status": "paid"}
    payment["status_transitions"]["paid_at"] = till.now()
    till.store.save(payment)
    invoice |= {
        "amount_paid": invoice["total"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + 1,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
    }
    invoice["status_transitions"]["paid_at"] = till.now()
    till.store.save(invoice)
    till.emit("invoice.paid", invoice)
    till.emit("invoice.payment_succeeded", invoice)
    till.emit("invoice_payment.paid", payment)
    return invoice


def _missed(till: Till, invoice: Thing) -> None:
    """Note a failed attempt, and when the next one is due."""
    tries = invoice["attempt_count"]
    wait = RETRY_AFTER_DAYS[tries] * DAY if tries < len(RETRY_AFTER_DAYS) else None
    invoice |= {
        "attempt_count": tries + 1,
        "attempted": True,
        "auto_advance": wait is not None,
        "next_payment_attempt": till.now() + wait if wait else None,
    }
    till.store.save(invoice)
    till.emit("invoice.payment_failed", invoice)
    if wait is not None:
        till.remind(wait, "retry_invoice", invoice["id"])


def void(till: Till, invoice: Thing) -> Thing:
    """Give an open invoice up; its intent is canceled.

    Raises:
        ApiError: 400 unless the invoice is open or uncollectible.
    """
    if invoice["status"] not in ("open", "uncollectible"):
        raise ApiError(
            f"You can only pass in open or uncollectible invoices. This invoice is "
            f"{invoice['status']}.",
            code="invoice_not_editable",
        )
    payment = payment_of(till, invoice)
    payment["status"] = "canceled"
    payment["status_transitions"]["canceled_at"] = till.now()
    till.store.save(payment)
    intent = till.get("payment_intent", payment["payment"]["payment_intent"])
    intents.cancel(till, intent, "void_invoice")
    invoice |= {"auto_advance": False, "next_payment_attempt": None, "status": "void"}
    invoice["status_transitions"]["voided_at"] = till.now()
    till.store.save(invoice)
    till.emit("invoice.voided", invoice)
    return invoice


def stop(till: Till, subscription: Thing) -> None:
    """Never charge what is still unpaid of an ended subscription."""
    for invoice in of_subscription(till, subscription["id"]):
        if invoice["status"] in ("draft", "open"):
            changes = {"auto_advance": False, "next_payment_attempt": None}
            till.store.save(invoice | changes | {"automatically_finalizes_at": None})


def of_subscription(till: Till, identifier: str) -> list[Thing]:
    """A subscription's invoices, oldest first."""
    return [
        invoice
        for invoice in till.store.all("invoice")
        if invoice["parent"]["subscription_details"]["subscription"] == identifier
    ]


def payment_of(till: Till, invoice: Thing) -> Thing:
    """The (one) payment of an invoice that was finalized."""
    return till.store.all("invoice_payment", invoice=invoice["id"])[-1]


def payments(till: Till, invoice: Thing) -> Thing:
    """The list of an invoice's payments, as ``expand[]=payments`` shows it."""
    found = till.store.all("invoice_payment", invoice=invoice["id"])
    return as_list(found, f"/v1/invoice_payments?invoice={invoice['id']}")
