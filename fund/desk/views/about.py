"""Pages about the service itself: privacy, accessibility, licences."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from fund.desk.views.blueprint import blueprint
from fund.platform.web.access import public


@blueprint.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What becomes of personal data."""
    return render_template("desk/privacy.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """What is aimed at, what was tested, what is known not to hold."""
    return render_template("desk/accessibility.html")


@blueprint.get("/licenses")
@public
def licenses() -> ResponseReturnValue:
    """Licences of what this service is made of."""
    return render_template("desk/licenses.html")
