"""Another card for a monthly payment: a hosted page that charges nothing, then what is owed.

The provider says which card was given: its event, or a look by the clock, leads to ``adopt``.
A card whose page was opened earlier never takes the place of a later one, so that order,
repetition and loss of events do not matter.
"""

from __future__ import annotations

import datetime as dt

from fund.kernel.actor import Actor, system
from fund.kernel.errors import Conflict
from fund.payments import subscriptions_store as keep
from fund.payments.commands import CheckoutWording
from fund.payments.subscriptions import refresh
from fund.payments.subscriptions_domain import FIRST_LOOK
from fund.payments.subscriptions_messages import CardChanged
from fund.payments.subscriptions_ports import CardOrder, Cards, GivenCard
from fund.payments.subscriptions_queries import subscription_named, subscription_of
from fund.platform.house import House


def open_card_page(
    house: House, *, by: Actor, now: dt.datetime, pledge_no: str, wording: CheckoutWording
) -> str:
    """The address of the hosted page on which another card is given, opened now or before.

    Raises:
        Conflict: when nothing is charged any more, or not yet.
        Unavailable: when the provider does not answer; asking again is safe.
    """
    with house.database.reading() as connection:
        known = subscription_of(connection, pledge_no)
    if known is None or known.state == "ended" or not (known.subscription_id and known.customer_id):
        raise Conflict("この毎月の寄附は、いまカードを変えられません")
    port = house.port(Cards)
    before = port.page(known.card_session) if known.card_session else None
    if before is not None and before.url is not None:
        return before.url
    if before is not None and before.setup_id is not None and before.status == "complete":
        adopt(house, now=now, setup_id=before.setup_id)
    page = port.open_page(
        CardOrder(
            subscription_id=known.subscription_id,
            customer_id=known.customer_id,
            pledge_no=pledge_no,
            locale=wording.locale,
            success_url=wording.success_url,
            cancel_url=wording.cancel_url,
        )
    )
    with house.transaction(by=by, now=now) as tx:
        row = keep.lock(tx, known.subscription_id, pledge_no)
        if row is None or row.state == "ended" or page.url is None:
            raise Conflict("この毎月の寄附は、いまカードを変えられません")
        soon = now + FIRST_LOOK
        look_at = soon if row.look_at is None else min(row.look_at, soon)
        keep.note(tx, row.id, card_session=page.session_id, look_at=look_at)
        tx.audit("subscription.card-page", pledge_no)
    return page.url


def look(house: House, *, now: dt.datetime, pledge_no: str) -> None:
    """Ask what became of the page on which a card is being given; without any event.

    Raises:
        Unavailable: when the provider does not answer.
    """
    with house.database.reading() as connection:
        known = subscription_of(connection, pledge_no)
    if known is None or known.card_session is None:
        return
    page = house.port(Cards).page(known.card_session)
    if page is not None and page.status == "open":
        return
    if page is not None and page.status == "complete" and page.setup_id is not None:
        adopt(house, now=now, setup_id=page.setup_id)
    with house.transaction(by=system("provider"), now=now) as tx:
        row = keep.lock(tx, known.subscription_id, pledge_no)
        if row is not None and row.card_session == known.card_session:
            keep.note(tx, row.id, card_session=None)


def adopt(house: House, *, now: dt.datetime, setup_id: str) -> str | None:
    """Charge the card that was given from now on, and what is owed at once; why not, or None.

    Raises:
        Unavailable: when the provider does not answer; repeating this is safe.
    """
    port = house.port(Cards)
    card = port.given(setup_id)
    if card is None:
        return "no card for a monthly payment of ours"
    with house.database.reading() as connection:
        known = subscription_named(connection, card.subscription_id)
    if known is None:
        return "no subscription of ours"
    if known.state == "ended":
        return "the monthly payment has ended"
    if known.card_as_of is not None and known.card_as_of >= card.asked_at:
        return "this card, or a later one, is charged already"
    if not port.use(card):
        refresh(house, now=now, subscription_id=card.subscription_id)
        return "the provider does not take this card for it"
    _note(house, now, known.pledge_no, card)
    port.charge_owed(card.subscription_id)
    refresh(house, now=now, subscription_id=card.subscription_id)
    return None


def _note(house: House, now: dt.datetime, pledge_no: str, card: GivenCard) -> None:
    with house.transaction(by=system("provider"), now=now) as tx:
        row = keep.lock(tx, card.subscription_id, pledge_no)
        if row is None or (row.card_as_of is not None and row.card_as_of >= card.asked_at):
            return
        keep.note(tx, row.id, card_as_of=card.asked_at, card_session=None)
        tx.audit("subscription.card-changed", pledge_no)
        tx.announce(CardChanged(pledge_no, f"card-{int(card.asked_at.timestamp())}"))
