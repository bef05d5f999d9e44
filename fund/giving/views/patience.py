"""Asking visitors to wait, politely and without losing anything: 429 with ``Retry-After``."""

from __future__ import annotations

import datetime as dt

from flask import Response, current_app
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import commands, queries
from fund.giving.domain import patience
from fund.giving.queries import Draft
from fund.giving.views import drafts
from fund.payments.queries import payments_of
from fund.platform import attempts
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.failures import failure_response

BEGUN_PER_HOUR = 20
"""How many donations one address may begin in an hour; ``FUND_BEGUN_PER_HOUR`` overrides it."""


def limit() -> int:
    """The limit of this application."""
    return int(current_app.config.get("FUND_BEGUN_PER_HOUR", BEGUN_PER_HOUR))


def wait(connection: Connection, email: str) -> dt.timedelta:
    """How long this visitor must wait before beginning a gift with this mail address."""
    house, moment, hour = current_house(), now(), patience.HOUR
    origin = drafts.origin()
    begun = queries.begun_from(connection, origin, moment - hour)
    declined = [
        payment.created_at
        for gift_no in begun[-limit() :]
        for payment in payments_of(connection, gift_no)
        if payment.failure_code
    ]
    seen = patience.Seen(
        begun=len(begun),
        fast=attempts.count(connection, house, moment, "begun-fast", origin, hour),
        to_mail=attempts.count(connection, house, moment, "begun-to", email.lower(), hour),
        declines=len(declined),
        since_decline=moment - max(declined) if declined else hour,
    )
    return patience.wait(seen, limit())


def is_fast(draft: Draft) -> bool:
    """Whether the form was filled in faster than people can."""
    return draft.begun_at is not None and now() - draft.begun_at < patience.LEAST_TIME


def slow_down(left: dt.timedelta) -> Response:
    """Say when to come back; officers see how often it happens, and nothing typed is lost."""
    commands.note_slowed(current_house(), by=current_actor(), now=now(), origin=drafts.origin())
    minutes = max(-(-int(left.total_seconds()) // 60), 1)
    detail = _(
        "短い間にたくさんのお申し込みがありました。%(minutes)s分ほどたってから、もう一度お試しください。"
        "入力した内容は保存してあります。お急ぎの方は、窓口へご連絡ください。",
        minutes=minutes,
    )
    response = failure_response(429, detail)
    response.headers["Retry-After"] = str(minutes * 60)
    return response
