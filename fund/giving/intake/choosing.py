"""The use chosen later: by link, until the gift is allocated.

The wish recorded with the gift never changes. Before the acceptance a choice is a row of its own
and the latest one counts; at the acceptance, or after it, the yen are redirected once, with the
reason ``donor-choice``. What the manual keeps back of such a wish stays in the general pot.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert

from fund.giving import queries as gifts
from fund.giving import store as giving
from fund.giving.commands.offers import check_wish, pass_on_percent
from fund.giving.domain import Share, Wish, wish_levels
from fund.giving.intake import queries
from fund.giving.intake.models import use_choice
from fund.giving.queries import GiftView
from fund.giving.store_donors import link_secret
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.money import Yen, share_of, total
from fund.ledger.queries import open_lots
from fund.ledger.redirections import DONOR_CHOICE, NewUse, Why, redirect, redirections_of
from fund.manual.queries import Rules, rules_on
from fund.platform.house import House, Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.registry import queries as registry

CHOOSABLE = frozenset({"received", "accepted"})
"""States of a paid gift no yen of which has been allocated or given back."""

_MAILS_AT_ONCE = 200


def may_choose(gift: GiftView, choice: queries.ChoiceView | None, *, redirected: bool) -> bool:
    """Whether the donor of this gift may (still) choose its use."""
    return choice is not None and gift.state in CHOOSABLE and not redirected


def choose_use(house: House, *, by: Actor, now: dt.datetime, gift_no: str, wish: Wish) -> None:
    """Take the donor's choice: kept until the acceptance, booked at once after it.

    Raises:
        NotFound: for a gift that came with a wish of its own, or does not exist.
        Conflict: when it is allocated, given back, or was redirected before.
        Invalid: for a use that is not open now.
    """
    if wish.kind == "anywhere":
        raise Invalid("使いみちを選んでください", {"wish": "使いみちを選んでください"})
    with house.transaction(by=by, now=now) as tx:
        row = giving.lock_gift(tx, gift_no)
        choice = queries.choice_of(tx.connection, gift_no)
        if row is None or choice is None:
            raise NotFound("あとから使いみちを選べる寄附ではありません")
        if row.state not in CHOOSABLE:
            raise Conflict("使いみちが決まったため、もう選びなおせません")
        if redirections_of(tx.connection, gift_no):
            raise Conflict("使いみちは、すでに選んでいただいています")
        today = day_in_japan(now)
        check_wish(tx.connection, wish, today)
        rules = rules_on(tx.connection, today)
        tx.connection.execute(
            insert(use_choice).values(
                gift_id=row.id,
                kind=wish.kind,
                target=wish.target,
                fallback=wish.fallback,
                edition_code=rules.edition,
                chosen_at=now,
            )
        )
        tx.audit("use.chosen", gift_no, kind=wish.kind)
        if row.state == "accepted":
            _follow(tx, gift_no, wish, rules)
            _tell(tx, gift_no, wish)


def follow_choices(tx: Transaction, gift_nos: tuple[str, ...]) -> None:
    """At the acceptance: redirect what donors chose while their gifts waited for it."""
    for gift_no, choice in queries.choices_of(tx.connection, gift_nos).items():
        if choice.chosen is None or choice.chosen_at is None:
            continue
        kind, target, fallback = choice.chosen
        wish = Wish(kind, target, fallback)
        try:
            check_wish(tx.connection, wish, day_in_japan(tx.now))
        except Invalid:
            # Closed since: the yen stay as they came, and the donor may choose anew.
            tx.audit("use.closed-since", gift_no, kind=kind)
            continue
        _follow(tx, gift_no, wish, rules_on(tx.connection, day_in_japan(choice.chosen_at)))
        _tell(tx, gift_no, wish)


def _follow(tx: Transaction, gift_no: str, wish: Wish, rules: Rules) -> None:
    """Redirect the part of the gift that follows such a wish; the rest stays as it is kept."""
    gift = gifts.gift_by_no(tx.connection, gift_no)
    if gift is None or gift.received_on is None:
        raise NotFound("寄附が見つかりません")
    old = gift.shares[0].id
    held = [lot.open_yen for lot in open_lots(tx.connection, gift_no) if lot.share_id == old]
    passed, _kept = share_of(total(held), pass_on_percent(rules, wish))
    if not passed:
        return
    group = registry.group(tx.connection, wish.target or "") if wish.kind == "group" else None
    levels = wish_levels(
        Share(gift_no, 0, wish.kind, wish.target, wish.fallback, "wish", Yen(passed)),
        received_on=gift.received_on,
        term_years=rules.integer("wish.term_years"),
        group_fields=tuple(group.fields) if group else (),
    )
    redirect(
        tx,
        old,
        NewUse(wish.kind, wish.target, wish.fallback, levels),
        Why(DONOR_CHOICE, rules.cite("wish-respected"), day_in_japan(tx.now)),
        passed,
    )


def _tell(tx: Transaction, gift_no: str, wish: Wish) -> None:
    """Write the donor that the choice is booked, if there is an address to write to."""
    donor = gifts.donor_of(tx.connection, gift_no)
    if donor is None or not donor.email:
        return
    names = registry.names(tx.connection)
    use = names.use(wish.kind, wish.target, donor.locale)
    _write(tx, "use.chosen", gift_no, donor, {"use": use})


def invite(house: House, *, by: Actor, now: dt.datetime, batch_no: str) -> int:
    """Mail the link to every donor of a batch who may choose and has an address; returns how many.

    Repeatable: the outbox holds one mail for each gift.
    """
    with house.database.reading() as connection:
        asked = [one for one in queries.invited(connection, batch_no=batch_no) if one.email]
    for start in range(0, len(asked), _MAILS_AT_ONCE):
        with house.transaction(by=by, now=now) as tx:
            part = asked[start : start + _MAILS_AT_ONCE]
            donors = gifts.donors_of(tx.connection, [one.gift_no for one in part])
            for one in part:
                _write(tx, "gift.choose_use", one.gift_no, donors[one.gift_no], {"yen": one.yen})
    return len(asked)


def _write(
    tx: Transaction,
    occasion: str,
    gift_no: str,
    donor: gifts.DonorView,
    facts: dict[str, object],
) -> None:
    settings = tx.house.settings
    prefix = "" if donor.locale == "ja" else f"/{donor.locale}"
    secret = link_secret(tx.connection, settings.secret_key, gift_no)
    link = f"{settings.base_url}{prefix}/d/{secret}"
    letter = write_letter(
        settings,
        occasion=occasion,
        subject_no=gift_no,
        recipient=donor.email,
        locale=donor.locale,
        facts={"addressee": donor.addressee, "gift_no": gift_no, "link": link, **facts},
    )
    queue_mail(tx, letter)
