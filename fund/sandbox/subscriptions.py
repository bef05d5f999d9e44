"""Subscriptions: begun by a paid checkout, renewed every month, paused, resumed and ended."""

from __future__ import annotations

import calendar
import datetime as dt

from fund.sandbox import invoices, products
from fund.sandbox.cards import Card
from fund.sandbox.errors import ApiError, CardError
from fund.sandbox.intents import Payer
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank, new_id

_TAKEN = frozenset(
    {
        "cancel_at_period_end",
        "cancellation_details",
        "default_payment_method",
        "expand",
        "metadata",
        "pause_collection",
    }
)


def month_after(anchor: int, months: int) -> int:
    """The moment so many months after an anchor (Unix seconds, UTC); short months end earlier."""
    began = dt.datetime.fromtimestamp(anchor, dt.UTC)
    year, month = divmod(began.year * 12 + began.month - 1 + months, 12)
    day = min(began.day, calendar.monthrange(year, month + 1)[1])
    return int(began.replace(year=year, month=month + 1, day=day).timestamp())


def customer_for(till: Till, session: Thing, payer: Payer) -> str:
    """The session's customer; a session of mode ``subscription`` makes one with the first try."""
    known = session["customer"] or till.store.hidden(session["id"]).get("customer")
    if known:
        return str(known)
    customer = till.make("customer", "cus", email=payer.email or None, name=payer.name or None)
    till.store.hide(session["id"], customer=customer["id"])
    till.emit("customer.created", customer)
    return str(customer["id"])


def begin(till: Till, session: Thing, intent: Thing, card: Card, payer: Payer) -> Thing:
    """What a paid checkout of mode ``subscription`` leaves: subscription and its first invoice."""
    hidden = till.store.hidden(session["id"])
    line = hidden["asked"]["line_items"][0]
    data = hidden["asked"].get("subscription_data", {})
    price = products.monthly_price(till, line)
    now, identifier = till.now(), new_id("sub")
    item = blank(
        "subscription_item",
        id=new_id("si", 14),
        created=now,
        current_period_start=now,
        current_period_end=month_after(now, 1),
        plan=products.plan_of(price),
        price=price,
        quantity=line.get("quantity", 1),
        subscription=identifier,
    )
    items = blank("subscription")["items"] | {"data": [item]}
    items["url"] = f"/v1/subscription_items?subscription={identifier}"
    subscription = till.make(
        "subscription",
        "sub",
        {
            "card": {"number": card.number, "ends": [card.exp_month, card.exp_year]},
            "payer": vars(payer),
            "months": 1,
        },
        id=identifier,
        billing_cycle_anchor=now,
        customer=intent["customer"],
        default_payment_method=intent["payment_method"],
        description=data.get("description"),
        items=items,
        metadata=data.get("metadata", {}),
        start_date=now,
    )
    till.emit("customer.subscription.created", subscription)
    invoice = invoices.draw_up(till, subscription, "subscription_create")
    invoices.settle(till, invoices.finalize(till, invoice, intent))
    subscription["latest_invoice"] = invoice["id"]
    till.store.save(subscription)
    till.emit("customer.subscription.updated", subscription, {"latest_invoice": None})
    session |= {
        "customer": subscription["customer"],
        "invoice": invoice["id"],
        "subscription": identifier,
    }
    till.store.save(session)
    _remind(till, subscription)
    return subscription


def _remind(till: Till, subscription: Thing) -> None:
    ends = subscription["items"]["data"][0]["current_period_end"]
    till.remind(ends - till.now(), "renew_subscription", subscription["id"])


def renew(till: Till, identifier: str) -> None:
    """Errand at a period's end: begin the next one with its invoice, or end as was asked."""
    subscription = till.get("subscription", identifier)
    if subscription["status"] == "canceled":
        return
    if subscription["cancel_at_period_end"]:
        end(till, subscription, subscription["cancellation_details"]["reason"])
        return
    months = till.store.hidden(identifier)["months"] + 1
    till.store.hide(identifier, months=months)
    item = subscription["items"]["data"][0]
    item["current_period_start"] = item["current_period_end"]
    item["current_period_end"] = month_after(subscription["billing_cycle_anchor"], months)
    before = {"latest_invoice": subscription["latest_invoice"]}
    invoice = invoices.draw_up(till, subscription, "subscription_cycle")
    subscription["latest_invoice"] = invoice["id"]
    till.store.save(subscription)
    till.emit("customer.subscription.updated", subscription, before)
    till.remind(invoices.DRAFT_SECONDS, "finalize_invoice", invoice["id"])
    _remind(till, subscription)


def finalize(till: Till, invoice_id: str) -> None:
    """Errand an hour after the draft: charge it, or void it while collection is paused."""
    invoice = till.get("invoice", invoice_id)
    subscription = _of(till, invoice)
    if invoice["status"] != "draft" or subscription["status"] == "canceled":
        return
    invoices.finalize(till, invoice)
    if subscription["pause_collection"] is not None:
        invoices.void(till, invoice)
        return
    _charge(till, invoice, subscription)


def retry(till: Till, invoice_id: str) -> None:
    """Errand some days after a failed charge."""
    invoice = till.get("invoice", invoice_id)
    subscription = _of(till, invoice)
    if invoice["status"] == "open" and subscription["status"] != "canceled":
        _charge(till, invoice, subscription)


def _charge(till: Till, invoice: Thing, subscription: Thing) -> None:
    declined = invoices.charge(till, invoice, subscription)
    if declined is None:
        if subscription["status"] == "past_due":
            _become(till, subscription, "active")
    elif invoice["next_payment_attempt"] is None:
        end(till, subscription, "payment_failed")
    elif subscription["status"] == "active":
        _become(till, subscription, "past_due")


def _become(till: Till, subscription: Thing, status: str) -> None:
    before = {"status": subscription["status"]}
    till.store.save(subscription | {"status": status})
    till.emit("customer.subscription.updated", subscription | {"status": status}, before)


def _of(till: Till, invoice: Thing) -> Thing:
    return till.get("subscription", invoice["parent"]["subscription_details"]["subscription"])


def end(till: Till, subscription: Thing, reason: str | None) -> Thing:
    """End a subscription now and stop what is still unpaid of it.

    Raises:
        ApiError: 404 when it has ended before.
    """
    if subscription["status"] == "canceled":
        raise ApiError(
            f"No such subscription: '{subscription['id']}'",
            status=404,
            code="resource_missing",
            param="id",
        )
    now = till.now()
    details = subscription["cancellation_details"] | {"reason": reason}
    subscription |= {
        "canceled_at": subscription["canceled_at"] or now,
        "cancellation_details": details,
        "ended_at": now,
        "status": "canceled",
    }
    till.store.save(subscription)
    invoices.stop(till, subscription)
    till.emit("customer.subscription.deleted", subscription)
    return subscription


def cancel(till: Till, subscription: Thing, params: Thing) -> Thing:
    """End a subscription because it was asked for."""
    for name in sorted(set(params) - {"cancellation_details", "expand"}):
        raise ApiError(f"This sandbox does not play the parameter {name}.", param=name)
    subscription["cancellation_details"] |= params.get("cancellation_details") or {}
    return end(till, subscription, "cancellation_requested")


def update(till: Till, subscription: Thing, params: Thing) -> Thing:
    """Pause or resume collection, end with the period, charge another card or keep metadata.

    Raises:
        ApiError: 400 for what this sandbox does not play, or an ended subscription.
    """
    for name in sorted(set(params) - _TAKEN):
        raise ApiError(f"This sandbox does not play the parameter {name}.", param=name)
    if subscription["status"] == "canceled":
        raise ApiError(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    changes: Thing = {}
    if "pause_collection" in params:
        pause = params["pause_collection"]
        changes["pause_collection"] = {"resumes_at": None, **pause} if pause else None
    if "cancel_at_period_end" in params:
        ends = subscription["items"]["data"][0]["current_period_end"]
        asked = params["cancel_at_period_end"]
        changes |= {
            "cancel_at": ends if asked else None,
            "cancel_at_period_end": asked,
            "canceled_at": till.now() if asked else None,
            "cancellation_details": subscription["cancellation_details"]
            | {"reason": "cancellation_requested" if asked else None},
        }
    if "default_payment_method" in params:
        method = _method_of(till, params["default_payment_method"], subscription["customer"])
        changes["default_payment_method"] = method["id"]
        till.store.hide(subscription["id"], **till.store.hidden(method["id"]))
    if params.get("metadata"):
        changes["metadata"] = subscription["metadata"] | params["metadata"]
    before = {name: subscription[name] for name in changes if subscription[name] != changes[name]}
    if not before:
        return subscription
    till.store.save(subscription | changes)
    till.emit("customer.subscription.updated", subscription | changes, before)
    return subscription | changes


def _method_of(till: Till, identifier: str, customer: str) -> Thing:
    """A card that this customer gave.

    Raises:
        ApiError: 400 for a payment method of somebody else.
    """
    method = till.get("payment_method", identifier, "default_payment_method")
    if method["customer"] != customer or "card" not in till.store.hidden(identifier):
        raise ApiError(
            "The customer does not have a payment method with the ID "
            f"{identifier}. The payment method must be attached to the customer.",
            code="resource_missing",
            param="default_payment_method",
        )
    return method


def pay(till: Till, invoice: Thing, params: Thing) -> Thing:
    """Charge an open invoice now, with the subscription's card; its retries stay as planned.

    Raises:
        ApiError: 400 for what is not open or not played.
        CardError: 402 when the card is refused; the attempt stays on the record.
    """
    for name in sorted(set(params) - {"expand", "off_session"}):
        raise ApiError(f"This sandbox does not play the parameter {name}.", param=name)
    if invoice["status"] != "open":
        raise ApiError(
            f"This invoice is {invoice['status']}; only open invoices can be paid.",
            code="invoice_already_paid" if invoice["status"] == "paid" else "invoice_not_editable",
        )
    subscription = _of(till, invoice)
    declined = invoices.charge(till, invoice, subscription, planned=False)
    if declined is not None:
        raise CardError(declined.en, code=declined.code, decline_code=declined.decline_code)
    if subscription["status"] == "past_due":
        _become(till, subscription, "active")
    return invoice


def change_card(till: Till, identifier: str, number: str) -> Thing:
    """From now on this card is charged: what a donor's bank or a new card brings about."""
    subscription = till.get("subscription", identifier)
    till.store.hide(identifier, card={"number": number, "ends": [12, 2034]})
    return subscription
