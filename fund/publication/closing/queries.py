"""Reading what a closing needs: what is unfinished, the accounts of a year, years and closings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from fund.allocation import queries as allocation
from fund.giving import queries as giving
from fund.grants import queries as grants
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.money import Yen, total
from fund.ledger import years
from fund.payments import refunds_queries as refunds
from fund.payments.bank import queries as bank
from fund.payments.reconciliation import queries as reconciliation
from fund.platform.waiting import Waiting
from fund.publication.closing.domain import Account, Finding, cash_day, last_day
from fund.publication.closing.store import ClosingView, closings
from fund.publication.models import public_entry
from fund.publication.queries import fiscal_years

_ACCOUNTS = text("""
SELECT account,
       coalesce(sum(yen) FILTER (WHERE entry.fy < :fy), 0) AS opening,
       coalesce(sum(yen) FILTER (WHERE entry.fy = :fy AND yen > 0), 0) AS debit,
       coalesce(-sum(yen) FILTER (WHERE entry.fy = :fy AND yen < 0), 0) AS credit,
       coalesce(sum(yen), 0) AS may
FROM public_posting JOIN public_entry AS entry USING (no)
WHERE entry.first_day <= :may
GROUP BY account ORDER BY account
""")
_PUBLIC = text("SELECT account, sum(yen) AS yen FROM public_posting GROUP BY account")


@dataclass(frozen=True)
class Closed:
    """The entry that closed a year: its number in the public log, the fingerprint in it, when."""

    fy: int
    no: int
    sha256: str
    closed_on: dt.date
    appended_at: dt.datetime


@dataclass(frozen=True)
class Year:
    """A fiscal year with entries, or in which we are: closed, proposed to be, or open."""

    fy: int
    closed: Closed | None
    standing: ClosingView | None

    @property
    def state(self) -> str:
        """``closed``, ``proposed`` or ``open``."""
        if self.closed is not None:
            return "closed"
        return "proposed" if self.standing is not None else "open"


def closed_years(connection: Connection) -> dict[int, Closed]:
    """Every closing in the public log, by its year."""
    rows = connection.execute(
        select(
            public_entry.c.fy,
            public_entry.c.no,
            text("convert_from(body, 'UTF8')::jsonb AS told"),
            public_entry.c.appended_at,
        )
        .where(public_entry.c.kind == "period.closed")
        .order_by(public_entry.c.no)
    )
    return {
        row.fy: Closed(
            row.fy,
            row.no,
            row.told["sha256"],
            dt.date.fromisoformat(row.told["closed_on"]),
            row.appended_at,
        )
        for row in rows
    }


def years_known(connection: Connection, today: dt.date) -> list[Year]:
    """Years with public entries and the present one, the newest first."""
    closed = closed_years(connection)
    standing = {one.fy: one for one in closings(connection) if one.state == "proposed"}
    present = fiscal_year(today)
    known = {present, *(fy for fy in fiscal_years(connection) if fy <= present)}
    return [Year(fy, closed.get(fy), standing.get(fy)) for fy in sorted(known, reverse=True)]


def years_to_propose(connection: Connection, today: dt.date) -> list[int]:
    """Fiscal years whose cash period is over and whose closing nobody has proposed."""
    known = years_known(connection, today)
    return [one.fy for one in reversed(known) if one.state == "open" and today > cash_day(one.fy)]


def trial_balance(connection: Connection, fy: int, today: dt.date) -> list[Account]:
    """The accounts that ever moved up to 31 March, from public entries."""
    may = cash_day(fy)
    rows = connection.execute(_ACCOUNTS, {"fy": fy, "may": may})
    found = (
        Account(
            row.account,
            Yen(int(row.opening)),
            Yen(int(row.debit)),
            Yen(int(row.credit)),
            Yen(int(row.may)) if today > may else None,
        )
        for row in rows
    )
    return [one for one in found if one.opening or one.debit or one.credit or one.may]


def public_balances(connection: Connection) -> dict[str, int]:
    """Raw balances over every public entry (yen, debit positive), zero ones left out."""
    return {row.account: int(row.yen) for row in connection.execute(_PUBLIC) if row.yen}


def findings(connection: Connection, fy: int, now: dt.datetime) -> list[Finding]:
    """What is unfinished about a year, what blocks its closing first."""
    found = [*_of_time(connection, fy, day_in_japan(now)), *_of_money(connection, fy, now)]
    found += _of_people(connection, fy)
    return sorted(found, key=lambda one: not one.blocks)


def _of_time(connection: Connection, fy: int, today: dt.date) -> Iterator[Finding]:
    if today <= last_day(fy):
        yield Finding("year-runs", 1, day=last_day(fy))
    elif today <= cash_day(fy):
        yield Finding("cash-period", 1, day=cash_day(fy))
    closed = years.closed_through(connection)
    earlier = [
        one for one in fiscal_years(connection) if one < fy and (closed is None or one > closed)
    ]
    if earlier:
        yield Finding("earlier-year", len(earlier), day=last_day(min(earlier)))


def _of_money(connection: Connection, fy: int, now: dt.datetime) -> Iterator[Finding]:
    """Whether the books of the year are those of the bank and of the provider."""
    last = last_day(fy)
    yield from _some("bank-lines", bank.lines_waiting(connection, last))
    items = [one for one in reconciliation.open_items(connection, now) if one.on and one.on <= last]
    yield from _some("provider-items", _sum(abs(one.yen) for one in items))
    known = bank.bank_matched(connection)
    if known is None or known.as_of < last:
        yield Finding("bank-behind", 1, day=known.as_of if known else None)
    entries = bank.open_entries(connection, last=last)
    yield from _some("bank-entries", _sum(abs(one.open) for one in entries))
    agreed = reconciliation.matched(connection).matched_at
    if agreed is None or day_in_japan(agreed) <= last:
        yield Finding("provider-behind", 1, day=day_in_japan(agreed) if agreed else None)


def _of_people(connection: Connection, fy: int) -> Iterator[Finding]:
    """What people have begun in the year and not finished."""
    yield from _some("gifts-waiting", giving.gifts_held(connection, last_day(fy)))
    yield from _some("awards-unsettled", grants.awards_to_settle(connection, fy))
    asked = grants.disbursements_waiting(connection)
    yield from _some("payments-asked", asked if _begun(asked, fy) else Waiting(0))
    waiting = refunds.refunds_waiting(connection)
    for one in (waiting["approve"], waiting["pay"]):
        yield from _some("refunds-waiting", one if _begun(one, fy) else Waiting(0))
    drafts = [one for one in allocation.runs(connection, state="drafted") if one.fy <= fy]
    yield from _some("runs-drafted", _sum(one.total_yen for one in drafts))


def _begun(waiting: Waiting, fy: int) -> bool:
    return waiting.since is not None and waiting.since <= last_day(fy)


def _some(code: str, waiting: Waiting) -> Iterator[Finding]:
    if waiting.count:
        yield Finding(code, waiting.count, waiting.yen, waiting.since)


def _sum(amounts: Iterator[Yen]) -> Waiting:
    listed = list(amounts)
    return Waiting(len(listed), None, total(listed))
