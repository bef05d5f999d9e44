"""The blueprint to which the pages of this room attach themselves."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("allocation", __name__)
