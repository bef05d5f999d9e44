"""Working on a draft: manual payments within the donors' wishes, taking them back, a fresh start.

Each act computes the plan anew by the rule and keeps who did it, when and why. The solver works
between two transactions; the hash of the plan that was on the screen tells whether somebody else
was quicker. Nothing is posted, and whoever acts here does not approve the run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fund.allocation import commands, queries, store
from fund.allocation.domain import Problem, plan_bytes
from fund.allocation.domain.problem import Donation, Grant
from fund.allocation.domain.wishes import choice, preference_of
from fund.allocation.problems import freeze, with_fixed
from fund.allocation.queries import RunView
from fund.identity.domain import ROLES, may
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.manual.queries import rules_on
from fund.platform.house import House
from fund.registry import interests
from fund.registry.domain import is_storable

MAX_REASON = 500


@dataclass(frozen=True)
class Manual:
    """A payment decided by hand: ``yen`` of a share for an award, and why (public)."""

    share_id: str
    award_no: str
    yen: Yen
    reason: str


_SEEN = "画面で見た計画は、ほかの人が変えました。画面を開き直してください"


def override_run(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    run_no: str,
    plan_sha256: str,
    wanted: Manual,
) -> int:
    """Fix a payment of a draft by hand: so many yen of a share for an award, the rest by the rule.

    The reason and the role (never the name) stand in the problem and are public. Returns the
    position of the act, by which it can be undone.

    Raises:
        Forbidden: when no person acts, or one connected with the award's group.
        NotFound: for an unknown run.
        Conflict: when the run ended, or its plan is no longer the one seen.
        Invalid: for a payment outside the wish, the share or the award, or without a reason.
    """
    _person(by)
    wanted = replace(wanted, reason=" ".join(wanted.reason.split()))
    run = _draft(house, run_no, plan_sha256)
    problem = queries.problem_of(run)
    _check_payment(problem, wanted)
    _check_unconnected(house, by, run, wanted.award_no, problem)
    row = {
        "donation": wanted.share_id,
        "grant": wanted.award_no,
        "amount": int(wanted.yen),
        "reason": wanted.reason,
        "by_role": _role(by),
    }
    if any(_pair(one) == _pair(row) for one in _fixed(problem)):
        raise Conflict("この寄附と助成の分は、もう手動で決めてあります。先に取り消してください")
    planned = _planned(with_fixed(problem, [*_fixed(problem), row]), run.kind)
    if wanted.award_no in json.loads(planned["plan"])["dropped"]:
        message = "この額では、助成に必要な最低額に届きません"
        raise Invalid(message, {"yen": message})
    with house.transaction(by=by, now=now) as tx:
        store.take_turn(tx)
        locked = store.lock_run(tx, run_no)
        if locked.plan_sha256 != run.plan_sha256:
            raise Conflict(_SEEN)
        position = store.replan(
            tx,
            locked,
            planned,
            act="overridden",
            share_id=wanted.share_id,
            award_no=wanted.award_no,
            yen=int(wanted.yen),
            by_role=row["by_role"],
            reason=wanted.reason,
        )
        tx.audit(
            "run.overridden",
            run_no,
            share=wanted.share_id,
            award=wanted.award_no,
            yen=int(wanted.yen),
        )
    return position


def undo_override(
    house: House, *, by: Actor, now: dt.datetime, run_no: str, plan_sha256: str, position: int
) -> None:
    """Take a manual payment of a draft back; the rule decides about those yen again.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown run, or a payment that does not stand.
        Conflict: when the run ended, or its plan is no longer the one seen.
    """
    _person(by)
    run = _draft(house, run_no, plan_sha256)
    with house.database.reading() as connection:
        standing = queries.standing_overrides(connection, run.id)
    undone = next((one for one in standing if one.position == position), None)
    if undone is None:
        raise NotFound("その手動の決定は、もうありません")
    problem = queries.problem_of(run)
    kept = [row for row in _fixed(problem) if _pair(row) != (undone.share_id, undone.award_no)]
    planned = _planned(with_fixed(problem, kept), run.kind)
    with house.transaction(by=by, now=now) as tx:
        store.take_turn(tx)
        locked = store.lock_run(tx, run_no)
        if locked.plan_sha256 != run.plan_sha256:
            raise Conflict(_SEEN)
        store.replan(tx, locked, planned, act="undone", undoes=position)
        tx.audit("run.override-undone", run_no, share=undone.share_id, award=undone.award_no)


def refresh_run(house: House, *, by: Actor, now: dt.datetime, run_no: str) -> None:
    """Freeze a draft anew from the books of this moment; manual payments are kept.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown run.
        Conflict: when the run ended, nothing can be allocated any more, or a manual payment no
            longer fits: it must be undone first.
    """
    _person(by)
    day = day_in_japan(now)
    with house.database.reading() as connection:
        run = queries.run(connection, run_no)
        if run is None:
            raise NotFound(filled("その番号の配分はありません: %(no)s", no=run_no))
        rules = rules_on(connection, day)
        fresh = freeze(connection, run.kind, day, rules)
    if run.state != "drafted":
        raise Conflict("この配分案は、すでに処理されています")
    try:
        problem = with_fixed(fresh, _fixed(queries.problem_of(run)))
    except Invalid as refusal:
        raise Conflict(
            "手動で決めた分が、いまの台帳では成り立ちません。先に取り消してください"
        ) from refusal
    planned = _planned(problem, run.kind)
    with house.transaction(by=by, now=now) as tx:
        store.take_turn(tx)
        locked = store.lock_run(tx, run_no)
        if locked.plan_sha256 != run.plan_sha256:
            raise Conflict(_SEEN)
        values = {**planned, "run_date": day, "edition_code": rules.edition}
        store.replan(tx, locked, values, act="refreshed")
        tx.audit("run.refreshed", run_no, yen=planned["total_yen"])


def _person(by: Actor) -> None:
    if not by.is_person():
        raise Forbidden("配分案は、サインインした職員だけが変えられます")


def _draft(house: House, run_no: str, plan_sha256: str) -> RunView:
    with house.database.reading() as connection:
        run = queries.run(connection, run_no)
    if run is None:
        raise NotFound(filled("その番号の配分はありません: %(no)s", no=run_no))
    if run.state != "drafted":
        raise Conflict("この配分案は、すでに処理されています")
    if run.plan_sha256 != plan_sha256.strip().lower():
        raise Conflict(_SEEN)
    return run


def _check_payment(problem: Problem, wanted: Manual) -> None:
    """Name what cannot be, field by field: unknown, against the wish, too much, unexplained."""
    gift = next((one for one in problem.donations if one.id == wanted.share_id), None)
    grant = next((one for one in problem.grants if one.id == wanted.award_no), None)
    faults = _unexplained(wanted.reason)
    if grant is None:
        faults["award_no"] = "一覧から選んでください"
    if gift is None:
        faults["share_id"] = (
            "この案にない寄附の内訳です"
            if wanted.share_id
            else "寄附を一覧から選ぶか、内訳の番号を入力してください"
        )
    if gift is not None and grant is not None:
        if choice(preference_of(gift, problem.run_date), grant) is None:
            faults["share_id"] = "この寄附の希望は、この助成を許していません"
        else:
            faults |= _too_much(problem, gift, grant, int(wanted.yen))
    elif wanted.yen < 1:
        faults["yen"] = "1円からの金額を入力してください"
    if faults:
        raise Invalid("手動の決定を確認してください", faults)


def _unexplained(reason: str) -> dict[str, str]:
    if reason and len(reason) <= MAX_REASON and is_storable(reason):
        return {}
    message = filled(
        "理由を%(longest)s文字までで入力してください。公開されます", longest=MAX_REASON
    )
    return {"reason": message}


def _too_much(problem: Problem, gift: Donation, grant: Grant, yen: int) -> dict[str, str]:
    rows: Sequence[Any] = (*problem.previous, *problem.fixed)
    free = gift.amount - gift.refunded - sum(r.amount for r in rows if r.donation == gift.id)
    room = grant.approved_max - sum(row.amount for row in rows if row.grant == grant.id)
    most = min(free, room)
    if 1 <= yen <= most:
        return {}
    return {
        "yen": filled("1円から%(most)sまでで入力してください", most=Yen(most))
        if most
        else "もう残りがありません"
    }


def _check_unconnected(
    house: House, by: Actor, run: RunView, award_no: str, problem: Problem
) -> None:
    group = next(grant.group for grant in problem.grants if grant.id == award_no)
    with house.database.reading() as connection:
        found = interests.standing(connection, by.person_id or 0, [group], run.drafted_at)
    if found:
        raise Forbidden("関係があると申告した団体の助成は、手動で決められません")


def _fixed(problem: Problem) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(problem.canonical).get("fixed", [])
    return rows


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    return row["donation"], row["grant"]


def _planned(problem: Problem, kind: str) -> dict[str, Any]:
    plan = commands.plan_of(problem, kind)
    planned = plan_bytes(plan)
    return {
        "problem": problem.canonical,
        "problem_sha256": problem.sha256,
        "plan": planned,
        "plan_sha256": hashlib.sha256(planned).hexdigest(),
        "total_yen": plan.document["total"],
    }


def _role(by: Actor) -> str:
    """The role in which a person acts here: the first that may work on drafts."""
    return next(
        (role for role in ROLES if role in by.roles and may(frozenset({role}), "run.draft")),
        "officer",
    )
