"""Paying a session, as the pay page and the control do: one function a method, each one act.

A session that is no longer open answers ``closed`` and nothing happens, so a second submit,
the browser's back button and a race of two tabs can never charge twice.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from fund.kernel.calendar import ZONE
from fund.sandbox import intents, sessions, setup_intents, subscriptions
from fund.sandbox.cards import CANCELLED, OVERDUE, UNAUTHENTICATED, Card, Decline
from fund.sandbox.errors import ApiError
from fund.sandbox.intents import Means, Payer
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, new_id

STORES = ("familymart", "lawson", "ministop", "seicomart")


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to: paid, declined, challenge, voucher, instructions or closed."""

    word: str
    session: Thing
    why: Decline | None = None


def pay_by_card(till: Till, session_id: str, card: Card, payer: Payer) -> Outcome:
    """Charge a card: it succeeds, is declined, or its bank wants a 3-D Secure challenge."""
    session = offered(till, session_id, "card")
    if session["status"] != "open":
        return Outcome("closed", session)
    if session["mode"] == "subscription":
        subscriptions.customer_for(till, session, payer)
    given = session["mode"] == "setup"
    room = setup_intents if given else intents
    intent = intent_of(till, session) or intents.open_for(till, session)
    means = intents.by_card(card, payer)
    decline = card.decline_when_given if given else card.decline
    if decline is not None:
        refuse = setup_intents.refuse if given else intents.decline
        refuse(till, intent, means, decline)
        return Outcome("declined", session, decline)
    if card.challenges:
        till.store.hide(
            session_id,
            challenge={"number": card.number, "ends": [card.exp_month, card.exp_year]},
            payer=vars(payer),
        )
        url = {"return_url": session["success_url"], "url": aside(session, "3ds")}
        action = {"type": "redirect_to_url", "redirect_to_url": url}
        room.require_action(till, intent, means, action)
        return Outcome("challenge", session)
    return _paid(till, session, intent, means)


def intent_of(till: Till, session: Thing) -> Thing | None:
    """What a session waits for: its setup intent, or its payment intent once one was tried."""
    if session["mode"] == "setup":
        return till.get("setup_intent", session["setup_intent"])
    return intents.of_session(till, session)


def answer_challenge(till: Till, session_id: str, *, approve: bool) -> Outcome:
    """The payer approved or failed the 3-D Secure challenge of the last card."""
    session, intent = _waiting(till, session_id)
    held = till.store.hidden(session_id).get("challenge")
    if intent is None or held is None:
        return Outcome("closed", session)
    till.store.hide(session_id, challenge=None)
    card = Card(held["number"], *held["ends"])
    means = intents.by_card(card, Payer(**till.store.hidden(session_id)["payer"]))
    if approve:
        return _paid(till, session, intent, means)
    if session["mode"] == "setup":
        setup_intents.refuse(till, intent, means, UNAUTHENTICATED)
    else:
        intents.fail(till, intent, UNAUTHENTICATED)
    return Outcome("declined", session, UNAUTHENTICATED)


def begin_paypay(till: Till, session_id: str, payer: Payer) -> Outcome:
    """Send the payer over to PayPay."""
    session = offered(till, session_id, "paypay")
    if session["status"] != "open":
        return Outcome("closed", session)
    intent = intents.open_for(till, session)
    till.store.hide(session_id, payer=vars(payer), challenge=None)
    url = {"return_url": session["success_url"], "url": aside(session, "paypay")}
    action = {"type": "redirect_to_url", "redirect_to_url": url}
    intents.require_action(till, intent, Means("paypay", payer, {}), action)
    return Outcome("challenge", session)


def answer_paypay(till: Till, session_id: str, *, approve: bool) -> Outcome:
    """The payer approved or cancelled in PayPay."""
    session, intent = _waiting(till, session_id)
    if intent is None:
        return Outcome("closed", session)
    if not approve:
        intents.fail(till, intent, CANCELLED)
        return Outcome("declined", session, CANCELLED)
    payer = Payer(**till.store.hidden(session_id)["payer"])
    return _paid(till, session, intent, Means("paypay", payer, {}))


def issue_voucher(till: Till, session_id: str, payer: Payer, chain: str) -> Outcome:
    """Promise to pay at a convenience store: the session completes unpaid, with a voucher.

    The deadline is 23:59:59 in Japan on the last of the days allowed.

    Raises:
        ApiError: 400 for a chain that does not take part.
    """
    if chain not in STORES:
        raise ApiError(f"Unknown konbini chain: {chain}", param="store")
    session = offered(till, session_id, "konbini")
    if session["status"] != "open":
        return Outcome("closed", session)
    intent = intents.open_for(till, session)
    options = intent["payment_method_options"]["konbini"]
    ends = _last_second(till.now(), options["expires_after_days"])
    options["expires_at"] = ends
    number = payer.phone or digits(11)
    options["confirmation_number"] = number
    codes = {store: {"confirmation_number": number, "payment_code": digits(6)} for store in STORES}
    shown = {
        "expires_at": ends,
        "hosted_voucher_url": aside(session, "voucher"),
        "stores": codes,
    }
    action = {"type": "konbini_display_details", "konbini_display_details": shown}
    means = Means("konbini", payer, {"store": {"chain": chain}})
    intents.require_action(till, intent, means, action)
    till.store.hide(session_id, payer=vars(payer), chain=chain)
    till.remind(ends + 1 - till.now(), "expire_voucher", intent["id"])
    return Outcome("voucher", sessions.complete(till, session, payer, paid=False))


def pay_voucher(till: Till, intent_id: str, *, late: bool = False) -> Outcome:
    """The voucher was paid at the shop.

    A slip printed at the kiosk can be paid some minutes longer than its number lives: with
    ``late`` the store reports such a payment after the voucher's expiry was told.

    Raises:
        ApiError: 400 if this intent waits for no konbini payment (paid already, or expired), or
            if ``late`` and it did not expire.
    """
    found = _overdue if late else _promised
    intent, session = found(till, intent_id, "konbini_display_details")
    hidden = till.store.hidden(session["id"])
    means = Means("konbini", Payer(**hidden["payer"]), {"store": {"chain": hidden["chain"]}})
    intents.succeed(till, intent, means)
    return Outcome("paid", sessions.settle(till, session, paid=True))


def expire_voucher(till: Till, intent_id: str) -> Outcome:
    """Nobody paid the voucher in time.

    Raises:
        ApiError: 400 if this intent waits for no konbini payment.
    """
    intent, session = _promised(till, intent_id, "konbini_display_details")
    intents.fail(till, intent, OVERDUE)
    return Outcome("declined", sessions.settle(till, session, paid=False), OVERDUE)


def _paid(till: Till, session: Thing, intent: Thing, means: Means) -> Outcome:
    if session["mode"] == "setup":
        setup_intents.keep(till, intent, means)
        return Outcome("paid", sessions.complete(till, session, means.payer, paid=False))
    intent = intents.succeed(till, intent, means)
    if session["mode"] == "subscription" and means.card is not None:
        subscriptions.begin(till, session, intent, means.card, means.payer)
    return Outcome("paid", sessions.complete(till, session, means.payer, paid=True))


def offered(till: Till, session_id: str, method: str) -> Thing:
    """The session, if it offers this method.

    Raises:
        ApiError: 404 for an unknown session, 400 for a method it does not offer.
    """
    session = till.get("checkout.session", session_id)
    if method not in session["payment_method_types"]:
        raise ApiError(f"This session does not offer {method}.", param="method")
    return session


def _waiting(till: Till, session_id: str) -> tuple[Thing, Thing | None]:
    """An open session and its intent, if that waits for the payer."""
    session = till.get("checkout.session", session_id)
    intent = intent_of(till, session)
    if session["status"] != "open" or intent is None:
        return session, None
    return session, intent if intent["status"] == "requires_action" else None


def _promised(till: Till, intent_id: str, kind: str) -> tuple[Thing, Thing]:
    intent = till.get("payment_intent", intent_id)
    if (intent["next_action"] or {}).get("type") != kind:
        raise ApiError(
            f"This PaymentIntent's status is {intent['status']}; it waits for no such payment.",
            code="payment_intent_unexpected_state",
        )
    return intent, sessions.of_intent(till, intent)


def _overdue(till: Till, intent_id: str, _kind: str) -> tuple[Thing, Thing]:
    intent = till.get("payment_intent", intent_id)
    error = intent["last_payment_error"] or {}
    if intent["status"] != "requires_payment_method" or error.get("code") != OVERDUE.code:
        raise ApiError(
            f"This PaymentIntent's status is {intent['status']}; no voucher of it has expired.",
            code="payment_intent_unexpected_state",
        )
    return intent, sessions.of_intent(till, intent)


def aside(session: Thing, page: str) -> str:
    """A page beside the session's pay page; the intent keeps it after the session lost its url."""
    base, identifier = str(session["url"]).rsplit("/c/pay/", 1)
    return f"{base}/c/{page}/{identifier}"


def digits(length: int) -> str:
    """So many random digits."""
    return "".join(secrets.choice("0123456789") for _ in range(length))


def _last_second(now: int, days: int) -> int:
    today = dt.datetime.fromtimestamp(now, ZONE).date()
    last = dt.datetime.combine(today + dt.timedelta(days=days), dt.time(23, 59, 59), ZONE)
    return int(last.timestamp())


def new_attempt() -> str:
    """A token for one drawn pay page; a form sent twice carries the same."""
    return new_id("try", 20)
