"""Sessions of mode ``setup``: a card is given for later charges, and nothing is charged."""

from __future__ import annotations

from fund.sandbox import sessions
from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, new_id

_TAKEN = frozenset(
    {
        "allowed_payment_method_types",
        "cancel_url",
        "client_reference_id",
        "currency",
        "customer",
        "expand",
        "expires_at",
        "locale",
        "metadata",
        "mode",
        "setup_intent_data",
        "success_url",
        "ui_mode",
    }
)
_SHOWN = ("allowed_payment_method_types", "cancel_url", "client_reference_id", "customer")


def create(till: Till, params: Thing, base: str) -> Thing:
    """Open a session that keeps a customer's card; ``base`` holds its page.

    Raises:
        ApiError: 400 for whatever Stripe refuses, and for what this sandbox does not play.
    """
    for name in sorted(set(params) - _TAKEN):
        raise ApiError(f"This sandbox does not play {name} in `setup` mode.", param=name)
    if params.get("currency") != "jpy":
        raise ApiError("This sandbox counts in jpy only.", param="currency")
    if "customer" not in params:
        raise ApiError("This sandbox needs the customer.", param="customer")
    if "card" not in params.get("allowed_payment_method_types", ["card"]):
        raise ApiError("This sandbox keeps cards only.", param="allowed_payment_method_types")
    till.get("customer", params["customer"], "customer")
    sessions.check_addresses(params)
    identifier = new_id("cs_test", 58)
    expires_at = sessions.expiry(till, params.get("expires_at"))
    intent = _intent(till, params)
    session = till.make(
        "checkout.session",
        "cs_test",
        {"line_items": [], "asked": params},
        id=identifier,
        customer_creation=None,
        expires_at=expires_at,
        locale=params.get("locale"),
        metadata=sessions.metadata_of(params),
        mode="setup",
        payment_method_collection="always",
        payment_method_types=["card"],
        payment_status="no_payment_required",
        setup_intent=intent["id"],
        success_url=params.get("success_url"),
        total_details=None,
        url=f"{base.rstrip('/')}/c/pay/{identifier}",
        **{name: params.get(name) for name in _SHOWN},
    )
    till.remind(expires_at - till.now(), "expire_session", identifier)
    return session


def _intent(till: Till, params: Thing) -> Thing:
    data, identifier = params.get("setup_intent_data", {}), new_id("seti")
    intent = till.make(
        "setup_intent",
        "seti",
        id=identifier,
        client_secret=new_id(f"{identifier}_secret"),
        customer=params["customer"],
        description=data.get("description"),
        metadata=sessions.metadata_of(data),
        payment_method_options={
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        payment_method_types=["card"],
    )
    till.emit("setup_intent.created", intent)
    return intent
