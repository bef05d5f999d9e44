"""How the signed log stands now, for the page that tells everybody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.publication.queries import heads
from fund.publication.queries.heads import Witnessed


@dataclass(frozen=True)
class Standing:
    """The newest head (root in hex), the key that signs, and each witness's newest signature."""

    size: int
    root: str
    signed_at: dt.datetime
    vkey: str
    witnesses: tuple[Witnessed, ...]


def standing(connection: Connection) -> Standing | None:
    """The standing of the log; None while nothing was signed."""
    head = heads.last_head(connection)
    if head is None:
        return None
    return Standing(
        head.size,
        head.root.hex(),
        head.signed_at,
        heads.keys(connection)[-1].vkey,
        tuple(heads.witnessed(connection)),
    )
