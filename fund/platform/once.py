"""A form that is sent twice acts once: its key is written by the same transaction as its act.

The key is a keyed hash of the page's own token, the address and everything sent, so a double
click, a reload, the back button or a browser that never saw the answer have the key of the first
time, and the same words typed on a fresh page do not. What commits first wins; whoever comes
second waits for that commit and is told. Keys are deleted after two days: tokens of pages that
old belong to sessions that have ended.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Index,
    LargeBinary,
    Table,
    Text,
    delete,
)
from sqlalchemy.dialects.postgresql import insert

from fund.kernel.actor import system
from fund.platform.database import metadata

if TYPE_CHECKING:
    from fund.platform.house import Delivery, House

form_sent = Table(
    "form_sent",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("answer", Text),
    CheckConstraint("octet_length(key) = 32", name="key_is_a_hash"),
    Index("ix_form_sent_sent_at", "sent_at"),
)
"""``answer`` is the address to which the first answer led; none while it is under way."""

KEPT = dt.timedelta(days=2)


@dataclass
class Form:
    """One form as it was sent; ``written`` once a transaction that bears its key has committed."""

    key: bytes
    written: bool = False


_form: ContextVar[Form | None] = ContextVar("fund_form", default=None)


class AlreadySent(Exception):  # noqa: N818 - the kinds of refusals read as adjectives
    """This very form acted before; nothing was done a second time.

    Not a refusal of a rule: a page that explains a Conflict must let it pass to whoever leads
    the second form where the first one led.
    """


@contextlib.contextmanager
def sending(key: bytes) -> Iterator[Form]:
    """While a form is being answered: its first transaction that commits bears its key."""
    form = Form(key)
    token = _form.set(form)
    try:
        yield form
    finally:
        _form.reset(token)


@contextlib.contextmanager
def bearing(connection: Connection, now: dt.datetime) -> Iterator[None]:
    """Claim the key of the form that is being answered, if there is one, before all else.

    Raises:
        AlreadySent: when another transaction has committed it; an open one is waited for.
    """
    form = _form.get()
    if form is None or form.written:
        yield
        return
    claimed = connection.execute(
        insert(form_sent)
        .values(key=form.key, sent_at=now)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(form_sent.c.key)
    )
    if claimed.one_or_none() is None:
        raise AlreadySent("この操作はすでに受け付けています。もう一度は行いません。")
    yield


def committed() -> None:
    """The transaction that claimed the key stands; others of the same request need none."""
    if form := _form.get():
        form.written = True


def answered(house: House, form: Form, address: str) -> None:
    """Remember where the first answer led, for whoever sends the form again."""
    with house.database.transaction() as connection:
        connection.execute(
            form_sent.update().where(form_sent.c.key == form.key).values(answer=address)
        )


def answer_of(house: House, form: Form) -> str | None:
    """Where the first answer led; none while nobody knows."""
    with house.database.reading() as connection:
        found = connection.execute(
            form_sent.select().where(form_sent.c.key == form.key)
        ).one_or_none()
    return None if found is None else found.answer


def forget(house: House, *, now: dt.datetime, **_: object) -> None:
    """Delete keys older than two days."""
    with house.transaction(by=system("platform"), now=now) as tx:
        tx.connection.execute(delete(form_sent).where(form_sent.c.sent_at < now - KEPT))


DELIVERIES: dict[str, Delivery] = {"platform.forget_forms": forget}
PERIODIC = {"platform.forget_forms": "43 18 * * *"}
