"""The blueprint to which the pages of the bank attach themselves."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("bank", __name__)
