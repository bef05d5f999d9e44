"""Drawing the papers: for a donor from the own page, for officers in one go, each time noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.kernel.actor import Actor
from fund.kernel.canonical import Json
from fund.kernel.errors import Conflict, Forbidden, NotFound
from fund.platform.house import House
from fund.receipts.one_stop import queries, store
from fund.receipts.one_stop.commands import last_day
from fund.receipts.one_stop.domain import OPEN
from fund.receipts.one_stop.papers import changed_facts, paper
from fund.receipts.ports import DocumentPress

LAYOUT = "one-stop"


def _content(
    house: House, connection: Connection, gift_no: str, *, change: bool
) -> dict[str, Json]:
    """What the paper of a gift says today.

    Raises:
        NotFound: where nobody asked for the exception, or there is nothing to change.
        Conflict: before the money has arrived.
    """
    found = queries.application_of(connection, gift_no)
    gift = giving.gift(connection, gift_no)
    donor = giving.donor_of(connection, gift_no)
    if found is None or gift is None or donor is None:
        raise NotFound("ワンストップ特例の申請がありません")
    until = last_day(house, gift)
    if until is None:
        raise Conflict("申請書は、入金を確認したあとに受け取れます")
    wanted = {"received"} if change else OPEN
    if found.state not in wanted or (change and not changed_facts(found.facts, donor)):
        raise NotFound("この寄附には、いま出していただく書類はありません")
    return dict(
        paper(
            gift,
            donor,
            born_on=found.born_on,
            until=until,
            issuer=house.settings.municipality,
            before=found.facts if change else None,
        )
    )


def own_paper(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, change: bool = False
) -> bytes:
    """The donor's own application form (or change form) as a PDF; the form has then been sent.

    Raises:
        NotFound, Conflict: where there is none to fill in now.
    """
    with house.database.reading() as connection:
        content = _content(house, connection, gift_no, change=change)
    pdf = house.port(DocumentPress).draw(LAYOUT, content)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_one(tx, gift_no)
        if row is not None and row.state == "requested":
            store.move(tx, row, "sent", yen=content["yen"])
    return pdf


def note_printed(
    house: House, *, by: Actor, now: dt.datetime, gift_nos: Sequence[str]
) -> list[str]:
    """Write down that the forms of these gifts are printed for the post; the gifts they are for.

    What was withdrawn or has arrived meanwhile is left out.

    Raises:
        Forbidden: when no person acts.
    """
    if not by.is_person():
        raise Forbidden("印刷は、サインインした職員だけが行えます")
    printed = []
    with house.transaction(by=by, now=now) as tx:
        rows = [row for row in store.lock(tx, gift_nos) if row.state in OPEN]
        gifts = giving.gifts_by_no(tx.connection, [row.gift_no for row in rows])
        for row in rows:
            gift = gifts[row.gift_no]
            if gift.received_on is None:
                continue
            if row.state == "requested":
                store.move(tx, row, "sent")
            store.change(tx, row.id, printed_at=now, yen=int(gift.net_yen))
            store.note(tx, [row.id], "printed")
            tx.audit("one-stop.printed", row.gift_no)
            printed.append(str(row.gift_no))
    return printed


def sheets(house: House, *, by: Actor, now: dt.datetime, gift_nos: Sequence[str]) -> bytes:
    """Application forms of several gifts in one PDF; that somebody drew them is written down.

    Raises:
        NotFound: when none of them has a form to fill in now.
    """
    contents: list[dict[str, Json]] = []
    with house.database.reading() as connection:
        for gift_no in dict.fromkeys(gift_nos):
            found = queries.application_of(connection, gift_no)
            if found is not None and found.state in OPEN and found.received_on is not None:
                contents.append(_content(house, connection, gift_no, change=False))
    if not contents:
        raise NotFound("印刷する申請書がありません")
    pdf = house.port(DocumentPress).draw_together(LAYOUT, contents)
    with house.transaction(by=by, now=now) as tx:
        tx.audit("one-stop.drawn", "one-stop-forms", count=len(contents))
    return pdf
