"""What the house itself decides by: an edition that lacks any of it cannot be published."""

from __future__ import annotations

from collections.abc import Mapping

PARAMETERS: Mapping[str, str] = {
    "gift.minimum_yen": "yen",
    "gift.maximum_yen": "yen",
    "pass_on.group_percent": "percent",
    "pass_on.field_percent": "percent",
    "pass_on.theme_percent": "percent",
    "wish.term_years": "years",
    "fallback.order": "choice",
    "allocation.order": "choice",
    "allocation.spend_order": "choice",
    "allocation.vintage": "choice",
    "allocation.within": "choice",
    "disclosure.smallest_cell": "people",
}
"""Name → unit of every parameter that code reads."""

CHOICES: Mapping[str, frozenset[str]] = {
    "fallback.order": frozenset({"field,anywhere", "anywhere"}),
    "allocation.order": frozenset({"funding_first", "donor_first"}),
    "allocation.spend_order": frozenset({"flex,vintage", "vintage,flex"}),
    "allocation.vintage": frozenset({"fy", "month", "day", "none"}),
    "allocation.within": frozenset({"prorata", "fifo"}),
}
"""Words a parameter may hold, where the rule knows only these."""

CLAUSES = frozenset(
    {
        "collaboration-principles",
        "wish-respected",
        "wish-term",
        "wish-fallback",
        "pass-on-share",
        "minimum-gift",
        "no-refund",
        "acceptance",
        "acceptance-grounds",
        "receipt",
        "anonymity",
        "registration",
        "recommendation",
        "decision",
        "four-eyes",
        "allocation-rule",
        "disbursement",
        "settlement",
        "publication",
    }
)
"""Clauses that decisions, pages and journal entries cite."""
