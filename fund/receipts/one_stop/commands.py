"""Asking for the exception, taking it back, and the papers that officers mark.

The application itself is paper with the donor's My Number on it: it never passes through here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from fund.giving import queries as giving
from fund.giving.domain.one_stop import check_may_ask, deadline
from fund.giving.queries import DonorView, GiftView
from fund.giving.store import lock_gift
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, tax_year
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.sentences import filled
from fund.platform.house import House, Transaction
from fund.receipts.one_stop import letters, store
from fund.receipts.one_stop.domain import DEFECTS, OPEN, STANDING
from fund.receipts.one_stop.papers import facts_of

GONE = frozenset({"declined", "refunded", "disputed"})
"""States of a gift in which nothing can be asked for."""


@dataclass(frozen=True)
class Case:
    """A gift with its donor and its locked application, and the day until which papers count."""

    gift: GiftView
    donor: DonorView
    row: Row[Any] | None
    until: dt.date | None


def last_day(house: House, gift: GiftView) -> dt.date | None:
    """Until when the application for a gift may arrive; None before its money has arrived.

    Raises:
        Conflict: where the municipality takes no applications.
    """
    until = house.settings.one_stop_until
    if until is None:
        raise Conflict("この自治体では、ワンストップ特例の申請を受け付けていません")
    return None if gift.received_on is None else deadline(gift.received_on, until)


def _case(tx: Transaction, gift_no: str) -> Case:
    # The gift first, as its money does: two who ask at once must not both find nothing.
    lock_gift(tx, gift_no)
    row = store.lock_one(tx, gift_no)
    gift = giving.gift(tx.connection, gift_no)
    donor = giving.donor_of(tx.connection, gift_no)
    if gift is None or donor is None:
        raise NotFound("寄附が見つかりません")
    return Case(gift, donor, row, last_day(tx.house, gift))


def _paper_case(tx: Transaction, gift_no: str) -> tuple[GiftView, DonorView, Row[Any], dt.date]:
    """The case of a paper that came, or is to go out: the gift is there and was asked for.

    A form may arrive that nobody asked for here (donors find it elsewhere): it is asked for then.
    """
    if not tx.by.is_person():
        raise Forbidden("この操作は、サインインした職員だけが行えます")
    case = _case(tx, gift_no)
    if case.until is None or case.gift.state in GONE or not case.gift.net_yen:
        raise Conflict("この寄附には、受け付けられる申請がありません")
    check_may_ask(case.donor.kind, case.donor.country)
    row = case.row
    if row is None:
        store.add(tx, {gift_no: None})
    elif row.state in {"withdrawn", "cancelled"}:
        store.move(tx, row, "requested")
    row = store.lock_one(tx, gift_no)
    if row is None:
        raise LookupError(gift_no)
    return case.gift, case.donor, row, case.until


def ask(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, born_on: dt.date | None
) -> None:
    """Ask for the exception, or say the day of birth anew while the paper has not arrived.

    Raises:
        NotFound: for an unknown gift.
        Invalid: for a donor who cannot ask.
        Conflict: after the last day, for a gift that went back, or when the paper is there.
    """
    with house.transaction(by=by, now=now) as tx:
        case = _case(tx, gift_no)
        check_may_ask(case.donor.kind, case.donor.country)
        if case.gift.state in GONE or (case.gift.received_on and not case.gift.net_yen):
            raise Conflict("この寄附では、ワンストップ特例を申請できません")
        if case.until is not None and day_in_japan(now) > case.until:
            raise Conflict(
                filled(
                    "申請書の受け付けは%(day)sで終わりました。確定申告で控除を受けられます",
                    day=case.until,
                )
            )
        row = case.row
        if row is None:
            store.add(tx, {gift_no: born_on})
        elif row.state in OPEN:
            store.change(tx, row.id, born_on=born_on)
        elif row.state in {"withdrawn", "cancelled"}:
            store.move(tx, row, "requested", born_on=born_on, printed_at=None, yen=None)
        else:
            raise Conflict("申請は、すでに受け付けています")
        tx.audit("one-stop.asked", gift_no)
        if case.until is not None and (row is None or row.state not in OPEN):
            letters.tell_form(tx, gift_no, case.until)


def withdraw(house: House, *, by: Actor, now: dt.datetime, gift_no: str) -> None:
    """Take the wish back; the day of birth is forgotten at once.

    Raises:
        NotFound: for a gift without an application.
        Conflict: when the home municipality was told already.
    """
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_one(tx, gift_no)
        if row is None:
            raise NotFound("ワンストップ特例の申請がありません")
        store.move(tx, row, "withdrawn", why=["asked"])
        tx.audit("one-stop.withdrawn", gift_no)


def receive(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_no: str,
    arrived_on: dt.date,
    born_on: dt.date | None = None,
) -> bool:
    """Mark that a complete application arrived on a day; False when it came too late.

    What the paper says (the donor as recorded now, the yen that are left of the gift) is frozen:
    the notice says the same. ``born_on`` is read from the paper where it was not known.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown gift.
        Invalid: for a donor who cannot ask, or a day that is not yet.
        Conflict: for a gift that went back, or an application that is dealt with.
    """
    with house.transaction(by=by, now=now) as tx:
        gift, donor, row, until = _paper_case(tx, gift_no)
        _check_day(arrived_on, gift, now)
        if arrived_on > until:
            store.move(tx, row, "late", why=["arrived-late"], day=arrived_on, arrived_on=arrived_on)
            tx.audit("one-stop.late", gift_no, arrived_on=arrived_on.isoformat())
            letters.tell_late(tx, gift_no, until)
            return False
        store.move(
            tx,
            row,
            "received",
            day=arrived_on,
            arrived_on=arrived_on,
            facts=facts_of(donor),
            yen=int(gift.net_yen),
            born_on=born_on or row.born_on,
        )
        tx.audit("one-stop.received", gift_no, arrived_on=arrived_on.isoformat())
        letters.tell_received(tx, gift_no, until)
    return True


def find_defective(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_no: str,
    arrived_on: dt.date,
    reasons: Sequence[str],
) -> None:
    """Mark that an application arrived with something wrong; the donor is told what.

    Raises:
        Forbidden, NotFound, Conflict: see ``receive``.
        Invalid: without a known reason, or for a day that is not yet.
    """
    if not reasons or any(one not in DEFECTS for one in reasons):
        message = "不備の内容を選んでください"
        raise Invalid(message, {"reasons": message})
    with house.transaction(by=by, now=now) as tx:
        gift, _donor, row, until = _paper_case(tx, gift_no)
        _check_day(arrived_on, gift, now)
        store.move(
            tx,
            row,
            "defective",
            why=reasons,
            day=arrived_on,
            arrived_on=arrived_on,
            reasons=list(reasons),
        )
        tx.audit("one-stop.defective", gift_no, reasons=list(reasons))
        letters.tell_defective(tx, gift_no, until, reasons)


def _check_day(arrived_on: dt.date, gift: GiftView, now: dt.datetime) -> None:
    message = ""
    if arrived_on > day_in_japan(now):
        message = "未来の日は選べません"
    elif gift.received_on is not None and arrived_on < gift.received_on:
        message = "寄附の受領日より前の日は選べません"
    if message:
        raise Invalid(message, {"arrived_on": message})


def unmark(house: House, *, by: Actor, now: dt.datetime, gift_no: str) -> None:
    """Take back a mark that was put on the wrong gift: its paper has not arrived.

    Raises:
        Forbidden: when no person acts.
        NotFound: for a gift without an application.
        Conflict: for one that bears no such mark, or whose notice has gone.
    """
    if not by.is_person():
        raise Forbidden("この操作は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_one(tx, gift_no)
        if row is None:
            raise NotFound("ワンストップ特例の申請がありません")
        store.move(tx, row, "sent", why=["marked-wrongly"], arrived_on=None)
        tx.audit("one-stop.unmarked", gift_no, before=row.state)


def note_birth(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, born_on: dt.date
) -> None:
    """Write down the day of birth as the paper says it.

    Raises:
        Forbidden: when no person acts.
        NotFound: for a gift without an application.
        Conflict: when it is no longer needed.
    """
    if not by.is_person():
        raise Forbidden("この操作は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_one(tx, gift_no)
        if row is None:
            raise NotFound("ワンストップ特例の申請がありません")
        if row.state not in STANDING:
            raise Conflict("この申請に、生年月日はもういりません")
        store.change(tx, row.id, born_on=born_on)
        tx.audit("one-stop.birth-noted", gift_no)


def receive_change(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, arrived_on: dt.date
) -> None:
    """Mark that the paper about a changed name or address (form 55-6) arrived.

    The notice then says what is recorded of the donor now.

    Raises:
        Forbidden: when no person acts.
        NotFound: for a gift without an application.
        Conflict: when no application has been received, or the day has passed.
        Invalid: for a day that is not yet.
    """
    with house.transaction(by=by, now=now) as tx:
        if not by.is_person():
            raise Forbidden("この操作は、サインインした職員だけが行えます")
        case = _case(tx, gift_no)
        if case.row is None or case.until is None:
            raise NotFound("ワンストップ特例の申請がありません")
        if case.row.state != "received":
            raise Conflict("受け付けた申請だけ、変更できます")
        _check_day(arrived_on, case.gift, now)
        if arrived_on > case.until:
            raise Conflict(filled("変更届の受け付けは%(day)sで終わりました", day=case.until))
        store.change(tx, case.row.id, facts=facts_of(case.donor))
        store.note(tx, [case.row.id], "changed", day=arrived_on)
        tx.audit("one-stop.changed", gift_no, arrived_on=arrived_on.isoformat())


def notify(
    house: House, *, by: Actor, now: dt.datetime, year: int, notified: dict[str, str]
) -> int:
    """Mark that home municipalities were told: gift number → municipality; returns how many.

    Name, address and day of birth of these applications are forgotten at once.

    Raises:
        Forbidden: when no person acts.
    """
    if not by.is_person():
        raise Forbidden("この操作は、サインインした職員だけが行えます")
    told = 0
    with house.transaction(by=by, now=now) as tx:
        gifts = giving.gifts_by_no(tx.connection, notified)
        for row in store.lock(tx, notified):
            received_on = gifts[row.gift_no].received_on
            if row.state != "received" or received_on is None or tax_year(received_on) != year:
                continue
            day = day_in_japan(now)
            home = notified[row.gift_no]
            store.move(tx, row, "notified", day=day, notified_on=day, municipality=home)
            tx.audit("one-stop.notified", row.gift_no)
            told += 1
    return told


def note_export(house: House, *, by: Actor, now: dt.datetime, year: int, count: int) -> None:
    """Write down that somebody took the notices' list away: names, addresses, days of birth."""
    with house.transaction(by=by, now=now) as tx:
        tx.audit("one-stop.exported", f"one-stop-{year}", rows=count)


def forget(house: House, *, by: Actor, now: dt.datetime, gift_nos: Sequence[str]) -> int:
    """Forget the days of birth of these applications; returns how many."""
    with house.transaction(by=by, now=now) as tx:
        rows = [row for row in store.lock(tx, gift_nos) if row.born_on and row.state in STANDING]
        store.forget_births(tx, [row.id for row in rows])
        for row in rows:
            tx.audit("one-stop.birth-forgotten", row.gift_no)
    return len(rows)
