"""Roles and what they may do; who may sign in how often. Plain rules, no framework."""

from __future__ import annotations

import datetime as dt
import re

from fund.kernel.errors import Invalid
from fund.kernel.sentences import filled

ROLES = ("admin", "officer", "reviewer", "council", "decider", "treasurer", "auditor", "group")

PERMISSIONS: dict[str, frozenset[str]] = {
    "gift.read": frozenset({"officer", "decider", "treasurer", "auditor"}),
    "acceptance.propose": frozenset({"officer"}),
    "acceptance.decide": frozenset({"officer", "decider"}),
    "gift.correct": frozenset({"officer"}),
    "erasure.propose": frozenset({"officer"}),
    "erasure.decide": frozenset({"decider", "treasurer"}),
    "one_stop.read": frozenset({"officer", "decider", "auditor"}),
    "one_stop.handle": frozenset({"officer"}),
    "intake.enter": frozenset({"officer", "treasurer"}),
    "intake.read": frozenset({"officer", "decider", "treasurer", "auditor"}),
    "refund.propose": frozenset({"officer"}),
    "refund.approve": frozenset({"decider", "treasurer"}),
    "refund.read": frozenset({"officer", "decider", "treasurer", "auditor"}),
    "reconciliation.read": frozenset({"officer", "decider", "treasurer", "auditor"}),
    "fee.reimburse": frozenset({"treasurer"}),
    "bank.import": frozenset({"treasurer"}),
    "bank.match": frozenset({"officer", "treasurer"}),
    "mail.read": frozenset({"officer", "auditor"}),
    "application.register": frozenset({"officer"}),
    "application.read": frozenset({"officer", "council", "decider", "treasurer", "auditor"}),
    "award.recommend": frozenset({"council"}),
    "award.decide": frozenset({"decider"}),
    "award.change": frozenset({"officer"}),
    "run.read": frozenset({"officer", "council", "decider", "treasurer", "auditor"}),
    "run.draft": frozenset({"officer"}),
    "run.approve": frozenset({"officer", "decider", "treasurer"}),
    "interest.declare": frozenset(ROLES) - {"group"},
    "interest.read": frozenset({"admin", "auditor"}),
    "disbursement.read": frozenset({"officer", "decider", "treasurer", "auditor"}),
    "disbursement.request": frozenset({"officer"}),
    "disbursement.pay": frozenset({"treasurer"}),
    "settlement.confirm": frozenset({"officer"}),
    "year.read": frozenset({"officer", "decider", "treasurer", "auditor"}),
    "year.propose": frozenset({"treasurer"}),
    "year.close": frozenset({"decider"}),
    "board.read": frozenset(ROLES) - {"group"},
    "audit.read": frozenset({"auditor", "admin"}),
    "people.manage": frozenset({"admin"}),
}
"""Permission → roles that carry it. An administrator carries no permission over money."""

IDLE_LIMIT = dt.timedelta(minutes=30)
ABSOLUTE_LIMIT = dt.timedelta(hours=12)
FAILURES_PER_ACCOUNT = 10
FAILURES_PER_ADDRESS = 50
FAILURE_WINDOW = dt.timedelta(hours=1)
MIN_PASSWORD = 12
MAX_PASSWORD = 256

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")


def may(roles: frozenset[str], permission: str) -> bool:
    """Whether any of the roles carries the permission; unknown permissions are never carried."""
    return not roles.isdisjoint(PERMISSIONS.get(permission, frozenset()))


def check_email(text: str) -> str:
    """An e-mail address in lower case.

    Raises:
        Invalid: if it cannot be one.
    """
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Invalid(
            "メールアドレスを確認してください", {"email": "例：name@example.jp の形で入力します"}
        )
    return email


def check_password(text: str, email: str) -> str:
    """A password long enough and not the account's own name; no rule about its characters.

    Source: OWASP ASVS 5.0, 6.2.1 and 6.2.5 (length counts, composition rules do not).

    Raises:
        Invalid: with what to change.
    """
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        message = filled(
            "%(least)s文字以上、%(most)s文字以下にしてください",
            least=MIN_PASSWORD,
            most=MAX_PASSWORD,
        )
        raise Invalid("パスワードを確認してください", {"password": message})
    if text.lower() in {email, email.split("@", maxsplit=1)[0]} or len(set(text)) < 4:
        weak = "推測されにくいものにしてください"
        raise Invalid("パスワードを確認してください", {"password": weak})
    return text


def check_roles(roles: frozenset[str]) -> frozenset[str]:
    """The roles, if all of them exist.

    Raises:
        Invalid: naming the unknown ones.
    """
    unknown = sorted(roles - set(ROLES))
    if unknown or not roles:
        if not unknown:
            raise Invalid("役割を選んでください")
        raise Invalid(filled("この役割はありません: %(roles)s", roles=", ".join(unknown)))
    return roles


def is_alive(created_at: dt.datetime, seen_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a session is within its idle and absolute limits."""
    return now - seen_at < IDLE_LIMIT and now - created_at < ABSOLUTE_LIMIT
