"""The donor's proof file: their entry, its place in the signed log, and what opens it."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext as _

from fund.desk.views.blueprint import blueprint
from fund.giving import queries as giving
from fund.kernel.canonical import canonical
from fund.kernel.errors import NotFound
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.publication.proofs import proof_of


@blueprint.get("/d/<secret>/proof.json")
@public
def proof(secret: str) -> Response:
    """``proof.json``; checked with ``fund verify --proof`` or on the verification page."""
    house = current_house()
    with house.database.reading() as connection:
        gift = giving.gift_by_secret(connection, secret[:64])
    if gift is None:
        raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
    response = Response(canonical(proof_of(house, gift.no)), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="proof-{gift.no}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response
