"""The must-be-zero board: the invariants of every room, in the order of the rooms."""

from __future__ import annotations

from fund.payments import invariants as payments

INVARIANTS = payments.INVARIANTS
