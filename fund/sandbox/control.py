"""The hand that plays payer, shop, bank and bad weather: JSON over HTTP under ``/_sandbox``.

Bodies are JSON objects, or fields in the query; every answer is JSON. Amounts are whole yen,
times Unix seconds. Refusals are ``{"error": {...}}`` with 400 or 404. The list of all calls is
``CALLS`` below; ``GET /_sandbox/`` shows it as a page. Only callers on this machine are served.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request

from fund.sandbox import errands, steering
from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing
from fund.sandbox.till import Till
from fund.sandbox.wording import Words

_LOCAL = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class ControlCall:
    """One call: method and path, what it does, and the function that does it."""

    method: str
    rule: str
    does: str
    act: Callable[..., Any]


CALLS: tuple[ControlCall, ...] = (
    ControlCall("GET", "state", "Clock, switches and counts.", steering.state),
    ControlCall("GET", "sessions", "Checkout sessions, newest first. limit=100", steering.sessions),
    ControlCall(
        "GET",
        "events",
        "Events with their delivery state (pending, delivered, dropped). limit, type",
        steering.events,
    ),
    ControlCall(
        "GET",
        "requests",
        "API requests as they came in: parameters, key, status. limit, path",
        steering.requests,
    ),
    ControlCall(
        "POST",
        "sessions/<id>/pay",
        "Pay without the page. card=4242424242424242 | method=konbini|paypay|customer_balance, "
        "store, name, email, phone; approve=false fails the challenge or cancels PayPay",
        steering.pay,
    ),
    ControlCall("POST", "sessions/<id>/expire", "Expire an open session.", steering.expire),
    ControlCall(
        "POST",
        "konbini/<id>/pay",
        "The voucher is paid at the shop. id of the session or the payment intent; late=true: paid "
        "in its last minutes, reported after its expiry was told",
        steering.konbini_pay,
    ),
    ControlCall("POST", "konbini/<id>/expire", "The voucher expires.", steering.konbini_expire),
    ControlCall(
        "POST",
        "transfers",
        "Money arrives on a customer's virtual account. amount, customer | session",
        steering.transfer,
    ),
    ControlCall(
        "POST",
        "events/<id>/deliver",
        "Deliver an event now, whatever its state. copies=1, parallel=0",
        steering.deliver,
    ),
    ControlCall(
        "POST",
        "deliveries",
        "mode=hold keeps new events back, mode=auto lets them go.",
        steering.deliveries,
    ),
    ControlCall(
        "POST",
        "deliveries/release",
        "Deliver what is pending now. order=created|reverse|shuffle, seed, copies, parallel, ids",
        steering.release,
    ),
    ControlCall(
        "POST",
        "deliveries/drop",
        "Never deliver these pending events; they stay in the list. ids | types | all=true",
        steering.drop,
    ),
    ControlCall(
        "POST",
        "failures",
        'fail_next=[{"path","status","times","when"}] (path may hold *, or be smtp; status 0 cuts '
        "the connection; when=after does the work and loses the answer), delay_ms, clear=true",
        steering.failures,
    ),
    ControlCall(
        "POST",
        "refunds",
        "Refund in the dashboard. charge | payment_intent, amount, reason",
        steering.refund,
    ),
    ControlCall(
        "POST",
        "refunds/<id>",
        "Carry a refund on. status=pending|succeeded|failed|canceled, reason",
        steering.move_refund,
    ),
    ControlCall(
        "POST",
        "disputes",
        "Open a dispute. charge | payment_intent, reason=fraudulent, inquiry=false",
        steering.dispute,
    ),
    ControlCall(
        "POST",
        "disputes/<id>/close",
        "Close a dispute. outcome=won|lost|warning_closed",
        steering.close_dispute,
    ),
    ControlCall(
        "POST",
        "payouts",
        "Pay out all that is open. fees (yen of Stripe's own billed before), arrived=true",
        steering.payout,
    ),
    ControlCall(
        "POST",
        "payouts/<id>",
        "What becomes of a payout on its way. status=paid|failed",
        steering.move_payout,
    ),
    ControlCall(
        "POST",
        "subscriptions/<id>/card",
        "From now on charge another card. card=4000000000009995",
        steering.change_card,
    ),
    ControlCall(
        "POST",
        "subscriptions/<id>/end",
        "End a subscription in the dashboard.",
        steering.end_subscription,
    ),
    ControlCall("POST", "clock", "Let seconds pass. advance", steering.clock),
    ControlCall("POST", "webhook", "Where events are sent. url (empty: nowhere)", steering.webhook),
    ControlCall("POST", "reset", "Forget everything but the webhook's address.", steering.reset),
)


def blueprint(till: Till) -> Blueprint:
    """The calls and the index page."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")
    control.before_request(_guard)
    control.add_url_rule("/", "index", partial(_index, till))
    for call in CALLS:
        control.add_url_rule(
            f"/{call.rule}",
            f"{call.method} {call.rule}",
            partial(_serve, till, call),
            methods=[call.method],
        )
    return control


def _guard() -> None:
    """Serve this machine only, and no page of another site that a browser here has open."""
    foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if request.remote_addr not in _LOCAL or (foreign and request.method != "GET"):
        abort(403)


def _serve(till: Till, call: ControlCall, **ids: str) -> tuple[Response, int]:
    try:
        asked = _asked()
        errands.sweep(till)
        if call.method == "GET":
            return jsonify(call.act(till, asked, **ids)), 200
        if call.act in steering.SENDING:
            return jsonify(call.act(till, asked, **ids)), 200
        with till.store.act():
            return jsonify(call.act(till, asked, **ids)), 200
    except ApiError as refusal:
        return jsonify(refusal.body), refusal.status
    except (KeyError, TypeError, ValueError) as fault:
        return jsonify(ApiError(f"{type(fault).__name__}: {fault}").body), 400


def _asked() -> Thing:
    """The fields of the JSON body over those of the query; query values are read as JSON."""
    asked = {name: _value(text) for name, text in request.args.items()}
    body = request.get_json(silent=True) if request.data else None
    if request.data and not isinstance(body, dict):
        raise ApiError("The body must be a JSON object sent as application/json.")
    return asked | (body or {})


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _index(till: Till) -> str:
    facts: Mapping[str, Any] = steering.state(till, {})
    return render_template(
        "index.html",
        words=Words(english=False),
        calls=CALLS,
        state=facts,
        sessions=steering.sessions(till, {"limit": 20}),
        events=steering.events(till, {"limit": 20}),
        requests=steering.requests(till, {"limit": 20}),
    )
