"""Monthly pledges: asking to pause, resume or stop, and each month's gift."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from fund.giving import pledge_letters, pledges_store, store
from fund.giving.commands.offers import check_wish, pass_on_percent
from fund.giving.domain import Part, Wish, split_parts
from fund.giving.domain.pledge import ASKED, merged, read_parts, scaled, share_out
from fund.kernel.actor import Actor, system
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.ids import new_gift_no
from fund.manual.queries import rules_on
from fund.payments.commands import close_checkout
from fund.payments.domain import LIVE
from fund.payments.queries import payments_of
from fund.payments.subscriptions import refresh, take_instalment
from fund.payments.subscriptions_messages import InstalmentPaid
from fund.payments.subscriptions_ports import Subscriptions
from fund.payments.subscriptions_queries import subscription_of
from fund.platform.house import House, Transaction
from fund.registry import queries as registry


def ask(
    house: House, *, by: Actor, now: dt.datetime, pledge_no: str, act: str, note: str = ""
) -> None:
    """Ask for ``pause``, ``resume`` or ``stop``; the provider is told after the commit.

    Asking again for what is asked for, or is so already, changes nothing.

    Raises:
        NotFound: for an unknown pledge.
        Conflict: when the pledge is in no state for it.
    """
    states, goal = ASKED[act]
    with house.transaction(by=by, now=now) as tx:
        row = pledges_store.lock_pledge(tx, pledge_no)
        if row is None:
            raise NotFound("毎月の寄附が見つかりません")
        if row.state == goal and row.asked is None:
            return
        if row.state not in states and row.asked != act:
            raise Conflict("この毎月の寄附は、いまその手続きができません")
        if row.asked != act:
            pledges_store.ask(tx, row, act, "staff" if by.is_person() else "donor", note)
            tx.audit(f"pledge.{act}-asked", pledge_no, before=row.state)
        tx.enqueue("giving.carry_pledge", once=f"carry-{pledge_no}", pledge_no=pledge_no)


def carry(house: House, *, now: dt.datetime, pledge_no: str) -> None:
    """Do at the provider what is asked for, then follow what the provider says; repeatable.

    Raises:
        Unavailable: when the provider does not answer; asking again is safe.
    """
    with house.database.reading() as connection:
        known = subscription_of(connection, pledge_no)
    with house.transaction(by=system("pledge"), now=now) as tx:
        row = pledges_store.lock_pledge(tx, pledge_no)
        asked = row.asked if row is not None else None
    if asked is None or known is None:
        return
    if known.subscription_id is None:
        _end_pending(house, now, pledge_no, known.gift_no)
        return
    port = house.port(Subscriptions)
    {"pause": port.pause, "resume": port.resume, "stop": port.end}[asked](known.subscription_id)
    refresh(house, now=now, subscription_id=known.subscription_id)
    with house.transaction(by=system("pledge"), now=now) as tx:
        row = pledges_store.lock_pledge(tx, pledge_no)
        if row is not None and row.asked == asked and row.state == ASKED[asked][1]:
            pledges_store.forget_ask(tx, row)


def _end_pending(house: House, now: dt.datetime, pledge_no: str, gift_no: str) -> None:
    """Close the payment page of a pledge that never began, then end it."""
    by = system("pledge")
    with house.database.reading() as connection:
        attempts = payments_of(connection, gift_no)
    for attempt in attempts:
        if attempt.state in LIVE:
            close_checkout(house, by=by, now=now, payment_no=attempt.no)
    with house.transaction(by=by, now=now) as tx:
        row = pledges_store.lock_pledge(tx, pledge_no)
        if row is not None and row.state == "pending" and row.asked == "stop":
            pledges_store.move_pledge(tx, row, "ended", ended_by=row.asked_by, ended_at=now)
            tx.audit("pledge.ended", pledge_no, by=row.asked_by)


def take_month(tx: Transaction, message: InstalmentPaid) -> str:
    """A month was charged: its own gift under the rules of its day, booked at once.

    Where a wish cannot stand any more (a group that lost its registration, a field that was
    closed, a theme that ended) the yen follow the donor's own fallback, the pledge is paused
    and the donor asked. Returns the gift's number.
    """
    row = pledges_store.lock_pledge(tx, message.pledge_no)
    intent = message.invoice.intent
    if row is None or intent is None:
        raise LookupError(f"{message.pledge_no} is no pledge of ours")
    charged_at = intent.paid_at or tx.now
    day = day_in_japan(charged_at)
    rules = rules_on(tx.connection, day)
    wished = scaled(read_parts(row.parts), message.invoice.yen)
    parts = merged([one for part in wished for one in standing(tx.connection, part, day)])
    redirected = {(p.wish, p.yen) for p in parts} != {(p.wish, p.yen) for p in wished}
    gift_no = new_gift_no()
    while store.gift_exists(tx, gift_no):
        gift_no = new_gift_no()
    month = pledges_store.Month(
        gift_no=gift_no,
        link=store.derive_secret(tx.house.settings.secret_key, gift_no),
        invoice_id=message.invoice.invoice_id,
        yen=message.invoice.yen,
        charged_at=charged_at,
        edition=rules.edition,
        redirected=redirected,
    )
    gift_id = pledges_store.add_month(tx, row, month)
    shares = [(part, pass_on_percent(rules, part.wish)) for part in parts]
    store.add_shares(tx, gift_id, split_parts(gift_no, shares))
    payment_no = take_instalment(tx, message, gift_no)
    tx.audit(
        "gift.monthly",
        gift_no,
        pledge=row.no,
        yen=int(message.invoice.yen),
        payment=payment_no,
        redirected=redirected,
    )
    if redirected:
        _ask_donor(tx, row.no, gift_no)
    return gift_no


def _ask_donor(tx: Transaction, pledge_no: str, gift_no: str) -> None:
    row = pledges_store.lock_pledge(tx, pledge_no)
    if row is None or row.state == "ended":
        return
    if row.state != "paused" and row.asked is None:
        pledges_store.ask(tx, row, "pause", "wish")
        tx.enqueue("giving.carry_pledge", once=f"carry-{pledge_no}", pledge_no=pledge_no)
    pledge_letters.queue(tx, "monthly.wish", pledge_no, gift_no)


def standing(connection: Connection, part: Part, day: dt.date) -> tuple[Part, ...]:
    """A part as it can be given on a day: as wished, or after the donor's own fallback.

    The fallback ``field`` of a group is its open fields in equal parts; where there is none,
    and for every other fallback, the yen are for the whole fund.
    """
    try:
        check_wish(connection, part.wish, day)
    except Invalid:
        return share_out(part.yen, _fallback(connection, part.wish))
    return (part,)


def _fallback(connection: Connection, wish: Wish) -> list[Wish]:
    if wish.kind == "group" and wish.fallback == "field":
        group = registry.group(connection, wish.target or "")
        found = [registry.field(connection, code) for code in (group.fields if group else ())]
        fields = [Wish("field", one.code, "field") for one in found if one and one.open]
        return fields or [Wish()]
    return [Wish()]
