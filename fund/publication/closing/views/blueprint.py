"""The blueprint of the pages about fiscal years and their closing."""

from flask import Blueprint

blueprint = Blueprint("closing", __name__)
