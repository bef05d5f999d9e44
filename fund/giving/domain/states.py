"""The life of a gift as a drawn table; every edge that is not here is a Conflict."""

from __future__ import annotations

from fund.kernel.transitions import Transitions

GIFT = Transitions.table(
    "寄附",
    {
        "offered": {"awaiting_payment", "expired", "declined"},
        "awaiting_payment": {"received", "failed", "expired"},
        # The donor may try again; and the provider may tell of a success after the end.
        "failed": {"awaiting_payment", "received", "expired"},
        "expired": {"awaiting_payment", "received"},
        # Back to waiting only when a transfer was booked from the wrong line of the bank.
        "received": {"awaiting_payment", "accepted", "declined", "refunded", "disputed"},
        "declined": {"refunded"},
        # A refund may come back, and a second payment may take the place of one that went back.
        "refunded": {"received", "disputed", "declined", "accepted", "allocated", "reported"},
        "accepted": {"allocated", "refunded", "disputed"},
        "allocated": {"reported", "refunded", "disputed"},
        "reported": {"refunded", "disputed"},
        # A dispute won puts the gift back where it stood; one lost ends it.
        "disputed": {"received", "accepted", "allocated", "reported", "refunded"},
    },
)

BEFORE_PAYMENT = frozenset({"offered", "awaiting_payment", "failed", "expired"})
"""States in which no yen of the gift has arrived."""

RETRYABLE = frozenset({"awaiting_payment", "failed", "expired"})
"""States from which the donor may go (back) to the payment page."""

ACCEPTED = frozenset({"accepted", "allocated", "reported"})
"""States of a gift that is the fund's (採納済み) and has not been taken back."""
