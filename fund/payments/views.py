"""The provider's door: verify, store the raw bytes once, answer. Meaning is read later."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from fund.kernel.errors import Invalid
from fund.payments import commands
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now

blueprint = Blueprint("payments", __name__)
MAX_EVENT = 512 * 1024


@blueprint.post("/webhooks/stripe")
@public
def stripe_webhook() -> ResponseReturnValue:
    """Take an event: 200 when it is safely stored (now or before), 400 when it is not signed."""
    if (request.content_length or 0) > MAX_EVENT:
        raise Invalid("event too large")
    body = request.get_data(cache=False)
    stored = commands.keep_event(
        current_house(),
        now=now(),
        body=body,
        signature=request.headers.get("Stripe-Signature", ""),
    )
    return jsonify(stored=stored)
