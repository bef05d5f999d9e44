"""Pages of giving: the five steps, the way to the payment page, and acceptance for staff."""

from fund.giving.views import acceptance, landing, payment, staff, steps, submission
from fund.giving.views.blueprint import blueprint

PAGES = (landing, steps, submission, payment, staff, acceptance)
"""Importing a module attaches its pages to the blueprint."""

__all__ = ["PAGES", "blueprint"]
