"""The front of the API under ``/v1``: who calls, what is asked, once only, and on the record.

The order is: a wished-for failure, the key, the parameters, a repeated idempotency key, and only
then the work, whose answer is kept in the same transaction as what it changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import socket
import time
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, request

from fund.sandbox import errands, failures, parameters, reading
from fund.sandbox.errors import ApiError, CardError
from fund.sandbox.resources import ENDPOINTS, INCLUDES, Call, Endpoint
from fund.sandbox.store import Thing
from fund.sandbox.till import Cause, Till, cause, new_id


@dataclass(frozen=True)
class _Written:
    """An answer ready for the wire."""

    status: int
    body: str
    replayed: bool = False


def blueprint(till: Till) -> Blueprint:
    """All endpoints of the API, and a Stripe-shaped 404 for what it does not have."""
    api = Blueprint("api", __name__, url_prefix="/v1")
    for endpoint in ENDPOINTS:
        name = f"{endpoint.method} {endpoint.rule}".replace(".", "_")
        api.add_url_rule(
            f"/{endpoint.rule}",
            name,
            partial(_serve, till, endpoint),
            methods=[endpoint.method],
            provide_automatic_options=False,
        )
    for rule in ("/", "/<path:unknown>"):
        api.add_url_rule(
            rule, f"unknown {rule}", partial(_serve, till, None), methods=["GET", "POST", "DELETE"]
        )
    return api


def _serve(till: Till, endpoint: Endpoint | None, **ids: str) -> Response:
    request_id = new_id("req", 14)
    time.sleep(till.store.switch("delay_ms", 0) / 1000)
    failure = failures.take(till, request.path)
    params: Thing = {}
    try:
        params = parameters.decode(_pairs())
        if failure is not None and failure.when == "before":
            raise _failed(failure.status)
        _authenticate(till)
        written = _answer(till, endpoint, ids, params, request_id)
        if failure is not None:
            raise _failed(failure.status)
    except ApiError as refusal:
        written = _Written(refusal.status, _dump(refusal.body))
    _record(till, request_id, params, written)
    if written.status == 0:
        _hang_up()
    return _respond(till, request_id, written)


def _answer(
    till: Till, endpoint: Endpoint | None, ids: dict[str, str], params: Thing, request_id: str
) -> _Written:
    if endpoint is None:
        raise ApiError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    read = parameters.read(params, endpoint.params)
    errands.sweep(till)
    token = cause.set(Cause(request_id, key))
    try:
        with till.store.act():
            earlier = _earlier(till, key, params)
            if earlier is not None:
                return earlier
            call = Call(till, ids, read, till.settings.public_url or request.host_url)
            try:
                thing = endpoint.answer(call)
            except CardError as refusal:
                return _keep(till, key, params, _Written(refusal.status, _dump(refusal.body)))
            shown = reading.expanded(till, thing, read.get("expand", []), INCLUDES)
            return _keep(till, key, params, _Written(200, _dump(shown)))
    except ApiError as refusal:
        return _keep(till, key, params, _Written(refusal.status, _dump(refusal.body)))
    finally:
        cause.reset(token)


def _earlier(till: Till, key: str | None, params: Thing) -> _Written | None:
    """What this key was answered before, if it came with the same body.

    Raises:
        ApiError: 400 ``idempotency_error`` if it came with another one.
    """
    found = till.store.rows("SELECT * FROM answer WHERE key = ?", (key,)) if key else []
    if not found:
        return None
    if found[0]["fingerprint"] != _fingerprint(params):
        raise ApiError(
            f"Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            f"different request.",
            kind="idempotency_error",
        )
    return _Written(found[0]["status"], found[0]["body"], replayed=True)


def _keep(till: Till, key: str | None, params: Thing, written: _Written) -> _Written:
    if key:
        till.store.rows(
            "INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?)",
            (key, _fingerprint(params), written.status, written.body),
        )
    return written


def _fingerprint(params: Thing) -> str:
    asked = f"{request.method} {request.path} {json.dumps(params, sort_keys=True)}"
    return hashlib.sha256(asked.encode()).hexdigest()


def _authenticate(till: Till) -> None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        given = _basic_user(given)
    if not given:
        raise ApiError("You did not provide an API key.", status=401)
    if not hmac.compare_digest(given.strip().encode(), till.settings.api_key.encode()):
        raise ApiError(f"Invalid API Key provided: {given[:8]}***", status=401)


def _basic_user(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _pairs() -> list[tuple[str, str]]:
    source = request.form if request.method == "POST" else request.args
    return list(source.items(multi=True))


def _failed(status: int) -> ApiError:
    kind = "invalid_request_error" if 400 <= status < 500 else "api_error"
    return ApiError(f"Failure {status} on demand.", status=status, kind=kind)


def _record(till: Till, request_id: str, params: Thing, written: _Written) -> None:
    till.store.rows(
        "INSERT INTO request (id, at, method, path, params, status, idempotency_key, version, "
        "replayed, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request_id,
            till.now(),
            request.method,
            request.path,
            _dump(params),
            written.status,
            request.headers.get("Idempotency-Key"),
            request.headers.get("Stripe-Version"),
            int(written.replayed),
            written.body,
        ),
    )


def _hang_up() -> None:
    """Cut the connection: the client sees neither status nor body."""
    line: socket.socket | None = request.environ.get("werkzeug.socket")
    if line is not None:
        line.shutdown(socket.SHUT_RDWR)


def _respond(till: Till, request_id: str, written: _Written) -> Response:
    response = Response(written.body, written.status or 500, mimetype="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = till.settings.api_version
    for name in ("Idempotency-Key", "Stripe-Account"):
        if name in request.headers:
            response.headers[name] = request.headers[name]
    if written.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
