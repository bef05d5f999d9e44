"""Drafting, approving and discarding allocation runs."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from fund.allocation import queries, store
from fund.allocation.domain import Plan, Problem, allocate, plan_bytes
from fund.allocation.domain.plan import RULE
from fund.allocation.outdated import Outdated, changes_since
from fund.allocation.posting import post
from fund.allocation.problems import ORDINARY, REINSTATEMENT, freeze
from fund.allocation.rechecking import judging
from fund.giving import store as giving
from fund.grants import store as grants
from fund.kernel import ids
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from fund.kernel.sentences import filled
from fund.manual.queries import Rules, rules_on
from fund.platform.collector import resting
from fund.platform.house import House, Transaction
from fund.registry import interests

RULE_NAME = f"{RULE['name']}/{RULE['version']}"
MAX_REASON = 1_000
_LAWS = {
    "lot_never_overdrawn": filled("寄附の残りが、承認の間に変わりました"),
    "ck_pot_never_overdrawn": filled("基金の残りが、承認の間に変わりました"),
    "allocation_within_award": filled("助成の決定額を超える行があります"),
    "allocation_respects_wish": filled("寄附の希望に合わない行があります"),
    "approver_unconflicted": filled("承認する人と関係のある団体がふくまれています"),
}


def draft_run(house: House, *, by: Actor, now: dt.datetime, kind: str = ORDINARY) -> str:
    """Freeze the problem of today, compute its plan and keep both; returns the run's number.

    A ``reinstatement`` run offers the holes that the ward stands in for (a group was paid, and
    a donor got the yen back) to all free money, by the same rule.

    The books are not touched. The solver works between two transactions; should the books
    change meanwhile, the approval finds out.

    Raises:
        Forbidden: when no person acts.
        Conflict: when no award is open, no money is permitted for one, or a draft waits already.
    """
    if not by.is_person():
        raise Forbidden("配分案は、サインインした職員だけが作れます")
    day = day_in_japan(now)
    with house.database.reading() as connection:
        rules = rules_on(connection, day)
        problem = freeze(connection, kind, day, rules)
    plan = plan_of(problem, kind)
    planned = plan_bytes(plan)
    with house.transaction(by=by, now=now) as tx:
        store.take_turn(tx)
        store.check_none_drafted(tx)
        year = fiscal_year(day)
        serial = store.next_serial(tx, year)
        number = ids.run_no(year, serial)
        store.add_run(
            tx,
            no=number,
            fy=year,
            serial=serial,
            kind=kind,
            run_date=day,
            rule=RULE_NAME,
            edition_code=rules.edition,
            problem=problem.canonical,
            problem_sha256=problem.sha256,
            plan=planned,
            plan_sha256=hashlib.sha256(planned).hexdigest(),
            total_yen=plan.document["total"],
        )
        tx.audit("run.drafted", number, yen=plan.document["total"], lines=len(plan.ledger))
    return number


def plan_of(problem: Problem, kind: str = ORDINARY) -> Plan:
    """The plan, if it moves any yen at all.

    Raises:
        Conflict: saying what is missing: awards, money, or money that may go there.
    """
    if not problem.grants and kind == REINSTATEMENT:
        raise Conflict("区が立て替えているお金はありません")
    if not problem.grants:
        raise Conflict("お金を待っている助成がありません。助成の決定のあとで作ってください")
    if not problem.donations:
        raise Conflict("配分できる寄附がありません。採納のあとで作ってください")
    plan = allocate(problem)
    if not plan.ledger:
        raise Conflict("いまの助成に使えるお金がありません。希望に合う寄附を待ちます")
    return plan


def approve_run(
    house: House, *, by: Actor, now: dt.datetime, run_no: str, plan_sha256: str
) -> None:
    """Approve a plan by its hash and post every line of it in one transaction.

    The problem is frozen anew and must equal the one approved; the plan is rechecked by the
    independent checker, which shares no code with the solver.

    Raises:
        NotFound: for an unknown run.
        Forbidden: for a person who drafted it, worked on it, or declared an interest in one of
            its groups.
        Conflict: when the run ended before, the hash is another plan's, the plan breaks the
            rule, or the books changed; nothing is then posted.
    """
    if not by.is_person():
        raise Forbidden("配分案は、サインインした職員だけが承認できます")
    with house.database.reading() as connection:
        files = queries.files(connection, run_no)
    if files is None:
        raise NotFound(filled("その番号の配分はありません: %(no)s", no=run_no))
    with resting(), judging(files) as verdict:
        try:
            with house.transaction(by=by, now=now) as tx:
                _approve(tx, run_no, plan_sha256, files)
                verdict()
        except IntegrityError as error:
            verdict()
            law = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
            if law not in _LAWS:
                raise
            raise Conflict(filled("%(law)s。何も記帳していません", law=_LAWS[law])) from error
        except DomainError:
            raise
        except Exception:
            # A plan that cannot even be posted is one the checker refuses; else the fault is ours.
            verdict()
            raise


def _approve(tx: Transaction, run_no: str, plan_sha256: str, files: queries.RunFiles) -> None:
    """All that must hold of the run and the one who approves it; then its lines."""
    ledger_rows = json.loads(files.plan)["ledger"]
    # Gifts before the turn, as money that goes back takes them: no circle of waiting.
    giving.hold_gifts(tx, _gifts_of(row["donation"] for row in ledger_rows))
    store.take_turn(tx)
    row = store.lock_run(tx, run_no)
    _check_approver(tx, row, tx.by, plan_sha256)
    if [row.problem_is, row.plan_is] != [_sha256(files.problem), _sha256(files.plan)]:
        raise Conflict("画面で見た計画と、保存された計画がちがいます。画面を開き直してください")
    _check_unconnected(tx, row, files.problem)
    post(tx, row, ledger_rows, _check_current(tx, row, files.problem))


def _sha256(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def _gifts_of(share_ids: Iterable[str]) -> set[str]:
    """Numbers of the gifts that these shares are parts of."""
    return {share.partition("/")[0] for share in share_ids if share.startswith("G-")}


def _check_approver(tx: Transaction, row: Row[Any], by: Actor, plan_sha256: str) -> None:
    if row.drafted_by == by.person_id:
        raise Forbidden("配分案を作った人は承認できません。ほかの人が承認します")
    if by.person_id in store.hands_of(tx.connection, row.id):
        raise Forbidden("配分案に手を加えた人は承認できません。ほかの人が承認します")
    if row.state != "drafted":
        raise Conflict("この配分案は、すでに処理されています")
    if row.plan_sha256 != plan_sha256.strip().lower():
        raise Conflict("画面で見た計画と、保存された計画がちがいます。画面を開き直してください")


def _check_unconnected(tx: Transaction, row: Row[Any], problem: bytes) -> None:
    """Refuse who is, or was while the draft waited, connected with a group that asks for money."""
    groups = {grant["group"] for grant in json.loads(problem)["grants"]}
    found = interests.standing(tx.connection, tx.by.person_id or 0, groups, row.drafted_at)
    if found:
        names = "、".join(sorted({one.group_name for one in found}))
        raise Forbidden(
            filled(
                "関係があると申告した団体（%(names)s）がふくまれるため、承認できません", names=names
            )
        )


def _check_current(tx: Transaction, row: Row[Any], problem: bytes) -> Rules:
    """Refuse a run whose books have changed since it was drafted, and say what changed."""
    grants.lock_open_awards(tx)
    today = day_in_japan(tx.now)
    rules = rules_on(tx.connection, today)
    if changes := changes_since(tx.connection, row, problem, today, rules):
        raise Outdated(changes)
    return rules


def discard_run(house: House, *, by: Actor, now: dt.datetime, run_no: str, reason: str) -> None:
    """Withdraw a drafted run and say why; nothing was posted.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown run.
        Conflict: when it ended before.
        Invalid: without a reason.
    """
    if not by.is_person():
        raise Forbidden("配分案は、サインインした職員だけが取り下げられます")
    written = reason.strip()
    if not written or len(written) > MAX_REASON:
        message = filled(
            "取り下げる理由を%(longest)s文字までで入力してください", longest=MAX_REASON
        )
        raise Invalid(message, {"reason": message})
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_run(tx, run_no)
        if row.state != "drafted":
            raise Conflict("この配分案は、すでに処理されています")
        store.close_run(tx, row, "discarded", discarded_reason=written)
        tx.audit("run.discarded", run_no)
