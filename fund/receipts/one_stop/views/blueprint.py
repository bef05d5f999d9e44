"""The blueprint to which the pages of the One-Stop exception attach themselves."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("one_stop", __name__)


def pdf_response(body: bytes, name: str) -> Response:
    """A paper to look at and print; it holds personal data and is kept nowhere on its way."""
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response
