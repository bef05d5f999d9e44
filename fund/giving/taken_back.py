"""What a gift does when its money goes back, is disputed, or returns: in the payment's transaction.

Money of a gift that is not accepted is held, and so is money of a payment beyond the gift's own:
this room books it. Money of an accepted gift is the fund's: this room moves the gift on and
announces it; the allocation room finds the yen (rule R9), the receipts room its receipt.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from fund.giving import letters_taking_back as letters
from fund.giving import store
from fund.giving.domain.taking_back import Paid, stand_of, substitute
from fund.giving.messages import GiftMoneyBack, GiftMoneyCameBack
from fund.kernel.money import Yen
from fund.ledger import journal, reversals
from fund.ledger.accounts import CLEARING_DISPUTED
from fund.ledger.queries import booked_fact
from fund.ledger.reversals import Held
from fund.payments import refunds_store as payments
from fund.payments.messages import (
    DisputeClosed,
    MoneyDisputed,
    MoneyReturned,
    ReturnFailed,
)
from fund.payments.refunds_domain import REASONS
from fund.payments.refunds_queries import standings
from fund.platform.house import Message, Reaction, Transaction


def follow_payments(tx: Transaction, gift_no: str) -> None:
    """Another payment came for a gift: before the acceptance the earliest that stands is its own.

    So it ends the same whether the second payment or the news about the first came sooner.
    """
    row = _gift(tx, gift_no)
    if row.accepted_on is None:
        _settle(tx, row)


def give_back(tx: Transaction, message: MoneyReturned) -> None:
    """A refund has left."""
    row = _gift(tx, message.gift_no)
    account = reversals.clearing_of(message.method)
    reason = REASONS[message.reason]
    held, funds = _parts(tx, row, message.payment_no, message.yen)
    if held:
        moved = Held(message.payment_no, row.no, held, message.on)
        journal.record(tx, reversals.payment_returned(message.refund_no, moved, account, reason))
        _after_held(tx, row, message.payment_no, held)
    if funds:
        back = GiftMoneyBack(
            kind="donation.refunded",
            fact_id=message.refund_no,
            gift_no=row.no,
            yen=funds,
            on=message.on,
            account=account,
            reason=reason,
        )
        _take(tx, _gift(tx, row.no), back)
    letters.tell_refunded(tx, message)


def take_again(tx: Transaction, message: ReturnFailed) -> None:
    """A refund came back: what it had booked is booked the other way."""
    row = _gift(tx, message.gift_no)
    account = _account_of_refund(tx, message)
    booked = booked_fact(tx.connection, "donation.refunded", message.refund_no)
    held = message.yen - (booked.yen if booked else Yen(0))
    if held:
        moved = Held(message.payment_no, row.no, held, message.on)
        journal.record(tx, reversals.payment_came_back(message.refund_no, moved, account))
        _after_held(tx, row, message.payment_no, -held)
    if booked is not None:
        taken = Yen(row.taken_yen) - booked.yen
        after = row.state_before if row.state == "refunded" else row.state
        store.move_money(tx, row, after, taken_yen=int(taken), state_before=None)
        tx.announce(
            GiftMoneyCameBack(message.refund_no, booked.id, row.no, booked.yen, message.on, account)
        )
    letters.tell_failed(tx, message)


def contest(tx: Transaction, message: MoneyDisputed) -> None:
    """The card company took the money back until it has decided: the gift's lots are frozen."""
    row = _gift(tx, message.gift_no)
    held, funds = _parts(tx, row, message.payment_no, message.yen)
    if held:
        moved = Held(message.payment_no, row.no, held, message.on)
        journal.record(tx, reversals.payment_disputed(message.dispute_id, moved))
        _after_held(tx, row, message.payment_no, Yen(0))
    if funds:
        entry = reversals.donation_disputed(message.dispute_id, row.no, funds, message.on)
        journal.record(tx, entry)
        store.move_money(tx, row, "disputed", state_before=row.state)
        tx.audit("gift.disputed", row.no, yen=int(funds))
    letters.tell_disputed(tx, message)


def conclude(tx: Transaction, message: DisputeClosed) -> None:
    """The card company has decided."""
    row = _gift(tx, message.gift_no)
    booked = booked_fact(tx.connection, "donation.disputed", message.dispute_id)
    held = message.yen - (booked.yen if booked else Yen(0))
    if held:
        moved = Held(message.payment_no, row.no, held, message.on)
        if message.won:
            journal.record(tx, reversals.payment_reinstated(message.dispute_id, moved))
        else:
            lost = (message.dispute_id, moved, CLEARING_DISPUTED, "dispute")
            journal.record(tx, reversals.payment_returned(*lost))
        _after_held(tx, row, message.payment_no, Yen(0) if message.won else held)
    if booked is not None:
        _conclude_funds(tx, row, message, booked.yen)
    letters.tell_closed(tx, message)


def _conclude_funds(tx: Transaction, row: Row[Any], message: DisputeClosed, yen: Yen) -> None:
    before = row.state_before if row.state == "disputed" else row.state
    store.move_money(tx, row, before, state_before=None)
    if message.won:
        journal.record(tx, reversals.dispute_won(message.dispute_id, row.no, yen, message.on))
        tx.audit("gift.dispute-won", row.no, yen=int(yen))
        return
    back = GiftMoneyBack(
        kind="dispute.lost",
        fact_id=message.dispute_id,
        gift_no=row.no,
        yen=yen,
        on=message.on,
        account=CLEARING_DISPUTED,
        reason="dispute",
    )
    _take(tx, _gift(tx, row.no), back)


def _take(tx: Transaction, row: Row[Any], back: GiftMoneyBack) -> None:
    """Yen of an accepted gift go back: whole, and the gift is refunded; in part, and it stays."""
    taken = Yen(row.taken_yen) + back.yen
    accepted = row.accepted_yen if row.accepted_yen is not None else row.yen
    whole = taken >= accepted
    after = "refunded" if whole else row.state
    before = (row.state_before or row.state) if whole else row.state_before
    store.move_money(tx, row, after, taken_yen=int(taken), state_before=before)
    tx.audit("gift.refunded" if whole else "gift.refunded-in-part", row.no, yen=int(back.yen))
    tx.announce(back)


def _parts(tx: Transaction, row: Row[Any], payment_no: str, yen: Yen) -> tuple[Yen, Yen]:
    """How much of this money is held, and how much is the fund's (the own payment, accepted).

    A second payment of the same amount takes the place of one that goes back as a whole: the
    gift stands, and what goes back is the money that was held beside it.
    """
    if row.accepted_on is None or row.paid_by != payment_no:
        return yen, Yen(0)
    accepted = Yen(row.accepted_yen if row.accepted_yen is not None else row.yen)
    if accepted == yen == row.yen and not row.taken_yen:
        other = substitute(_payments(tx, row.no), payment_no, yen)
        if other is not None:
            store.own_payment(tx, row.no, other.payment_no, other.method)
            payments.set_extra(tx, row.no, other.payment_no)
            tx.audit("gift.paid-by-another", row.no, payment=other.payment_no)
            return yen, Yen(0)
    # A refund from before the acceptance may have come back after it: that part is held still.
    held = min(yen, Yen(row.yen) - accepted - Yen(row.returned_yen))
    return held, yen - held


def _after_held(tx: Transaction, row: Row[Any], payment_no: str, gone: Yen) -> None:
    """After held money moved: a gift that is not accepted follows its payments."""
    fresh = _gift(tx, row.no)
    if fresh.accepted_on is None:
        _settle(tx, fresh)
    elif fresh.paid_by == payment_no:
        returned = int(Yen(fresh.returned_yen) + gone)
        store.move_money(tx, fresh, fresh.state, returned_yen=returned)


def _settle(tx: Transaction, row: Row[Any]) -> None:
    stand = stand_of(_payments(tx, row.no), Yen(row.yen))
    if stand is None:
        return
    declined = row.state == "declined" or row.state_before == "declined"
    after = stand.state
    if declined and after != "refunded":
        after = "declined"
    own = stand.own
    store.move_money(
        tx,
        row,
        after,
        paid_by=own.payment_no,
        paid_at=own.paid_at,
        received_on=own.received_on,
        method=own.method,
        returned_yen=int(own.returned),
        state_before="declined" if declined and after == "refunded" else None,
    )
    payments.set_extra(tx, row.no, own.payment_no)
    if after != row.state:
        tx.audit(f"gift.{after}", row.no, payment=own.payment_no, before=row.state)


def _payments(tx: Transaction, gift_no: str) -> list[Paid]:
    names = [field.name for field in fields(Paid)]
    return [
        Paid(**{name: getattr(paid, name) for name in names})
        for paid in standings(tx.connection, gift_no)
    ]


def _account_of_refund(tx: Transaction, message: ReturnFailed) -> str:
    """Where money that came back arrives: only the provider's refunds can."""
    method = next(
        paid.method
        for paid in standings(tx.connection, message.gift_no)
        if paid.payment_no == message.payment_no
    )
    return reversals.clearing_of(method)


def _gift(tx: Transaction, gift_no: str) -> Row[Any]:
    row = store.lock_gift(tx, gift_no)
    if row is None:
        raise LookupError(f"no gift of ours: {gift_no}")
    return row


REACTIONS: dict[type[Message], tuple[Reaction, ...]] = {
    MoneyReturned: (give_back,),
    ReturnFailed: (take_again,),
    MoneyDisputed: (contest,),
    DisputeClosed: (conclude,),
}
