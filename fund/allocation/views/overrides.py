"""Deciding a payment of a draft by hand: which award, which gift permits it, how much, and why."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.allocation import queries, revisions
from fund.allocation.domain import Problem
from fund.allocation.domain.problem import Grant
from fund.allocation.domain.wishes import choice, preference_of
from fund.allocation.queries import RunView
from fund.allocation.revisions import Manual
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.presentation import award_titles
from fund.allocation.views.staff import render_run
from fund.allocation.views.wording import rank_word, yen_words
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.japanese import narrow, parse_amount
from fund.kernel.money import MAX_YEN, Yen
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now

OFFERED = 20


@blueprint.get("/staff/runs/<no>/override")
@permission("run.draft")
def override(no: str) -> ResponseReturnValue:
    """Choose an award, then one of the gifts whose wish permits it."""
    return _page(no, request.args.get("award", ""), {}, "")


@blueprint.post("/staff/runs/<no>/override")
@permission("run.draft")
def override_do(no: str) -> ResponseReturnValue:
    """Fix the payment and compute the rest by the rule."""
    form = request.form
    typed = form.get("other_share", "").strip() or form.get("share_id", "")
    try:
        revisions.override_run(
            current_house(),
            by=current_actor(),
            now=now(),
            run_no=no,
            plan_sha256=form.get("plan_sha256", ""),
            wanted=Manual(
                share_id=narrow(typed).strip().upper(),
                award_no=form.get("award_no", ""),
                yen=_yen(form.get("yen", "")),
                reason=form.get("reason", ""),
            ),
        )
    except Invalid as refusal:
        return _page(no, form.get("award_no", ""), dict(refusal.fields), ""), 400
    except Conflict as refusal:
        return _page(no, form.get("award_no", ""), {}, str(refusal)), 409
    except Forbidden as refusal:
        return _page(no, form.get("award_no", ""), {}, str(refusal)), 403
    flash(_("手動で決め、のこりをきまりで計算し直しました。承認は、ほかの人がします。"), "success")
    return redirect(url_for("allocation.staff_run", no=no) + "#manual-title", 303)


@blueprint.post("/staff/runs/<no>/override/<int:position>/undo")
@permission("run.draft")
def override_undo(no: str, position: int) -> ResponseReturnValue:
    """Take a manual payment back."""
    try:
        revisions.undo_override(
            current_house(),
            by=current_actor(),
            now=now(),
            run_no=no,
            plan_sha256=request.form.get("plan_sha256", ""),
            position=position,
        )
    except Conflict as refusal:
        return render_run(no, str(refusal)), 409
    flash(_("手動の決定を取り消し、計算し直しました。"), "success")
    return redirect(url_for("allocation.staff_run", no=no) + "#manual-title", 303)


def _yen(text: str) -> Yen:
    """An amount as people write it; what cannot be read is no amount, and refused as such."""
    try:
        return Yen(min(int(parse_amount(text)), MAX_YEN))
    except ValueError:
        return Yen(0)


def _page(no: str, award: str, errors: dict[str, str], refusal: str) -> str:
    with current_house().database.reading() as connection:
        run = queries.run(connection, no)
        if run is None:
            raise NotFound(_("その番号の配分はありません"))
        titles = award_titles(connection)
    problem = queries.problem_of(run)
    chosen = next((grant for grant in problem.grants if grant.id == award), None)
    return render_template(
        "allocation/override.html",
        run=run,
        chosen=chosen,
        title=titles.get(award, award),
        awards=_awards(run, titles),
        gifts=_gifts(problem, run, chosen) if chosen else [],
        errors=errors,
        refusal=refusal,
        typed=request.form,
        back=url_for("allocation.staff_run", no=no),
    )


def _awards(run: RunView, titles: dict[str, str]) -> list[tuple[str, str]]:
    gets = run.plan_document["grants"]
    return [
        (
            grant["id"],
            _(
                "%(no)s %(title)s（いまの案 %(yen)s）",
                no=grant["id"],
                title=titles.get(grant["id"], ""),
                yen=yen_words(gets.get(grant["id"], 0)),
            ),
        )
        for grant in run.problem_document["grants"]
    ]


def _gifts(problem: Problem, run: RunView, grant: Grant) -> list[tuple[str, str]]:
    """Gifts with free yen that permit the award, the largest first, with where they go now."""
    taken: dict[str, int] = {}
    rows: list[Any] = [*problem.previous, *problem.fixed]
    for row in rows:
        taken[row.donation] = taken.get(row.donation, 0) + row.amount
    going: dict[str, list[str]] = {}
    for line in run.plan_document["ledger"]:
        going.setdefault(line["donation"], []).append(line["grant"])
    found: list[tuple[int, str, str]] = []
    for gift in problem.donations:
        free = gift.amount - gift.refunded - taken.get(gift.id, 0)
        wish = preference_of(gift, problem.run_date)
        stated = choice(wish, grant)
        if free and stated is not None:
            met = _("おまかせ") if wish.undesignated else rank_word(stated[0])
            found.append((-free, gift.id, met))
    return [
        (
            share,
            _(
                "%(share)s 使える額 %(yen)s、%(met)s、いまの行き先：%(going)s",
                share=share,
                yen=yen_words(-free),
                met=met,
                going="、".join(going.get(share, [])) or "—",
            ),
        )
        for free, share, met in sorted(found)[:OFFERED]
    ]
