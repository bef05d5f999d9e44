"""What a comparison still has to look at, read before the provider is asked."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, select, text

from fund.payments.reconciliation.domain import PAYOUTS
from fund.payments.reconciliation.matching import words
from fund.payments.reconciliation.models import (
    provider_movement,
    provider_payout,
    reconciliation,
)


def unfinished_payouts(connection: Connection) -> list[str]:
    """Payouts whose end is not known yet."""
    states = ("pending", "in_transit")
    rows = connection.execute(
        select(provider_payout.c.id)
        .where(provider_payout.c.status.in_(states))
        .order_by(provider_payout.c.id)
    )
    return [row.id for row in rows]


def unlisted_payouts(connection: Connection) -> list[str]:
    """Payouts that the provider can itemise and we have not asked about."""
    rows = connection.execute(
        select(provider_payout.c.id)
        .where(provider_payout.c.itemised, ~provider_payout.c.listed)
        .order_by(provider_payout.c.id)
    )
    return [row.id for row in rows]


def unknown_payouts(connection: Connection) -> list[str]:
    """Payouts that a movement names and we have never seen."""
    rows = connection.execute(
        text(f"""
        SELECT DISTINCT source_id FROM provider_movement
        WHERE match_kind IS NULL AND type IN ({words(PAYOUTS)}) AND source_id IS NOT NULL
          AND source_id NOT IN (SELECT id FROM provider_payout) ORDER BY 1
        """)
    )
    return [row.source_id for row in rows]


def open_charges(connection: Connection) -> list[str]:
    """Charges with a movement that found no fact, the oldest first."""
    rows = connection.execute(
        select(provider_movement.c.charge_id)
        .where(provider_movement.c.match_kind.is_(None), provider_movement.c.charge_id.is_not(None))
        .group_by(provider_movement.c.charge_id)
        .order_by(func.min(provider_movement.c.created_at), provider_movement.c.charge_id)
    )
    return [row.charge_id for row in rows]


def living_sessions(connection: Connection) -> list[str]:
    """Hosted pages whose payment has not come to its end in our books, the oldest first."""
    rows = connection.execute(
        text("""
        SELECT session_id FROM payment
        WHERE state IN ('created', 'open', 'waiting') AND session_id IS NOT NULL
        ORDER BY created_at, id
        """)
    )
    return [row.session_id for row in rows]


def living_charges(connection: Connection) -> list[str]:
    """Charges with a refund or dispute that is still under way, in order of their ids."""
    rows = connection.execute(
        text("""
        SELECT DISTINCT payment.charge_id FROM payment
        WHERE payment.charge_id IS NOT NULL AND (
          EXISTS (SELECT 1 FROM refund WHERE refund.payment_no = payment.no
                  AND refund.state IN ('sent', 'requires_action', 'pending'))
          OR EXISTS (SELECT 1 FROM dispute WHERE dispute.payment_no = payment.no
                     AND dispute.status NOT IN ('won', 'lost', 'warning_closed', 'prevented')))
        ORDER BY 1
        """)
    )
    return [row.charge_id for row in rows]


def pending_events(connection: Connection) -> list[str]:
    """Events of the provider that nobody has looked into yet, in the order they came."""
    rows = connection.execute(
        text("SELECT id FROM provider_event WHERE state = 'pending' ORDER BY received_at, id")
    )
    return [row.id for row in rows]


def newest_fetched(connection: Connection) -> dt.datetime | None:
    """The newest movement known when a fetch of everything last came to its end."""
    found: dt.datetime | None = connection.execute(
        select(reconciliation.c.newest_at)
        .where(reconciliation.c.day.is_(None))
        .order_by(reconciliation.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def newest_movement(connection: Connection) -> dt.datetime | None:
    """When the newest movement we know was made."""
    newest = select(func.max(provider_movement.c.created_at))
    found: dt.datetime | None = connection.execute(newest).scalar_one()
    return found
