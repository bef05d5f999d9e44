"""Frozen reads of the public log for pages, files and other rooms."""

from fund.publication.queries.ledger import (
    AwardFacts,
    LedgerFilter,
    LedgerRow,
    Totals,
    as_of,
    award_facts,
    entry,
    every,
    fiscal_years,
    gift_entries,
    last_no,
    page,
    related,
    size_of,
    totals,
)

__all__ = [
    "AwardFacts",
    "LedgerFilter",
    "LedgerRow",
    "Totals",
    "as_of",
    "award_facts",
    "entry",
    "every",
    "fiscal_years",
    "gift_entries",
    "last_no",
    "page",
    "related",
    "size_of",
    "totals",
]
