"""What the donor's page says of the receipt's way and of the One-Stop exception."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.giving.domain.donor import ANONYMOUS
from fund.giving.domain.one_stop import deadline, why_not
from fund.giving.queries import GiftView
from fund.giving.wording import receipt_way_hints, receipt_way_words
from fund.platform.web.context import current_house
from fund.receipts.one_stop import queries, wording
from fund.receipts.one_stop.commands import GONE
from fund.receipts.one_stop.domain import OPEN, STANDING
from fund.receipts.one_stop.papers import changed_facts


def my_papers(connection: Connection, gift: GiftView, today: dt.date) -> dict[str, Any]:
    """The way of the receipt, and how the application stands; what may be asked for today."""
    who = giving.donor_of(connection, gift.no)
    named = who is not None and who.kind != ANONYMOUS
    found = queries.application_of(connection, gift.no)
    until = current_house().settings.one_stop_until
    last = deadline(gift.received_on or today, until) if until else None
    open_for = (
        last is not None
        and today <= last
        and gift.state not in GONE
        and who is not None
        and not why_not(who.kind, who.country)
    )
    again = found is None or found.state in {"withdrawn", "cancelled"}
    return {
        "receipt_ways": receipt_way_words() if named else {},
        "receipt_way_hints": receipt_way_hints(),
        "one_stop": found,
        "one_stop_until": last,
        "one_stop_words": wording.state_words(),
        "one_stop_reasons": wording.reason_texts(found.reasons) if found else [],
        "may_ask_one_stop": open_for and again,
        "may_print_one_stop": found is not None
        and found.state in OPEN
        and gift.received_on is not None,
        "may_withdraw_one_stop": found is not None and found.state in STANDING,
        "one_stop_changed": bool(
            found and who and found.state == "received" and changed_facts(found.facts, who)
        ),
    }
