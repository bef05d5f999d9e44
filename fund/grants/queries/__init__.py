"""Reading applications, awards and disbursements as frozen values."""

from fund.grants.queries.applications import (
    ApplicationView,
    RecommendationView,
    application,
    application_counts,
    applications,
)
from fund.grants.queries.awards import (
    AwardView,
    OpenAward,
    award,
    award_titles,
    award_years,
    awards,
    awards_named,
    open_for_allocation,
)
from fund.grants.queries.disbursements import DisbursementView, disbursement, disbursements

__all__ = [
    "ApplicationView",
    "AwardView",
    "DisbursementView",
    "OpenAward",
    "RecommendationView",
    "application",
    "application_counts",
    "applications",
    "award",
    "award_titles",
    "award_years",
    "awards",
    "awards_named",
    "disbursement",
    "disbursements",
    "open_for_allocation",
]
