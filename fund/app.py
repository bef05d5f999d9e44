"""The web application: one Flask app over one house; pages come from the rooms."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify
from flask_babel import Babel
from flask_login import current_user
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from fund.allocation import views as allocation_views
from fund.desk import views as desk_views
from fund.giving import views as giving_views
from fund.giving.bank_matching import views as bank_views
from fund.giving.intake import views as intake_views
from fund.grants import views as grant_views
from fund.identity import views as identity_views
from fund.kernel import calendar
from fund.kernel.money import format_yen
from fund.manual import views as manual_views
from fund.payments import refunds_views
from fund.payments import views as payment_views
from fund.payments.door import ProviderDoor
from fund.payments.reconciliation import views as reconciliation_views
from fund.platform.house import House
from fund.platform.web import (
    addresses,
    assets,
    caching,
    drawn,
    failures,
    security,
    sent_once,
)
from fund.platform.web.access import public
from fund.platform.web.context import EXTENSION, locale
from fund.platform.web.locale import LocalePrefix, request_locale
from fund.publication import views as publication_views
from fund.publication.closing import views as closing_views
from fund.receipts import views as receipt_views
from fund.receipts.one_stop import views as one_stop_views
from fund.site import WordsBand, frame

ROOT = Path(__file__).resolve().parent
BLUEPRINTS = (
    identity_views.blueprint,
    manual_views.blueprint,
    payment_views.blueprint,
    refunds_views.blueprint,
    reconciliation_views.blueprint,
    giving_views.blueprint,
    bank_views.blueprint,
    intake_views.blueprint,
    grant_views.blueprint,
    receipt_views.blueprint,
    one_stop_views.blueprint,
    allocation_views.blueprint,
    publication_views.blueprint,
    closing_views.blueprint,
    desk_views.blueprint,
)
CSRF_EXEMPT = ("payments.stripe_webhook", "publication.cosign", "giving.stop_mail")


def create_app(house: House) -> Flask:
    """Build the application; ``app.wsgi_app`` is what a server serves."""
    settings = house.settings
    app = Flask(
        "fund",
        root_path=str(ROOT),
        template_folder=str(ROOT.parent / "templates"),
        static_folder=None,  # files are served with their fingerprint by ``assets``
    )
    app.extensions[EXTENSION] = house
    prefix = "__Host-" if settings.secure else ""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=f"{prefix}fund",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=dt.timedelta(hours=24),
        WTF_CSRF_TIME_LIMIT=None,
        # Donors' own pages send no Referer, so none can be asked for; the token is bound to a
        # session whose cookie no other site can set, read or send with a form.
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="ja",
        BABEL_DEFAULT_TIMEZONE=str(calendar.ZONE),
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=request_locale)
    csrf = CSRFProtect(app)
    security.install(app, settings)
    failures.install(app)
    assets.install(app)
    addresses.install(app, settings)
    caching.install(app)
    identity_views.install(app)
    sent_once.install(app, house)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for endpoint in CSRF_EXEMPT:
        if endpoint in app.view_functions:
            csrf.exempt(app.view_functions[endpoint])
    _health(app, house)
    _templates(app, house)
    app.wsgi_app = LocalePrefix(app.wsgi_app)  # type: ignore[method-assign,assignment]
    app.wsgi_app = ProviderDoor(  # type: ignore[method-assign,assignment]
        app.wsgi_app, house, security.fixed_headers(settings)
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )
    return app


def _health(app: Flask, house: House) -> None:
    @app.get("/healthz")
    @public
    def healthz() -> Response:
        """The process answers."""
        return jsonify(status="ok")

    @app.get("/readyz")
    @public
    def readyz() -> Response:
        """The process and its database answer."""
        house.database.ping()
        return jsonify(status="ready")


def _templates(app: Flask, house: House) -> None:
    """What every template may use: names of the fund, filters for yen and days."""
    app.add_template_filter(_yen, "yen")
    app.add_template_filter(_day, "day")
    app.add_template_filter(_fiscal_year, "fiscal_year")

    band = WordsBand(house)
    drawn.install(app, lambda: (band.words(), band.books()))

    @app.context_processor
    def _frame() -> dict[str, Any]:
        # Asking who is signed in asks the database, which an error page must not do again.
        known = None if g.get("fund_database_down") else current_user
        signed_in = known if known and known.is_authenticated else None
        person = signed_in.person if signed_in else None
        may = signed_in.may if signed_in else _may_not
        return {"site": frame(house, band, person, may), "staff": person, "may": may}


def _may_not(permission: str) -> bool:
    """Nobody is signed in: nothing is permitted."""
    del permission
    return False


def _yen(amount: int) -> str:
    """An amount in the page's language: 1,200円 or ¥1,200."""
    if locale() == "en":
        return f"{'−' if amount < 0 else ''}¥{abs(int(amount)):,}"
    return format_yen(amount)


def _day(value: dt.date | dt.datetime | None) -> str:
    """A day in the page's language, moments in Japan's calendar."""
    if value is None:
        return "—"
    day = calendar.day_in_japan(value) if isinstance(value, dt.datetime) else value
    if locale() == "en":
        return f"{day.day} {day:%B} {day.year}"
    return calendar.format_day(day)


def _fiscal_year(year: int) -> str:
    """A fiscal year in the page's language."""
    if locale() == "en":
        return f"FY{year} (Apr {year} – Mar {year + 1})"
    return calendar.format_fiscal_year(year)
