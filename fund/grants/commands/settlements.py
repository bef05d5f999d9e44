"""Closing an award: what was spent is proven, what was not comes back to its lots."""

from __future__ import annotations

import datetime as dt

from fund.grants import store
from fund.grants.domain import check_apart, check_settlement
from fund.grants.messages import AwardSettled
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.ledger import facts, journal
from fund.ledger.queries import commitments, sources_of
from fund.manual.queries import rules_on
from fund.platform.house import House, Transaction


def confirm_settlement(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    award_no: str,
    spent: Yen,
    returned: Yen,
    report: str,
) -> None:
    """Confirm a group's report: spent and returned yen make up all that was paid.

    Returned money walks back the way it came, the newest run and the worst-ranked wish first.

    Raises:
        NotFound: for an unknown award.
        Forbidden: when no person acts.
        Conflict: while something is still to be paid, or after the settlement.
        Invalid: naming each field that cannot be.
    """
    check_apart(by.person_id, {}, filled("精算の確認"))
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_award(tx, award_no)
        if row.state != "disbursed":
            raise Conflict("精算できるのは、決まった額をすべて渡した助成だけです")
        paid = commitments(tx.connection, [award_no])[award_no].disbursed
        check_settlement(paid, spent, returned, report)
        today = day_in_japan(now)
        store.add_settlement(tx, row, spent, returned, report.strip(), today)
        _book(tx, award_no, spent, returned, today)
        tx.audit("award.settled", award_no, spent=int(spent), returned=int(returned))
        tx.announce(AwardSettled(award_no, spent, returned, today))


def _book(tx: Transaction, award_no: str, spent: Yen, returned: Yen, today: dt.date) -> None:
    clauses = [rules_on(tx.connection, today).cite("settlement")]
    entries = [facts.settlement_confirmed(award_no, spent, returned, today, clauses)]
    if returned:
        back_to = facts.walk_back(sources_of(tx.connection, award_no), returned)
        entries.append(facts.grant_returned(award_no, back_to, today, clauses))
    for entry in entries:
        if journal.record(tx, entry) is None:
            raise Conflict(filled("すでに記帳されています: %(no)s", no=award_no))
