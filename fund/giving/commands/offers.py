"""From the wish to the payment page: beginning a donation, trying again, drafts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.giving import letters, store, store_donors
from fund.giving.commands import pledging
from fund.giving.commands.patience import admit
from fund.giving.domain import Offer, Wish, split_parts
from fund.giving.domain.offer import check_bounds
from fund.giving.domain.patience import Visitor
from fund.giving.messages import OneStopAsked
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.ids import new_gift_no, new_secret
from fund.manual.queries import Rules, rules_on
from fund.payments import store as payment_store
from fund.payments.queries import payments_of
from fund.platform import attempts
from fund.platform.house import House, Transaction
from fund.registry import queries as registry

DRAFT_LIFE = dt.timedelta(days=14)


@dataclass(frozen=True)
class Begun:
    """A donation that waits for its payment: the number to say, the secret to link."""

    gift_no: str
    secret: str
    payment_no: str


def secret_of(house: House, gift_no: str) -> str:
    """The secret of a gift's link as it is now; outside of transactions.

    Inside one: ``store_donors.link_secret`` with its connection.
    """
    with house.database.reading() as connection:
        return store_donors.link_secret(connection, house.settings.secret_key, gift_no)


def begin_donation(
    house: House, *, by: Actor, now: dt.datetime, offer: Offer, visitor: Visitor | None = None
) -> Begun:
    """Write down donor, gift, shares, consents and the payment to come, before any charge.

    The same form with the same content gives the same gift again, however often and however
    parallel it is sent. For a ``visitor`` it counts, and the draft is closed: the gift holds what
    was typed now.

    Raises:
        TooMany: when this visitor began too many, or had too many cards declined.
        Invalid: for an amount outside the manual's bounds or a wish that is not open.
        Conflict: when the form was sent before with another content.
    """
    with house.transaction(by=by, now=now) as tx:
        earlier = store.hold_form(tx, offer.form_key)
        if earlier is not None:
            if bytes(earlier.form_sha256) != offer.sha256():
                raise Conflict("この申し込みは、別の内容ですでに送信されています")
            key = house.settings.secret_key
            secret = store_donors.link_secret(tx.connection, key, earlier.no)
            payment_no = payments_of(tx.connection, earlier.no)[-1].no
            return Begun(earlier.no, secret, payment_no)
        if visitor is not None:
            admit(tx, visitor, offer.donor.email, by_card=offer.method == "card")
        gift_no, payment_no = _write(tx, offer)
        if visitor is not None:
            letters.tell_offered(tx, offer, gift_no)
            store.close_draft(tx, visitor.draft, gift_no, visitor.origins[0])
    # A new gift's link has its first version; nothing needs to be asked.
    return Begun(gift_no, store.derive_secret(house.settings.secret_key, gift_no), payment_no)


def _write(tx: Transaction, offer: Offer) -> tuple[str, str]:
    rules = rules_on(tx.connection, day_in_japan(tx.now))
    check_bounds(offer.yen, rules.integer("gift.minimum_yen"), rules.integer("gift.maximum_yen"))
    for part in offer.parts:
        check_wish(tx.connection, part.wish, day_in_japan(tx.now))
    gift_no = new_gift_no()
    while store.gift_exists(tx, gift_no):
        gift_no = new_gift_no()
    donor_id = store.add_donor(tx, offer.donor, offer.locale)
    gift_id = store.add_gift(tx, gift_no, donor_id, offer, rules.edition)
    shares = [(part, pass_on_percent(rules, part.wish)) for part in offer.parts]
    store.add_shares(tx, gift_id, split_parts(gift_no, shares))
    store.add_consents(tx, gift_id, offer)
    payment_no = payment_store.add_payment(tx, gift_no=gift_no, yen=offer.yen, method=offer.method)
    if offer.monthly:
        pledging.open_pledge(tx, gift_no=gift_no, gift_id=gift_id, donor_id=donor_id, offer=offer)
    if offer.one_stop is not None:
        tx.announce(OneStopAsked({gift_no: offer.one_stop.born_on}))
    tx.audit(
        "gift.begun",
        gift_no,
        yen=int(offer.yen),
        wish=offer.wish.kind,
        wishes=len(offer.parts),
        method=offer.method,
        payment=payment_no,
        sample=offer.sample,
    )
    return gift_no, payment_no


def pass_on_percent(rules: Rules, wish: Wish) -> int:
    """How many per cent of a gift follow its wish under the manual in force."""
    if wish.kind == "anywhere":
        return 100
    return rules.integer(f"pass_on.{wish.kind}_percent")


def check_wish(connection: Connection, wish: Wish, day: dt.date) -> None:
    """Pass if what the donor names exists and takes gifts on this day.

    Raises:
        Invalid: with the field of the form that must change.
    """
    if wish.kind == "field":
        field = registry.field(connection, wish.target or "")
        if field is None or not field.open:
            _refuse("field", "この分野は、いま寄附を受け付けていません。ほかの分野を選んでください")
    elif wish.kind == "group":
        group = registry.group(connection, wish.target or "")
        if group is None or group.state != "registered":
            _refuse("group", "この団体は、いま登録されていません。ほかの団体を選んでください")
        elif wish.fallback == "field" and not group.fields:
            _refuse("fallback", "この団体には分野がありません。「基金全体で使う」を選んでください")
    elif wish.kind == "theme" and wish.target not in {
        theme.code for theme in registry.themes(connection, day)
    }:
        _refuse("theme", "このテーマの募集は終わりました。ほかのテーマを選んでください")


def _refuse(field: str, message: str) -> None:
    raise Invalid(message, {field: message})


def start_draft(house: House, *, by: Actor, now: dt.datetime, data: Mapping[str, Json]) -> str:
    """Begin a draft of the form and return the secret for its cookie."""
    token = new_secret()
    with house.transaction(by=by, now=now) as tx:
        store.add_draft(tx, token, new_secret(), data)
    return token


def save_draft(
    house: House, *, by: Actor, now: dt.datetime, token: str, data: Mapping[str, Json]
) -> None:
    """Write what was typed so far.

    Raises:
        Conflict: when the form was sent meanwhile, or forgotten.
    """
    with house.transaction(by=by, now=now) as tx:
        if not store.put_draft(tx, token, data):
            raise Conflict("この申し込みは、すでに送信されたか、保存の期限を過ぎています")


def note_slowed(house: House, *, by: Actor, now: dt.datetime, origin: str) -> None:
    """Count that a visitor was asked to wait; staff see the sum of a day."""
    with house.transaction(by=by, now=now) as tx:
        attempts.note(tx, "slowed", origin)


def forget_draft(house: House, *, by: Actor, now: dt.datetime, token: str) -> bool:
    """Delete one draft at its visitor's wish; one that became a gift stays. True if one went."""
    with house.transaction(by=by, now=now) as tx:
        return store_donors.forget_draft(tx, token)


def forget_drafts(house: House, *, by: Actor, now: dt.datetime) -> int:
    """Delete drafts untouched for two weeks; returns how many."""
    with house.transaction(by=by, now=now) as tx:
        return store.forget_drafts(tx, now - DRAFT_LIFE)
