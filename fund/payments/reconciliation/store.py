"""Writing movements, payouts and comparisons in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.money import Yen
from fund.payments.reconciliation.domain import FEES, Statement
from fund.payments.reconciliation.matching import MATCHES, REASONS, words
from fund.payments.reconciliation.models import (
    provider_movement,
    provider_payout,
    reconciliation,
)
from fund.payments.settlement_ports import MovementFacts, PayoutFacts
from fund.platform.house import Transaction

_LOCK = text("SELECT pg_advisory_xact_lock(7107)")


def add_movements(tx: Transaction, page: Sequence[MovementFacts]) -> int:
    """Keep movements; those already known stay as they are. Returns how many are new."""
    if not page:
        return 0
    added = tx.connection.execute(
        upsert(provider_movement)
        .values(
            [
                asdict(facts)
                | {name: int(getattr(facts, name)) for name in ("gross", "fee", "net")}
                | {"fetched_at": tx.now}
                for facts in page
            ]
        )
        .on_conflict_do_nothing()
        .returning(provider_movement.c.id)
    )
    return len(added.all())


def put_payouts(tx: Transaction, page: Sequence[PayoutFacts]) -> None:
    """Keep payouts, and of those known how far they have come."""
    if not page:
        return
    # One order for all writers: two comparisons at once must not wait for each other crosswise.
    rows = [asdict(facts) | {"yen": int(facts.yen)} for facts in sorted(page, key=lambda f: f.id)]
    statement = upsert(provider_payout).values(rows)
    living = ("status", "itemised", "arrives_on", "failure_code")
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={name: statement.excluded[name] for name in living}
        )
    )


def list_payout(tx: Transaction, payout_id: str, movement_ids: Sequence[str]) -> None:
    """Write down which movements a payout consists of (part of them: pages come one by one)."""
    tx.connection.execute(
        update(provider_movement)
        .where(
            provider_movement.c.id == func.any(sorted(movement_ids)),
            provider_movement.c.payout_id.is_(None),
        )
        .values(payout_id=payout_id)
    )


def close_list(tx: Transaction, payout_id: str) -> None:
    """Every movement of this payout is known now."""
    tx.connection.execute(
        update(provider_payout).where(provider_payout.c.id == payout_id).values(listed=True)
    )


def match(tx: Transaction) -> int:
    """Match what can be matched and say of the rest why not; returns how many were matched."""
    tx.connection.execute(_LOCK)
    found = sum(tx.connection.execute(statement).rowcount for statement in MATCHES)
    tx.connection.execute(REASONS)
    return found


_ENDED = text("""
SELECT payout.id, payout.yen, payout.currency, payout.automatic, payout.status, payout.listed,
       payout.arrives_on, payout.note, fee.id AS fee_entry, arrived.id AS arrived_entry,
       undone.id AS undone_entry
FROM provider_payout payout
LEFT JOIN journal_entry fee ON fee.fact_kind = 'fee.charged' AND fee.fact_id = payout.id
LEFT JOIN journal_entry arrived
  ON arrived.fact_kind = 'payout.arrived' AND arrived.fact_id = payout.id
LEFT JOIN journal_entry undone ON undone.reverses = arrived.id
WHERE payout.status IN ('paid', 'failed', 'canceled')
  AND (payout.note IS NOT NULL
    OR (payout.status = 'paid' AND arrived.id IS NULL)
    OR (payout.status <> 'paid' AND arrived.id IS NOT NULL AND undone.id IS NULL)
    OR (payout.status <> 'paid' AND fee.id IS NULL))
ORDER BY payout.created_at, payout.id
""")


def ended_payouts(tx: Transaction) -> list[Row[Any]]:
    """Payouts that came to their end and whose books may not say so yet, oldest first."""
    tx.connection.execute(_LOCK)
    return list(tx.connection.execute(_ENDED))


def sums_of(tx: Transaction, payout_id: str) -> tuple[Yen, Yen]:
    """Net yen of a payout's movements without its own, and the fees in all of them."""
    row = tx.connection.execute(
        text(f"""
        SELECT coalesce(sum(net) FILTER (WHERE source_id IS DISTINCT FROM payout_id), 0) AS net,
               coalesce(sum(fee), 0)
                 - coalesce(sum(gross) FILTER (WHERE type IN ({words(FEES)})), 0) AS fees
        FROM provider_movement WHERE payout_id = :id AND currency = 'jpy'
        """),
        {"id": payout_id},
    ).one()
    return Yen(int(row.net)), Yen(int(row.fees))


def note_payout(tx: Transaction, payout_id: str, note: str | None) -> None:
    """Why an ended payout is not in the books; None when it is."""
    tx.connection.execute(
        update(provider_payout)
        .where(provider_payout.c.id == payout_id, provider_payout.c.note.is_distinct_from(note))
        .values(note=note)
    )


def add_run(
    tx: Transaction,
    day: dt.date | None,
    counts: Mapping[str, int],
    balance: Yen,
    statement: Statement,
) -> None:
    """Write a comparison down; ``counts``: fetched, matched, booked, open_items."""
    newest = tx.connection.execute(select(func.max(provider_movement.c.created_at))).scalar_one()
    tx.connection.execute(
        insert(reconciliation).values(
            at=tx.now,
            day=day,
            newest_at=newest if day is None else None,
            balance_yen=int(balance),
            clearing_yen=int(statement.clearing),
            movements_yen=int(statement.movements),
            fees_yen=int(statement.fees),
            underway_yen=int(statement.underway),
            **counts,
        )
    )
