"""The hosted pay page: plain HTML forms, no script, in the session's language.

Every form posts to its own address and is answered with a redirect (303), so reloading and the
back button are harmless; a form carries the token of its page, and a token counts once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fund.sandbox import checkout, errands, payforms, transfers
from fund.sandbox.checkout import Outcome
from fund.sandbox.errors import ApiError
from fund.sandbox.payforms import Filled
from fund.sandbox.store import Thing
from fund.sandbox.till import Till
from fund.sandbox.wording import Words

View = Callable[..., AnyResponse]
CARD_TABLE = (
    ("4242 4242 4242 4242", "card_ok"),
    ("4000 0025 0000 3155", "card_3ds"),
    ("4000 0000 0000 0002", "card_generic"),
    ("4000 0000 0000 9995", "card_funds"),
    ("4000 0000 0000 0069", "card_expired"),
    ("4000 0000 0000 0341", "card_given"),
    ("4000 0000 0000 0259", "card_dispute"),
)


def blueprint(till: Till) -> Blueprint:
    """The pages under ``/c``."""
    pages = Blueprint("pay", __name__, url_prefix="/c")

    def rule(path: str, name: str, view: View, *methods: str) -> None:
        pages.add_url_rule(path, name, partial(view, till), methods=list(methods))

    rule("/pay/<session_id>", "page", _page, "GET")
    rule("/pay/<session_id>/<method>", "submit", _submit, "POST")
    rule("/3ds/<session_id>", "challenge", _challenge, "GET", "POST")
    rule("/paypay/<session_id>", "paypay", _paypay, "GET", "POST")
    rule("/voucher/<session_id>", "voucher", _voucher, "GET", "POST")
    rule("/transfer/<session_id>", "transfer", _transfer, "GET", "POST")
    pages.before_request(lambda: _before(till))
    pages.register_error_handler(ApiError, _refused)
    return pages


def _before(till: Till) -> None:
    errands.sweep(till)


def _refused(refusal: ApiError) -> Response:
    words = Words(english=False)
    known = refusal.status != 404
    html = render_template("message.html", words=words, title="ended" if known else "unknown")
    return _secured(make_response(html, refusal.status), None)


def _page(till: Till, session_id: str) -> AnyResponse:
    session = till.get("checkout.session", session_id)
    if session["status"] != "open":
        return _closed(session)
    asked = request.args.get("method", "")
    offered = session["payment_method_types"]
    method = asked if asked in offered else offered[0]
    filled = Filled({"email": session["customer_email"] or ""}, {})
    return _draw(till, session, method, filled)


def _draw(till: Till, session: Thing, method: str, filled: Filled) -> Response:
    words = Words.of(session)
    refusal = None
    if "refused" in request.args:
        refusal = till.store.hidden(session["id"]).get("refusal")
    html = render_template(
        "pay.html",
        words=words,
        session=session,
        lines=till.store.hidden(session["id"])["line_items"],
        method=method,
        filled=filled,
        refusal=refusal[words.language] if refusal else None,
        attempt=checkout.new_attempt(),
        cards=CARD_TABLE,
        stores=checkout.STORES,
    )
    return _secured(make_response(html, 422 if filled.faults else 200), session)


def _submit(till: Till, session_id: str, method: str) -> AnyResponse:
    session = till.get("checkout.session", session_id)
    if session["status"] != "open":
        return _closed(session)
    if method not in session["payment_method_types"]:
        raise ApiError("no such method", status=404)
    filled = payforms.read(method, request.form, till.now(), Words.of(session))
    if filled.faults:
        return _draw(till, session, method, filled)
    attempt = request.form.get("attempt", "")
    with till.store.act():
        seen = till.store.hidden(session_id).get("attempts", {})
        if attempt in seen:
            return _after(till, session_id, seen[attempt], method)
        outcome = payforms.pay(till, session_id, method, filled)
        till.store.hide(session_id, attempts=seen | {attempt: outcome.word})
    return _follow(till, outcome, method)


def _follow(till: Till, outcome: Outcome, method: str) -> AnyResponse:
    if outcome.why is not None:
        both = {"ja": outcome.why.ja, "en": outcome.why.en}
        till.store.hide(outcome.session["id"], refusal=both)
    return _after(till, outcome.session["id"], outcome.word, method)


def _after(till: Till, session_id: str, word: str, method: str) -> AnyResponse:
    """Where an attempt that came to this word leads."""
    session = till.get("checkout.session", session_id)
    if word == "challenge" and session["status"] == "open":
        page = "pay.paypay" if method == "paypay" else "pay.challenge"
        return redirect(url_for(page, session_id=session_id), 303)
    aside = {"voucher": "pay.voucher", "instructions": "pay.transfer"}
    if word in aside:
        return redirect(url_for(aside[word], session_id=session_id), 303)
    if session["status"] == "open":
        again = url_for("pay.page", session_id=session_id, method=method, refused=1)
        return redirect(again, 303)
    return _closed(session)


def _closed(session: Thing) -> AnyResponse:
    """A completed session leads to its success page, an expired one to a kind dead end."""
    if session["status"] == "complete":
        return redirect(success_url(session), 303)
    html = render_template("message.html", words=Words.of(session), title="ended", session=session)
    return _secured(make_response(html, 410), session)


def success_url(session: Thing) -> str:
    """The success address with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _challenge(till: Till, session_id: str) -> AnyResponse:
    if request.method == "POST":
        approve = request.form.get("answer") == "approve"
        with till.store.act():
            outcome = checkout.answer_challenge(till, session_id, approve=approve)
        return _follow(till, outcome, "card")
    return _ask(till, session_id, "challenge", "card")


def _paypay(till: Till, session_id: str) -> AnyResponse:
    if request.method == "POST":
        approve = request.form.get("answer") == "approve"
        with till.store.act():
            outcome = checkout.answer_paypay(till, session_id, approve=approve)
        return _follow(till, outcome, "paypay")
    return _ask(till, session_id, "paypay", "paypay")


def _ask(till: Till, session_id: str, title: str, method: str) -> AnyResponse:
    session = till.get("checkout.session", session_id)
    intent = checkout.intent_of(till, session)
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return _after(till, session_id, "closed", method)
    html = render_template("ask.html", words=Words.of(session), session=session, title=title)
    return _secured(make_response(html), session)


def _voucher(till: Till, session_id: str) -> AnyResponse:
    session = till.get("checkout.session", session_id)
    intent = till.store.find(session["payment_intent"] or "")
    if intent is None or "chain" not in till.store.hidden(session_id):
        raise ApiError("no voucher", status=404)
    if request.method == "POST":
        if intent["status"] == "requires_action":
            act = {"paid": checkout.pay_voucher, "expired": checkout.expire_voucher}
            with till.store.act():
                act[request.form["outcome"]](till, intent["id"])
        return redirect(url_for("pay.voucher", session_id=session_id), 303)
    chain = till.store.hidden(session_id)["chain"]
    html = render_template(
        "voucher.html",
        words=Words.of(session),
        session=session,
        intent=intent,
        chain=chain,
        onward=success_url(session),
    )
    return _secured(make_response(html), session)


def _transfer(till: Till, session_id: str) -> AnyResponse:
    session = till.get("checkout.session", session_id)
    intent = till.store.find(session["payment_intent"] or "")
    if intent is None or "customer_balance" not in intent["payment_method_options"]:
        raise ApiError("no transfer", status=404)
    fault = None
    if request.method == "POST":
        amount = payforms.digits(request.form.get("amount", ""))
        if amount and len(amount) <= 9 and int(amount) > 0:
            with till.store.act():
                transfers.receive(till, session["customer"], int(amount))
            return redirect(url_for("pay.transfer", session_id=session_id), 303)
        fault = Words.of(session)["bad_amount"]
    html = render_template(
        "transfer.html",
        words=Words.of(session),
        session=session,
        intent=intent,
        fault=fault,
        onward=success_url(session),
    )
    return _secured(make_response(html, 422 if fault else 200), session)


def _secured(response: Response, session: Thing | None) -> Response:
    """Headers for a page without scripts; forms may lead on to the session's own addresses."""
    onward = {
        f"{parts.scheme}://{parts.netloc}"
        for url in ((session or {}).get("success_url"), (session or {}).get("cancel_url"))
        if url and (parts := urlsplit(url))
    }
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {' '.join(sorted(onward))}".strip()
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
