"""Reports to donors, written after the fact they tell of."""

from __future__ import annotations

from fund.desk.followups import tell_allocated, tell_settled
from fund.desk.walked_back import tell_walked_back
from fund.desk.warnings import warn_of_terms
from fund.platform.house import Delivery

DELIVERIES: dict[str, Delivery] = {
    "desk.tell_allocated": tell_allocated,
    "desk.tell_settled": tell_settled,
    "desk.tell_walked_back": tell_walked_back,
    "desk.warn_of_terms": warn_of_terms,
}
PERIODIC = {"desk.warn_of_terms": "30 23 * * *"}
"""Half past eight in the morning in Japan."""
