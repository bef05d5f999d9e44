"""Pages of runs: the staff's work, and what the public reads and recomputes."""

from fund.allocation.views import compare, interests, overrides, public, staff, whatif
from fund.allocation.views.blueprint import blueprint

__all__ = ["blueprint", "compare", "interests", "overrides", "public", "staff", "whatif"]
