"""Pages of the bank: files in, lines and their matches, saved readings."""

from fund.giving.bank_matching.views import desk, files, profiles
from fund.giving.bank_matching.views.blueprint import blueprint

PAGES = (files, desk, profiles)
"""Importing a module attaches its pages to the blueprint."""

__all__ = ["PAGES", "blueprint"]
