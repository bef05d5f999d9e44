"""Pages of giving: the five steps, the way to the payment page, and acceptance for staff."""

from fund.giving.views import (
    acceptance,
    erasures,
    keeping,
    landing,
    my_gift,
    my_receipt,
    payment,
    pledges,
    postcodes,
    refusals,
    register,
    staff,
    staff_corrections,
    staff_payments,
    staff_pledges,
    steps,
    submission,
    uses,
)
from fund.giving.views.blueprint import blueprint

PAGES = (
    landing,
    uses,
    steps,
    submission,
    payment,
    postcodes,
    erasures,
    refusals,
    staff,
    register,
    acceptance,
    keeping,
    my_gift,
    my_receipt,
    staff_corrections,
    staff_payments,
    pledges,
    staff_pledges,
)
"""Importing a module attaches its pages to the blueprint."""

__all__ = ["PAGES", "blueprint"]
