"""Refused gifts (不採納): proposed with ground, reason and course, decided by another person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row

from fund.giving import letters_taking_back as letters
from fund.giving import queries, refusals_store, store
from fund.giving.domain.acceptance import check_note, check_other_person
from fund.giving.domain.taking_back import GROUNDS, check_refusal
from fund.giving.messages import GiftDeclined
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.payments import refunds
from fund.platform.house import House, Transaction


def propose_refusal(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_no: str,
    ground: str,
    reason: str,
    course: str,
) -> str:
    """Propose that a received gift be not accepted; returns the refusal's number.

    Raises:
        Forbidden: when no person stands behind the act.
        Invalid: without ground, reason or course.
        NotFound: for an unknown gift.
        Conflict: for a gift that is not received, or waits in a batch or for another refusal.
    """
    if not by.is_person():
        raise Forbidden("不採納の起案は、サインインした職員だけが行えます")
    check_refusal(ground, reason, course)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        if row is None:
            raise NotFound("寄附が見つかりません")
        _check_received(tx, row)
        if refusals_store.standing_refusal(tx, row.id) is not None:
            raise Conflict("この寄附の不採納は、すでに起案されています")
        number = refusals_store.add_refusal(
            tx,
            fiscal_year(day_in_japan(now)),
            gift_id=row.id,
            ground=ground,
            reason=_tidy(reason),
            course=_tidy(course),
        )
        tx.audit("refusal.proposed", gift_no, refusal=number, ground=ground)
    return number


def decide_refusal(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    refusal_no: str,
    decline: bool,
    note: str = "",
) -> None:
    """Decline the gift and order its money back, or send the proposal back.

    Raises:
        NotFound: for an unknown refusal.
        Forbidden: for the person who proposed it.
        Conflict: when it was decided before, or the gift moved on meanwhile.
        Invalid: when it is sent back without a reason.
    """
    written = check_note(note)
    if not decline and not written:
        message = "差し戻す理由を入力してください"
        raise Invalid(message, {"note": message})
    with house.transaction(by=by, now=now) as tx:
        found = refusals_store.refusal_by_no(tx, refusal_no)
        if found is None:
            raise NotFound("不採納の起案が見つかりません")
        # Payments are locked before gifts everywhere; only then is the refusal looked at again.
        refusals_store.lock_payments(tx, found.gift_no)
        gift = store.lock_gift(tx, found.gift_no)
        found = refusals_store.refusal_by_no(tx, refusal_no)
        if gift is None or found is None:
            raise LookupError(refusal_no)
        if found.state != "proposed":
            raise Conflict("この起案はすでに決定されています")
        check_other_person(found.proposed_by, by.person_id)
        refusals_store.close_refusal(tx, found.id, "declined" if decline else "sent_back", written)
        if decline:
            _decline(tx, gift, found)
        else:
            tx.audit("refusal.sent-back", found.gift_no, refusal=refusal_no)


def _decline(tx: Transaction, gift: Row[Any], found: Row[Any]) -> None:
    _check_received(tx, gift)
    store.move_money(tx, gift, "declined", state_before=None)
    tx.audit("gift.declined", gift.no, refusal=found.no, ground=found.ground)
    ordered = refunds.order_for_refusal(
        tx, gift_no=gift.no, decision_no=found.no, proposed_by=found.proposed_by
    )
    tx.audit("refusal.decided", gift.no, refusal=found.no, refunds=list(ordered))
    donor = queries.donor_of(tx.connection, gift.no)
    english = donor is not None and donor.locale == "en"
    ground = next(one for one in GROUNDS if one.code == found.ground)
    letters.tell_declined(
        tx,
        gift.no,
        found.no,
        Yen(gift.yen),
        ground=ground.en if english else ground.ja,
        reason=found.reason,
        course=found.course,
    )
    tx.announce(GiftDeclined(found.no, gift.no))


def _check_received(tx: Transaction, row: Row[Any]) -> None:
    if row.state != "received":
        raise Conflict("入金済みで採納前の寄附ではありません")
    if store.in_open_batch(tx, [row.id]):
        raise Conflict("採納の起案に入っています。先に差し戻してください")


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
