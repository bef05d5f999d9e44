"""The desk's blueprint, apart so that every page module can hang its routes on it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk", __name__)
