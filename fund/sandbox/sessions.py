"""Checkout sessions: made from a request, offered until paid or expired, completed once."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fund.sandbox import intents, products, setup_intents
from fund.sandbox.errors import ApiError
from fund.sandbox.intents import Payer
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank, new_id

LIMITS = {
    "card": (50, 99_999_999),
    "konbini": (120, 300_000),
    "paypay": (50, 1_000_000),
    "customer_balance": (50, 99_999_999),
}
"""Method → least and greatest amount in yen it is offered for (Stripe's limits for Japan)."""
_SHORTEST, _LONGEST = 30 * 60, 24 * 3600
_IGNORED = frozenset(
    {
        "adaptive_pricing",
        "billing_address_collection",
        "consent_collection",
        "custom_text",
        "phone_number_collection",
        "branding_settings",
        "invoice_creation",
        "managed_payments",
    }
)
_TAKEN = frozenset(
    {
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "cancel_url",
        "client_reference_id",
        "currency",
        "customer",
        "customer_creation",
        "customer_email",
        "expand",
        "expires_at",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data",
        "payment_method_options",
        "submit_type",
        "subscription_data",
        "success_url",
        "ui_mode",
    }
)
_ONE_TIME_ONLY = frozenset({"customer_creation", "payment_intent_data", "submit_type"})


def create(till: Till, params: Thing, base: str) -> Thing:
    """Open a session of mode ``payment`` or ``subscription`` in yen; ``base`` holds its page.

    Raises:
        ApiError: 400 for whatever Stripe refuses, and for what this sandbox does not play.
    """
    _check(params)
    lines = [_line(till, line, number) for number, line in enumerate(params["line_items"])]
    total = sum(line["amount_total"] for line in lines)
    methods = _eligible(till, params, total)
    monthly = params["mode"] == "subscription"
    identifier = new_id("cs_test", 58)
    expires_at = expiry(till, params.get("expires_at"))
    copied = (
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "locale",
        "submit_type",
        "success_url",
    )
    email = params.get("customer_email")
    session = till.make(
        "checkout.session",
        "cs_test",
        {
            "line_items": lines,
            "payment_intent_data": params.get("payment_intent_data", {}),
            "asked": params,
        },
        id=identifier,
        amount_subtotal=total,
        amount_total=total,
        customer_details=details(Payer(email=email)) if email else None,
        expires_at=expires_at,
        metadata=metadata_of(params),
        mode=params["mode"],
        payment_method_collection="always" if monthly else "if_required",
        customer_creation=None if monthly else "if_required",
        payment_method_options=params.get("payment_method_options", {}),
        payment_method_types=methods,
        url=f"{base.rstrip('/')}/c/pay/{identifier}",
        **{name: params.get(name) for name in copied},
    )
    till.remind(expires_at - till.now(), "expire_session", identifier)
    return session


def details(payer: Payer) -> Thing:
    """The API's customer details of a session."""
    billing = payer.billing()
    return {
        "address": billing["address"] | ({"country": "JP"} if payer.name else {}),
        "business_name": None,
        "email": billing["email"],
        "individual_name": None,
        "name": billing["name"],
        "phone": billing["phone"],
        "tax_exempt": "none",
        "tax_ids": [] if payer.name else None,
    }


def complete(till: Till, session: Thing, payer: Payer, *, paid: bool) -> Thing:
    """Close the pay page: paid now, or unpaid with a promise to pay elsewhere, or not to pay."""
    session |= {
        "customer_details": details(payer),
        "payment_status": _payment_status(session, paid=paid),
        "status": "complete",
        "url": None,
    }
    till.store.save(session)
    till.emit("checkout.session.completed", session)
    return session


def _payment_status(session: Thing, *, paid: bool) -> str:
    if session["mode"] == "setup":
        return "no_payment_required"
    return "paid" if paid else "unpaid"


def settle(till: Till, session: Thing, *, paid: bool) -> Thing:
    """Learn what became of the promise of a completed, unpaid session."""
    session["payment_status"] = "paid" if paid else "unpaid"
    till.store.save(session)
    word = "succeeded" if paid else "failed"
    till.emit(f"checkout.session.async_payment_{word}", session)
    return session


def expire(till: Till, session: Thing) -> Thing:
    """Close an open session for good, and the intent it may have.

    Raises:
        ApiError: 400 if the session is no longer open.
    """
    if session["status"] != "open":
        raise ApiError(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}.",
        )
    session |= {"status": "expired", "url": None}
    till.store.save(session)
    intent = intents.of_session(till, session)
    if intent is not None:
        intents.cancel(till, intent, "expired")
    if session["setup_intent"]:
        setup_intents.cancel(till, till.get("setup_intent", session["setup_intent"]))
    till.emit("checkout.session.expired", session)
    return session


def of_intent(till: Till, intent: Thing) -> Thing:
    """The session an intent belongs to."""
    return till.store.all("checkout.session", payment_intent=intent["id"])[0]


def metadata_of(params: Thing) -> Thing:
    """The metadata of a request, within Stripe's limits.

    Raises:
        ApiError: 400 for more than 50 keys, or too long a key or value.
    """
    data = params.get("metadata") or {}
    if len(data) > 50:
        raise ApiError("Metadata can have up to 50 keys.", param="metadata")
    for key, value in data.items():
        if len(key) > 40 or len(str(value)) > 500:
            raise ApiError(
                "Metadata keys can have up to 40 characters and values up to 500.",
                param=f"metadata[{key}]",
            )
    return dict(data)


def _check(params: Thing) -> None:
    for name in sorted(set(params) - _TAKEN - _IGNORED):
        raise ApiError(f"This sandbox does not play the parameter {name}.", param=name)
    for name in ("mode", "success_url", "line_items"):
        if not params.get(name):
            raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    _check_mode(params)
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise ApiError("This sandbox plays ui_mode=hosted_page only.", param="ui_mode")
    check_addresses(params)
    if len(params.get("client_reference_id", "")) > 200:
        raise ApiError(
            "Invalid string: must be at most 200 characters",
            code="parameter_invalid_string",
            param="client_reference_id",
        )


def _check_mode(params: Thing) -> None:
    if params["mode"] not in ("payment", "subscription"):
        raise ApiError("This sandbox plays payment and subscription only.", param="mode")
    recurring = ["recurring" in line.get("price_data", {}) for line in params["line_items"]]
    if params["mode"] == "payment":
        if "subscription_data" in params or any(recurring):
            raise ApiError(
                "You can only use recurring prices and subscription_data in subscription mode.",
                param="mode",
            )
        return
    for name in sorted(_ONE_TIME_ONLY & set(params)):
        raise ApiError(f"You can not pass `{name}` in `subscription` mode.", param=name)
    if recurring != [True]:
        raise ApiError("This sandbox needs one line, with a recurring price.", param="mode")
    products.check_recurring(params["line_items"][0], "line_items[0]")
    for name in sorted(set(params.get("subscription_data", {})) - {"description", "metadata"}):
        raise ApiError(f"This sandbox does not play {name}.", param=f"subscription_data[{name}]")


def check_addresses(params: Thing) -> None:
    """Refuse addresses, of the web or of mail, that are none.

    Raises:
        ApiError: 400 naming the parameter.
    """
    for name in ("success_url", "cancel_url"):
        if name in params and not _is_url(params[name]):
            raise ApiError("Not a valid URL", code="url_invalid", param=name)
    email = params.get("customer_email")
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise ApiError(
            f"Invalid email address: {email}", code="email_invalid", param="customer_email"
        )
    if email is not None and "customer" in params:
        raise ApiError(
            "You may only specify one of these parameters: customer, customer_email.",
            param="customer",
        )


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _line(till: Till, line: Thing, number: int) -> Thing:
    where = f"line_items[{number}]"
    data = line.get("price_data")
    if data is None:
        raise ApiError("This sandbox needs price_data.", param=f"{where}[price_data]")
    if data["currency"] != "jpy":
        raise ApiError("This sandbox counts in jpy only.", param=f"{where}[price_data][currency]")
    if "unit_amount" not in data or "product_data" not in data:
        raise ApiError(
            "price_data needs unit_amount and product_data.",
            code="parameter_missing",
            param=f"{where}[price_data]",
        )
    unit, quantity = data["unit_amount"], line.get("quantity", 1)
    if unit < 0 or quantity < 1:
        raise ApiError("Invalid non-negative integer", param=f"{where}[quantity]")
    name = data["product_data"]["name"]
    return _item(till, name, unit, quantity)


def _item(till: Till, name: str, unit: int, quantity: int) -> Thing:
    """A line item: ``unit`` yen times ``quantity`` of something named."""
    price = blank(
        "price",
        id=new_id("price"),
        created=till.now(),
        product=new_id("prod", 14),
        unit_amount=unit,
        unit_amount_decimal=str(unit),
    )
    return blank(
        "item",
        id=new_id("li"),
        amount_subtotal=unit * quantity,
        amount_total=unit * quantity,
        description=name,
        price=price,
        quantity=quantity,
    )


def expiry(till: Till, asked: int | None) -> int:
    """When a new session ends (Unix seconds): as asked, within Stripe's bounds.

    Raises:
        ApiError: 400 outside of them.
    """
    now = till.now()
    if asked is None:
        return now + _LONGEST
    if not now + _SHORTEST - 60 <= asked <= now + _LONGEST + 60:
        raise ApiError(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from "
            "Checkout Session creation.",
            param="expires_at",
        )
    return asked


def _eligible(till: Till, params: Thing, total: int) -> list[str]:
    """The methods to offer: allowed by the request, possible for the amount and the customer."""
    if "customer" in params:
        till.get("customer", params["customer"], "customer")
    if total < 50:
        raise ApiError(
            "The Checkout Session's total amount must convert to at least 50 yen.",
            code="amount_too_small",
        )
    allowed = params.get("allowed_payment_method_types") or list(LIMITS)
    barred = params.get("excluded_payment_method_types") or []
    methods = [
        method
        for method in allowed
        if method in LIMITS
        and method not in barred
        and LIMITS[method][0] <= total <= LIMITS[method][1]
        and (method != "customer_balance" or "customer" in params)
        and (method == "card" or params["mode"] == "payment")
    ]
    if not methods:
        raise ApiError(
            "No valid payment method types for this Checkout Session: none of the allowed ones "
            "is possible for this amount and customer.",
            param="allowed_payment_method_types",
        )
    return methods
