"""Closing a year for the staff, and the accounts of every year for everybody."""

from fund.publication.closing.views import public, staff  # noqa: F401 - routes
from fund.publication.closing.views.blueprint import blueprint

__all__ = ["blueprint"]
