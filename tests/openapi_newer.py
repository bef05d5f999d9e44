"""What our pinned API version has and the published document of 2026-05-27 does not, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Newer:
    """One addition to the document: a property (or parameter) with its schema, or new words.

    ``at`` are the steps from the document's root to the dictionary of properties, or to the
    list of words, that lacks something.
    """

    why: str
    at: tuple[str, ...]
    properties: dict[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def add_to(self, document: dict[str, Any]) -> None:
        """Write the addition into a document."""
        spot = self.spot(document)
        if self.words:
            spot.extend(word for word in self.words if word not in spot)
        else:
            spot.update({k: v for k, v in self.properties.items() if k not in spot})

    def known_to(self, document: dict[str, Any]) -> list[str]:
        """Which of the additions a document already has: those are no longer needed."""
        spot = self.spot(document)
        return [name for name in (*self.words, *self.properties) if name in spot]

    def spot(self, document: dict[str, Any]) -> Any:
        """The dictionary or list that lacks something."""
        found: Any = document
        for step in self.at:
            found = found[int(step)] if isinstance(found, list) else found[step]
        return found


def _of(schema: str) -> tuple[str, ...]:
    return ("components", "schemas", schema, "properties")


def _asked(call: str, method: str = "post") -> tuple[str, ...]:
    content = ("content", "application/x-www-form-urlencoded", "schema", "properties")
    return ("paths", call, method, "requestBody", *content)


_MAYBE_TEXT = {"type": "string", "nullable": True}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_MAYBE_TEXTS = {**_TEXTS, "nullable": True}
_CHOSEN = (
    "2026-09-30.endive: methods are chosen by allowed_payment_method_types; payment_method_types "
    "is refused in requests and only shown in answers"
)
_SOURCE = "shown again as null since endive; the document of May had dropped it"

NEWER: tuple[Newer, ...] = (
    Newer(_CHOSEN, _asked("/v1/checkout/sessions"), {"allowed_payment_method_types": _TEXTS}),
    Newer(_CHOSEN, _of("checkout.session"), {"allowed_payment_method_types": _MAYBE_TEXTS}),
    Newer(_CHOSEN, _of("payment_intent"), {"allowed_payment_method_types": _MAYBE_TEXTS}),
    Newer(_CHOSEN, _of("setup_intent"), {"allowed_payment_method_types": _MAYBE_TEXTS}),
    Newer(_SOURCE, _of("payment_intent"), {"source": _MAYBE_TEXT}),
    Newer(_SOURCE, _of("charge"), {"source": _MAYBE_TEXT}),
    Newer(
        "endive shows the issuer's authorisation code on the charge",
        _of("charge"),
        {"authorization_code": _MAYBE_TEXT},
    ),
    Newer(
        "endive shows the network's link between a card's transactions",
        _of("payment_method_details_card"),
        {"transaction_link_id": _MAYBE_TEXT},
    ),
    Newer(
        "PayPay is generally available since 2026-09-30.endive",
        _of("payment_method_details"),
        {"paypay": {"type": "object"}},
    ),
    Newer(
        "PayPay is generally available since 2026-09-30.endive",
        ("components", "schemas", "payment_method", "properties", "type", "enum"),
        words=("paypay",),
    ),
    Newer(
        "PayPay is generally available since 2026-09-30.endive",
        _of("payment_method"),
        {"paypay": {"type": "object"}},
    ),
    Newer(
        "endive says on a refund whose money it is and how it was paid",
        _of("refund"),
        {"customer": _MAYBE_TEXT, "customer_account": _MAYBE_TEXT, "payment_method": _MAYBE_TEXT},
    ),
    Newer(
        "endive names the card network's own reason of a dispute",
        _of("dispute"),
        {"network_reason_code": _MAYBE_TEXT},
    ),
    Newer(
        "endive says how evidence was submitted",
        _of("dispute_evidence_details"),
        {"submission_method": _MAYBE_TEXT},
    ),
    Newer(
        "endive shows what kind of product it is again",
        _of("product"),
        {"type": {"type": "string", "enum": ["good", "service"]}},
    ),
    Newer(
        "endive shows a subscription item's price in the older shape of a plan too",
        _of("subscription_item"),
        {"plan": {"$ref": "#/components/schemas/plan"}},
    ),
    Newer(
        "endive names the network of the disputed card",
        _of("dispute_payment_method_details_card"),
        {"network": _MAYBE_TEXT},
    ),
)
