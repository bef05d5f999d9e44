"""Payouts into the books: one entry for the fees, one for the money, one more if it bounces."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row, select

from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.money import Yen
from fund.ledger import accounts, facts, journal
from fund.ledger.reasons import Undone
from fund.payments.reconciliation import store
from fund.payments.reconciliation.domain import MOVEMENT_WITHIN
from fund.payments.reconciliation.models import provider_movement
from fund.platform.house import House, Transaction


def book_payouts(house: House, *, by: Actor, now: dt.datetime) -> int:
    """Book every payout that ended; returns how many journal entries were written.

    A gift is never cut: fees are booked as the ward's debt, once for each payout. A payout
    whose movements do not sum to it is not booked but noted, and stays an open item.
    """
    with house.transaction(by=by, now=now) as tx:
        return sum(_book(tx, row) for row in store.ended_payouts(tx))


def _book(tx: Transaction, row: Row[Any]) -> int:
    if (note := _obstacle(tx, row)) is not None:
        store.note_payout(tx, row.id, note)
        return 0
    if not row.listed:
        return 0
    store.note_payout(tx, row.id, None)
    _, fees = store.sums_of(tx, row.id)
    entries = [facts.fee_charged(row.id, fees, row.arrives_on)] if fees else []
    if row.status == "paid":
        source = accounts.CLEARING_STRIPE
        entries.append(facts.clearing_settled(row.id, source, Yen(row.yen), row.arrives_on))
    written = [journal.record(tx, entry) for entry in entries]
    if row.status != "paid" and row.arrived_entry is not None:
        on = _bounced_on(tx, row)
        reason = Undone.PAYOUT_FAILED
        written.append(journal.reverse(tx, row.arrived_entry, on=on, reason=reason))
    booked = sum(entry is not None for entry in written)
    if booked:
        tx.audit("payout.booked", row.id, status=row.status, yen=row.yen, fees=int(fees))
    return booked


def _obstacle(tx: Transaction, row: Row[Any]) -> str | None:
    """Why this payout cannot be booked, or None; a list that still may come is no obstacle."""
    if row.currency != "jpy":
        return "not-in-yen"
    if not row.listed:
        overdue = row.arrives_on < day_in_japan(tx.now - MOVEMENT_WITHIN)
        return "payout-not-itemised" if overdue or not row.automatic else None
    net, _ = store.sums_of(tx, row.id)
    return None if net == row.yen else "payout-does-not-sum"


def _bounced_on(tx: Transaction, row: Row[Any]) -> dt.date:
    """The day in Japan on which the money came back to the provider's balance."""
    at = tx.connection.execute(
        select(provider_movement.c.created_at).where(
            provider_movement.c.source_id == row.id, provider_movement.c.gross > 0
        )
    ).scalar()
    return day_in_japan(at or tx.now)
