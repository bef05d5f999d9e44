"""The provider's door: verify, store the raw bytes once, answer. Meaning is read later."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from fund.payments import commands
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now

blueprint = Blueprint("payments", __name__)
MAX_EVENT = 512 * 1024


@blueprint.post("/webhooks/stripe")
@public
def stripe_webhook() -> ResponseReturnValue:
    """Take an event: 200 when it is safely stored (now or before), 400 when it is not signed.

    What is longer than any event is refused (413), unread if it tells its length.
    """
    if (request.content_length or 0) > MAX_EVENT:
        abort(413)
    body = request.get_data(cache=False)
    if len(body) > MAX_EVENT:
        abort(413)
    stored = commands.keep_event(
        current_house(),
        now=now(),
        body=body,
        signature=request.headers.get("Stripe-Signature", ""),
    )
    return jsonify(stored=stored)
