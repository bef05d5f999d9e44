"""Reading applications, awards and disbursements as frozen values."""

from fund.grants.queries.applications import (
    ApplicationView,
    RecommendationView,
    application,
    application_counts,
    applications,
    applications_waiting,
)
from fund.grants.queries.awards import (
    AwardView,
    OpenAward,
    award,
    award_titles,
    award_years,
    awards,
    awards_named,
    open_award_numbers,
    open_for_allocation,
)
from fund.grants.queries.disbursements import (
    DisbursementView,
    awards_to_settle,
    disbursement,
    disbursements,
    disbursements_waiting,
)
from fund.grants.queries.found import AwardFilter, AwardSums, Word, award_sums, awards_found

__all__ = [
    "ApplicationView",
    "AwardFilter",
    "AwardSums",
    "AwardView",
    "DisbursementView",
    "OpenAward",
    "RecommendationView",
    "Word",
    "application",
    "application_counts",
    "applications",
    "applications_waiting",
    "award",
    "award_sums",
    "award_titles",
    "award_years",
    "awards",
    "awards_found",
    "awards_named",
    "awards_to_settle",
    "disbursement",
    "disbursements",
    "disbursements_waiting",
    "open_award_numbers",
    "open_for_allocation",
]
