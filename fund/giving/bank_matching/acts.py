"""One match in the caller's transaction: a line, or several, become money of the books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from fund.giving import store as gifts
from fund.giving.bank_matching import queries
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger import accounts, facts, journal
from fund.ledger import queries as ledger
from fund.payments import store as payment_store
from fund.payments.bank import commands as bank_commands
from fund.payments.bank import queries as bank
from fund.payments.bank import store as bank_store
from fund.payments.bank.domain import WHAT_OF_KIND
from fund.payments.bank.store import HeldLine, NewMatch
from fund.platform.house import Transaction

BOOKABLE = ("counter", "fee_reimbursed", "interest", "fee")
"""What a line may be booked as when nothing waits for it: the books learn it from the bank."""


def match_entry(
    tx: Transaction, line_id: int, entry_id: int, level: str, yen: int | None = None
) -> None:
    """Explain (part of) a line by an entry that is already booked; no money moves.

    ``yen`` is the part without sign; left out, as much as both sides have open.

    Raises:
        NotFound: when the entry waits for nothing from the bank.
        Conflict: when the line is explained, or goes the other way.
        Invalid: when the part is more than either side has open.
    """
    left = bank_store.hold_lines(tx, [line_id])[line_id].open
    entry = bank.open_entry(tx.connection, entry_id)
    if entry is None:
        raise NotFound("この記帳は、すでに銀行の明細と照合されています")
    if left == 0 or (left > 0) != (entry.open > 0):
        raise Conflict("この行は、すでに照合されているか、入出金の向きがちがいます")
    most = min(abs(left), abs(int(entry.open)))
    part = most if yen is None else yen
    if not 1 <= part <= most:
        message = "金額は、行と記帳の残りを超えない正の数にしてください"
        raise Invalid(message, {"yen": message})
    signed = part if left > 0 else -part
    what = WHAT_OF_KIND.get(entry.kind, "other")
    bank_store.add_matches(tx, [NewMatch(line_id, entry_id, signed, what, level)])


def match_gifts(tx: Transaction, wanted: Mapping[str, Sequence[int]], level: str) -> None:
    """Book the money of waiting gifts, each from one line or several, and match them with it.

    ``wanted`` maps gift numbers to lines; no line stands in it twice. A gift is received on the
    day of the last line it needed. What the lines hold beyond it stays open.

    Raises:
        NotFound: when a gift does not wait for a transfer.
        Conflict: when its lines hold less than the gift.
    """
    needed = queries.waiting_yen(tx.connection, wanted)
    held = bank_store.hold_lines(tx, [line for lines in wanted.values() for line in lines])
    parts: dict[str, list[tuple[int, int]]] = {}
    days: dict[str, dt.date] = {}
    for gift_no, line_ids in wanted.items():
        if gift_no not in needed:
            raise NotFound("この寄附は、振込を待っていません")
        lines = sorted((held[line] for line in line_ids), key=lambda line: (line.day, line.id))
        parts[gift_no], days[gift_no] = _cover(lines, needed[gift_no])
    entries = bank_commands.book_transfers(tx, days)
    bank_store.add_matches(
        tx,
        [
            NewMatch(line_id, entries[gift_no], part, "gift", level, booked=True)
            for gift_no, of_gift in parts.items()
            for line_id, part in of_gift
        ],
    )


def _cover(lines: Sequence[HeldLine], needed: Yen) -> tuple[list[tuple[int, int]], dt.date]:
    """The parts (line, yen) of the first lines that make up a gift, and the last one's day."""
    left, parts, day = int(needed), [], None
    for line in lines:
        part = min(line.open, left)
        if part > 0:
            parts.append((line.id, part))
            left, day = left - part, line.day
    if left or day is None:
        raise Conflict("明細の金額が寄附の金額に足りません")
    return parts, day


def book_as(tx: Transaction, line_id: int, what: str, yen: int | None = None) -> None:
    """Book what a line says and nothing else told: the till's cash, fees, interest.

    Raises:
        NotFound: for an unknown line or another kind of fact.
        Conflict: when the line goes the other way, or the books have not that much to settle.
        Invalid: when the part is more than the line has open.
    """
    left = bank_store.hold_lines(tx, [line_id])[line_id].open
    line = bank.line_by_id(tx.connection, line_id)
    if what not in BOOKABLE or line is None:
        raise NotFound("この内容では記帳できません")
    if left == 0 or (left < 0) != (what == "fee"):
        raise Conflict("この行は、すでに照合されているか、入出金の向きがちがいます")
    part = Yen(abs(left) if yen is None else yen)
    if not 1 <= part <= abs(left):
        message = "金額は、行の残りを超えない正の数にしてください"
        raise Invalid(message, {"yen": message})
    _check_standing(tx, what, part)
    attempt = len(bank.matches_of(tx.connection, line_id)) + 1
    fact = f"{line.statement_no}-{line.row}-{attempt}"
    if what == "counter":
        entry = facts.clearing_settled(fact, accounts.CLEARING_COUNTER, part, line.day)
    elif what == "fee_reimbursed":
        entry = facts.fee_reimbursed(fact, part, line.day)
    elif what == "interest":
        entry = facts.interest_earned(f"INTEREST-{fact}", part, line.day)
    else:
        entry = facts.bank_fee_charged(fact, part, line.day)
    entry_id = journal.record(tx, entry)
    signed = int(part) if left > 0 else -int(part)
    bank_store.add_matches(tx, [NewMatch(line_id, entry_id, signed, what, "C", booked=True)])


def _check_standing(tx: Transaction, what: str, part: Yen) -> None:
    """Cash that reaches the bank was at the counter, what the ward pays it owed."""
    account = {
        "counter": accounts.CLEARING_COUNTER,
        "fee_reimbursed": accounts.DUE_FROM_WARD,
    }.get(what)
    if account is not None and ledger.balance(tx.connection, account) < part:
        raise Conflict("帳簿に残っている金額より多いので、記帳できません")


def take_back(tx: Transaction, match_id: int, reason: str) -> None:
    """Undo a match; a gift it had booked waits for its money again.

    Raises:
        Conflict: when the gift was accepted meanwhile, or stands in a proposal.
    """
    match = bank_store.live_match(tx, match_id)
    payment_no = None
    if match.booked and match.what == "gift":
        payment_no = journal.recorded(tx, match.entry_id).fact_id
        _check_gift_free(tx, payment_no)
    bank_commands.undo(tx, match_id, reason, on=day_in_japan(tx.now))
    if payment_no is not None:
        _wait_again(tx, payment_no)


def _check_gift_free(tx: Transaction, payment_no: str) -> None:
    payment = payment_store.lock_payment(tx, payment_no)
    row = None if payment is None else gifts.lock_gift(tx, payment.gift_no)
    if payment is None or row is None:
        raise LookupError(payment_no)
    if row.paid_by != payment_no:
        return
    if row.state != "received":
        raise Conflict(
            "この寄附はもう採納されたか返金されているため、照合を取り消せません。"
            "お金を返すときは、寄附のページから返金の手続きをしてください"
        )
    if gifts.in_open_batch(tx, [row.id]):
        raise Conflict("この寄附は採納の起案に入っています。起案を差し戻してから取り消してください")


def _wait_again(tx: Transaction, payment_no: str) -> None:
    """The payment never was: the gift waits with a new one."""
    gift_no = bank_commands.unbook_payment(tx, payment_no)
    row = gifts.lock_gift(tx, gift_no)
    if row is None or row.paid_by != payment_no:
        return
    gifts.move_gift(
        tx, gift_no, row.state, "awaiting_payment", paid_at=None, paid_by=None, received_on=None
    )
    payment_store.add_payment(tx, gift_no=gift_no, yen=Yen(row.yen), method="bank")
    tx.audit("gift.waits-again", gift_no, payment=payment_no)
