"""The blueprint to which the pages of the giving room attach themselves."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("giving", __name__)
