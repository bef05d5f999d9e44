"""Asking visitors to wait, politely and without losing anything: 429 with ``Retry-After``."""

from __future__ import annotations

from flask import Response, current_app
from flask_babel import gettext as _

from fund.giving import commands
from fund.giving.domain.patience import HOUR, LEAST_TIME, Visitor
from fund.giving.queries import Draft
from fund.giving.views import drafts
from fund.kernel.errors import TooMany
from fund.platform.web.context import client_address, current_actor, current_house, now
from fund.platform.web.failures import failure_response

BEGUN_PER_HOUR = 20
"""How many donations one address may begin in an hour; ``FUND_BEGUN_PER_HOUR`` overrides it."""


def limit() -> int:
    """The limit of this application."""
    return int(current_app.config.get("FUND_BEGUN_PER_HOUR", BEGUN_PER_HOUR))


def visitor(draft: Draft | None = None) -> Visitor:
    """Who asks, as far as counting needs it; ``draft`` is the form that is sent."""
    return Visitor(
        address=client_address(),
        origins=drafts.origins(HOUR),
        limit=limit(),
        draft=drafts.token() if draft is not None else "",
        fast=draft is not None and is_fast(draft),
    )


def is_fast(draft: Draft) -> bool:
    """Whether the form was filled in faster than people can."""
    return draft.begun_at is not None and now() - draft.begun_at < LEAST_TIME


def slow_down(refusal: TooMany) -> Response:
    """Say when to come back; officers see how often it happens, and nothing typed is lost."""
    commands.note_slowed(current_house(), by=current_actor(), now=now(), origin=drafts.origin())
    minutes = max(-(-refusal.seconds // 60), 1)
    detail = _(
        "短い間にたくさんのお申し込みがありました。%(minutes)s分ほどたってから、もう一度お試しください。"
        "入力した内容は保存してあります。お急ぎの方は、窓口へご連絡ください。",
        minutes=minutes,
    )
    response = failure_response(429, detail)
    response.headers["Retry-After"] = str(minutes * 60)
    return response
