"""Use cases of a batch that is typed: open, type, hand in, and check by another person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from fund.giving import store as giving
from fund.giving.intake import doubts, store
from fund.giving.intake.booking import book_rows, waiting_rows, why_not_paid
from fund.giving.intake.domain import (
    KINDS,
    MAX_COUNT,
    RowFacts,
    Totals,
    batch_no,
    check_note,
    check_other_hand,
    check_totals,
)
from fund.giving.intake.models import intake_batch
from fund.giving.intake.queries import open_doubts
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.platform.house import House, Transaction

_SAME_KEY = "uq_intake_row_source_key"


def open_batch(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    kind: str,
    day: dt.date,
    place: str,
    expected: tuple[int, Yen],
) -> str:
    """Begin a batch with its control total, counted before anything is typed; returns its number.

    Raises:
        Forbidden: when no person acts.
        Invalid: for a kind, day or total that cannot be.
    """
    if not by.is_person():
        raise Forbidden("入力は、サインインした職員だけが行えます")
    count, yen = expected
    problems = {}
    if kind not in KINDS:
        problems["kind"] = "受け入れの種類を選んでください"
    if not 1 <= count <= MAX_COUNT:
        problems["expected_count"] = filled(
            "1から%(most)sまでの件数を入力してください", most=f"{MAX_COUNT:,}"
        )
    if yen <= 0:
        problems["expected_yen"] = "控えの合計金額を入力してください"
    if day > day_in_japan(now):
        problems["day"] = "未来の日は選べません"
    if problems:
        raise Invalid("束の内容を確認してください", problems)
    year = fiscal_year(day_in_japan(now))
    with house.transaction(by=by, now=now) as tx:
        number = batch_no(year, store.next_serial(tx, intake_batch, f"N{year}-"))
        store.add_batch(
            tx,
            no=number,
            kind=kind,
            origin="typed",
            state="open",
            day=day,
            place=place,
            expected_count=count,
            expected_yen=int(yen),
        )
        tx.audit("intake.opened", number, kind=kind, count=count, yen=int(yen))
    return number


def _open(tx: Transaction, number: str) -> Row[Any]:
    batch = store.lock_batch(tx, number)
    if batch is None or batch.origin != "typed":
        raise NotFound("束が見つかりません")
    if batch.state != "open":
        raise Conflict("この束は、もう入力を終えています")
    return batch


def put_row(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    number: str,
    facts: RowFacts,
    typed: dict[str, str],
    position: int | None = None,
) -> bool:
    """Append a row, or correct the one at ``position``; True when it may be there already.

    Raises:
        NotFound: for an unknown batch or row.
        Conflict: when the batch is closed.
        Invalid: when the number named gets no money like this, or was typed before.
    """
    try:
        with house.transaction(by=by, now=now) as tx:
            batch = _open(tx, number)
            _check_payable(tx, facts)
            if position is None:
                row_id = store.add_row(tx, batch.id, facts, typed)
            else:
                row = store.lock_row(tx, batch.id, position)
                if row is None:
                    raise NotFound("行が見つかりません")
                row_id = row.id
                store.change_row(tx, row_id, facts, typed)
            return bool(doubts.find(tx, [row_id], among_themselves=True))
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _SAME_KEY:
            raise
        message = "この番号の寄附は、すでに入力されています"
        raise Invalid(message, {"order_no": message}) from error


def _check_payable(tx: Transaction, facts: RowFacts) -> None:
    if not facts.pays:
        return
    problem = why_not_paid(giving.lock_gift(tx, facts.pays), facts.yen)
    if problem:
        field = "amount" if problem.startswith("金額") else "gift_no"
        raise Invalid(problem, {field: problem})


def remove_row(house: House, *, by: Actor, now: dt.datetime, number: str, position: int) -> None:
    """Take a row out of an open batch.

    Raises:
        NotFound: for an unknown batch or row.
        Conflict: when the batch is closed, or a decision about the row is kept.
    """
    with house.transaction(by=by, now=now) as tx:
        batch = _open(tx, number)
        row = store.lock_row(tx, batch.id, position)
        if row is None:
            raise NotFound("行が見つかりません")
        if any(doubt.decision for doubt in store.lock_doubts(tx, row.id)):
            raise Conflict("重なりの判断が残っている行は消せません。「重なり」と判断して外します")
        store.remove_row(tx, row.id)
        tx.audit("intake.row-removed", number, position=position)


def hand_in(house: House, *, by: Actor, now: dt.datetime, number: str, reason: str) -> None:
    """Give the batch to another person; its control total agrees, or the reason is written.

    Raises:
        NotFound: for an unknown batch.
        Conflict: when it is closed, or a possible duplicate is not decided.
        Invalid: when the totals differ and nobody says why.
    """
    if not by.is_person():
        raise Forbidden("入力は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        batch = _open(tx, number)
        waiting = open_doubts(tx.connection, batch_id=batch.id)
        if waiting:
            raise Conflict(
                filled(
                    "重なりかもしれない行が%(count)s件あります。先に判断してください",
                    count=len(waiting),
                )
            )
        count, yen = store.totals(tx, batch.id)
        written = check_totals(Totals(batch.expected_count, batch.expected_yen, count, yen), reason)
        store.change_batch(
            tx,
            batch.id,
            state="handed_in",
            difference_reason=written,
            handed_in_by=by.person_id,
            handed_in_at=now,
        )
        tx.audit("intake.handed-in", number, count=count, yen=yen, differs=bool(written))


def check_batch(
    house: House, *, by: Actor, now: dt.datetime, number: str, confirm: bool, note: str = ""
) -> list[str]:
    """Confirm a batch and book its gifts in one transaction, or send it back with a note.

    Returns the numbers of the gifts, none when it was sent back.

    Raises:
        NotFound: for an unknown batch.
        Forbidden: for anybody who opened it, typed in it or handed it in.
        Conflict: when it does not wait for a check, or a row can no longer be booked.
        Invalid: when it is sent back without a note.
    """
    written = check_note(note)
    if not confirm and not written:
        message = "差し戻す理由を入力してください"
        raise Invalid(message, {"note": message})
    with house.transaction(by=by, now=now) as tx:
        batch = store.lock_batch(tx, number)
        if batch is None:
            raise NotFound("束が見つかりません")
        if batch.origin != "typed" or batch.state != "handed_in":
            raise Conflict("この束は、確認を待っていません")
        check_other_hand(store.hands(tx, batch), by.person_id)
        if not confirm:
            back = {"state": "open", "handed_in_by": None, "handed_in_at": None}
            store.change_batch(tx, batch.id, check_note=written, **back)
            tx.audit("intake.sent-back", number)
            return []
        booked = book_rows(
            tx,
            waiting_rows(tx, batch.id, batch.expected_count + MAX_COUNT),
            sample=house.settings.demo,
        )
        store.change_batch(
            tx,
            batch.id,
            state="booked",
            checked_by=by.person_id,
            checked_at=now,
            check_note=written,
        )
        tx.audit("intake.booked", number, gifts=len(booked))
        tx.enqueue("giving.invite_choices", batch_no=number)
    return booked


def drop_batch(house: House, *, by: Actor, now: dt.datetime, number: str) -> None:
    """End an open batch without booking anything; what was typed stays as a record.

    Raises:
        NotFound: for an unknown batch.
        Conflict: when it is closed.
    """
    with house.transaction(by=by, now=now) as tx:
        batch = _open(tx, number)
        store.change_batch(tx, batch.id, state="dropped")
        tx.audit("intake.dropped", number)


def decide_doubt(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    doubt_id: int,
    same: bool,
    note: str = "",
) -> None:
    """A person says whether a row is another gift or one that is there already; it is kept.

    The same: the row is left out, nothing is merged. Another: the row goes its way; one that
    came by file and waited for this is booked now.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown doubt.
        Conflict: when it was decided before.
    """
    if not by.is_person():
        raise Forbidden("判断は、サインインした職員だけが行えます")
    written = check_note(note)
    with house.transaction(by=by, now=now) as tx:
        found = [d for d in open_doubts(tx.connection) if d.id == doubt_id]
        if not found:
            raise NotFound("判断を待つ重なりが見つかりません")
        row_id = found[0].row_id
        waiting = [d for d in store.lock_doubts(tx, row_id) if d.decision is None]
        if doubt_id not in {d.id for d in waiting}:
            raise Conflict("この重なりは、すでに判断されています")
        store.decide_doubt(tx, doubt_id, "same" if same else "different", written)
        if same:
            store.move_rows(tx, [row_id], "left_out")
        elif len(waiting) == 1 and found[0].row_state == "doubtful":
            store.move_rows(tx, [row_id], "entered")
            tx.enqueue("giving.book_file", batch_no=found[0].batch_no)
        tx.audit("intake.doubt-decided", found[0].batch_no, row=row_id, same=same)
