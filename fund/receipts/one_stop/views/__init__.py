"""Pages of the One-Stop exception: the donor's, the officers', and the notices."""

from fund.receipts.one_stop.views import notices, own, staff
from fund.receipts.one_stop.views.blueprint import blueprint

PAGES = (own, staff, notices)
"""Importing a module attaches its pages to the blueprint."""

__all__ = ["PAGES", "blueprint"]
