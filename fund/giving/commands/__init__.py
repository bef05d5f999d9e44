"""Use cases of the giving room; each opens exactly one transaction."""

from fund.giving.commands.acceptance import decide_acceptance, propose_acceptance
from fund.giving.commands.offers import (
    DRAFT_LIFE,
    Begun,
    begin_donation,
    check_wish,
    close_draft,
    forget_drafts,
    pass_on_percent,
    save_draft,
    secret_of,
    start_draft,
)
from fund.giving.commands.paying import MAX_ATTEMPTS, retry_payment
from fund.giving.commands.privacy import look_at_donor, note_batch_viewed, note_export
from fund.giving.commands.refusals import decide_refusal, propose_refusal

__all__ = [
    "DRAFT_LIFE",
    "MAX_ATTEMPTS",
    "Begun",
    "begin_donation",
    "check_wish",
    "close_draft",
    "decide_acceptance",
    "decide_refusal",
    "forget_drafts",
    "look_at_donor",
    "note_batch_viewed",
    "note_export",
    "pass_on_percent",
    "propose_acceptance",
    "propose_refusal",
    "retry_payment",
    "save_draft",
    "secret_of",
    "start_draft",
]
