"""Reading who may choose the use of a gift later, and what was chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from fund.giving.intake.models import (
    intake_batch,
    intake_row,
    use_choice,
    use_invitation,
)
from fund.giving.models import donor, gift
from fund.kernel.money import Yen


@dataclass(frozen=True)
class ChoiceView:
    """What a donor may still choose, and has chosen last (kind, target, fallback)."""

    gift_no: str
    invited_at: dt.datetime
    chosen: tuple[str, str, str] | None
    chosen_at: dt.datetime | None
    edition_code: str | None


def choice_of(connection: Connection, gift_no: str) -> ChoiceView | None:
    """The invitation of a gift to choose its use, with the latest choice; None without one."""
    row = connection.execute(
        select(use_invitation.c.invited_at, use_choice)
        .join(gift, gift.c.id == use_invitation.c.gift_id)
        .outerjoin(use_choice, use_choice.c.gift_id == use_invitation.c.gift_id)
        .where(gift.c.no == gift_no)
        .order_by(use_choice.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    chosen = (row.kind, row.target, row.fallback) if row.kind else None
    return ChoiceView(gift_no, row.invited_at, chosen, row.chosen_at, row.edition_code)


def choices_of(connection: Connection, gift_nos: Collection[str]) -> dict[str, ChoiceView]:
    """The latest choices of several gifts that have made one."""
    found = connection.execute(
        select(gift.c.no, use_invitation.c.invited_at, use_choice)
        .join(gift, gift.c.id == use_choice.c.gift_id)
        .join(use_invitation, use_invitation.c.gift_id == use_choice.c.gift_id)
        .where(gift.c.no == func.any(list(gift_nos)))
        .order_by(use_choice.c.id)
    )
    return {
        row.no: ChoiceView(
            row.no,
            row.invited_at,
            (row.kind, row.target, row.fallback),
            row.chosen_at,
            row.edition_code,
        )
        for row in found
    }


@dataclass(frozen=True)
class InvitedView:
    """A donor who may choose the use: for the printed list of those without a mail address."""

    gift_no: str
    yen: Yen
    name: str
    postal_code: str
    address: str
    email: str
    locale: str
    chosen: bool
    link_version: int


def invited(
    connection: Connection, *, batch_no: str | None = None, open_only: bool = True
) -> list[InvitedView]:
    """Gifts whose donors may choose the use and have not, the oldest first."""
    has_chosen = exists().where(use_choice.c.gift_id == gift.c.id)
    query = (
        select(gift.c.no, gift.c.yen, gift.c.link_version, donor, has_chosen.label("chosen"))
        .join(use_invitation, use_invitation.c.gift_id == gift.c.id)
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(gift.c.state.in_(["received", "accepted"]))
        .order_by(gift.c.id)
    )
    if batch_no is not None:
        query = (
            query.join(intake_row, intake_row.c.gift_no == gift.c.no)
            .join(intake_batch, intake_batch.c.id == intake_row.c.batch_id)
            .where(intake_batch.c.no == batch_no)
        )
    if open_only:
        query = query.where(~has_chosen)
    return [
        InvitedView(
            row.no,
            Yen(row.yen),
            row.single_name or f"{row.family_name} {row.given_name}",
            row.postal_code,
            " ".join(part for part in (row.address1, row.address2) if part),
            row.email,
            row.locale,
            bool(row.chosen),
            int(row.link_version),
        )
        for row in connection.execute(query)
    ]
