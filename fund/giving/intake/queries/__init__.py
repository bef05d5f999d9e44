"""Frozen reads of intake."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from fund.giving.intake.models import gift_in_kind, intake_batch
from fund.giving.intake.queries.asks import (
    ImportView,
    InKindView,
    WaitingView,
    file_body,
    gift_file,
    gifts_in_kind,
    imports,
    known_keys,
    left_to_book,
    unfinished_files,
    waiting,
)
from fund.giving.intake.queries.batches import (
    BatchView,
    DoubtView,
    RowView,
    batch,
    batches,
    open_doubts,
    origins,
    rows,
)
from fund.giving.intake.queries.choices import (
    ChoiceView,
    InvitedView,
    choice_of,
    choices_of,
    invited,
)

__all__ = [
    "BatchView",
    "ChoiceView",
    "DoubtView",
    "ImportView",
    "InKindView",
    "InvitedView",
    "RowView",
    "WaitingView",
    "batch",
    "batches",
    "choice_of",
    "choices_of",
    "counts",
    "file_body",
    "gift_file",
    "gifts_in_kind",
    "imports",
    "invited",
    "known_keys",
    "left_to_book",
    "open_doubts",
    "origins",
    "rows",
    "unfinished_files",
    "waiting",
]


def counts(connection: Connection) -> dict[str, int]:
    """What waits for somebody: batches to check, slips to print, duplicates, goods."""
    to_check = select(func.count()).where(intake_batch.c.state == "handed_in")
    goods = select(func.count()).where(gift_in_kind.c.state == "registered")
    return {
        "to_check": int(connection.execute(to_check).scalar_one()),
        "slips": len(waiting(connection, unprinted=True)),
        "doubts": len(open_doubts(connection)),
        "in_kind": int(connection.execute(goods).scalar_one()),
    }
