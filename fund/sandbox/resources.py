"""The API's endpoints: path, the SDK's parameter type, and what answers it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stripe import params as sdk
from stripe.params import checkout as sdk_checkout

from fund.sandbox import (
    balance,
    courier,
    invoices,
    reading,
    refunds,
    sessions,
    setups,
    subscriptions,
    transfers,
)
from fund.sandbox.errors import missing
from fund.sandbox.reading import field
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank


@dataclass(frozen=True)
class Call:
    """One request, read and checked: path ids, parameters, and the base of public addresses."""

    till: Till
    ids: Mapping[str, str]
    params: Thing
    base: str


Answer = Callable[[Call], Thing]


@dataclass(frozen=True)
class Endpoint:
    """A method and path of the API, its parameters and its answer."""

    method: str
    rule: str
    params: type
    answer: Answer


def _retrieve(kind: str, param: str) -> Answer:
    return lambda call: call.till.get(kind, call.ids["id"], param)


def _list(kind: str, url: str, filters: reading.Filters) -> Answer:
    return lambda call: reading.listing(call.till, kind, call.params, filters, url)


def _create_session(call: Call) -> Thing:
    if call.params["mode"] == "setup":
        return setups.create(call.till, call.params, call.base)
    return sessions.create(call.till, call.params, call.base)


def _expire_session(call: Call) -> Thing:
    session = call.till.get("checkout.session", call.ids["id"], "session")
    return sessions.expire(call.till, session)


def line_items(till: Till, session: Thing) -> Thing:
    """The list of a session's line items."""
    lines = till.store.hidden(session["id"])["line_items"]
    return reading.as_list(lines, f"/v1/checkout/sessions/{session['id']}/line_items")


def _session_lines(call: Call) -> Thing:
    return line_items(call.till, call.till.get("checkout.session", call.ids["id"], "session"))


def refunds_of(till: Till, charge: Thing) -> Thing:
    """The list of a charge's refunds, newest first."""
    found = till.store.all("refund", charge=charge["id"])
    return reading.as_list(found[::-1], f"/v1/charges/{charge['id']}/refunds")


def _create_customer(call: Call) -> Thing:
    taken = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping")
    given = {name: call.params[name] for name in taken if name in call.params}
    if "address" in given:
        given["address"] = {**_ADDRESS, **given["address"]}
    return call.till.make("customer", "cus", metadata=sessions.metadata_of(call.params), **given)


_ADDRESS: Thing = blank("payment_method")["billing_details"]["address"]


def _events(call: Call) -> Thing:
    params, conditions = call.params, reading.created_between(call.params)
    if "type" in params:
        conditions["type GLOB ?"] = params["type"]
    if "types" in params:
        conditions["type IN (SELECT value FROM json_each(?))"] = json.dumps(params["types"])
    if "delivery_success" in params:
        conditions["(state = 'delivered') = ?"] = int(params["delivery_success"])
    paging = reading.cursors(call.till, "event", "event", params)
    rows, more = call.till.store.page("event", conditions, paging)
    shown = [courier.body_of(call.till, row) for row in rows]
    return reading.as_list(shown, "/v1/events", has_more=more)


def _event(call: Call) -> Thing:
    found = call.till.store.rows("SELECT * FROM event WHERE id = ?", (call.ids["id"],))
    if not found:
        raise missing("event", call.ids["id"], "id")
    return courier.body_of(call.till, found[0])


def _create_refund(call: Call) -> Thing:
    return refunds.create(call.till, call.params)


def _cash_balance(call: Call) -> Thing:
    customer = call.till.get("customer", call.ids["id"], "customer")
    return transfers.cash_balance(call.till, customer["id"])


def _cash_transactions(call: Call) -> Thing:
    customer = call.till.get("customer", call.ids["id"], "customer")["id"]
    url = f"/v1/customers/{customer}/cash_balance_transactions"
    filters = {"customer": field("customer")}
    kind = "customer_cash_balance_transaction"
    return reading.listing(call.till, kind, call.params | {"customer": customer}, filters, url)


def _update_subscription(call: Call) -> Thing:
    subscription = call.till.get("subscription", call.ids["id"])
    return subscriptions.update(call.till, subscription, call.params)


def _cancel_subscription(call: Call) -> Thing:
    subscription = call.till.get("subscription", call.ids["id"])
    return subscriptions.cancel(call.till, subscription, call.params)


def _subscriptions(call: Call) -> Thing:
    """Without a status those that are not canceled, as the API does."""
    asked = dict(call.params)
    filters = {"customer": field("customer"), "status": field("status")}
    if asked.get("status") == "all":
        del asked["status"]
    elif "status" not in asked:
        filters["status"] = f"{field('status')} = 'canceled'"
        asked["status"] = 0
    return reading.listing(call.till, "subscription", asked, filters, "/v1/subscriptions")


def _pay_invoice(call: Call) -> Thing:
    invoice = call.till.get("invoice", call.ids["id"], "invoice")
    return subscriptions.pay(call.till, invoice, call.params)


def _void_invoice(call: Call) -> Thing:
    return invoices.void(call.till, call.till.get("invoice", call.ids["id"], "invoice"))


INCLUDES: Mapping[tuple[str, str], Callable[[Till, Thing], Any]] = {
    ("checkout.session", "line_items"): line_items,
    ("charge", "refunds"): refunds_of,
    ("invoice", "payments"): invoices.payments,
}

_SESSION_FILTERS = {
    "payment_intent": field("payment_intent"),
    "status": field("status"),
    "customer": field("customer"),
}
_BY_CHARGE = {"charge": field("charge"), "payment_intent": field("payment_intent")}
_BY_SUBSCRIPTION = {
    "subscription": field("parent.subscription_details.subscription"),
    "customer": field("customer"),
    "status": field("status"),
}
_ENTRY_FILTERS = {
    "payout": "json_extract(hidden, '$.payout')",
    "source": field("source"),
    "type": field("type"),
    "currency": field("currency"),
}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("POST", "checkout/sessions", sdk_checkout.SessionCreateParams, _create_session),
    Endpoint(
        "GET",
        "checkout/sessions",
        sdk_checkout.SessionListParams,
        _list("checkout.session", "/v1/checkout/sessions", _SESSION_FILTERS),
    ),
    Endpoint(
        "GET",
        "checkout/sessions/<id>",
        sdk_checkout.SessionRetrieveParams,
        _retrieve("checkout.session", "session"),
    ),
    Endpoint(
        "GET",
        "checkout/sessions/<id>/line_items",
        sdk_checkout.SessionListLineItemsParams,
        _session_lines,
    ),
    Endpoint(
        "POST",
        "checkout/sessions/<id>/expire",
        sdk_checkout.SessionExpireParams,
        _expire_session,
    ),
    Endpoint(
        "GET",
        "payment_intents",
        sdk.PaymentIntentListParams,
        _list("payment_intent", "/v1/payment_intents", {"customer": field("customer")}),
    ),
    Endpoint(
        "GET",
        "payment_intents/<id>",
        sdk.PaymentIntentRetrieveParams,
        _retrieve("payment_intent", "intent"),
    ),
    Endpoint(
        "GET",
        "charges",
        sdk.ChargeListParams,
        _list(
            "charge",
            "/v1/charges",
            {"payment_intent": field("payment_intent"), "customer": field("customer")},
        ),
    ),
    Endpoint("GET", "charges/<id>", sdk.ChargeRetrieveParams, _retrieve("charge", "charge")),
    Endpoint("POST", "customers", sdk.CustomerCreateParams, _create_customer),
    Endpoint(
        "GET", "customers/<id>", sdk.CustomerRetrieveParams, _retrieve("customer", "customer")
    ),
    Endpoint(
        "GET",
        "customers/<id>/cash_balance",
        sdk.CustomerCashBalanceRetrieveParams,
        _cash_balance,
    ),
    Endpoint(
        "GET",
        "customers/<id>/cash_balance_transactions",
        sdk.CustomerCashBalanceTransactionListParams,
        _cash_transactions,
    ),
    Endpoint("POST", "refunds", sdk.RefundCreateParams, _create_refund),
    Endpoint("GET", "refunds", sdk.RefundListParams, _list("refund", "/v1/refunds", _BY_CHARGE)),
    Endpoint("GET", "refunds/<id>", sdk.RefundRetrieveParams, _retrieve("refund", "refund")),
    Endpoint(
        "GET", "disputes", sdk.DisputeListParams, _list("dispute", "/v1/disputes", _BY_CHARGE)
    ),
    Endpoint("GET", "disputes/<id>", sdk.DisputeRetrieveParams, _retrieve("dispute", "dispute")),
    Endpoint("GET", "balance", sdk.BalanceRetrieveParams, lambda call: balance.summary(call.till)),
    Endpoint(
        "GET",
        "balance_transactions",
        sdk.BalanceTransactionListParams,
        _list("balance_transaction", "/v1/balance_transactions", _ENTRY_FILTERS),
    ),
    Endpoint(
        "GET",
        "balance_transactions/<id>",
        sdk.BalanceTransactionRetrieveParams,
        _retrieve("balance_transaction", "id"),
    ),
    Endpoint(
        "GET",
        "payouts",
        sdk.PayoutListParams,
        _list("payout", "/v1/payouts", {"status": field("status")}),
    ),
    Endpoint("GET", "payouts/<id>", sdk.PayoutRetrieveParams, _retrieve("payout", "payout")),
    Endpoint(
        "GET",
        "payment_methods/<id>",
        sdk.PaymentMethodRetrieveParams,
        _retrieve("payment_method", "payment_method"),
    ),
    Endpoint(
        "GET",
        "setup_intents/<id>",
        sdk.SetupIntentRetrieveParams,
        _retrieve("setup_intent", "intent"),
    ),
    Endpoint("GET", "subscriptions", sdk.SubscriptionListParams, _subscriptions),
    Endpoint(
        "GET",
        "subscriptions/<id>",
        sdk.SubscriptionRetrieveParams,
        _retrieve("subscription", "id"),
    ),
    Endpoint("POST", "subscriptions/<id>", sdk.SubscriptionUpdateParams, _update_subscription),
    Endpoint("DELETE", "subscriptions/<id>", sdk.SubscriptionCancelParams, _cancel_subscription),
    Endpoint(
        "GET", "invoices", sdk.InvoiceListParams, _list("invoice", "/v1/invoices", _BY_SUBSCRIPTION)
    ),
    Endpoint("GET", "invoices/<id>", sdk.InvoiceRetrieveParams, _retrieve("invoice", "invoice")),
    Endpoint("POST", "invoices/<id>/pay", sdk.InvoicePayParams, _pay_invoice),
    Endpoint("POST", "invoices/<id>/void", sdk.InvoiceVoidInvoiceParams, _void_invoice),
    Endpoint("GET", "products/<id>", sdk.ProductRetrieveParams, _retrieve("product", "product")),
    Endpoint("GET", "prices/<id>", sdk.PriceRetrieveParams, _retrieve("price", "price")),
    Endpoint("GET", "events", sdk.EventListParams, _events),
    Endpoint("GET", "events/<id>", sdk.EventRetrieveParams, _event),
)
