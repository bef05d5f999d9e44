"""Many payments of many donors booked in one transaction, by the rules of ``booking``.

On a busy evening a transaction for each payment spends most of its time waiting for the disk and
for single rows. Here a hundred share the statements. Only what is ordinary is done this way: a
payment of ours that is now paid as agreed, or that was booked before. Everything else, and
everything when the database refuses the whole, is left to ``booking``, one by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from fund.kernel.actor import system
from fund.kernel.errors import DomainError
from fund.kernel.money import Yen
from fund.ledger import facts as ledger_facts
from fund.ledger import journal
from fund.payments import store
from fund.payments.commands.booking import Paid, as_received, paid_as_told, paid_otherwise
from fund.payments.domain import PAYMENT, CheckoutFacts, mismatch
from fund.payments.facts import Dossier
from fund.payments.messages import PaymentsReceived
from fund.payments.ports import Provider
from fund.platform.house import House, Transaction

log = structlog.get_logger("fund.payments")


class _Booked(NamedTuple):
    row: Row[Any]
    facts: CheckoutFacts
    paid: Paid


def apply_many(
    house: House,
    *,
    now: dt.datetime,
    dossiers: Mapping[str, Dossier],
    tasks: Mapping[str, int],
) -> Collection[str]:
    """Book what is ordinary among the dossiers of these events, and close their events.

    ``tasks`` are the tasks of events that were taken along; those of closed events are done.
    Returns the events that were closed. Idempotent like ``apply_dossier``.
    """
    ordinary = {event: one.checkout for event, one in dossiers.items() if _may_be_ordinary(one)}
    if not ordinary:
        return ()
    try:
        with house.transaction(by=system("provider"), now=now) as tx:
            closed = _book(tx, ordinary)
            store.close_events(tx, closed)
            tx.done([tasks[event] for event in closed if event in tasks])
    except (SQLAlchemyError, DomainError, LookupError) as error:
        log.warning("not booked together", events=len(ordinary), error=type(error).__name__)
        return ()
    return closed


def _may_be_ordinary(dossier: Dossier) -> bool:
    paid = dossier.checkout.paid and dossier.checkout.payment_no is not None
    return paid and not dossier.refunds and not dossier.disputes


def _book(tx: Transaction, told: Mapping[str, CheckoutFacts]) -> list[str]:
    """Book each payment once; returns the events that are thereby used."""
    rows = store.lock_payments(tx, {str(facts.payment_no) for facts in told.values()})
    livemode = tx.house.port(Provider).livemode
    booked: dict[str, _Booked] = {}
    closed = []
    for event, facts in told.items():
        row = rows.get(str(facts.payment_no))
        if row is None or mismatch(facts, Yen(row.yen), livemode=livemode) is not None:
            continue
        before = booked.get(row.gift_no)
        if row.state != "succeeded" and before is None:
            if not PAYMENT.allows(row.state, "succeeded"):
                continue
            booked[row.gift_no] = _Booked(row, facts, paid_as_told(row, facts, tx.now))
        elif not _says_the_same(row, facts, before):
            continue
        closed.append(event)
    if booked:
        _write(tx, list(booked.values()))
    return closed


def _says_the_same(row: Row[Any], facts: CheckoutFacts, before: _Booked | None) -> bool:
    """Whether nothing is left to do: the page told before what the payment tells now.

    Of two payments of one gift, or two attempts that paid one payment, the second is not ordinary.
    """
    if before is None:
        return not paid_otherwise(row, facts)
    return before.row.no == row.no and before.facts.intent_id == facts.intent_id


def _write(tx: Transaction, booked: list[_Booked]) -> None:
    """Payments, entries, audit, and the gifts' own changes (by reaction)."""
    store.move_paid(
        tx,
        [
            {
                "no": row.no,
                "before": row.state,
                "method": paid.method,
                "paid_at": paid.at,
                "received_on": paid.received_on,
                "late": paid.late,
                **{name: getattr(facts, name) for name in store.PROVIDER_IDS},
            }
            for row, facts, paid in booked
        ],
    )
    for _entry_id in journal.record_many(
        tx,
        [
            ledger_facts.payment_received(
                row.no, row.gift_no, paid.yen, paid.method, paid.received_on
            )
            for row, _, paid in booked
        ],
    ):
        pass
    for row, _, paid in booked:
        tx.audit("payment.received", row.gift_no, payment=row.no, yen=int(paid.yen))
    tx.announce(PaymentsReceived(tuple(as_received(row, paid) for row, _, paid in booked)))
