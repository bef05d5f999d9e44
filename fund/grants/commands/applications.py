"""From an application to an award: registered, recommended and decided by three people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row

from fund.grants import store
from fund.grants.domain import (
    MAX_TITLE,
    Claim,
    Opinion,
    Verdict,
    check_apart,
    check_opinion,
    check_text,
    check_verdict,
    deviates,
    raise_wrong,
)
from fund.grants.messages import AwardDecided
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict
from fund.kernel.money import MAX_YEN, Yen
from fund.kernel.sentences import filled
from fund.ledger import facts, journal
from fund.manual.queries import Rules, rules_on
from fund.platform.house import House, Transaction
from fund.registry import queries as registry
from fund.registry.domain import Programme


def register_application(
    house: House, *, by: Actor, now: dt.datetime, claim: Claim, sample: bool = False
) -> str:
    """Register what a group applies for; returns its number, such as ``AP2026-0001``.

    Raises:
        Forbidden: when no person acts.
        Invalid: naming what is missing or not (or no longer) in the register.
    """
    check_apart(by.person_id, {}, filled("申請の登録"))
    with house.transaction(by=by, now=now) as tx:
        _check_claim(tx.connection, claim)
        number = store.next_application_no(tx, claim.fy)
        store.add_application(tx, number, claim, sample=sample)
        tx.audit(
            "application.registered", number, group=claim.group_no, yen=int(claim.requested_yen)
        )
    return number


def _check_claim(connection: Connection, claim: Claim) -> None:
    wrong: dict[str, str] = {}
    group = registry.group(connection, claim.group_no)
    if group is None or group.state != "registered":
        wrong["group_no"] = "登録されている団体の番号（4けた）を入力してください"
    programmes = {item.code: item for item in registry.programmes(connection)}
    for name, kind, code in (
        ("programme_code", "programme", claim.programme_code),
        ("theme_code", "theme", claim.theme_code),
    ):
        found = programmes.get(code or "")
        if code is None:
            continue
        if found is None or found.kind != kind or not _runs_in(found, claim.fy):
            wrong[name] = "その年度に募集のあるものを選んでください"
    fields = {item.code for item in registry.fields(connection)}
    if not claim.fields or not set(claim.fields) <= fields:
        wrong["fields"] = "分野を1つ以上選んでください"
    if not 0 < claim.requested_yen <= MAX_YEN:
        wrong["requested_yen"] = "1円以上で入力してください"
    check_text(wrong, "title", claim.title, "事業の名前を入力してください", MAX_TITLE)
    check_text(wrong, "summary", claim.summary, "事業の内容を入力してください")
    raise_wrong(wrong)


def _runs_in(programme: Programme, year: int) -> bool:
    last = programme.last_fy
    return programme.first_fy <= year and (last is None or year <= last)


def recommend(
    house: House, *, by: Actor, now: dt.datetime, application_no: str, opinion: Opinion
) -> None:
    """The council recommends an application to the head of the municipality, or does not.

    Raises:
        NotFound: for an unknown application.
        Forbidden: for the person who registered it.
        Conflict: when the council has spoken already.
        Invalid: naming each field that cannot be.
    """
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_application(tx, application_no)
        check_apart(by.person_id, {filled("申請を登録"): row.registered_by}, filled("推薦"))
        if row.state != "submitted":
            raise Conflict("この申請の推薦は済んでいます")
        check_opinion(opinion, Yen(row.requested_yen), _cap(tx.connection, row))
        rules = rules_on(tx.connection, day_in_japan(now))
        store.add_recommendation(tx, row, opinion, rules.cite("recommendation"))
        tx.audit(
            "application.recommended" if opinion.recommended else "application.not-recommended",
            application_no,
            yen=int(opinion.yen),
            score=opinion.score,
        )


def decide(
    house: House, *, by: Actor, now: dt.datetime, application_no: str, verdict: Verdict
) -> str | None:
    """Accept an application as an award (returns its number) or refuse it (returns None).

    Raises:
        NotFound: for an unknown application.
        Forbidden: for the person who registered or recommended it.
        Conflict: before the council has spoken, or after a decision.
        Invalid: naming each field that cannot be; a deviation needs a reason.
    """
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_application(tx, application_no)
        said = store.recommendation_of(tx, row.id)
        earlier: dict[str, int | None] = {filled("申請を登録"): row.registered_by}
        if said is not None:
            earlier[filled("推薦")] = said.recommended_by
        check_apart(by.person_id, earlier, filled("決定"))
        if said is None:
            raise Conflict("推薦を待っています。決定はその後です")
        if row.state in {"decided", "refused"}:
            raise Conflict("この申請の決定は済んでいます")
        opinion = Opinion(said.recommended, Yen(said.yen), said.score, said.comment)
        check_verdict(verdict, opinion, Yen(row.requested_yen), _cap(tx.connection, row))
        rules = rules_on(tx.connection, day_in_japan(now))
        if not verdict.accepted:
            _refuse(tx, row, verdict, rules)
            return None
        return _award(tx, row, verdict, opinion, rules)


def _refuse(tx: Transaction, row: Row[Any], verdict: Verdict, rules: Rules) -> None:
    store.refuse_application(
        tx, row, verdict.reason.strip(), day_in_japan(tx.now), rules.cite("decision")
    )
    tx.audit("application.refused", row.no)


def _award(tx: Transaction, row: Row[Any], verdict: Verdict, opinion: Opinion, rules: Rules) -> str:
    today, clause = day_in_japan(tx.now), rules.cite("decision")
    reason = verdict.reason.strip() if deviates(verdict, opinion) else ""
    number = store.next_award_no(tx, fiscal_year(today))
    decision = {
        "yen": int(verdict.yen),
        "min_yen": int(verdict.min_yen),
        "tier": verdict.tier,
        "score": opinion.score,
        "decided_on": today,
        "deviation_reason": reason,
        "clause": clause,
    }
    store.add_award(tx, row, number, decision)
    detail = {
        "award": number,
        "group": row.group_no,
        "programme": row.programme_code,
        "theme": row.theme_code,
        "fields": list(row.fields),
        "title": row.title,
        "ceiling": int(verdict.yen),
    }
    clauses = [rules.cite("recommendation"), clause, rules.cite("four-eyes")]
    if journal.record(tx, facts.award_decided(number, today, clauses, detail)) is None:
        raise Conflict(filled("すでに記帳されています: %(no)s", no=number))
    tx.audit("award.decided", number, application=row.no, yen=int(verdict.yen), reason=reason)
    tx.announce(AwardDecided(number, row.group_no, verdict.yen, today))
    return number


def _cap(connection: Connection, row: Row[Any]) -> Yen | None:
    """The ceiling of the application's programme, if the programme has one."""
    for programme in registry.programmes(connection):
        if programme.code == row.programme_code and programme.cap_yen is not None:
            return Yen(programme.cap_yen)
    return None
