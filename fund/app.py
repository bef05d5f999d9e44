"""The web application: one Flask app over one house; pages come from the rooms."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request, url_for
from flask_babel import Babel
from flask_login import current_user
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from fund.identity import views as identity_views
from fund.kernel import calendar
from fund.kernel.money import format_yen
from fund.manual import views as manual_views
from fund.payments import views as payment_views
from fund.platform.house import House
from fund.platform.web import assets, failures, security
from fund.platform.web.access import public
from fund.platform.web.context import EXTENSION, locale
from fund.platform.web.locale import LOCALES, LocalePrefix, path_in, request_locale
from fund.publication import views as publication_views

ROOT = Path(__file__).resolve().parent
BLUEPRINTS = (
    identity_views.blueprint,
    manual_views.blueprint,
    payment_views.blueprint,
    publication_views.blueprint,
)
LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}
CSRF_EXEMPT = ("payments.stripe_webhook",)


def create_app(house: House) -> Flask:
    """Build the application; ``app.wsgi_app`` is what a server serves."""
    settings = house.settings
    app = Flask("fund", root_path=str(ROOT), template_folder=str(ROOT.parent / "templates"))
    app.static_folder = None
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
        WTF_CSRF_SSL_STRICT=settings.secure,
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
    identity_views.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for endpoint in CSRF_EXEMPT:
        if endpoint in app.view_functions:
            csrf.exempt(app.view_functions[endpoint])
    _health(app, house)
    _templates(app, house)
    app.wsgi_app = LocalePrefix(app.wsgi_app)  # type: ignore[method-assign,assignment]
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

    @app.context_processor
    def _site() -> dict[str, Any]:
        signed_in = current_user if current_user and current_user.is_authenticated else None
        return {
            "site": _site_names(house),
            "staff": signed_in.person if signed_in else None,
            "may": signed_in.may if signed_in else lambda _permission: False,
        }


def _site_names(house: House) -> dict[str, Any]:
    ours, english = house.settings.municipality, locale() == "en"
    return {
        "name": ours.fund_name_en if english else ours.fund_name,
        "municipality": ours.name_en if english else ours.name,
        "department": ours.department_en if english else ours.department,
        "head": ours.head_en if english else ours.head,
        "prefix": "" if locale() == "ja" else f"/{locale()}",
        "path": request.path,
        "sign_out_url": url_for("identity.logout"),
        "phone": ours.phone,
        "mail": ours.mail,
        "demo": house.settings.demo,
        "locale": locale(),
        "locales": [
            {
                "code": code,
                "label": LANGUAGE_NAMES[code],
                "url": path_in(code),
                "current": code == locale(),
            }
            for code in LOCALES
        ],
    }


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
