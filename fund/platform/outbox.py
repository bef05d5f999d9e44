"""Mails waiting to be sent: written in the transaction of the fact, delivered afterwards.

At least once: a mail server that took a mail and lost its answer may get it again, under the
same Message-ID, so that the reader's program shows one. A sent mail's text is emptied, because
it carries the donor's secret link.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.actor import system
from fund.kernel.errors import Unavailable
from fund.platform.database import metadata
from fund.platform.house import Delivery, House, Transaction

mail = Table(
    "mail",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("occasion", Text, nullable=False),
    Column("subject_no", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body_text", Text, nullable=False),
    Column("body_html", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    UniqueConstraint("occasion", "subject_no", name="uq_mail_occasion"),
    CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
)

GIVE_UP_AFTER = dt.timedelta(hours=8)


@dataclass(frozen=True)
class Letter:
    """A mail ready to go: one occasion (``gift.accepted``) for one thing, once."""

    occasion: str
    subject_no: str
    recipient: str
    locale: str
    subject: str
    text: str
    html: str | None = None


class MailRefused(Exception):  # noqa: N818 - the server's answer, not a fault of ours
    """The mail server said no for good; trying again will not help."""


class Mailer(Protocol):
    """The mail server as the house sees it."""

    def send(self, letter: Letter, message_id: str) -> None:
        """Hand a mail to the server.

        Raises:
            Unavailable: when trying again may help.
            MailRefused: when it will not.
        """


def queue_mail(tx: Transaction, letter: Letter) -> None:
    """Put a mail into the outbox; a second one for the same occasion changes nothing."""
    host = urlsplit(tx.house.settings.base_url).hostname or "localhost"
    message_id = f"<{letter.occasion}.{letter.subject_no}@{host}>".replace("/", "-")
    queued = tx.connection.execute(
        upsert(mail)
        .values(
            message_id=message_id,
            occasion=letter.occasion,
            subject_no=letter.subject_no,
            recipient=letter.recipient,
            locale=letter.locale,
            subject=letter.subject,
            body_text=letter.text,
            body_html=letter.html,
            state="queued",
            created_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(mail.c.id)
    ).scalar_one_or_none()
    if queued is not None:
        tx.enqueue("mail.send", mail_id=int(queued))


def send_mail(house: House, *, now: dt.datetime, mail_id: int, **_: Any) -> None:
    """Send one queued mail; raises ``Unavailable`` to be tried again within eight hours."""
    with house.database.reading() as connection:
        row = connection.execute(select(mail).where(mail.c.id == mail_id)).one_or_none()
    if row is None or row.state != "queued":
        return
    letter = Letter(
        row.occasion,
        row.subject_no,
        row.recipient,
        row.locale,
        row.subject,
        row.body_text,
        row.body_html,
    )
    try:
        house.port(Mailer).send(letter, row.message_id)
    except MailRefused as refusal:
        _close(house, now, mail_id, "failed", type(refusal.__cause__).__name__)
        return
    except Unavailable:
        if now - row.created_at > GIVE_UP_AFTER:
            _close(house, now, mail_id, "failed", "server unavailable for eight hours")
            return
        raise
    _close(house, now, mail_id, "sent", None)


def _close(house: House, now: dt.datetime, mail_id: int, state: str, error: str | None) -> None:
    with house.transaction(by=system("mail"), now=now) as tx:
        values: dict[str, Any] = {
            "state": state,
            "last_error": error,
            "attempts": mail.c.attempts + 1,
        }
        if state == "sent":
            values |= {"sent_at": now, "body_text": "", "body_html": None}
        tx.connection.execute(update(mail).where(mail.c.id == mail_id).values(**values))


DELIVERIES: dict[str, Delivery] = {"mail.send": send_mail}
