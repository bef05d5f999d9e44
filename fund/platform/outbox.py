"""Mails waiting to be sent: written in the transaction of the fact, delivered afterwards.

At least once: a mail server that took a mail and lost its answer may get it again, under the
same Message-ID, so that the reader's program shows one. A sent mail's text is emptied, because
it carries the donor's secret link. An address that the server refuses for good goes onto the
bounce list (``fund.platform.bounces``); later mails to it are not tried.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)

from fund.kernel.actor import system
from fund.kernel.errors import Conflict, NotFound, Unavailable
from fund.platform import bounces
from fund.platform.database import metadata
from fund.platform.house import Delivery, House, Transaction
from fund.platform.waiting import Waiting, tally

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
    Column("stop_url", Text),
    UniqueConstraint("occasion", "subject_no", name="uq_mail_occasion"),
    CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
)

GIVE_UP_AFTER = dt.timedelta(hours=8)
GIVEN_UP = "server unavailable for eight hours"
SUPPRESSED = "address on the bounce list"


_OF_LETTER = (
    *("occasion", "subject_no", "recipient", "locale"),
    *("subject", "text", "html", "stop_url"),
)
_QUEUE = text("""
INSERT INTO mail (message_id, occasion, subject_no, recipient, locale, subject, body_text,
                  body_html, stop_url, state, created_at)
SELECT given.*, 'queued', :at
FROM json_to_recordset(CAST(:letters AS json))
  AS given(message_id text, occasion text, subject_no text, recipient text, locale text,
           subject text, text text, html text, stop_url text)
ON CONFLICT DO NOTHING
RETURNING id
""")


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
    stop_url: str | None = None
    """Where one tap (RFC 8058) stops mails of this kind; only for mails that one may stop."""


class MailRefused(Exception):  # noqa: N818 - the server's answer, not a fault of ours
    """The mail server said no for good; trying again will not help.

    ``answer`` is what it said; ``address_is_bad`` whether it refused the address itself.
    """

    def __init__(self, answer: str = "", *, address_is_bad: bool = False) -> None:
        super().__init__(answer)
        self.answer = answer
        self.address_is_bad = address_is_bad


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
    queue_mails(tx, [letter])


def queue_mails(tx: Transaction, letters: Sequence[Letter]) -> None:
    """Put mails into the outbox in one statement, each occasion once, and ask for sending them."""
    if not letters:
        return
    host = urlsplit(tx.house.settings.base_url).hostname or "localhost"
    told = [
        {
            "message_id": f"<{one.occasion}.{one.subject_no}@{host}>".replace("/", "-"),
            **{name: getattr(one, name) for name in _OF_LETTER},
        }
        for one in letters
    ]
    queued = tx.connection.execute(
        _QUEUE, {"letters": json.dumps(told, ensure_ascii=False), "at": tx.now}
    )
    for mail_id in queued.scalars():
        tx.enqueue("mail.send", mail_id=int(mail_id))


def send_mail(house: House, *, now: dt.datetime, mail_id: int, **_: Any) -> None:
    """Send one queued mail; raises ``Unavailable`` to be tried again within eight hours."""
    with house.database.reading() as connection:
        row = connection.execute(select(mail).where(mail.c.id == mail_id)).one_or_none()
        stopped = row is not None and bounces.is_suppressed(connection, row.recipient)
    if row is None or row.state != "queued":
        return
    if stopped:
        _close(house, now, mail_id, "failed", SUPPRESSED)
        return
    letter = Letter(
        row.occasion,
        row.subject_no,
        row.recipient,
        row.locale,
        row.subject,
        row.body_text,
        row.body_html,
        row.stop_url,
    )
    try:
        house.port(Mailer).send(letter, row.message_id)
    except MailRefused as refusal:
        bad = row.recipient if refusal.address_is_bad else None
        _close(house, now, mail_id, "failed", refusal.answer, bad)
        return
    except Unavailable as error:
        if now - row.created_at > GIVE_UP_AFTER:
            _close(house, now, mail_id, "failed", GIVEN_UP)
            return
        _close(house, now, mail_id, "queued", str(error))
        raise
    _close(house, now, mail_id, "sent", None)


def _close(
    house: House,
    now: dt.datetime,
    mail_id: int,
    state: str,
    error: str | None,
    bad_address: str | None = None,
) -> None:
    with house.transaction(by=system("mail"), now=now) as tx:
        values: dict[str, Any] = {
            "state": state,
            "last_error": error[:300] if error else None,
            "attempts": mail.c.attempts + 1,
        }
        if state == "sent":
            values |= {"sent_at": now, "body_text": "", "body_html": None, "stop_url": None}
        tx.connection.execute(
            update(mail).where(mail.c.id == mail_id, mail.c.state == "queued").values(**values)
        )
        if bad_address:
            bounces.suppress(tx, bad_address, "refused", error or "")


def resend(tx: Transaction, mail_id: int) -> None:
    """Put a failed mail back into the queue; its eight hours begin anew.

    Raises:
        NotFound: for a mail that does not exist.
        Conflict: for one that did not fail, or whose address takes no mail.
    """
    row = tx.connection.execute(
        select(mail).where(mail.c.id == mail_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("このメールは見つかりません")
    if row.state != "failed":
        raise Conflict("送れなかったメールだけを、もう一度送れます")
    if bounces.is_suppressed(tx.connection, row.recipient):
        raise Conflict("このあて先は止めてあります。先に止めるのをやめてください")
    tx.connection.execute(
        update(mail)
        .where(mail.c.id == mail_id)
        .values(state="queued", attempts=0, last_error=None, created_at=tx.now)
    )
    tx.enqueue("mail.send", mail_id=mail_id)


@dataclass(frozen=True)
class MailView:
    """A mail as officers see it; its text stays out, because it carries a secret link."""

    id: int
    occasion: str
    subject_no: str
    recipient: str
    state: str
    attempts: int
    last_error: str | None
    created_at: dt.datetime
    sent_at: dt.datetime | None


def mails(
    connection: Connection, state: str | None = None, after: int | None = None, limit: int = 50
) -> list[MailView]:
    """Mails of a state (or all), the latest first, from below the id ``after``."""
    columns = [mail.c[field.name] for field in fields(MailView)]
    query = select(*columns).order_by(mail.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(mail.c.state == state)
    if after is not None:
        query = query.where(mail.c.id < after)
    return [MailView(*row) for row in connection.execute(query)]


def mail_counts(connection: Connection) -> dict[str, int]:
    """How many mails stand in each state."""
    rows = connection.execute(select(mail.c.state, func.count()).group_by(mail.c.state))
    return {state: int(count) for state, count in rows}


def failed_mails(connection: Connection) -> Waiting:
    """How many mails could not be sent, and since when."""
    asked = select(mail.c.created_at.label("since")).where(mail.c.state == "failed")
    return tally(connection, asked)


def readdress(tx: Transaction, subject_no: str, before: str, after: str) -> None:
    """Let the mails about a thing that have not gone out go to a corrected address."""
    about = (mail.c.subject_no == subject_no) | mail.c.subject_no.startswith(
        f"{subject_no}#", autoescape=True
    )
    tx.connection.execute(
        update(mail)
        .where(about, mail.c.recipient == before, mail.c.state != "sent")
        .values(recipient=after)
    )


DELIVERIES: dict[str, Delivery] = {"mail.send": send_mail}
