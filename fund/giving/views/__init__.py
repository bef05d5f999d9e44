"""Pages of giving: the five steps, the way to the payment page, and acceptance for staff."""

from fund.giving.views import acceptance, landing, payment, staff, steps, submission, uses
from fund.giving.views.blueprint import blueprint

PAGES = (landing, uses, steps, submission, payment, staff, acceptance)
"""Importing a module attaches its pages to the blueprint."""

__all__ = ["PAGES", "blueprint"]
