"""One match in the caller's transaction: a line, or several, become money of the books."""

from __future__ import annotations

from collections.abc import Sequence

from fund.giving import store as gifts
from fund.giving.bank_matching import queries
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.money import Yen, total
from fund.ledger import accounts, facts, journal
from fund.ledger import queries as ledger
from fund.payments import commands as payments
from fund.payments import store as payment_store
from fund.payments.bank import commands as bank_commands
from fund.payments.bank import queries as bank
from fund.payments.bank import store as bank_store
from fund.payments.bank.domain import WHAT_OF_KIND
from fund.payments.bank.store import NewMatch
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
    left = bank_store.lock_line(tx, line_id)
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


def match_gift(tx: Transaction, line_ids: Sequence[int], gift_no: str, level: str) -> None:
    """Book the money of a waiting gift from one line or several, and match them with it.

    The gift is received on the day of the last line that was needed. What the lines hold beyond
    the gift stays open.

    Raises:
        NotFound: when the gift does not wait for a transfer.
        Conflict: when the lines hold less than the gift.
    """
    needed = queries.gift_of_waiting(tx.connection, gift_no)
    if needed is None:
        raise NotFound("この寄附は、振込を待っていません")
    left = bank_commands.total_open(tx, line_ids)
    if total(yen for yen in left.values() if yen > 0) < needed:
        raise Conflict("明細の金額が寄附の金額に足りません")
    parts: list[tuple[int, Yen]] = []
    days = []
    for line in sorted(_views(tx, left), key=lambda view: (view.day, view.id)):
        part = min(left[line.id], needed)
        if part > 0:
            parts.append((line.id, part))
            days.append(line.day)
            needed -= part
    payment_no = payments.book_offline(tx, gift_no=gift_no, method="bank", received_on=max(days))
    entry_id = journal.entry_of(tx, "payment.received", payment_no)
    bank_store.add_matches(
        tx,
        [
            NewMatch(line_id, entry_id, int(part), "gift", level, booked=True)
            for line_id, part in parts
        ],
    )


def _views(tx: Transaction, left: dict[int, Yen]) -> list[bank.LineView]:
    return [
        view for line_id in left if (view := bank.line_by_id(tx.connection, line_id)) is not None
    ]


def book_as(tx: Transaction, line_id: int, what: str, yen: int | None = None) -> None:
    """Book what a line says and nothing else told: the till's cash, fees, interest.

    Raises:
        NotFound: for an unknown line or another kind of fact.
        Conflict: when the line goes the other way, or the books have not that much to settle.
        Invalid: when the part is more than the line has open.
    """
    left = bank_store.lock_line(tx, line_id)
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
