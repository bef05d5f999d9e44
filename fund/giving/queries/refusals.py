"""Reading refused gifts (不採納): the register of refusals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from fund.giving.models import gift, refusal
from fund.kernel.money import Yen


@dataclass(frozen=True)
class RefusalView:
    """A refusal proposed or decided; times are UTC, people are internal ids."""

    no: str
    gift_no: str
    yen: Yen
    received_on: dt.date | None
    gift_state: str
    state: str
    ground: str
    reason: str
    course: str
    proposed_by: int
    proposed_at: dt.datetime
    decided_by: int | None
    decided_at: dt.datetime | None
    decision_note: str


_REFUSALS = select(
    refusal,
    gift.c.no.label("gift_no"),
    gift.c.yen,
    gift.c.received_on,
    gift.c.state.label("gift_state"),
).join(gift, gift.c.id == refusal.c.gift_id)


def refusals(connection: Connection, state: str | None = None) -> list[RefusalView]:
    """All refusals, the newest first; of one state if asked."""
    query = _REFUSALS.order_by(refusal.c.id.desc())
    if state is not None:
        query = query.where(refusal.c.state == state)
    return [_view(row) for row in connection.execute(query)]


def refusal_by_no(connection: Connection, no: str) -> RefusalView | None:
    """One refusal by its number."""
    row = connection.execute(_REFUSALS.where(refusal.c.no == no)).one_or_none()
    return _view(row) if row else None


def refusals_of_gift(connection: Connection, gift_no: str) -> list[RefusalView]:
    """Every proposal to refuse a gift, the first one first."""
    query = _REFUSALS.where(gift.c.no == gift_no).order_by(refusal.c.id)
    return [_view(row) for row in connection.execute(query)]


def disputed_gifts(connection: Connection) -> frozenset[str]:
    """Numbers of accepted gifts whose payment is disputed: their lots wait until it is decided."""
    rows = connection.scalars(
        select(gift.c.no).where(gift.c.state == "disputed", gift.c.accepted_on.is_not(None))
    )
    return frozenset(rows)


def _view(row: Row[Any]) -> RefusalView:
    facts = {name: getattr(row, name) for name in RefusalView.__dataclass_fields__}
    return RefusalView(**{**facts, "yen": Yen(row.yen)})
