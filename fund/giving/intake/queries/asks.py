"""Reading what waits for money, what was uploaded, and gifts in kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from fund.giving.intake.models import (
    gift_import,
    gift_in_kind,
    intake_batch,
    intake_row,
    slip_print,
)
from fund.giving.models import donor, gift
from fund.kernel.money import Yen
from fund.kernel.sentences import unpacked


@dataclass(frozen=True)
class WaitingView:
    """A gift that waits for its money on paper, in cash or by transfer."""

    gift_no: str
    yen: Yen
    method: str
    offered_at: dt.datetime
    name: str
    postal_code: str
    address: str
    phone: str
    printed_at: dt.datetime | None


def waiting(connection: Connection, *, unprinted: bool = False) -> list[WaitingView]:
    """Gifts that wait for offline money, the oldest first; slips not printed yet if asked."""
    printed = (
        select(func.max(slip_print.c.printed_at))
        .where(slip_print.c.gift_id == gift.c.id)
        .scalar_subquery()
    )
    query = (
        select(gift, donor, printed.label("printed_at"))
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(
            gift.c.state == "awaiting_payment",
            gift.c.method.in_(["slip", "counter", "bank"]),
        )
        .order_by(gift.c.id)
        .limit(2_000)
    )
    if unprinted:
        query = query.where(
            gift.c.method == "slip", ~exists().where(slip_print.c.gift_id == gift.c.id)
        )
    return [
        WaitingView(
            gift_no=row.no,
            yen=Yen(row.yen),
            method=row.method,
            offered_at=row.offered_at,
            name=row.single_name or f"{row.family_name} {row.given_name}",
            postal_code=row.postal_code,
            address=" ".join(part for part in (row.address1, row.address2) if part),
            phone=row.phone,
            printed_at=row.printed_at,
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True)
class ImportView:
    """An uploaded file on its way: how far it is and what was found in it."""

    no: str
    file_name: str
    source: str
    state: str
    good_only: bool
    done: int
    total: int
    report: Mapping[str, Any]
    batch_no: str | None
    asked_by: int
    asked_at: dt.datetime
    ended_at: dt.datetime | None

    @property
    def error(self) -> str:
        """Why the whole file cannot be read; empty if it can."""
        return unpacked(self.report.get("error", ""))

    @property
    def problems(self) -> list[tuple[int, str, str]]:
        """Row, column and what to do, of the rows that cannot be taken (the first of them)."""
        found = self.report.get("problems", [])
        return [(one["row"], one["column"], unpacked(one["what"])) for one in found]


def _imports() -> Any:
    return select(gift_import, intake_batch.c.no.label("batch_no")).outerjoin(
        intake_batch, intake_batch.c.id == gift_import.c.batch_id
    )


def _import(row: Row[Any]) -> ImportView:
    names = ImportView.__dataclass_fields__
    return ImportView(**{name: getattr(row, name) for name in names})


def imports(connection: Connection, limit: int = 30) -> list[ImportView]:
    """The latest uploaded files."""
    found = connection.execute(_imports().order_by(gift_import.c.id.desc()).limit(limit))
    return [_import(row) for row in found]


def gift_file(connection: Connection, number: str) -> ImportView | None:
    """One uploaded file by its number."""
    row = connection.execute(_imports().where(gift_import.c.no == number)).one_or_none()
    return _import(row) if row else None


def file_body(connection: Connection, number: str) -> bytes:
    """The bytes of an uploaded file; empty once it has ended."""
    body = connection.execute(
        select(gift_import.c.body).where(gift_import.c.no == number)
    ).scalar_one_or_none()
    return bytes(body or b"")


def known_keys(
    connection: Connection, source: str, keys: Collection[str]
) -> dict[str, tuple[bytes, str | None]]:
    """Which of a portal's numbers are there already: fingerprint and gift of each."""
    found = connection.execute(
        select(intake_row.c.source_key, intake_row.c.sha256, intake_row.c.gift_no).where(
            intake_row.c.source == source, intake_row.c.source_key == func.any(list(keys))
        )
    )
    return {row.source_key: (bytes(row.sha256), row.gift_no) for row in found}


def left_to_book(connection: Connection, batch_id: int) -> int:
    """How many rows of a batch are entered and not booked."""
    found = connection.execute(
        select(func.count()).where(
            intake_row.c.batch_id == batch_id, intake_row.c.state == "entered"
        )
    )
    return int(found.scalar_one())


def unfinished_files(connection: Connection) -> list[str]:
    """Batches of files with rows that are staged and not booked: an import was interrupted."""
    left = exists().where(
        intake_row.c.batch_id == intake_batch.c.id, intake_row.c.state == "entered"
    )
    found = connection.scalars(
        select(intake_batch.c.no)
        .where(intake_batch.c.origin == "file", intake_batch.c.state == "open", left)
        .order_by(intake_batch.c.id)
    )
    return list(found)


@dataclass(frozen=True)
class InKindView:
    """A gift in kind; ``estimated_yen`` is shown and never added to money."""

    no: str
    state: str
    received_on: dt.date
    description: str
    quantity: str
    estimated_yen: int | None
    donor_name: str
    donor_address: str
    donor_phone: str
    wish: str
    registered_by: int
    registered_at: dt.datetime
    decided_by: int | None
    decided_at: dt.datetime | None
    note: str


def gifts_in_kind(
    connection: Connection, *, number: str | None = None, limit: int = 500
) -> list[InKindView]:
    """Gifts in kind, the newest first; one of them if named."""
    names = tuple(InKindView.__dataclass_fields__)
    query = select(*(gift_in_kind.c[name] for name in names))
    if number is not None:
        query = query.where(gift_in_kind.c.no == number)
    found = connection.execute(query.order_by(gift_in_kind.c.id.desc()).limit(limit))
    return [InKindView(*row) for row in found]
