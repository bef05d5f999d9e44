"""Staff pages of applications, awards and disbursements."""

from fund.grants.views import applications, awards, changes, disbursements
from fund.grants.views.blueprint import blueprint

__all__ = ["applications", "awards", "blueprint", "changes", "disbursements"]
