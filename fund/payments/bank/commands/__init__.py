"""Use cases of the bank room; acts on single lines run inside a caller's transaction."""

from fund.payments.bank.commands.acts import book_transfers, ignore, unbook_payment, undo
from fund.payments.bank.commands.files import (
    TakenIn,
    check_readable,
    close_import,
    fail_import,
    forget_files,
    keep_file,
    note_progress,
    queue_file,
    reading_mark,
    take_in,
)
from fund.payments.bank.commands.profiles import Profile, save_profile

__all__ = [
    "Profile",
    "TakenIn",
    "book_transfers",
    "check_readable",
    "close_import",
    "fail_import",
    "forget_files",
    "ignore",
    "keep_file",
    "note_progress",
    "queue_file",
    "reading_mark",
    "save_profile",
    "take_in",
    "unbook_payment",
    "undo",
]
