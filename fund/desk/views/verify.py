"""One box for the public: is this number in the ledger? And how to recheck everything."""

from __future__ import annotations

import re

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.desk.views.blueprint import blueprint
from fund.grants import queries as grants
from fund.kernel.ids import read_gift_no
from fund.kernel.japanese import narrow
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.publication import queries as publication
from fund.publication import signed

_AWARD = re.compile(r"A\d{4}-\d{4,6}")
_ENTRY = re.compile(r"\d{1,12}")


@blueprint.get("/verify")
@public
def verify() -> ResponseReturnValue:
    """Find a ledger entry, a gift's entry or an award by its number."""
    asked = request.args.get("number", "").strip()[:60]
    with current_house().database.reading() as connection:
        found = _place(connection, narrow(asked).upper()) if asked else None
        if found:
            return redirect(found)
        page = render_template(
            "desk/verify.html",
            asked=asked,
            missing=bool(asked),
            signed=signed.standing(connection),
            base_url=current_house().settings.base_url,
        )
    return page, 404 if asked else 200


def _place(connection: Connection, number: str) -> str | None:
    """The page of a number; a gift's number leads to its public entry and tells nothing else."""
    if _ENTRY.fullmatch(number) and publication.entry(connection, int(number)):
        return url_for("publication.entry", no=int(number))
    if _AWARD.fullmatch(number) and grants.award(connection, number):
        return url_for("publication.grant", no=number)
    gift_no = read_gift_no(number)
    if gift_no:
        entry_no = publication.gift_entries(connection, [gift_no]).get(gift_no)
        if entry_no:
            return url_for("publication.entry", no=entry_no)
    return None
