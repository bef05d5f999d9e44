"""Public pages of the manual: an edition, a clause through time, two editions compared."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("manual", __name__)

from fund.manual.views import clause, comparison, edition  # noqa: E402, F401 - they need it
