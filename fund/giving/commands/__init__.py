"""Use cases of the giving room; each opens exactly one transaction."""

from fund.giving.commands.acceptance import decide_acceptance, propose_acceptance
from fund.giving.commands.corrections import (
    EMAIL_CHANGE_LIFE,
    ask_corrected_receipt,
    ask_email_change,
    close_receipt_request,
    confirm_email_change,
    correct_donor,
)
from fund.giving.commands.erasing import decide_erasure, propose_erasure
from fund.giving.commands.links import (
    ask_link,
    check_stop_key,
    find_link,
    mail_draft,
    mail_own_link,
    read_contact,
    remind_drafts,
    renew_link,
    stop_url,
    take_up_draft,
)
from fund.giving.commands.offers import (
    DRAFT_LIFE,
    Begun,
    begin_donation,
    check_wish,
    forget_draft,
    forget_drafts,
    note_slowed,
    pass_on_percent,
    save_draft,
    secret_of,
    start_draft,
)
from fund.giving.commands.paying import MAX_ATTEMPTS, retry_payment
from fund.giving.commands.privacy import (
    change_consent,
    look_at_donor,
    note_batch_viewed,
    note_export,
)
from fund.giving.commands.receipt_ways import change_receipt_way
from fund.giving.commands.refusals import decide_refusal, propose_refusal

__all__ = [
    "DRAFT_LIFE",
    "EMAIL_CHANGE_LIFE",
    "MAX_ATTEMPTS",
    "Begun",
    "ask_corrected_receipt",
    "ask_email_change",
    "ask_link",
    "begin_donation",
    "change_consent",
    "change_receipt_way",
    "check_stop_key",
    "check_wish",
    "close_receipt_request",
    "confirm_email_change",
    "correct_donor",
    "decide_acceptance",
    "decide_erasure",
    "decide_refusal",
    "find_link",
    "forget_draft",
    "forget_drafts",
    "look_at_donor",
    "mail_draft",
    "mail_own_link",
    "note_batch_viewed",
    "note_export",
    "note_slowed",
    "pass_on_percent",
    "propose_acceptance",
    "propose_erasure",
    "propose_refusal",
    "read_contact",
    "remind_drafts",
    "renew_link",
    "retry_payment",
    "save_draft",
    "secret_of",
    "start_draft",
    "stop_url",
    "take_up_draft",
]
