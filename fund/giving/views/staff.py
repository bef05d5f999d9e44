"""Gifts as staff see them: the list, one gift with its donor, the register."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, queries, wording
from fund.giving.queries import GiftView
from fund.giving.views.blueprint import blueprint
from fund.giving.views.money_back import money_back
from fund.kernel.errors import NotFound
from fund.kernel.ids import read_gift_no
from fund.payments.queries import payments_of
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.registry import queries as registry

PAGE = 50


def words() -> dict[str, Any]:
    """The words every staff page of this room needs."""
    return {
        "state_words": wording.state_words(),
        "state_tones": wording.state_tones(),
        "method_words": wording.method_words(),
        "batch_words": wording.batch_words(),
        "wish_text": wording.wish_text,
        "wishes_text": wording.wishes_text,
        "fallback_text": wording.fallback_text,
    }


@blueprint.get("/staff/gifts")
@permission("gift.read")
def staff_gifts() -> ResponseReturnValue:
    """The list of gifts, by state; a number leads straight to its gift."""
    query = Query(request.args)
    state = query.choice("state", wording.state_words().keys())
    typed = query.text("q", 40)
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        found: list[GiftView] | None = None
        if typed:
            number = read_gift_no(typed)
            if number and queries.gift(connection, number):
                return redirect(url_for("giving.staff_gift", no=number), 303)
            found = []
        shown = queries.gifts(connection, state=state, after=after, limit=PAGE + 1)
        return render_template(
            "giving/staff_gifts.html",
            gifts=shown[:PAGE] if found is None else found,
            following=shown[PAGE - 1].id if found is None and len(shown) > PAGE else None,
            counts=queries.counts_by_state(connection),
            state=state,
            typed=typed or "",
            names=registry.names(connection),
            **words(),
        )


@blueprint.get("/staff/gifts/<no>")
@permission("gift.read")
def staff_gift(no: str) -> ResponseReturnValue:
    """One gift with its donor's data; the look itself is written down."""
    number = read_gift_no(no)
    if number is None:
        raise NotFound(_("寄附が見つかりません"))
    house = current_house()
    who = commands.look_at_donor(house, by=current_actor(), now=now(), gift_no=number)
    with house.database.reading() as connection:
        gift = queries.gift(connection, number)
        if gift is None:
            raise NotFound(_("寄附が見つかりません"))
        return render_template(
            "giving/staff_gift.html",
            gift=gift,
            donor=who,
            kind_words=wording.kind_words(),
            receipt_ways=wording.receipt_way_words(),
            payment_words=wording.payment_words(),
            consent_words=wording.consent_words(),
            consents=queries.consents_of(connection, number),
            payments=payments_of(connection, number),
            batches=queries.batches_of_gift(connection, gift.id),
            viewings=queries.viewings(connection, number),
            names=registry.names(connection),
            **money_back(connection, number),
            **words(),
        )
