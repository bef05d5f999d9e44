"""Counting attempts under keyed hashes: enough to slow somebody down, never to say who it was.

A key is an address of the network, a mail address or a number; what is stored of it is an HMAC
that changes its key with every day in Japan, and rows are deleted after two days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    text,
)

from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan
from fund.platform.database import metadata
from fund.platform.house import Delivery, House, Transaction

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("act", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_attempt_act_key", "act", "key_hash", "at"),
)

KEPT = dt.timedelta(days=2)
_EVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""The day under which locks are named: the same before and after midnight."""


def key_hash(house: House, now: dt.datetime, act: str, key: str) -> bytes:
    """What is stored of a key for one act on one day."""
    text = f"{day_in_japan(now).isoformat()} {act} {key}".encode()
    secret = house.settings.secret_key.encode()
    return hmac.digest(secret, b"mieru-fund/attempt/v1\x00" + text, hashlib.sha256)


def note(tx: Transaction, act: str, key: str) -> None:
    """Write down one attempt."""
    hashed = key_hash(tx.house, tx.now, act, key)
    tx.connection.execute(insert(attempt).values(act=act, key_hash=hashed, at=tx.now))


def standing(tx: Transaction, act: str, key: str, within: dt.timedelta) -> int:
    """How many attempts of an act stand against a key within a time (at most a day) before now.

    Whoever asks about the same key next waits until this transaction ends: counting, deciding and
    noting are one act, however many come at once. A transaction that asks about several keys asks
    in the same order of acts as all others.
    """
    today = key_hash(tx.house, tx.now, act, key)
    # Keys change at midnight; what was noted before stands against the day before.
    hashes = {today, key_hash(tx.house, tx.now - within, act, key)}
    lock = key_hash(tx.house, _EVER, act, key)
    tx.connection.execute(
        text("SELECT pg_advisory_xact_lock(:number)"),
        {"number": int.from_bytes(lock[:8], "big", signed=True)},
    )
    return int(
        tx.connection.execute(
            select(func.count())
            .select_from(attempt)
            .where(
                attempt.c.act == act,
                attempt.c.key_hash.in_(hashes),
                attempt.c.at > tx.now - within,
            )
        ).scalar_one()
    )


def total(connection: Connection, act: str, since: dt.datetime) -> int:
    """How many attempts of an act there were since a moment, by whomever."""
    return int(
        connection.execute(
            select(func.count())
            .select_from(attempt)
            .where(attempt.c.act == act, attempt.c.at > since)
        ).scalar_one()
    )


def forget(house: House, *, now: dt.datetime, **_: object) -> None:
    """Delete attempts older than two days."""
    with house.transaction(by=system("platform"), now=now) as tx:
        tx.connection.execute(delete(attempt).where(attempt.c.at < now - KEPT))


DELIVERIES: dict[str, Delivery] = {"platform.forget_attempts": forget}
PERIODIC = {"platform.forget_attempts": "41 18 * * *"}
