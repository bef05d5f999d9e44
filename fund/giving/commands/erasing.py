"""Forgetting a person: proposed by one officer, decided by another, done at once.

Yen, wishes, entries and decisions stay; the person, and what could open the log's commitment,
go from every table in one step of the database (migration ``0022_erasure``).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, insert, select, text, update

from fund.giving.domain.erasure import GROUNDS, OPEN_STATES, kept_until
from fund.giving.erasure_models import erasure
from fund.giving.messages import NameWithdrawn
from fund.giving.models import donor, gift
from fund.giving.pledge_models import pledge
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.sentences import filled
from fund.platform.house import House, Transaction


def propose_erasure(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, ground: str
) -> None:
    """Propose that the donor of a gift be forgotten, with all of the donor's gifts.

    Raises:
        Forbidden: when no person stands behind the act.
        Invalid: for an unknown ground.
        NotFound: for an unknown gift.
        Conflict: while a gift or a monthly promise is under way, the law still keeps the papers
            (saying until when), or an erasure is proposed or done.
    """
    if not by.is_person():
        raise Forbidden("消去の起案は、サインインした職員だけが行えます")
    if ground not in GROUNDS:
        raise Invalid("消去の理由を選んでください", {"ground": "消去の理由を選んでください"})
    with house.transaction(by=by, now=now) as tx:
        donor_id = _lock_donor(tx, gift_no)
        until = _check_due(tx, donor_id)
        standing = select(erasure.c.id).where(
            erasure.c.donor_id == donor_id, erasure.c.state != "sent_back"
        )
        if tx.connection.execute(standing).first():
            raise Conflict("この人の消去は、すでに起案されているか、済んでいます")
        tx.connection.execute(
            insert(erasure).values(
                donor_id=donor_id,
                gift_no=gift_no,
                ground=ground,
                state="proposed",
                kept_until=until,
                proposed_by=by.person_id,
                proposed_at=now,
            )
        )
        tx.audit("erasure.proposed", gift_no, ground=ground)


def decide_erasure(house: House, *, by: Actor, now: dt.datetime, gift_no: str, erase: bool) -> None:
    """Forget the donor, or send the proposal back. Nothing brings a forgotten person back.

    Raises:
        NotFound: without a proposal for this gift.
        Forbidden: for the person who proposed it.
        Conflict: when a gift of the donor is under way again.
    """
    with house.transaction(by=by, now=now) as tx:
        donor_id = _lock_donor(tx, gift_no)
        row = tx.connection.execute(
            select(erasure)
            .where(erasure.c.donor_id == donor_id, erasure.c.state == "proposed")
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound("消去の起案が見つかりません")
        if by.person_id is None or by.person_id == row.proposed_by:
            raise Forbidden("起案した人は決定できません。ほかの職員が決定してください")
        if erase:
            _check_due(tx, donor_id)
        tx.connection.execute(
            update(erasure)
            .where(erasure.c.id == row.id)
            .values(
                state="erased" if erase else "sent_back", decided_by=by.person_id, decided_at=now
            )
        )
        tx.audit("erasure.decided", gift_no, erased=erase)
        if erase:
            tx.connection.execute(text("SELECT erase_donor(:id)"), {"id": row.id})
            tx.announce(NameWithdrawn(gift_no))


def _lock_donor(tx: Transaction, gift_no: str) -> int:
    found = tx.connection.execute(
        select(donor.c.id)
        .join(gift, gift.c.donor_id == donor.c.id)
        .where(gift.c.no == gift_no)
        .with_for_update(of=donor)
    ).scalar()
    if found is None:
        raise NotFound("寄附が見つかりません")
    return int(found)


def _check_due(tx: Transaction, donor_id: int) -> dt.date:
    """The day until which papers were kept; refuses before it, and while anything is open."""
    gifts = tx.connection.execute(
        select(gift.c.state, gift.c.received_on).where(gift.c.donor_id == donor_id)
    ).all()
    promises = tx.connection.execute(
        select(func.count()).where(pledge.c.donor_id == donor_id, pledge.c.state != "ended")
    ).scalar_one()
    if promises or any(row.state in OPEN_STATES for row in gifts):
        raise Conflict("手続き中の寄附や毎月の寄附があるため、まだ消去できません")
    until = kept_until((row.received_on for row in gifts), tx.house.settings.retention_years)
    if day_in_japan(tx.now) < until:
        raise Conflict(filled("書類の保存期間が終わる%(day)sから消去できます", day=until))
    return until
