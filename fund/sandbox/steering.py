"""What the control calls do; each takes the till, the fields asked with, and ids of the path."""

from __future__ import annotations

import json
from typing import Any

from fund.sandbox import (
    checkout,
    courier,
    disputes,
    errands,
    payouts,
    refunds,
    subscriptions,
    transfers,
)
from fund.sandbox import failures as troubles
from fund.sandbox import sessions as checkouts
from fund.sandbox.cards import Card
from fund.sandbox.checkout import Outcome
from fund.sandbox.errors import ApiError, missing
from fund.sandbox.intents import Payer
from fund.sandbox.store import TABLES, Thing
from fund.sandbox.till import Till

_MOST = 1000


def state(till: Till, _asked: Thing) -> Thing:
    """The clock, the switches and how much there is of everything."""
    counts = {table: till.store.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}
    pending = till.store.rows("SELECT count(*) FROM event WHERE state = 'pending'")[0][0]
    return {
        "now": till.now(),
        "clock_ahead": till.store.switch("clock_ahead", 0),
        "deliveries": till.store.switch("deliveries", "auto"),
        "fail_next": till.store.switch("fail_next", []),
        "delay_ms": till.store.switch("delay_ms", 0),
        "webhook_url": courier.endpoint(till),
        "api_version": till.settings.api_version,
        "smtp_port": till.store.switch("smtp_port", None),
        "pending_events": pending,
        "counts": counts,
    }


def sessions(till: Till, asked: Thing) -> list[Thing]:
    """The newest sessions."""
    rows, _ = till.store.page("thing", {"kind = ?": "checkout.session"}, _limit(asked))
    return [json.loads(row["body"]) for row in rows]


def events(till: Till, asked: Thing) -> list[Thing]:
    """The newest events with how their delivery stands."""
    conditions: dict[str, object] = {"type = ?": asked["type"]} if "type" in asked else {}
    rows, _ = till.store.page("event", conditions, _limit(asked))
    return [_event(row) for row in rows]


def requests(till: Till, asked: Thing) -> list[Thing]:
    """The newest API requests."""
    conditions: dict[str, object] = {"path GLOB ?": asked["path"]} if "path" in asked else {}
    rows, _ = till.store.page("request", conditions, _limit(asked))
    return [_request(row) for row in rows]


def pay(till: Till, asked: Thing, id: str) -> Thing:  # noqa: A002 - the path's own word
    """Pay a session as its page would; challenges are answered at once."""
    payer = Payer(
        str(asked.get("name", "見本 花子")),
        str(asked.get("email", "hanako@example.com")),
        str(asked.get("phone", "")),
    )
    method = asked.get("method", "card")
    approve = bool(asked.get("approve", True))
    if method == "konbini":
        chain = str(asked.get("store", "familymart"))
        return _told(checkout.issue_voucher(till, id, payer, chain))
    if method == "customer_balance":
        return _told(transfers.begin(till, id, payer))
    if method == "paypay":
        outcome = checkout.begin_paypay(till, id, payer)
        if outcome.word == "challenge":
            outcome = checkout.answer_paypay(till, id, approve=approve)
        return _told(outcome)
    if method != "card":
        raise ApiError(f"Unknown method: {method}", param="method")
    card = Card(str(asked.get("card", "4242424242424242")).replace(" ", ""), 12, 2034)
    outcome = checkout.pay_by_card(till, id, card, payer)
    if outcome.word == "challenge":
        outcome = checkout.answer_challenge(till, id, approve=approve)
    return _told(outcome)


def expire(till: Till, _asked: Thing, id: str) -> Thing:  # noqa: A002
    """Expire an open session."""
    return checkouts.expire(till, till.get("checkout.session", id))


def konbini_pay(till: Till, asked: Thing, id: str) -> Thing:  # noqa: A002
    """A voucher is paid at the shop."""
    late = bool(asked.get("late"))
    return _told(checkout.pay_voucher(till, _intent_id(till, id), late=late))


def konbini_expire(till: Till, _asked: Thing, id: str) -> Thing:  # noqa: A002
    """A voucher expires."""
    return _told(checkout.expire_voucher(till, _intent_id(till, id)))


def transfer(till: Till, asked: Thing) -> Thing:
    """Money arrives on a customer's virtual account."""
    customer = asked.get("customer")
    if customer is None:
        customer = till.get("checkout.session", str(asked["session"]))["customer"]
    return transfers.receive(till, str(customer), int(asked["amount"]))


def deliver(till: Till, asked: Thing, id: str) -> list[Thing]:  # noqa: A002
    """Deliver one event now, as often as asked."""
    found = till.store.rows("SELECT * FROM event WHERE id = ?", (id,))
    if not found:
        raise missing("event", id, "id")
    copies = _copies(asked)
    return courier.deliver(till, found * copies, workers=_workers(asked, copies))


def deliveries(till: Till, asked: Thing) -> Thing:
    """Hold deliveries back or let them go."""
    if asked["mode"] not in ("auto", "hold"):
        raise ApiError("mode must be auto or hold.", param="mode")
    till.store.turn("deliveries", asked["mode"])
    return {"mode": asked["mode"]}


def release(till: Till, asked: Thing) -> list[Thing]:
    """Deliver what is pending, in the order asked for."""
    copies = _copies(asked)
    order, seed = str(asked.get("order", "created")), int(asked.get("seed", 0))
    if order not in ("created", "reverse", "shuffle"):
        raise ApiError("order must be created, reverse or shuffle.", param="order")
    found = courier.waiting(till, order=order, seed=seed, copies=copies)
    if "ids" in asked:
        found = [event for event in found if event["id"] in asked["ids"]]
    return courier.deliver(till, found, workers=_workers(asked, len(found)))


def drop(till: Till, asked: Thing) -> Thing:
    """Mark pending events as never to be delivered."""
    dropped = [
        event["id"]
        for event in courier.waiting(till)
        if asked.get("all")
        or event["id"] in asked.get("ids", ())
        or event["type"] in asked.get("types", ())
    ]
    for event_id in dropped:
        till.store.rows("UPDATE event SET state = 'dropped' WHERE id = ?", (event_id,))
    return {"dropped": dropped}


def failures(till: Till, asked: Thing) -> Thing:
    """Wish for failures and delays, or be done with them."""
    if asked.get("clear"):
        till.store.turn("fail_next", [])
        till.store.turn("delay_ms", 0)
    troubles.wish(till, list(asked.get("fail_next", [])))
    if "delay_ms" in asked:
        till.store.turn("delay_ms", max(0, min(int(asked["delay_ms"]), 60_000)))
    return {
        "fail_next": till.store.switch("fail_next", []),
        "delay_ms": till.store.switch("delay_ms", 0),
    }


def refund(till: Till, asked: Thing) -> Thing:
    """Refund in the dashboard: no API request is behind it."""
    taken = ("charge", "payment_intent", "amount", "reason", "metadata", "instructions_email")
    return refunds.create(till, {name: asked[name] for name in taken if name in asked})


def move_refund(till: Till, asked: Thing, id: str) -> Thing:  # noqa: A002
    """Carry a refund on."""
    return refunds.move(till, id, str(asked["status"]), asked.get("reason"))


def dispute(till: Till, asked: Thing) -> Thing:
    """Open a dispute."""
    charge = asked.get("charge")
    if charge is None:
        charge = till.get("payment_intent", str(asked["payment_intent"]))["latest_charge"]
    reason, inquiry = str(asked.get("reason", "fraudulent")), bool(asked.get("inquiry"))
    return disputes.open_against(till, str(charge), reason=reason, inquiry=inquiry)


def close_dispute(till: Till, asked: Thing, id: str) -> Thing:  # noqa: A002
    """Close a dispute."""
    return disputes.close(till, id, str(asked["outcome"]))


def payout(till: Till, asked: Thing) -> Thing:
    """Pay out all that is open."""
    arrived = bool(asked.get("arrived", True))
    return payouts.create(till, fees=int(asked.get("fees", 0)), arrived=arrived)


def move_payout(till: Till, asked: Thing, id: str) -> Thing:  # noqa: A002
    """Let a payout on its way arrive or fail."""
    moves = {"paid": payouts.arrive, "failed": payouts.bounce}
    return moves[asked["status"]](till, id)


def change_card(till: Till, asked: Thing, id: str) -> Thing:  # noqa: A002
    """Charge another card from now on."""
    return subscriptions.change_card(till, id, str(asked["card"]).replace(" ", ""))


def end_subscription(till: Till, _asked: Thing, id: str) -> Thing:  # noqa: A002
    """End a subscription as the dashboard does: no API request is behind it."""
    return subscriptions.cancel(till, till.get("subscription", id), {})


def clock(till: Till, asked: Thing) -> Thing:
    """Let time pass and do what falls due in it."""
    seconds = int(asked["advance"])
    if seconds < 0:
        raise ApiError("The clock only goes forward.", param="advance")
    till.store.turn("clock_ahead", till.store.switch("clock_ahead", 0) + seconds)
    return {"errands": errands.sweep(till), "now": till.now()}


def webhook(till: Till, asked: Thing) -> Thing:
    """Set where events are sent; what is pending follows."""
    till.store.turn("webhook_url", asked["url"] or None)
    till.store.rows("UPDATE event SET due = 0 WHERE state = 'pending'")
    return {"webhook_url": courier.endpoint(till)}


def reset(till: Till, _asked: Thing) -> Thing:
    """Forget everything but where events and mails go."""
    kept = {name: till.store.switch(name, None) for name in ("webhook_url", "smtp_port")}
    till.store.clear()
    for name, value in kept.items():
        if value is not None:
            till.store.turn(name, value)
    return {"reset": True}


SENDING = frozenset({deliver, release})
"""Calls that speak with the webhook endpoint and so must not hold the state's lock."""


def _told(outcome: Outcome) -> Thing:
    told: Thing = {"outcome": outcome.word, "session": outcome.session}
    if outcome.why is not None:
        told["code"], told["decline_code"] = outcome.why.code, outcome.why.decline_code
    return told


def _intent_id(till: Till, identifier: str) -> str:
    if not identifier.startswith("cs_"):
        return identifier
    return str(till.get("checkout.session", identifier)["payment_intent"])


def _request(row: Any) -> Thing:
    shown = {name: row[name] for name in row.keys() if name != "answer"}  # noqa: SIM118 - no dict
    return shown | {"params": json.loads(row["params"])}


def _event(row: Any) -> Thing:
    body = json.loads(row["body"])
    delivery = {name: row[name] for name in ("state", "attempts", "last_status", "last_error")}
    return {
        "id": row["id"],
        "type": row["type"],
        "created": row["created"],
        "object": body["data"]["object"].get("id"),
        **delivery,
    }


def _limit(asked: Thing) -> Thing:
    return {"limit": max(1, min(int(asked.get("limit", 100)), _MOST))}


def _copies(asked: Thing) -> int:
    return max(1, min(int(asked.get("copies", 1)), 100))


def _workers(asked: Thing, jobs: int) -> int:
    return max(1, min(jobs, 16)) if asked.get("parallel") else 1
