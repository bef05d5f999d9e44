"""Awards: the list with the money of each, and the page to ask for payment and to settle."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.grants import changes_store, commands, queries
from fund.grants.domain import CLOSED, is_award_no
from fund.grants.forms import FIRST_YEAR, LAST_YEAR, read_yen
from fund.grants.queries import AwardView
from fund.grants.views.blueprint import blueprint
from fund.grants.views.wording import (
    Words,
    award_states,
    change_kinds,
    change_states,
    common,
    words,
)
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.money import total
from fund.ledger.reasons import reason_words
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor as actor
from fund.platform.web.context import current_house, locale, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, xlsx_response

PAGE = 50


def _filter() -> tuple[int | None, str | None, str | None]:
    query = Query(request.args)
    year = query.integer("fy", FIRST_YEAR, LAST_YEAR)
    state = query.choice("state", award_states())
    after = query.text("after", 20)
    query.check()
    if after is not None and not is_award_no(after):
        raise Invalid(_("検索の条件を確認してください"), {"after": _("助成の番号ではありません")})
    return year, state, after


@blueprint.get("/staff/awards")
@permission("application.read")
def staff_awards() -> ResponseReturnValue:
    """Awards with ceiling, allocated, disbursed and spent yen."""
    year, state, after = _filter()
    with current_house().database.reading() as connection:
        found = queries.awards(connection, fy=year, state=state, after=after, limit=PAGE + 1)
        shown = found[:PAGE]
        return render_template(
            "grants/staff_awards.html",
            awards=shown,
            following=shown[-1].no if len(found) > PAGE else None,
            sums={
                "yen": total(award.yen or 0 for award in shown),
                "allocated": total(award.allocated for award in shown),
                "disbursed": total(award.disbursed for award in shown),
                "spent": total(award.spent for award in shown),
            },
            years=queries.award_years(connection),
            year=year,
            state=state,
            words=words(connection),
            **common(),
        )


@blueprint.get("/staff/awards.xlsx")
@permission("application.read")
def staff_awards_xlsx() -> Response:
    """All awards of the same filter as a workbook."""
    year, state, _after = _filter()
    with current_house().database.reading() as connection:
        found, names = queries.awards(connection, fy=year, state=state), words(connection)
        return xlsx_response("awards", _columns(names), found, [_("助成の一覧")])


def _columns(names: Words) -> list[Column[AwardView]]:
    states = award_states()
    return [
        Column("no", _("番号"), lambda award: award.no),
        Column("fy", _("年度"), lambda award: award.fy),
        Column("group_no", _("団体の番号"), lambda award: award.group_no),
        Column("group", _("団体"), lambda award: names.group(award.group_no)),
        Column("programme", _("助成の種類"), lambda award: names.programme(award.programme_code)),
        Column("title", _("事業名"), lambda award: award.title),
        Column("yen", _("決定額（円）"), lambda a: None if a.yen is None else int(a.yen)),
        Column("allocated", _("配分済み（円）"), lambda award: int(award.allocated)),
        Column("disbursed", _("渡した額（円）"), lambda award: int(award.disbursed)),
        Column("spent", _("使われた額（円）"), lambda award: int(award.spent)),
        Column("returned", _("もどった額（円）"), lambda award: int(award.returned)),
        Column("state", _("状態"), lambda award: states[award.state]),
        Column("source", _("出典"), lambda award: award.source_url),
    ]


@blueprint.get("/staff/awards/<no>")
@permission("application.read")
def staff_award(no: str) -> ResponseReturnValue:
    """One award: what to do next, its money, who did what."""
    return _page(no, {}, {})


def _page(number: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        award = queries.award(connection, number)
        if award is None:
            raise NotFound(_("助成が見つかりません"))
        paid = queries.disbursements(connection, award_no=number)
        application = (
            queries.application(connection, award.application_no) if award.application_no else None
        )
        return render_template(
            "grants/staff_award.html",
            award=award,
            application=application,
            disbursements=paid,
            changes=changes_store.changes_of_award(connection, number),
            kinds=change_kinds(),
            change_states=change_states(),
            reason=lambda code: reason_words(code, locale()),
            changeable=not award.historical and award.state not in CLOSED,
            typed=typed or {"yen": str(int(award.free)), "spent": str(int(award.disbursed))},
            errors=errors,
            words=words(connection),
            back=url_for("grants.staff_awards"),
            **common(),
        )


@blueprint.post("/staff/awards/<no>/disbursement")
@permission("disbursement.request")
def staff_request_disbursement(no: str) -> ResponseReturnValue:
    """Ask that an instalment be paid."""
    try:
        (yen,) = read_yen(request.form, "yen")
        number = commands.request_disbursement(
            current_house(), by=actor(), now=now(), award_no=no, yen=yen
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    flash(_("交付 %(no)s を請求しました。支払いは、出納の人が行います。", no=number), "success")
    return redirect(url_for("grants.staff_award", no=no), 303)


@blueprint.post("/staff/awards/<no>/settlement")
@permission("settlement.confirm")
def staff_settle(no: str) -> ResponseReturnValue:
    """Confirm what the group spent and returned."""
    try:
        spent, returned = read_yen(request.form, "spent", "returned")
        commands.confirm_settlement(
            current_house(),
            by=actor(),
            now=now(),
            award_no=no,
            spent=spent,
            returned=returned,
            report=request.form.get("report", ""),
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    flash(_("精算しました。報告は、助成のページで公開されます。"), "success")
    return redirect(url_for("grants.staff_award", no=no), 303)
