"""Rules of giving: wishes, shares, donors, consents, states and acceptance; plain Python."""

from fund.giving.domain.acceptance import CHECKLIST, CheckItem, batch_no
from fund.giving.domain.consents import TEXTS, Consents, ConsentText
from fund.giving.domain.donor import Donor
from fund.giving.domain.offer import Offer
from fund.giving.domain.shares import (
    MAX_PARTS,
    Part,
    Share,
    Wish,
    check_parts,
    split,
    split_parts,
    wish_levels,
)
from fund.giving.domain.states import ACCEPTED, BEFORE_PAYMENT, GIFT, RETRYABLE

__all__ = [
    "ACCEPTED",
    "BEFORE_PAYMENT",
    "CHECKLIST",
    "GIFT",
    "MAX_PARTS",
    "RETRYABLE",
    "TEXTS",
    "CheckItem",
    "ConsentText",
    "Consents",
    "Donor",
    "Offer",
    "Part",
    "Share",
    "Wish",
    "batch_no",
    "check_parts",
    "split",
    "split_parts",
    "wish_levels",
]
