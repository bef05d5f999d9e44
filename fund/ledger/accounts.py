"""The chart of accounts: public names, and which of them may never be overdrawn.

Signs are raw: debits positive, credits negative. Assets are positive; what the fund holds
(``held``, ``fund``, ``committed``) is credit-normal, so its raw sums are negative and pages
show them turned round.
"""

from __future__ import annotations

import functools
import re

from fund.kernel.errors import Invalid
from fund.kernel.sentences import filled

BANK = "assets:bank"
FUND_DEPOSIT = "assets:fund-deposit"
CLEARING_STRIPE = "assets:clearing:stripe"
CLEARING_COUNTER = "assets:clearing:counter"
CLEARING_DISPUTED = "assets:clearing:disputed"
DUE_FROM_WARD = "assets:due-from-ward"
HELD = "held:unaccepted"
GENERAL = "fund:general"

FIXED = frozenset(
    {
        BANK,
        FUND_DEPOSIT,
        CLEARING_STRIPE,
        CLEARING_COUNTER,
        CLEARING_DISPUTED,
        DUE_FROM_WARD,
        HELD,
        GENERAL,
    }
)
_NAMED = re.compile(
    r"fund:field:[a-z][a-z0-9-]{1,30}|fund:theme:[a-z][a-z0-9-]{1,40}|fund:group:[0-9]{4}"
    r"|fund:project:A[0-9]{4}-[0-9]{4,}|committed:A[0-9]{4}-[0-9]{4,}"
)


@functools.lru_cache(maxsize=10_000)
def check_account(account: str) -> str:
    """The account itself, if it stands in the chart.

    Raises:
        Invalid: naming the account that does not exist.
    """
    if account in FIXED or _NAMED.fullmatch(account):
        return account
    raise Invalid(filled("勘定がありません: %(account)s", account=account))


def is_guarded(account: str) -> bool:
    """Whether the database refuses to overdraw this account."""
    return account.startswith(("held:", "fund:", "committed:"))


def pot_of(kind: str, target: str | None) -> str:
    """The pot in which a wish waits: ``("group", "0132")`` waits in ``fund:group:0132``.

    Raises:
        Invalid: for a kind of wish that does not exist or a target that names nothing.
    """
    if kind == "anywhere":
        return GENERAL
    return check_account(f"fund:{kind}:{target}")


def committed_to(award_no: str) -> str:
    """The account of money decided for an award and not yet handed over."""
    return check_account(f"committed:{award_no}")
