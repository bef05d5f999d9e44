"""The donor's own page behind the secret link: status, timeline, where every yen is."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.desk.account import Account
from fund.desk.account_queries import account_of, awaiting
from fund.desk.later_use import later_use
from fund.desk.my_gift import my_gift
from fund.desk.my_papers import my_papers
from fund.desk.payment_status import status, until_words
from fund.desk.queries import DonorStory, donor_story
from fund.desk.sentences import Lookup, told
from fund.desk.story import timeline
from fund.desk.views.blueprint import blueprint
from fund.desk.words import step_words
from fund.giving import queries as giving
from fund.giving.domain import RETRYABLE
from fund.giving.domain.offer import ONLINE
from fund.giving.domain.taking_back import GROUNDS
from fund.giving.konbini import codes_of
from fund.giving.letters import ACCOUNT_TYPES
from fund.giving.pledges_store import pledge_secret
from fund.giving.queries.pledges import PledgeView, pledge_of_gift
from fund.giving.wording import method_words, wishes_text
from fund.grants import queries as grants
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound
from fund.kernel.money import total
from fund.ledger.redirections import redirections_of
from fund.payments.subscriptions_queries import monthly_of_gift
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale, now
from fund.registry import queries as registry
from fund.registry.queries import Names

LOOKS = 6
"""How often the page looks again by itself after the donor comes back from paying."""


@blueprint.get("/d/<secret>")
@public
def donor(secret: str) -> ResponseReturnValue:
    """Where the donor's yen are, why, what remains and until when."""
    with current_house().database.reading() as connection:
        gift = giving.gift_by_secret(connection, secret[:64])
        if gift is None:
            raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
        story = donor_story(connection, gift)
        names = registry.names(connection)
        monthly = monthly_of_gift(connection, gift.no) is not None
        pledge = pledge_of_gift(connection, gift.no)
        mine = my_gift(connection, gift) | later_use(connection, gift)
        mine |= my_papers(connection, gift, day_in_japan(now()))
        account = account_of(connection, gift.no)
        waits = awaiting(connection, gift.no, day_in_japan(now()))
        lookup = _lookup(connection, gift, account, names)
    returned = request.args.get("returned", "")
    look = min(max(request.args.get("look", 0, type=int), 0), LOOKS)
    looking = returned == "success" and gift.paid_at is None and look < LOOKS
    panel = _payment_panel(story)
    looking = looking and panel["payment"] is None
    online = gift.state in RETRYABLE and gift.method in ONLINE
    again = url_for("desk.donor", secret=secret, returned="success", look=look + 1)
    return render_template(
        "desk/donor.html",
        secret=secret,
        story=story,
        gift=gift,
        names=names,
        steps=timeline(story.facts),
        status=status(story, returned),
        refresh=again if looking else None,
        can_pay=online and panel["payment"] is None and not looking,
        can_change=online
        and not looking
        and not monthly
        and not (panel["payment"] and panel["payment"].funded),
        monthly_secret=_monthly_secret(pledge),
        method_words=method_words(),
        **panel,
        as_of=now(),
        step_words=step_words(),
        parts=told(account, waits, lookup) if gift.accepted_yen is not None else [],
        pooled=bool(account.used),
        grounds={one.code: one.en if locale() == "en" else one.ja for one in GROUNDS},
        wishes_text=wishes_text,
        **mine,
    )


def _lookup(
    connection: Connection, gift: giving.GiftView, account: Account, names: Names
) -> Lookup:
    """Awards, names and redirections that the sentences about a gift speak of."""
    found = {part.award_no: grants.award(connection, part.award_no) for part in account.used}
    return Lookup(
        awards={no: award for no, award in found.items() if award is not None},
        names=names,
        moved={one.new_share_id: one for one in redirections_of(connection, gift.no)},
        kept=frozenset(share.id for share in gift.shares if share.part == "kept"),
    )


def _monthly_secret(pledge: PledgeView | None) -> str | None:
    """The secret of the page of the monthly gift that this gift is a month of."""
    if pledge is None:
        return None
    return pledge_secret(current_house().settings.secret_key, pledge.no, pledge.link_version)


def _payment_panel(story: DonorStory) -> dict[str, Any]:
    """What the panel of a waiting payment shows, and what it must warn of."""
    payment, live = story.payment, story.gift.paid_at is None
    waits = payment is not None and payment.state == "waiting" and live
    voucher = dict(payment.voucher or {}) if payment is not None and waits else {}
    kind = str(voucher.get("account_type") or "")
    words = ACCOUNT_TYPES.get(kind, (kind, kind))
    promised = [one for one in story.attempts if one.state == "waiting" and one is not payment]
    return {
        "payment": payment if waits else None,
        "codes": codes_of(voucher),
        "account_type": words[1 if locale() == "en" else 0],
        "until": until_words(payment.pay_by) if payment is not None and waits else "",
        # Nobody can take a voucher or an account number back: also when another way has paid.
        "old_promises": promised,
        "paid_again": any(
            one.extra and one.no not in story.back.payments for one in story.attempts
        ),
        "paid_more": total(one.excess for one in story.attempts),
    }
