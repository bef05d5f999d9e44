"""Closing a fiscal year: proposed by one person, decided by another, in one transaction."""

from __future__ import annotations

import datetime as dt

from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Forbidden, Invalid
from fund.kernel.sentences import filled
from fund.ledger import journal, years
from fund.ledger.domain import Entry
from fund.platform.house import House, Transaction
from fund.publication import store as log
from fund.publication.closing import queries, store
from fund.publication.closing.domain import balance_sha256, check_finished, last_day
from fund.publication.commands import append_waiting

MAX_DECISION = 60
MAX_NOTE = 1_000


def propose_closing(house: House, *, by: Actor, now: dt.datetime, fy: int, note: str = "") -> None:
    """Propose to close a fiscal year; what is unfinished is kept with the proposal.

    Raises:
        Forbidden: when no person acts.
        Invalid: for a note that is too long.
        Conflict: when something must be finished first, or it is proposed or closed already.
    """
    if by.person_id is None:
        raise Forbidden(filled("%(act)sには職員のサインインが必要です", act=filled("年度の締め")))
    note = _text("note", note, MAX_NOTE, needed=False)
    with house.transaction(by=by, now=now) as tx:
        found = queries.findings(tx.connection, fy, now)
        check_finished(fy, found)
        store.add_closing(tx, fy, note, found)
        tx.audit("year.closing-proposed", str(fy), warnings=len(found))


def decide_closing(house: House, *, by: Actor, now: dt.datetime, fy: int, decision_no: str) -> None:
    """Close the year for good.

    Bookings under way are waited for and none begins; what waits for the public log is appended;
    then the fingerprint of every public balance is entered as ``period.closed`` and appended, so
    that it is over exactly the entries before it. From then on nothing is dated into the year.

    Raises:
        NotFound: when nobody proposed it.
        Forbidden: for the person who proposed it, or when no person acts.
        Invalid: without the number of the decision.
        Conflict: when the proposal ended before, when something must be finished first, or when
            an entry cannot become public yet.
    """
    decision = _text("decision_no", decision_no, MAX_DECISION, needed=True)
    with house.transaction(by=by, now=now) as tx:
        # In this order: whoever appends holds the log and books nothing after that.
        log.hold_log(tx.connection)
        row = store.lock_closing(tx, fy)
        _check_apart(by, row.proposed_by, filled("決定"))
        check_finished(fy, queries.findings(tx.connection, fy, now))
        # Most is appended while others still book; they wait only for what came meanwhile.
        while append_waiting(tx):
            pass
        years.stop_booking(tx)
        _append_all(tx)
        sha256 = balance_sha256(queries.public_balances(tx.connection))
        store.end_closing(tx, row, "closed", decision_no=decision)
        _enter(tx, fy, sha256)
        tx.audit("year.closed", str(fy), sha256=sha256, decision=decision)


def send_back_closing(house: House, *, by: Actor, now: dt.datetime, fy: int, answer: str) -> None:
    """Leave the year open and say why.

    Raises:
        NotFound: when nobody proposed it.
        Forbidden: for the person who proposed it, or when no person acts.
        Invalid: without a reason.
        Conflict: when the proposal ended before.
    """
    why = _text("answer", answer, MAX_NOTE, needed=True)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_closing(tx, fy)
        _check_apart(by, row.proposed_by, filled("差し戻し"))
        store.end_closing(tx, row, "sent_back", answer=why)
        tx.audit("year.closing-sent-back", str(fy))


def _append_all(tx: Transaction) -> None:
    """Append what waits; what cannot be public yet would be missing in the closing."""
    while append_waiting(tx):
        pass
    if log.waiting(tx.connection, 1):
        raise Conflict("まだ公開の台帳に載せられない記帳があるので、いまは締められません")


def _enter(tx: Transaction, fy: int, sha256: str) -> None:
    detail = {"sha256": sha256, "closed_on": day_in_japan(tx.now).isoformat()}
    closing = Entry("period.closed", f"FY{fy}", last_day(fy), detail=detail)
    if journal.record(tx, closing) is None or append_waiting(tx) != 1:
        raise RuntimeError(f"the closing of {fy} is not the last public entry")


def _check_apart(by: Actor, proposer: int, act: str) -> None:
    if by.person_id is None:
        raise Forbidden(filled("%(act)sには職員のサインインが必要です", act=act))
    if by.person_id == proposer:
        raise Forbidden(
            filled(
                "%(done)sした人は%(act)sができません。別の人が行います（複数の目で確かめるため）",
                done=filled("この締めを起案"),
                act=act,
            )
        )


def _text(name: str, typed: str, most: int, *, needed: bool) -> str:
    kept = typed.strip()
    if needed and not kept:
        words = {
            "decision_no": "決裁番号を入力してください",
            "answer": "差し戻す理由を入力してください",
        }
        raise Invalid("入力を確認してください", {name: words[name]})
    if len(kept) > most:
        message = filled("%(most)s文字までで入力してください", most=most)
        raise Invalid("入力を確認してください", {name: message})
    return kept
