"""Comparing the provider's statement with our books, closing gaps, booking payouts and fees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from fund.kernel.actor import Actor, system
from fund.kernel.calendar import ZONE, day_in_japan
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.ledger import facts, journal, years
from fund.payments import commands as payments
from fund.payments.facts import Dossier
from fund.payments.ports import Provider
from fund.payments.reconciliation import queries, store, worklists
from fund.payments.reconciliation.booking import book_payouts
from fund.payments.reconciliation.domain import OVERLAP, PAYOUTS_BACK, Statement
from fund.payments.reconciliation.queries import OpenItem
from fund.payments.settlement_ports import Settlements
from fund.platform.house import House

log = structlog.get_logger("fund.reconciliation")

_HAND = system("reconciliation")
_MOST_LOOKS = 5


@dataclass(frozen=True)
class Report:
    """What one comparison came to: counts, both sides in whole yen, and what stays open.

    ``fetched`` movements were new, ``looked`` payments were brought up to date on the way,
    ``matched`` movements found their fact, ``booked`` journal entries were written for payouts.
    """

    day: dt.date | None
    fetched: int
    looked: int
    matched: int
    booked: int
    balance: Yen
    statement: Statement
    open_items: tuple[OpenItem, ...]


def reconcile(
    house: House, *, now: dt.datetime, day: dt.date | None = None, thorough: bool = True
) -> Report:
    """Fetch what the provider moved, match it, close gaps, book payouts, and write it down.

    Repeating it changes nothing but the list of comparisons. With ``day`` (in Japan) only that
    day is fetched, and only its open items count. ``thorough`` also looks at every payment that
    has not come to its end, movement or not.

    Raises:
        Unavailable: when the provider does not answer; what was fetched so far stays.
    """
    looked = _look_at_living(house, now) if thorough else 0
    fetched, balance = _fetch(house, now, day)
    _fetch_payouts(house, now)
    matched = _match(house, now)
    looked += _close_gaps(house, now)
    matched += _match(house, now)
    booked = book_payouts(house, by=_HAND, now=now)
    with house.transaction(by=_HAND, now=now) as tx:
        statement = queries.statement(tx.connection)
        items = queries.open_items(tx.connection, now, day, off=balance - statement.movements)
        report = Report(
            day, fetched, looked, matched, booked, balance, statement, open_items=tuple(items)
        )
        store.add_run(tx, report.day, _counts(report), balance, statement)
    log.info("reconciled", **_counts(report))
    return report


def _counts(report: Report) -> dict[str, int]:
    return {
        "fetched": report.fetched,
        "matched": report.matched,
        "booked": report.booked,
        "open_items": len(report.open_items),
    }


def _fetch(house: House, now: dt.datetime, day: dt.date | None) -> tuple[int, Yen]:
    """New movements kept, and the balance of a moment in which none was missing."""
    settlements = house.port(Settlements)
    since, until = _window(house, day)
    added, looks = 0, 0
    balance = settlements.balance().total
    while True:
        for page in settlements.movements(since=since, until=until):
            with house.transaction(by=_HAND, now=now) as tx:
                added += store.add_movements(tx, page)
        before, balance, looks = balance, settlements.balance().total, looks + 1
        # Something moved while the pages were read: once more, or the two would not compare.
        if balance == before or looks == _MOST_LOOKS or day is not None:
            return added, balance


def _window(house: House, day: dt.date | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    if day is not None:
        begins = dt.datetime.combine(day, dt.time(), ZONE).astimezone(dt.UTC)
        return begins, begins + dt.timedelta(days=1)
    with house.database.reading() as connection:
        newest = worklists.newest_fetched(connection)
    return None if newest is None else newest - OVERLAP, None


def _fetch_payouts(house: House, now: dt.datetime) -> None:
    """Every payout of late, every one whose end is open, and of each what it consists of."""
    settlements = house.port(Settlements)
    with house.database.reading() as connection:
        newest = worklists.newest_movement(connection)
        named = {*worklists.unfinished_payouts(connection), *worklists.unknown_payouts(connection)}
    since = None if newest is None else newest - PAYOUTS_BACK
    for page in settlements.payouts(since=since):
        with house.transaction(by=_HAND, now=now) as tx:
            store.put_payouts(tx, page)
        named -= {payout.id for payout in page}
    for payout_id in sorted(named):
        facts_now = settlements.payout(payout_id)
        with house.transaction(by=_HAND, now=now) as tx:
            store.put_payouts(tx, [facts_now])
    with house.database.reading() as connection:
        unlisted = worklists.unlisted_payouts(connection)
    for payout_id in unlisted:
        for movements in settlements.movements_of(payout_id):
            with house.transaction(by=_HAND, now=now) as tx:
                store.add_movements(tx, movements)
                store.list_payout(tx, payout_id, [movement.id for movement in movements])
        with house.transaction(by=_HAND, now=now) as tx:
            store.close_list(tx, payout_id)


def _match(house: House, now: dt.datetime) -> int:
    with house.transaction(by=_HAND, now=now) as tx:
        return store.match(tx)


def _look_at_living(house: House, now: dt.datetime) -> int:
    """Bring every payment up to date that is not at its end: waiting, in dispute, going back."""
    with house.database.reading() as connection:
        sessions = worklists.living_sessions(connection)
        charges = worklists.living_charges(connection)
    provider = house.port(Provider)
    return _apply(house, now, (provider.dossier_of_session(each) for each in sessions)) + _apply(
        house, now, (provider.dossier_of_charge(each) for each in charges)
    )


def _close_gaps(house: House, now: dt.datetime) -> int:
    """Look up what no fact of ours explains: the payment it belongs to may have been missed."""
    with house.database.reading() as connection:
        charges = worklists.open_charges(connection)
    provider = house.port(Provider)
    return _apply(house, now, (provider.dossier_of_charge(charge) for charge in charges))


def _apply(house: House, now: dt.datetime, dossiers: Iterable[Dossier | None]) -> int:
    used = 0
    for dossier in dossiers:
        if dossier is not None:
            used += payments.apply_dossier(house, now=now, dossier=dossier) is None
    return used


def reimburse_fees(
    house: House, *, by: Actor, now: dt.datetime, yen: Yen, on: dt.date, reference: str
) -> None:
    """Book that the ward's budget paid fees back to the fund's bank account.

    ``reference`` is the bank's or the decision's number; one reference is booked once.

    Raises:
        Invalid: for an amount beyond what is owed, a day to come or of a closed fiscal year,
            or no reference.
        Conflict: when this reference was booked before.
    """
    reference = reference.strip()
    with house.transaction(by=by, now=now) as tx:
        owed = queries.fees_due(tx.connection)
        problems = {}
        if not 0 < yen <= owed:
            problems["yen"] = "1円から、まだ補われていない額までで入力してください"
        if on > day_in_japan(now):
            problems["on"] = "きょうまでの日を入力してください"
        elif on < (first := years.first_open_day(tx.connection)):
            problems["on"] = filled(
                "この年度の帳簿は締め切られています。%(first)sからの日を入力してください",
                first=first,
            )
        if not 0 < len(reference) <= 60:
            problems["reference"] = "60文字までで入力してください（例：通帳の摘要、伝票の番号）"
        if problems:
            raise Invalid("入力を確認してください", problems)
        if journal.record(tx, facts.fee_reimbursed(reference, yen, on)) is None:
            raise Conflict("この番号の補てんは、すでに記帳されています")
        tx.audit("fee.reimbursed", reference, yen=int(yen))
