"""The form on its way: what was typed so far, behind a cookie that only the server can read."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import commands, forms, queries
from fund.giving.domain import Consents, Donor, Part, Wish
from fund.giving.domain.one_stop import OneStop, why_not
from fund.giving.domain.receipt_ways import LINK
from fund.giving.methods import read_method
from fund.giving.queries import Draft, Typed
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen
from fund.manual.queries import Rules, rules_on
from fund.platform.web.context import client_address, current_actor, current_house, now

COOKIE = "fund_gift"


@dataclass(frozen=True)
class Progress:
    """How far a draft has come: the values of the steps read so far, the first one missing.

    ``missing_use`` is the number of the wish
    to choose anew when the step of the wishes is what is missing.
    """

    missing: str | None
    wishes: tuple[Wish, ...] = (Wish(),)
    parts: tuple[Part, ...] = ()
    missing_use: int = 1
    yen: Yen = Yen(0)  # noqa: RUF009
    kind: str = ""
    donor: Donor | None = None
    consents: Consents | None = None
    method: str = ""
    monthly: bool = False
    receipt_way: str = LINK
    one_stop: OneStop | None = None

    @property
    def wish(self) -> Wish:
        """The first wish."""
        return self.wishes[0]

    @property
    def names_group(self) -> bool:
        """Whether any wish names a group."""
        return any(wish.kind == "group" for wish in self.wishes)

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


def save(response: Response, draft: Draft | None, key: str, typed: Typed) -> Response:
    """Write a step into the draft (a new one where there is none) and renew its cookie.

    Raises:
        Conflict: when the form was sent meanwhile.
    """
    steps = {**(draft.steps if draft else {}), key: dict(typed)}
    return rewrite(response, steps, new=draft is None)


def rewrite(response: Response, steps: Mapping[str, Typed], *, new: bool = False) -> Response:
    """Write all steps of the draft (or of a new one) and renew its cookie.

    Raises:
        Conflict: when the form was sent meanwhile.
    """
    house, actor, secret = current_house(), current_actor(), token()
    data: dict[str, Json] = {"steps": {name: dict(typed) for name, typed in steps.items()}}
    if new:
        secret = commands.start_draft(house, by=actor, now=now(), data=data)
    else:
        commands.save_draft(house, by=actor, now=now(), token=secret, data=data)
    return remember(response, secret)


def remember(response: Response, secret: str) -> Response:
    """Give the visitor's browser the secret of its draft."""
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=int(commands.DRAFT_LIFE.total_seconds()),
        path="/",
        secure=current_house().settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def leave(response: Response) -> Response:
    """Take the secret of the draft from the visitor's browser."""
    response.delete_cookie(
        cookie_name(), path="/", secure=current_house().settings.secure, httponly=True
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
    found = Progress("use")
    if draft is None:
        return found
    typed = draft.steps
    try:
        found = Progress("amount", _wishes(connection, typed))
        yen, kind, parts = forms.read_amount(
            typed.get("amount", {}), bounds(rules(connection)), found.wishes
        )
        monthly = typed.get("amount", {}).get("rhythm") == forms.MONTHLY
        found = replace(found, missing="donor", yen=yen, kind=kind, parts=parts, monthly=monthly)
        donor = forms.read_donor(typed.get("donor", {}), kind)
        found = replace(found, missing="consents", donor=donor)
        consents = forms.read_consents(
            typed.get("consents", {}), donor.name, names_group=found.names_group
        )
        chosen = typed.get("consents", {}).get("method", "")
        method = read_method(chosen, found.yen, on_paper=True, monthly=monthly)
        way, one_stop = forms.read_receipt(
            typed.get("consents", {}), today(), may_one_stop=may_one_stop(donor)
        )
    except _UseMissing as missing:
        return Progress("use", missing_use=missing.number)
    except Invalid:
        return found
    return replace(
        found,
        missing=None,
        consents=consents,
        method=method,
        receipt_way=way,
        one_stop=one_stop,
    )


def may_one_stop(donor: Donor | None) -> bool:
    """Whether this donor is asked about the One-Stop exception (ワンストップ特例)."""
    if donor is None or current_house().settings.one_stop_until is None:
        return False
    return not why_not(donor.kind, donor.country)


class _UseMissing(Exception):  # noqa: N818 - says where to go, not what failed
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _wishes(connection: Connection, steps: Mapping[str, Typed]) -> tuple[Wish, ...]:
    """Every wish of a draft, each open today and none twice."""
    wishes: list[Wish] = []
    for number, key in enumerate(forms.use_keys(steps), start=1):
        try:
            wish = forms.read_use(steps.get(key, {}))
            commands.check_wish(connection, wish, today())
            check_other(wish, wishes)
        except Invalid as error:
            raise _UseMissing(number) from error
        wishes.append(wish)
    return tuple(wishes)


def check_other(wish: Wish, others: Iterable[Wish]) -> None:
    """Pass if no other wish names the same use.

    Raises:
        Invalid: with the field of the form that must change.
    """
    if (wish.kind, wish.target) in {(other.kind, other.target) for other in others}:
        message = _("この使いみちは、もう選ばれています。ほかの使いみちを選んでください")
        raise Invalid(message, {"wish" if wish.kind == "anywhere" else wish.kind: message})


def address(found: Progress, *, change: bool = False) -> str:
    """Where the first missing step is."""
    more: dict[str, Any] = {"change": 1} if change else {}
    if found.missing == "use" and found.missing_use > 1:
        more["part"] = found.missing_use
    return url_for(f"giving.{found.missing or 'check'}", **more)


def origin(moment: dt.datetime | None = None) -> str:
    """A keyed hash of the visitor's address, another one every day: counts, never identifies."""
    key = current_house().settings.secret_key.encode()
    text = f"{day_in_japan(moment or now()).isoformat()} {client_address()}".encode()
    return hmac.digest(key, b"mieru-fund/origin/v1\x00" + text, hashlib.sha256).hex()[:32]


def origins(within: dt.timedelta) -> tuple[str, ...]:
    """What a draft of this visitor may carry within a time before now, the present one first."""
    return tuple(dict.fromkeys((origin(), origin(now() - within))))
