"""Pages about the service itself: open data, privacy, accessibility, licences."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from fund.desk.views.blueprint import blueprint
from fund.platform.web.access import public


@blueprint.get("/data")
@public
def data() -> ResponseReturnValue:
    """What can be downloaded, and under which licence."""
    forms = ("csv", "xlsx", "json")
    links = {
        "ledger": _links("publication.ledger_{}", forms),
        "grants": _links("publication.grants_{}", ("csv", "json")),
        "groups": Markup(" ").join(
            _link(form, url_for("desk.groups_twin", form=form)) for form in ("csv", "json")
        ),
        "glance": _link("json", url_for("publication.glance_json")),
        "manual": Markup('<a href="{}">{}</a>').format(url_for("manual.manual"), _("手引き")),
    }
    return render_template("desk/data.html", links=links)


def _links(endpoint: str, forms: tuple[str, ...]) -> Markup:
    return Markup(" ").join(_link(form, url_for(endpoint.format(form))) for form in forms)


def _link(form: str, href: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(href, form.upper())


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
