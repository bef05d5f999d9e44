"""The form on its way: what was typed so far, behind a cookie that only the server can read."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from flask import Response, request
from sqlalchemy import Connection

from fund.giving import commands, forms, queries
from fund.giving.domain import Consents, Donor, Wish
from fund.giving.queries import Draft, Typed
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen
from fund.manual.queries import Rules, rules_on
from fund.platform.web.context import client_address, current_actor, current_house, now

COOKIE = "fund_gift"


@dataclass(frozen=True)
class Progress:
    """How far a draft has come: the values of the steps read so far, the first one missing."""

    missing: str | None
    wish: Wish = Wish()  # noqa: RUF009 - frozen itself
    yen: Yen = Yen(0)  # noqa: RUF009
    kind: str = ""
    donor: Donor | None = None
    consents: Consents | None = None

    def reached(self, step: str) -> bool:
        """Whether every step before this one is complete."""
        if self.missing is None or step not in forms.STEPS:
            return self.missing is None
        return forms.STEPS.index(step) <= forms.STEPS.index(self.missing)


def cookie_name() -> str:
    """The cookie's name; with the host prefix where the connection is secure."""
    prefix = "__Host-" if current_house().settings.secure else ""
    return prefix + COOKIE


def token() -> str:
    """The secret that the visitor's cookie carries, or nothing."""
    return request.cookies.get(cookie_name(), "")[:64]


def load(connection: Connection) -> Draft | None:
    """The visitor's draft, if there is a living one."""
    secret = token()
    if not secret:
        return None
    return queries.draft(connection, secret, now() - commands.DRAFT_LIFE)


def save(response: Response, draft: Draft | None, step: str, typed: Typed) -> Response:
    """Write a step into the draft (a new one where there is none) and renew its cookie.

    Raises:
        Conflict: when the form was sent meanwhile.
    """
    house, actor = current_house(), current_actor()
    steps = {**(draft.steps if draft else {}), step: dict(typed)}
    secret = token()
    if draft is None:
        secret = commands.start_draft(house, by=actor, now=now(), data={"steps": steps})
    else:
        commands.save_draft(house, by=actor, now=now(), token=secret, data={"steps": steps})
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=int(commands.DRAFT_LIFE.total_seconds()),
        path="/",
        secure=house.settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def today() -> dt.date:
    """The day of the request in Japan."""
    return day_in_japan(now())


def rules(connection: Connection) -> Rules:
    """The manual's rules in force today."""
    return rules_on(connection, today())


def bounds(found: Rules) -> tuple[int, int]:
    """The smallest and the largest gift in yen."""
    return found.integer("gift.minimum_yen"), found.integer("gift.maximum_yen")


def progress(connection: Connection, draft: Draft | None) -> Progress:
    """Read the steps of a draft in order until one is missing or no longer holds."""
    step = "use"
    found = Progress(step)
    if draft is None:
        return found
    typed = draft.steps
    try:
        wish = forms.read_use(typed.get("use", {}))
        commands.check_wish(connection, wish, today())
        step = "amount"
        found = Progress(step, wish)
        yen, kind = forms.read_amount(typed.get("amount", {}), bounds(rules(connection)))
        step = "donor"
        found = Progress(step, wish, yen, kind)
        donor = forms.read_donor(typed.get("donor", {}), kind)
        step = "consents"
        found = Progress(step, wish, yen, kind, donor)
        consents = forms.read_consents(typed.get("consents", {}), wish, donor.name)
    except Invalid:
        return found
    return Progress(None, wish, yen, kind, donor, consents)


def origin() -> str:
    """A keyed hash of the visitor's address, another one every day: counts, never identifies."""
    key = current_house().settings.secret_key.encode()
    text = f"{today().isoformat()} {client_address()}".encode()
    return hmac.digest(key, b"mieru-fund/origin/v1\x00" + text, hashlib.sha256).hex()[:32]
