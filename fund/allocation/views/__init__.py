"""Pages of runs: the staff's work, and what the public reads and recomputes."""

from fund.allocation.views import public, staff
from fund.allocation.views.blueprint import blueprint

__all__ = ["blueprint", "public", "staff"]
