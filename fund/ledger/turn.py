"""Whose turn it is to move allocated money: one transaction at a time, waited for in one order.

Runs, refunds and changes of awards all touch many gifts, awards and lots. Each takes the turn
before it locks an award, so none waits for another in a circle.
"""

from __future__ import annotations

from sqlalchemy import text

from fund.platform.house import Transaction

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7401, 0)")


def take_turn(tx: Transaction) -> None:
    """Wait until nobody else moves allocated money; held until the commit."""
    tx.connection.execute(_ONE_AT_A_TIME)
