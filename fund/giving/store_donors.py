"""Writing what donors change afterwards: facts with their history, consents, links, requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.giving.domain import ConsentText, Donor
from fund.giving.models import (
    consent,
    donor,
    donor_correction,
    email_change,
    gift,
    gift_draft,
    receipt_request,
)
from fund.giving.store import derive_secret
from fund.kernel.ids import secret_hash
from fund.platform.house import Transaction

FACTS = tuple(field.name for field in fields(Donor))


def link_secret(connection: Connection, secret_key: str, gift_no: str) -> str:
    """The secret of a gift's link as it is now, in the version the donor last asked for."""
    version = connection.execute(
        select(gift.c.link_version).where(gift.c.no == gift_no)
    ).scalar_one_or_none()
    return derive_secret(secret_key, gift_no, int(version or 1))


def renew_link(tx: Transaction, row: Row[Any]) -> str:
    """Give a locked gift a new link; the address before it opens nothing any more."""
    version = int(row.link_version) + 1
    secret = derive_secret(tx.house.settings.secret_key, row.no, version)
    tx.connection.execute(
        update(gift)
        .where(gift.c.id == row.id)
        .values(link_version=version, secret_hash=secret_hash(secret))
    )
    return secret


def lock_donor(tx: Transaction, donor_id: int) -> Donor:
    """The facts of a donor, locked until the transaction ends."""
    row = tx.connection.execute(select(donor).where(donor.c.id == donor_id).with_for_update()).one()
    return Donor(**{name: getattr(row, name) for name in FACTS})


def correct_donor(
    tx: Transaction, donor_id: int, before: Donor, after: Donor, *, accepted: bool, reason: str
) -> list[str]:
    """Write corrected facts and what stood there before; returns the names of what changed."""
    old, new = asdict(before), asdict(after)
    changed = [name for name in FACTS if old[name] != new[name]]
    if not changed:
        return []
    tx.connection.execute(update(donor).where(donor.c.id == donor_id).values(**new))
    tx.connection.execute(
        insert(donor_correction).values(
            donor_id=donor_id,
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
            after_acceptance=accepted,
            actor_kind="person" if tx.by.is_person() else "donor",
            person_id=tx.by.person_id,
            reason=reason,
            at=tx.now,
        )
    )
    return changed


def add_consent(
    tx: Transaction, gift_id: int, text: ConsentText, locale: str, *, given: bool, name: str
) -> None:
    """Insert one more answer about a consent; earlier answers stay."""
    tx.connection.execute(
        insert(consent).values(
            gift_id=gift_id,
            purpose=text.purpose,
            given=given,
            text_version=text.version,
            text_shown=text.shown(locale),
            name=name,
            at=tx.now,
        )
    )


def set_consents(tx: Transaction, gift_id: int, values: Mapping[str, Any]) -> None:
    """Let a gift follow the latest answers."""
    tx.connection.execute(update(gift).where(gift.c.id == gift_id).values(**values))


def ask_receipt(tx: Transaction, gift_id: int, note: str) -> bool:
    """Note that a corrected receipt is wanted; False when that is noted already."""
    added = tx.connection.execute(
        upsert(receipt_request)
        .values(gift_id=gift_id, note=note, asked_at=tx.now)
        .on_conflict_do_nothing()
        .returning(receipt_request.c.id)
    ).scalar_one_or_none()
    return added is not None


def close_receipt_request(tx: Transaction, request_id: int) -> str | None:
    """Note that a wish for a corrected receipt is dealt with; returns the gift's number."""
    gift_id = tx.connection.execute(
        update(receipt_request)
        .where(receipt_request.c.id == request_id, receipt_request.c.done_at.is_(None))
        .values(done_at=tx.now, done_by=tx.by.person_id)
        .returning(receipt_request.c.gift_id)
    ).scalar_one_or_none()
    if gift_id is None:
        return None
    return str(tx.connection.execute(select(gift.c.no).where(gift.c.id == gift_id)).scalar_one())


def add_email_change(tx: Transaction, gift_id: int, email: str, token: str) -> int:
    """Note a new mail address that waits for its confirmation; returns the id."""
    return int(
        tx.connection.execute(
            insert(email_change)
            .values(gift_id=gift_id, email=email, token_hash=secret_hash(token), asked_at=tx.now)
            .returning(email_change.c.id)
        ).scalar_one()
    )


def take_email_change(tx: Transaction, token: str, since: dt.datetime) -> Row[Any] | None:
    """Confirm a waiting mail address once, if it was asked for after ``since``."""
    return tx.connection.execute(
        update(email_change)
        .where(
            email_change.c.token_hash == secret_hash(token),
            email_change.c.confirmed_at.is_(None),
            email_change.c.asked_at >= since,
        )
        .values(confirmed_at=tx.now)
        .returning(email_change.c.gift_id, email_change.c.email)
    ).one_or_none()


def lock_gift_by_id(tx: Transaction, gift_id: int) -> Row[Any]:
    """The gift's row, locked until the transaction ends."""
    return tx.connection.execute(select(gift).where(gift.c.id == gift_id).with_for_update()).one()


def keep_resume(
    tx: Transaction,
    token: str,
    resume: str,
    reminded: tuple[str, str] | tuple[None, None],
    remind_on: dt.date | None,
) -> bool:
    """Let a living draft be taken up by the secret of a mail; False when there is none.

    ``reminded`` is the mail address and language of a reminder, only kept where one was ticked.
    """
    mail_to, mail_locale = reminded
    found = tx.connection.execute(
        update(gift_draft)
        .where(gift_draft.c.token_hash == secret_hash(token), ~gift_draft.c.data.has_key("gift_no"))
        .values(
            resume_hash=secret_hash(resume),
            mail_to=mail_to,
            mail_locale=mail_locale,
            remind_on=remind_on,
        )
        .returning(gift_draft.c.form_key)
    ).one_or_none()
    return found is not None


def take_up_draft(tx: Transaction, resume: str, token: str, since: dt.datetime) -> bool:
    """Move a draft to another browser: the mail's secret is spent, the old cookie opens nothing."""
    found = tx.connection.execute(
        update(gift_draft)
        .where(
            gift_draft.c.resume_hash == secret_hash(resume),
            gift_draft.c.updated_at >= since,
            ~gift_draft.c.data.has_key("gift_no"),
        )
        .values(token_hash=secret_hash(token), resume_hash=None, updated_at=tx.now)
        .returning(gift_draft.c.form_key)
    ).one_or_none()
    return found is not None


def forget_draft(tx: Transaction, token: str) -> bool:
    """Delete a draft that did not become a gift; True if there was one."""
    return bool(
        tx.connection.execute(
            delete(gift_draft).where(
                gift_draft.c.token_hash == secret_hash(token),
                ~gift_draft.c.data.has_key("gift_no"),
            )
        ).rowcount
    )


def due_reminders(tx: Transaction, today: dt.date) -> Sequence[Row[Any, Any, Any, Any]]:
    """Drafts whose owners asked for a reminder that is due, each locked."""
    return tx.connection.execute(
        select(
            gift_draft.c.token_hash,
            gift_draft.c.mail_to,
            gift_draft.c.mail_locale,
            gift_draft.c.updated_at,
        )
        .where(gift_draft.c.remind_on <= today, ~gift_draft.c.data.has_key("gift_no"))
        .with_for_update()
    ).all()


def renew_resume(tx: Transaction, token_hash: bytes, resume: str) -> None:
    """Give a draft the secret of its reminder; the mail address is forgotten with it."""
    tx.connection.execute(
        update(gift_draft)
        .where(gift_draft.c.token_hash == token_hash)
        .values(resume_hash=secret_hash(resume), mail_to=None, mail_locale=None, remind_on=None)
    )
