"""Writing monthly pledges and their gifts in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update

from fund.giving.domain.offer import Offer
from fund.giving.domain.pledge import PLEDGE, parts_as_json
from fund.giving.models import consent, gift
from fund.giving.pledge_models import pledge, pledge_gift
from fund.kernel.ids import CROCKFORD, new_pledge_no, secret_hash
from fund.kernel.money import Yen
from fund.platform.house import Transaction


def pledge_secret(secret_key: str, pledge_no: str, version: int = 1) -> str:
    """The secret of a pledge's page, derived like a gift's (32 lower-case characters)."""
    text = b"mieru-fund/pledge-link/v1\x00" + pledge_no.encode()
    if version > 1:
        text += b"\x00" + str(version).encode()
    digest = hmac.digest(secret_key.encode(), text, "sha256")
    number = int.from_bytes(digest[:20], "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5)).lower()


def add_pledge(tx: Transaction, *, donor_id: int, gift_id: int, offer: Offer, edition: str) -> str:
    """Insert a pledge that waits for its first payment; returns its number."""
    number = new_pledge_no()
    while _taken(tx, number):
        number = new_pledge_no()
    secret = pledge_secret(tx.house.settings.secret_key, number)
    pledge_id = tx.connection.execute(
        insert(pledge)
        .values(
            no=number,
            donor_id=donor_id,
            yen=int(offer.yen),
            parts=parts_as_json(offer.parts),
            state="pending",
            secret_hash=secret_hash(secret),
            edition_code=edition,
            locale=offer.locale,
            sample=offer.sample,
            created_at=tx.now,
        )
        .returning(pledge.c.id)
    ).scalar_one()
    tx.connection.execute(
        insert(pledge_gift).values(pledge_id=pledge_id, gift_id=gift_id, serial=1)
    )
    return number


def _taken(tx: Transaction, number: str) -> bool:
    found = tx.connection.execute(
        select(func.count()).select_from(pledge).where(pledge.c.no == number)
    )
    return bool(found.scalar_one())


def lock_pledge(tx: Transaction, number: str) -> Row[Any] | None:
    """The pledge's row, locked until the transaction ends."""
    return tx.connection.execute(
        select(pledge).where(pledge.c.no == number).with_for_update()
    ).one_or_none()


def pledge_of(tx: Transaction, gift_no: str) -> Row[Any] | None:
    """The locked pledge that a gift is a month of; take it before the gift itself."""
    number = tx.connection.execute(
        select(pledge.c.no)
        .join(pledge_gift, pledge_gift.c.pledge_id == pledge.c.id)
        .join(gift, gift.c.id == pledge_gift.c.gift_id)
        .where(gift.c.no == gift_no)
    ).scalar_one_or_none()
    return lock_pledge(tx, number) if number is not None else None


def renew_address(tx: Transaction, row: Row[Any]) -> list[Row[Any]]:
    """Give a locked pledge's page a new address; returns its gifts, locked, the oldest first.

    Whoever saw the page saw the addresses of its gifts too: the caller makes those anew.
    """
    version = int(row.link_version) + 1
    secret = pledge_secret(tx.house.settings.secret_key, row.no, version)
    tx.connection.execute(
        update(pledge)
        .where(pledge.c.id == row.id)
        .values(link_version=version, secret_hash=secret_hash(secret))
    )
    months = select(pledge_gift.c.gift_id).where(pledge_gift.c.pledge_id == row.id)
    return list(
        tx.connection.execute(
            select(gift).where(gift.c.id.in_(months)).order_by(gift.c.id).with_for_update()
        )
    )


def move_pledge(tx: Transaction, row: Row[Any], after: str, **values: Any) -> None:
    """Move a locked pledge along a drawn edge; whatever was asked for is done by that.

    Raises:
        Conflict: when there is no such edge.
    """
    PLEDGE.check(row.state, after)
    values = {"paused_by": None, **values, **_NOTHING_ASKED}
    tx.connection.execute(update(pledge).where(pledge.c.id == row.id).values(state=after, **values))


_NOTHING_ASKED: dict[str, Any] = {"asked": None, "asked_by": None, "asked_at": None}


def ask(tx: Transaction, row: Row[Any], act: str, by: str, note: str = "") -> None:
    """Keep what was asked for until the provider has done it."""
    values: dict[str, Any] = {"asked": act, "asked_by": by, "asked_at": tx.now}
    if note:
        values["note"] = note
    tx.connection.execute(update(pledge).where(pledge.c.id == row.id).values(**values))


def forget_ask(tx: Transaction, row: Row[Any]) -> None:
    """Nothing is asked for any more: it was so already."""
    tx.connection.execute(update(pledge).where(pledge.c.id == row.id).values(**_NOTHING_ASKED))


def latest_gift(tx: Transaction, pledge_id: int) -> Row[Any]:
    """The gift of the pledge's last month: its consents are those in force."""
    return tx.connection.execute(
        select(gift, pledge_gift.c.serial)
        .join(pledge_gift, pledge_gift.c.gift_id == gift.c.id)
        .where(pledge_gift.c.pledge_id == pledge_id)
        .order_by(pledge_gift.c.serial.desc())
        .limit(1)
    ).one()


@dataclass(frozen=True)
class Month:
    """A month's gift to be: its number and link secret, the invoice, whole yen, when charged."""

    gift_no: str
    link: str
    invoice_id: str
    yen: Yen
    charged_at: dt.datetime
    edition: str
    redirected: bool


def add_month(tx: Transaction, row: Row[Any], month: Month) -> int:
    """Insert a month's gift, waiting for its money, with the consents of the month before.

    The invoice is its form key: the database refuses a second gift for the same invoice.
    """
    before = latest_gift(tx, row.id)
    key = f"invoice:{month.invoice_id}"
    gift_id = tx.connection.execute(
        insert(gift)
        .values(
            no=month.gift_no,
            donor_id=row.donor_id,
            yen=int(month.yen),
            state="awaiting_payment",
            method="card",
            form_key=key,
            form_sha256=hashlib.sha256(f"{row.no} {key}".encode()).digest(),
            secret_hash=secret_hash(month.link),
            edition_code=month.edition,
            offered_at=month.charged_at,
            salt=secrets.token_bytes(32),
            publish_name=before.publish_name,
            display_name=before.display_name,
            tell_group=before.tell_group,
            report_mail=before.report_mail,
            receipt_way=before.receipt_way,
            sample=row.sample,
        )
        .returning(gift.c.id)
    ).scalar_one()
    tx.connection.execute(
        insert(pledge_gift).values(
            pledge_id=row.id,
            gift_id=gift_id,
            serial=before.serial + 1,
            redirected=month.redirected,
        )
    )
    kept = [column for column in consent.c if column.name not in {"id", "gift_id"}]
    tx.connection.execute(
        insert(consent).from_select(
            ["gift_id", *(column.name for column in kept)],
            select(literal(int(gift_id)), *kept)
            .where(consent.c.gift_id == before.id)
            .order_by(consent.c.id),
        )
    )
    return int(gift_id)
