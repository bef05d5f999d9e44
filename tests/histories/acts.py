"""What donors, banks and the provider's dashboard may do next, chosen by dice from what is legal.

An act looks only at the provider's state and its dice, so that two accounts with equal state do
the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from fund.sandbox import refunds, steering
from fund.sandbox.cards import OVERDUE
from fund.sandbox.store import Thing
from fund.sandbox.till import Till

Act = tuple[str, Callable[[], Any]]

GOOD, DECLINED, POOR, CHALLENGED = (
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000002500003155",
)
DISPUTED, ASKED_ABOUT, REFUND_FAILS, REFUND_PENDS = (
    "4000000000000259",
    "4000000000001976",
    "4000000000005126",
    "4000000000007726",
)
CARDS = (
    (GOOD,) * 6
    + (DECLINED, DECLINED, POOR, CHALLENGED, CHALLENGED)
    + (
        DISPUTED,
        ASKED_ABOUT,
        REFUND_FAILS,
        REFUND_PENDS,
    )
)
OPEN_DISPUTE = ("needs_response", "under_review")
OPEN_INQUIRY = ("warning_needs_response", "warning_under_review")


def play(till: Till, session_id: str, dice: random.Random) -> str:
    """One legal act on a payment, or none when all is said; returns its name."""
    acts = _on_session(till, till.get("checkout.session", session_id), dice)
    if not acts:
        return "nothing"
    name, act = dice.choice(acts)
    act()
    return name


def _on_session(till: Till, session: Thing, dice: random.Random) -> list[Act]:
    if session["status"] == "open":
        return _on_open_page(till, session, dice)
    if session["status"] == "expired":
        return []
    intent = till.get("payment_intent", session["payment_intent"])
    if intent["status"] == "requires_action":
        return _on_promise(till, session, intent, dice)
    if (intent["last_payment_error"] or {}).get("code") == OVERDUE.code:
        # Few vouchers are paid in their last minutes: most of those that ended stay ended.
        identifier = session["id"]
        late = ("shop, late", lambda: steering.konbini_pay(till, {"late": True}, identifier))
        return [late, *[("nothing", lambda: None)] * 2]
    if intent["status"] == "succeeded":
        return _on_charge(till, till.get("charge", intent["latest_charge"]), dice)
    return []


def _on_open_page(till: Till, session: Thing, dice: random.Random) -> list[Act]:
    identifier = session["id"]
    method = session["payment_method_types"][0]
    asked: Thing = {"method": method, "approve": dice.random() < 0.7}
    if method == "card":
        asked["card"] = dice.choice(CARDS)
    pay = (
        "pay " + " ".join(map(str, asked.values())),
        lambda: steering.pay(till, asked, identifier),
    )
    return [pay] * 7 + [("expire", lambda: steering.expire(till, {}, identifier))]


def _on_promise(till: Till, session: Thing, intent: Thing, dice: random.Random) -> list[Act]:
    identifier = session["id"]
    if session["payment_method_types"] == ["konbini"]:
        return [
            *[("shop", lambda: steering.konbini_pay(till, {}, identifier))] * 3,
            ("voucher ends", lambda: steering.konbini_expire(till, {}, identifier)),
        ]
    shown = intent["next_action"].get("display_bank_transfer_instructions")
    if shown is None:
        return []
    left = shown["amount_remaining"]
    yen = dice.choice((left, left, max(1, left // 2), left + dice.randrange(1, 500)))
    asked = {"session": identifier, "amount": yen}
    return [(f"transfer {yen} of {left}", lambda: steering.transfer(till, asked))]


def _on_charge(till: Till, charge: Thing, dice: random.Random) -> list[Act]:
    acts: list[Act] = []
    disputes = till.store.all("dispute", charge=charge["id"])
    left = charge["amount"] - charge["amount_refunded"]
    if left and not charge["disputed"]:
        yen = dice.choice((left, max(1, left // 2), dice.randrange(1, left + 1)))
        asked = {"charge": charge["id"], "amount": yen}
        acts += [(f"dashboard refund {yen}", lambda: steering.refund(till, asked))] * 2
    card = charge["payment_method_details"]["type"] == "card"
    if left and card and not disputes:
        inquiry = dice.random() < 0.3
        dispute = {"charge": charge["id"], "inquiry": inquiry}
        acts.append((f"dispute inquiry={inquiry}", lambda: steering.dispute(till, dispute)))
    for one in disputes:
        acts += _on_dispute(till, one)
    for refund in till.store.all("refund", charge=charge["id"]):
        acts += _on_refund(till, refund)
    # Most payments stay as they are: the last word is left to chance here too.
    return [*acts, *[("nothing", lambda: None)] * len(acts)]


def _on_dispute(till: Till, dispute: Thing) -> list[Act]:
    outcomes: tuple[str, ...] = ()
    if dispute["status"] in OPEN_DISPUTE:
        outcomes = ("won", "lost")
    elif dispute["status"] in OPEN_INQUIRY:
        outcomes = ("warning_closed",)
    return [
        (
            f"dispute {word}",
            lambda word=word: steering.close_dispute(till, {"outcome": word}, dispute["id"]),
        )
        for word in outcomes
    ]


def _on_refund(till: Till, refund: Thing) -> list[Act]:
    return [
        (
            f"refund {refund['status']} -> {word}",
            lambda word=word: refunds.move(till, refund["id"], word),
        )
        for word in ("pending", "succeeded", "failed", "canceled")
        if refunds.STATES.allows(refund["status"], word)
    ]
