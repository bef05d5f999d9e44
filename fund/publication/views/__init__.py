"""The public pages of the ledger, the figures at a glance and the grants."""

from flask import Blueprint

blueprint = Blueprint("publication", __name__)

from fund.publication.views import (  # noqa: E402 - routes
    api,  # noqa: F401
    dictionary,  # noqa: F401
    entry,  # noqa: F401
    feeds,  # noqa: F401
    glance,  # noqa: F401
    grants,  # noqa: F401
    ledger,  # noqa: F401
    log,  # noqa: F401
    release,  # noqa: F401
)
