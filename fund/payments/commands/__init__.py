"""Opening hosted pages, keeping events, booking what the provider reports."""

from fund.payments.commands.booking import (
    Paid,
    apply_checkout,
    apply_dossier,
    book,
    expire_unopened,
)
from fund.payments.commands.checkout import CheckoutWording, close_checkout, open_checkout
from fund.payments.commands.crowd import apply_many
from fund.payments.commands.events import (
    close_event,
    ignore_event,
    keep_event,
    keep_listed,
    note_listed,
)
from fund.payments.commands.offline import book_offline, record_offline
from fund.payments.commands.watching import (
    claim_looks,
    look_soon,
    note_checked,
    note_excess,
    note_warning,
    remind,
)

__all__ = [
    "CheckoutWording",
    "Paid",
    "apply_checkout",
    "apply_dossier",
    "apply_many",
    "book",
    "book_offline",
    "claim_looks",
    "close_checkout",
    "close_event",
    "expire_unopened",
    "ignore_event",
    "keep_event",
    "keep_listed",
    "look_soon",
    "note_checked",
    "note_excess",
    "note_listed",
    "note_warning",
    "open_checkout",
    "record_offline",
    "remind",
]
