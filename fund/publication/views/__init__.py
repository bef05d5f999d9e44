"""The public pages of the ledger, the figures at a glance and the grants."""

from flask import Blueprint

blueprint = Blueprint("publication", __name__)

from fund.publication.views import entry, glance, grants, ledger, log, release  # noqa: E402, F401 - routes
