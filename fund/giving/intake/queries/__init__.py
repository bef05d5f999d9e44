"""Frozen reads of intake."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from fund.giving.intake.models import (
    gift_in_kind,
    intake_batch,
    intake_doubt,
    intake_row,
    slip_print,
)
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
from fund.giving.models import gift
from fund.platform.waiting import Waiting, tally

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
    "waiting_work",
]


def waiting_work(connection: Connection) -> dict[str, Waiting]:
    """What waits for somebody: batches to check, slips to print, duplicates, goods."""
    doubts = (
        select(intake_doubt.c.found_at.label("since"), intake_row.c.yen)
        .join(intake_row, intake_row.c.id == intake_doubt.c.row_id)
        .join(intake_batch, intake_batch.c.id == intake_row.c.batch_id)
        .where(
            intake_doubt.c.decision.is_(None),
            intake_row.c.state.in_(["entered", "doubtful"]),
            intake_batch.c.state != "dropped",
        )
    )
    slips = select(gift.c.offered_at.label("since"), gift.c.yen).where(
        gift.c.state == "awaiting_payment",
        gift.c.method == "slip",
        ~exists().where(slip_print.c.gift_id == gift.c.id),
    )
    to_check = select(
        intake_batch.c.handed_in_at.label("since"), intake_batch.c.expected_yen.label("yen")
    ).where(intake_batch.c.state == "handed_in")
    goods = select(gift_in_kind.c.registered_at.label("since")).where(
        gift_in_kind.c.state == "registered"
    )
    return {
        "to_check": tally(connection, to_check),
        "slips": tally(connection, slips),
        "doubts": tally(connection, doubts),
        "in_kind": tally(connection, goods),
    }
