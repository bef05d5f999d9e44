"""The bounce list: addresses that mails cannot reach; nothing is sent to them until lifted.

An address gets here when the mail server refuses it for good, when a delivery report (RFC 3464)
names it as failed, or by hand. Rows are never deleted: a lifted one says who lifted it.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.errors import Invalid, NotFound
from fund.platform.database import metadata
from fund.platform.house import Transaction

mail_suppression = Table(
    "mail_suppression",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("address", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("lifted_at", DateTime(timezone=True)),
    Column("lifted_by", BigInteger, ForeignKey("person.id")),
    CheckConstraint("reason IN ('refused', 'reported', 'manual')", name="reason"),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_whom"),
    Index(
        "ix_mail_suppression_open",
        "address",
        unique=True,
        postgresql_where=text("lifted_at IS NULL"),
    ),
)

LONGEST_REPORT = 512 * 1024


@dataclass(frozen=True)
class Suppressed:
    """An address that takes no mail: since when (UTC) and why."""

    id: int
    address: str
    reason: str
    detail: str
    since: dt.datetime


def folded(address: str) -> str:
    """An address as it stands on the list: lower case, as practically every mailbox reads it."""
    return address.strip().lower()


def suppress(tx: Transaction, address: str, reason: str, detail: str = "") -> None:
    """Put an address on the list; one that stands there already stays as it is."""
    tx.connection.execute(
        upsert(mail_suppression)
        .values(address=folded(address), reason=reason, detail=detail[:300], since=tx.now)
        .on_conflict_do_nothing()
    )


def lift(tx: Transaction, suppression_id: int) -> str:
    """Take an address off the list; returns it.

    Raises:
        NotFound: when it does not stand there (any more).
    """
    address = tx.connection.execute(
        update(mail_suppression)
        .where(mail_suppression.c.id == suppression_id, mail_suppression.c.lifted_at.is_(None))
        .values(lifted_at=tx.now, lifted_by=tx.by.person_id)
        .returning(mail_suppression.c.address)
    ).scalar_one_or_none()
    if address is None:
        raise NotFound("この一覧にないアドレスです")
    return str(address)


def is_suppressed(connection: Connection, address: str) -> bool:
    """Whether mails to an address are not even tried."""
    return (
        connection.execute(
            select(mail_suppression.c.id).where(
                mail_suppression.c.address == folded(address),
                mail_suppression.c.lifted_at.is_(None),
            )
        ).first()
        is not None
    )


def suppressed(connection: Connection, limit: int = 200) -> list[Suppressed]:
    """The addresses on the list, the latest first."""
    rows = connection.execute(
        select(
            mail_suppression.c.id,
            mail_suppression.c.address,
            mail_suppression.c.reason,
            mail_suppression.c.detail,
            mail_suppression.c.since,
        )
        .where(mail_suppression.c.lifted_at.is_(None))
        .order_by(mail_suppression.c.id.desc())
        .limit(limit)
    )
    return [Suppressed(*row) for row in rows]


def read_report(raw: bytes) -> list[tuple[str, str]]:
    """Addresses that a delivery report names as failed for good, each with its status.

    Raises:
        Invalid: for something that is no delivery report.
    """
    message = "配信できなかったことを知らせるメール（.eml）ではありません"
    if len(raw) > LONGEST_REPORT:
        raise Invalid(message, {"report": message})
    parsed = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    failed: list[tuple[str, str]] = []
    found = False
    for part in parsed.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        found = True
        for block in part.get_payload():
            address, status = _failed(block)
            if address:
                failed.append((address, status))
    if not found:
        raise Invalid(message, {"report": message})
    return failed


def _failed(block: object) -> tuple[str, str]:
    """The recipient of one block of a report, if it failed for good."""
    if not isinstance(block, EmailMessage):
        return "", ""
    kind, _, address = str(block.get("Final-Recipient", "")).partition(";")
    status = str(block.get("Status", "")).strip()
    failed = str(block.get("Action", "")).strip().lower() == "failed" and status.startswith("5")
    if kind.strip().lower() != "rfc822" or not failed or "@" not in address:
        return "", ""
    return address.strip().strip("<>"), status
