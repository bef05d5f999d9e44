"""Sign-in pages, and the guard that asks every endpoint for its permission."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from fund.identity import commands, queries
from fund.identity.domain import may
from fund.kernel.errors import Forbidden
from fund.platform.web.access import PUBLIC, SIGNED_IN, permission_of, public, signed_in
from fund.platform.web.context import client_address, current_actor, current_house, now

blueprint = Blueprint("identity", __name__)
TOUCH_AFTER = dt.timedelta(minutes=1)
_SAFE_NEXT = re.compile(r"/staff(/[A-Za-z0-9_-]+)*")


class SignedIn(UserMixin):  # type: ignore[misc]
    """Flask-Login's view of a person; its id is the session's token, not the person's."""

    def __init__(self, token: str, found: queries.Session) -> None:
        self.token = token
        self.person = found.person
        self.seen_at = found.seen_at

    def get_id(self) -> str:
        """The session token that the signed cookie carries."""
        return self.token

    def may(self, permission: str) -> bool:
        """Whether this person's roles carry a permission (for menus)."""
        return may(self.person.roles, permission)


def install(app: Flask) -> None:
    """Attach Flask-Login and the guard to the application."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_load)
    app.before_request(_guard)


def _load(token: str) -> SignedIn | None:
    with current_house().database.reading() as connection:
        found = queries.living_session(connection, token, now())
    return SignedIn(token, found) if found else None


def _guard() -> ResponseReturnValue | None:
    """Let the request pass only where the view's permission allows; fail closed."""
    if request.endpoint is None:
        return None
    view = _view(request.endpoint)
    needed = permission_of(view)
    if needed == PUBLIC:
        if current_user.is_authenticated:
            g.fund_actor = current_user.person.actor()
        return None
    if not current_user.is_authenticated:
        if request.method != "GET":
            raise Forbidden(_("もう一度サインインしてください"))
        return redirect(url_for("identity.login", next=request.path))
    g.fund_actor = current_user.person.actor()
    _touch()
    if needed == SIGNED_IN or (needed and may(current_user.person.roles, needed)):
        return None
    raise Forbidden(_("この画面を開く権限がありません"))


def _view(endpoint: str) -> Any:
    return current_app.view_functions[endpoint]


def _touch() -> None:
    if now() - current_user.seen_at > TOUCH_AFTER:
        commands.keep_alive(
            current_house(), by=current_actor(), now=now(), token=current_user.token
        )


@blueprint.get("/staff/login")
@public
def login() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("identity/login.html", error=None, email="")


@blueprint.post("/staff/login")
@public
def login_submit() -> ResponseReturnValue:
    """Sign in and go where the person wanted to go inside /staff."""
    email = request.form.get("email", "")
    try:
        token = commands.sign_in(
            current_house(),
            now=now(),
            email=email,
            password=request.form.get("password", ""),
            address=client_address(),
        )
    except commands.TooManyAttempts as error:
        page = render_template("identity/login.html", error=str(error), email=email)
        return Response(page, 429, {"Retry-After": "3600"})
    except Forbidden as error:
        return render_template("identity/login.html", error=str(error), email=email), 403
    session.clear()
    with current_house().database.reading() as connection:
        found = queries.living_session(connection, token, now())
    if found is None:
        raise Forbidden(_("もう一度サインインしてください"))
    login_user(SignedIn(token, found))
    return redirect(_inside(request.args.get("next", "")), 303)


@blueprint.post("/staff/logout")
@signed_in
def logout() -> ResponseReturnValue:
    """Sign out: the session ends on the server, then in the browser."""
    commands.sign_out(current_house(), by=current_actor(), now=now(), token=current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("identity.login"), 303)


def _inside(wanted: str) -> str:
    """Only a plain path under /staff is followed after signing in; anything else is the inbox."""
    if _SAFE_NEXT.fullmatch(wanted) and wanted not in {"/staff/login", "/staff/logout"}:
        return request.script_root + wanted
    return request.script_root + "/staff"
