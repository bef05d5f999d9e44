"""Rules of closing a fiscal year: when, by whom, what must be finished first; the accounts of it.

Source: Local Autonomy Act (地方自治法) arts. 208, 233, 235-5 (fiscal year, closing of the accounts,
end of the cash period on 31 May); DECISIONS D56 says which findings block and why.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.canonical import Json, canonical
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen, total
from fund.kernel.sentences import filled
from fund.kernel.transitions import Transitions
from fund.ledger.accounts import is_guarded

CLOSING = Transitions.table("年度の締め", {"proposed": {"closed", "sent_back"}})

BLOCKING = frozenset({"year-runs", "earlier-year", "bank-lines", "provider-items"})
"""Findings that would make the closed year wrong: facts of the year that are not in its books."""
WARNING = frozenset(
    {
        *("cash-period", "bank-behind", "bank-entries", "provider-behind", "gifts-waiting"),
        *("awards-unsettled", "payments-asked", "refunds-waiting", "runs-drafted"),
    }
)
"""Findings that people should know of and may take along: what comes of them is of a later day."""


@dataclass(frozen=True)
class Finding:
    """Something unfinished: how many, their whole yen where they are money, and a day to it."""

    code: str
    count: int
    yen: Yen | None = None
    day: dt.date | None = None

    @property
    def blocks(self) -> bool:
        """Whether the year cannot be closed before this is done."""
        return self.code in BLOCKING


@dataclass(frozen=True)
class Account:
    """One account of a year's trial balance: whole yen, debit positive.

    ``may`` is the balance on 31 May (出納閉鎖後), None while that day has not passed.
    """

    name: str
    opening: Yen
    debit: Yen
    credit: Yen
    may: Yen | None

    @property
    def closing(self) -> Yen:
        """The balance on 31 March."""
        return self.opening + self.debit - self.credit

    @property
    def group(self) -> str | None:
        """The number of the group for which it is kept, if it is a group's pot."""
        before, _, number = self.name.rpartition(":")
        return number if before == "fund:group" else None

    @property
    def held(self) -> bool:
        """Whether it says whose the money is; else it says where the money is."""
        return is_guarded(self.name)


@dataclass(frozen=True)
class Sums:
    """One side of a trial balance as people read it: what was there, came, went, and is left."""

    opening: Yen
    more: Yen
    less: Yen
    closing: Yen
    may: Yen | None


def natural(account: Account) -> Sums:
    """An account in natural signs: what the fund holds for somebody is positive too."""
    if not account.held:
        return Sums(account.opening, account.debit, account.credit, account.closing, account.may)
    may = None if account.may is None else -account.may
    return Sums(-account.opening, account.credit, account.debit, -account.closing, may)


def summed(accounts: Iterable[Account]) -> Sums:
    """Several accounts of one side together, in natural signs."""
    rows = [natural(one) for one in accounts]
    may = None if any(row.may is None for row in rows) else total(row.may or Yen(0) for row in rows)
    return Sums(
        total(row.opening for row in rows),
        total(row.more for row in rows),
        total(row.less for row in rows),
        total(row.closing for row in rows),
        may,
    )


def last_day(fy: int) -> dt.date:
    """31 March, on which a fiscal year ends and its closing is dated."""
    return fiscal_year_bounds(fy)[1]


def cash_day(fy: int) -> dt.date:
    """31 May after it: until then cash of the year comes and goes (出納整理期間)."""
    return dt.date(fy + 1, 5, 31)


def check_finished(fy: int, findings: Sequence[Finding]) -> None:
    """Let a year be closed only when nothing of it is missing in its books.

    Raises:
        Conflict: with how many findings block.
    """
    blocking = [one for one in findings if one.blocks]
    if blocking:
        raise Conflict(
            filled(
                "%(year)s年度は、まだ締められません。先に終えることが%(n)sつあります",
                year=fy,
                n=len(blocking),
            )
        )


def balance_sha256(balances: Mapping[str, int]) -> str:
    """The fingerprint of a trial balance: SHA-256 of canonical ``{account: yen}``, no zeros.

    ``balances`` are raw yen (debit positive) over every public entry before the closing.
    """
    told: dict[str, Json] = {name: int(yen) for name, yen in balances.items() if yen}
    return hashlib.sha256(canonical(told)).hexdigest()


def packed(findings: Iterable[Finding]) -> list[Json]:
    """Findings as they are kept with a proposal."""
    return [
        {
            "code": one.code,
            "count": one.count,
            "yen": None if one.yen is None else int(one.yen),
            "day": None if one.day is None else one.day.isoformat(),
        }
        for one in findings
    ]
