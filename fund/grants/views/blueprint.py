"""The blueprint to which the pages of this room attach themselves."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("grants", __name__)
