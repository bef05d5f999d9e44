"""Use cases of payment slips (納付書): asked for, printed, and paid on the day the bank stamps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import insert

from fund.giving import store as giving
from fund.giving.commands import Begun, begin_donation
from fund.giving.domain import Consents, Offer
from fund.giving.domain.one_stop import OneStop
from fund.giving.intake.domain import RowFacts
from fund.giving.intake.models import slip_print
from fund.kernel.actor import Actor
from fund.kernel.errors import Forbidden
from fund.platform.house import House

SLIP = "slip"


def ask_for_slip(
    house: House, *, by: Actor, now: dt.datetime, form_key: str, facts: RowFacts
) -> Begun:
    """Write down a donor's wish for a slip, told by telephone; consents were read out and given.

    Raises:
        Forbidden: when no person acts.
        Invalid: for an amount or a wish that cannot be.
    """
    if not by.is_person():
        raise Forbidden("入力は、サインインした職員だけが行えます")
    said = Consents(
        purpose_of_use=True,
        publish_name=bool(facts.display_name),
        display_name=facts.display_name,
    )
    offer = Offer(
        form_key=form_key,
        yen=facts.yen,
        donor=facts.donor,
        consents=said,
        wish=facts.wish,
        method=SLIP,
        locale=facts.locale,
        receipt_way=facts.receipt_way,
        one_stop=OneStop() if facts.one_stop else None,
        sample=house.settings.demo,
    )
    return begin_donation(house, by=by, now=now, offer=offer)


def note_printed(house: House, *, by: Actor, now: dt.datetime, gift_nos: Sequence[str]) -> int:
    """Write down that slips and address labels of these gifts were printed; returns how many.

    Raises:
        Forbidden: when no person acts.
    """
    if not by.is_person():
        raise Forbidden("印刷の記録は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        rows = [
            row
            for row in giving.lock_gifts(tx, gift_nos)
            if row.method == SLIP and row.state == "awaiting_payment"
        ]
        if rows:
            tx.connection.execute(
                insert(slip_print),
                [
                    {"gift_id": row.id, "printed_by": by.person_id, "printed_at": now}
                    for row in rows
                ],
            )
        for row in rows:
            tx.audit("slip.printed", row.no)
    return len(rows)
