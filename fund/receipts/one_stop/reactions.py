"""What becomes of an application when its gift begins, is received, goes back or is declined."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fund.giving import queries as giving
from fund.giving.messages import GiftDeclined, OneStopAsked
from fund.payments.messages import DisputeClosed, MoneyReturned, PaymentsReceived
from fund.platform.house import Message, Reaction, Transaction
from fund.receipts.one_stop import letters, store
from fund.receipts.one_stop.commands import last_day


def note_requests(tx: Transaction, message: OneStopAsked) -> None:
    """Write the wishes down beside the gifts; one that is received already gets its form."""
    store.add(tx, message.born_on)
    _hand_out(tx, message.born_on)


def hand_out_forms(tx: Transaction, message: PaymentsReceived) -> None:
    """The money is here: whoever asked for the exception is sent the form.

    Not with the acceptance, which may come after the last day: what counts is the day of receipt.
    """
    waiting = [
        row.gift_no
        for row in store.lock(tx, [one.gift_no for one in message.received])
        if row.state == "requested"
    ]
    if waiting:
        _hand_out(tx, waiting)


def _hand_out(tx: Transaction, gift_nos: Collection[str]) -> None:
    found = giving.gifts_by_no(tx.connection, gift_nos)
    days = {no: last_day(tx.house, gift) for no, gift in found.items()}
    letters.tell_forms(
        tx, {no: (found[no], until) for no, until in days.items() if until is not None}
    )


def follow_money(tx: Transaction, message: MoneyReturned | DisputeClosed) -> None:
    """Yen went back: an application without a gift ends, one over another amount begins anew."""
    _follow(tx, message.gift_no)


def _follow(tx: Transaction, gift_no: str) -> None:
    row = store.lock_one(tx, gift_no)
    gift = giving.gift(tx.connection, gift_no)
    if row is None or gift is None or row.state in {"withdrawn", "cancelled"}:
        return
    if gift.state in {"refunded", "declined"} or not gift.net_yen:
        why = "declined" if gift.state == "declined" else "refunded"
        store.move(tx, row, "cancelled", why=[why])
        tx.audit("one-stop.cancelled", gift_no, why=why)
        return
    if row.yen in {None, int(gift.net_yen)} or row.state == "late":
        return
    if row.state == "notified":
        store.move(tx, row, "cancelled", why=["amount-changed"])
    else:
        store.move(tx, row, "requested", why=["amount-changed"], yen=None, printed_at=None)
        until = last_day(tx.house, gift)
        if until is not None:
            letters.tell_form(tx, gift_no, until)
    tx.audit("one-stop.amount-changed", gift_no)


def end_with_refusal(tx: Transaction, message: GiftDeclined) -> None:
    """A gift that is not accepted is no gift: its application ends."""
    _follow(tx, message.gift_no)


REACTIONS: Mapping[type[Message], tuple[Reaction, ...]] = {
    OneStopAsked: (note_requests,),
    PaymentsReceived: (hand_out_forms,),
    MoneyReturned: (follow_money,),
    DisputeClosed: (follow_money,),
    GiftDeclined: (end_with_refusal,),
}
