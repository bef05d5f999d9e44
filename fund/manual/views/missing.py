"""Instead of a bare 404: which editions and clauses there are."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.manual import queries


def missing(
    connection: Connection, lead: str, near: Sequence[tuple[str, str]] = ()
) -> ResponseReturnValue:
    """A page with status 404 that says what is missing and offers what there is.

    ``near`` are (clause id, title) that may have been meant.
    """
    page = render_template(
        "manual/missing.html", lead=lead, near=near, editions=queries.editions(connection)
    )
    return page, 404
