"""Rule R9 at booking time: yen of an accepted gift go back, wherever they are by now.

Locks, always in this order: the payment and the gift (by those who announce), the turn of runs,
the awards by number; then pots and lots, as every entry takes them. A run that is being approved
holds the gifts of its plan and the same turn, so neither waits for the other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fund.allocation import store
from fund.allocation import store_reversals as reversals
from fund.allocation.domain.taking_back import COMMITTED, WARD, TakenBack, Unspent, take_back
from fund.allocation.messages import MoneyWalkedBack
from fund.allocation.store_reversals import Reversed
from fund.giving.messages import GiftMoneyBack, GiftMoneyCameBack
from fund.grants import store as grants
from fund.grants.domain import CLOSED
from fund.grants.messages import AwardChanged
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.ledger import journal
from fund.ledger import queries as ledger
from fund.ledger.facts import Source
from fund.ledger.queries import Commitment, commitments
from fund.ledger.reversals import (
    AwardBack,
    Back,
    Taking,
    Undone,
    award_walked_back,
    money_back,
    money_came_back,
)
from fund.manual.queries import rules_on
from fund.platform.house import Message, Reaction, Transaction

CLAUSES = ("no-refund",)


def find_yen(tx: Transaction, message: GiftMoneyBack) -> None:
    """Book the yen out of open lots, then of awards that are not paid, then as the ward's debt."""
    store.take_turn(tx)
    shares = [lot.share_id for lot in ledger.lots_of_gift(tx.connection, message.gift_no)]
    lines = reversals.standing_lines(tx.connection, shares)
    awards = _lock_awards(tx, {line.award for line in lines})
    free = {no: _free(tx, row) for no, row in awards.items()}
    found = take_back(int(message.yen), _unspent(tx, message.gift_no), lines, free)
    back = Back(
        kind=message.kind,
        fact_id=message.fact_id,
        gift_no=message.gift_no,
        on=message.on,
        account=message.account,
        reason=message.reason,
        clauses=_clauses(tx),
    )
    entry_id = journal.record(tx, money_back(back, _taking(tx, found)))
    if entry_id is None:
        return
    rows = [
        Reversed(p.line.run, p.line.line, p.line.share, p.line.award, p.yen, p.source)
        for p in found.parts
    ]
    reversals.add_reversals(tx, entry_id, rows)
    _close_paid(tx, awards)
    for row in rows:
        tx.audit("allocation.reversed", row.award, yen=row.yen, source=row.source)


def take_again(tx: Transaction, message: GiftMoneyCameBack) -> None:
    """A refund came back: the yen go where they were, unless other money has filled the place."""
    store.take_turn(tx)
    before = reversals.reversals_of_entry(tx.connection, message.entry_id)
    awards = _lock_awards(tx, {row.award for row in before})
    again, waiting = _places(tx, before, awards)
    named = reversals.posted(tx.connection, {(row.run_id, row.line) for row in before})
    taking = Taking(
        lots=(
            *ledger.lots_of_entry(tx.connection, message.entry_id),
            *(Source(row.share, named[row.run_id, row.line].pot, Yen(yen)) for row, yen in waiting),
        ),
        lines=tuple(
            Undone(
                line=named[row.run_id, row.line].fact,
                share_id=row.share,
                award_no=row.award,
                pot=named[row.run_id, row.line].pot,
                yen=Yen(yen),
                source=row.source,
            )
            for row, yen in again
        ),
    )
    back = Back(
        kind="entry.reversed",
        fact_id=message.refund_no,
        gift_no=message.gift_no,
        on=message.on,
        account=message.account,
        reason="refund-failed",
        clauses=_clauses(tx),
    )
    entry = money_came_back(back, message.entry_id, "donation.refunded", taking)
    entry_id = journal.record(tx, entry)
    if entry_id is None:
        return
    reversals.add_reversals(
        tx,
        entry_id,
        [Reversed(r.run_id, r.line, r.share, r.award, -yen, r.source) for r, yen in again],
    )
    committed = sorted({row.award for row, _ in again if row.source == COMMITTED})
    grants.note_allocated(tx, committed)
    tx.audit("allocation.restored", message.gift_no, yen=int(message.yen))


Places = list[tuple[Reversed, int]]


def _places(
    tx: Transaction, before: Sequence[Reversed], awards: Mapping[str, Row[Any]]
) -> tuple[Places, Places]:
    """Yen that find their old place again, and yen that wait in their pot for the next run."""
    room = {no: _room(row, reversals.filled(tx.connection, [no])[no]) for no, row in awards.items()}
    again, waiting = [], []
    for row in before:
        part = min(row.yen, max(0, room[row.award][row.source]))
        room[row.award][row.source] -= part
        if part:
            again.append((row, part))
        if row.yen > part:
            waiting.append((row, row.yen - part))
    return again, waiting


def _room(award: Row[Any], full: reversals.Filled) -> dict[str, int]:
    """How much an award can take again: below its ceiling while open; of the ward's debt."""
    open_ = award.state not in CLOSED
    return {COMMITTED: int(award.yen or 0) - full.given if open_ else 0, WARD: full.hole}


def _lock_awards(tx: Transaction, numbers: set[str]) -> dict[str, Row[Any]]:
    return {number: grants.lock_award(tx, number) for number in sorted(numbers)}


def _free(tx: Transaction, award: Row[Any]) -> int:
    """Committed yen that are not paid; an instalment that is asked for counts as paid."""
    left = _commitment(tx, award).left
    return int(left - grants.requested_yen(tx, award.id))


def _commitment(tx: Transaction, award: Row[Any]) -> Commitment:
    return commitments(tx.connection, [award.no])[award.no]


def _close_paid(tx: Transaction, awards: Mapping[str, Row[Any]]) -> None:
    """An award that lost what it was still to get, and was paid the rest, is paid off."""
    for row in awards.values():
        now = _commitment(tx, row)
        if row.state == "decided" and now.disbursed and not now.left:
            grants.move_award(tx, row, "disbursed")


def _unspent(tx: Transaction, gift_no: str) -> list[Unspent]:
    return [
        Unspent(lot.share_id, int(lot.share_id.rpartition("/")[2]), lot.pot, int(lot.open_yen))
        for lot in ledger.open_lots(tx.connection, gift_no)
    ]


def _taking(tx: Transaction, found: TakenBack) -> Taking:
    keys = {(part.line.run, part.line.line) for part in found.parts}
    named = reversals.posted(tx.connection, keys)
    return Taking(
        lots=tuple(Source(lot.share, lot.pot, Yen(yen)) for lot, yen in found.unspent),
        lines=tuple(
            Undone(
                line=named[part.line.run, part.line.line].fact,
                share_id=part.line.share,
                award_no=part.line.award,
                pot=named[part.line.run, part.line.line].pot,
                yen=Yen(part.yen),
                source=part.source,
            )
            for part in found.parts
        ),
    )


def _clauses(tx: Transaction) -> tuple[str, ...]:
    """The clause about money that goes back, where the edition in force has it."""
    rules = rules_on(tx.connection, day_in_japan(tx.now))
    return tuple(rules.cite(clause) for clause in CLAUSES if clause in rules.clause_ids)


def walk_back(tx: Transaction, message: AwardChanged) -> None:
    """An award became smaller or ended: what it frees goes back to its lots, and is told."""
    if not message.back:
        return
    undone = reversals.undo_of_award(tx.connection, message.award_no, int(message.back))
    entry = award_walked_back(
        AwardBack(
            kind=f"award.{message.kind}",
            change_no=message.change_no,
            award_no=message.award_no,
            on=message.on,
            reason=message.reason,
            clauses=message.clauses,
        ),
        [one.part for one in undone],
    )
    entry_id = journal.record(tx, entry)
    if entry_id is None:
        raise Conflict(filled("すでに記帳されています: %(no)s", no=message.change_no))
    reversals.add_reversals(
        tx,
        entry_id,
        [
            Reversed(one.run_id, one.line, one.part.share_id, one.part.award_no, int(one.part.yen),
                     COMMITTED)
            for one in undone
        ],
    )  # fmt: skip
    tx.announce(MoneyWalkedBack(message.award_no, message.change_no))


REACTIONS: dict[type[Message], tuple[Reaction, ...]] = {
    GiftMoneyBack: (find_yen,),
    GiftMoneyCameBack: (take_again,),
    AwardChanged: (walk_back,),
}
