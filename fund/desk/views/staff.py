"""The staff's first page: what waits for me; and the must-be-zero board."""

from __future__ import annotations

import datetime as dt

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.allocation.terms import near_terms
from fund.desk.board import INVARIANTS
from fund.desk.views.blueprint import blueprint
from fund.desk.work import Rank, Urgency, Work, grouped
from fund.giving import queries as giving
from fund.giving.intake import queries as intake
from fund.grants import queries as grants
from fund.grants.changes_store import changes_waiting
from fund.kernel.calendar import day_in_japan
from fund.kernel.money import total
from fund.payments import queries as payments
from fund.payments import refunds_queries as taken_back
from fund.payments.bank import queries as bank
from fund.payments.reconciliation import queries as reconciliation
from fund.platform.invariants import examine
from fund.platform.outbox import failed_mails
from fund.platform.waiting import Waiting
from fund.platform.web.access import permission, signed_in
from fund.platform.web.context import current_house, now
from fund.publication.closing.domain import cash_day
from fund.publication.closing.queries import years_to_propose
from fund.publication.closing.store import closings_waiting
from fund.receipts.one_stop import queries as one_stop
from fund.receipts.one_stop.domain import notice_deadline, year_of_work
from fund.receipts.posting import receipts_waiting


@blueprint.get("/staff")
@signed_in
def inbox() -> ResponseReturnValue:
    """What waits for the person who is signed in, the most overdue first; other work below it."""
    today = day_in_japan(now())
    with current_house().database.reading() as connection:
        work = [item for item in _work(connection) if item.waiting.count]
    mine = [item for item in work if current_user.may(item.permission)]
    return render_template(
        "desk/inbox.html",
        groups=grouped(mine, today),
        mine=mine,
        others=[item for item in work if item not in mine],
        urgency_words=urgency_words(),
        why=rank_words(),
        today=today,
        as_of=now(),
    )


def _work(connection: Connection) -> list[Work]:
    """Every kind of waiting work: how many, whose it is, and the page where it is done."""
    acceptance = url_for("giving.staff_acceptance")
    return [
        _item(
            _("採納の起案を待つ寄附"),
            giving.gifts_to_propose(connection),
            "acceptance.propose",
            acceptance,
        ),
        _item(
            _("決裁を待つ採納の起案"),
            giving.batches_to_decide(connection),
            "acceptance.decide",
            acceptance,
        ),
        _item(
            _("訂正した受領証明書の依頼"),
            giving.receipts_to_correct(connection),
            "gift.correct",
            url_for("giving.staff_receipt_requests"),
        ),
        *_paper_work(connection),
        _item(
            _("確認が必要な支払い"),
            payments.checks_waiting(connection),
            "refund.propose",
            url_for("giving.staff_payments"),
            Rank.MONEY_UNCLEAR,
        ),
        _item(_("届かなかったメール"), failed_mails(connection), "mail.read", url_for("desk.mail")),
        *_intake_work(connection),
        *_money_back_work(connection),
        _item(
            _("照合を待つ銀行の明細"),
            bank.lines_waiting(connection),
            "bank.match",
            url_for("bank.desk"),
            Rank.MONEY_UNCLEAR,
        ),
        *_grant_work(connection),
        *_year_work(connection),
        _item(
            _("決済会社との照合で残ったもの"),
            _unmatched(connection),
            "reconciliation.read",
            url_for("reconciliation.overview"),
            Rank.MONEY_UNCLEAR,
        ),
    ]


def _paper_work(connection: Connection) -> list[Work]:
    """Receipts and forms that go by post, and notices of the One-Stop exception."""
    year = one_stop.year_to_tell(connection) or year_of_work(day_in_japan(now()))
    forms = url_for("one_stop.applications", look="print")
    return [
        _item(
            _("郵送する受領証明書"),
            receipts_waiting(connection),
            "gift.correct",
            url_for("receipts.to_post"),
        ),
        _item(
            _("郵送するワンストップ特例の申請書"),
            one_stop.forms_waiting(connection),
            "one_stop.handle",
            forms,
        ),
        _item(
            _("住所地の自治体への通知を待つ特例の申請"),
            one_stop.notices_waiting(connection),
            "one_stop.handle",
            url_for("one_stop.notice_list", year=year),
            Rank.DEADLINE,
            notice_deadline(year),
        ),
    ]


def _grant_work(connection: Connection) -> list[Work]:
    """What waits on the way from an application to the group's account."""
    drafts = allocation.runs(connection, state="drafted")
    applications = url_for("grants.staff_applications")
    return [
        _item(
            _("推薦を待つ申請"),
            grants.applications_waiting(connection, "submitted"),
            "award.recommend",
            applications,
            Rank.PROCEDURE,
        ),
        _item(
            _("決定を待つ申請"),
            grants.applications_waiting(connection, "recommended", "not_recommended"),
            "award.decide",
            applications,
            Rank.PROCEDURE,
        ),
        _item(
            _("決定を待つ助成の変更"),
            _changes(connection),
            "award.decide",
            url_for("grants.staff_changes"),
            Rank.PROCEDURE,
        ),
        _terms_work(connection),
        _item(
            _("配分を待つ助成"),
            Waiting(len(grants.open_for_allocation(connection))),
            "run.draft",
            url_for("allocation.staff_runs"),
            Rank.PROCEDURE,
        ),
        _item(
            _("承認を待つ配分案"),
            Waiting(
                len(drafts),
                min((day_in_japan(one.drafted_at) for one in drafts), default=None),
                total(one.total_yen for one in drafts),
            ),
            "run.approve",
            url_for("allocation.staff_runs"),
            Rank.PROCEDURE,
        ),
        _item(
            _("支払いを待つ交付"),
            grants.disbursements_waiting(connection),
            "disbursement.pay",
            url_for("grants.staff_disbursements"),
        ),
    ]


def _year_work(connection: Connection) -> list[Work]:
    """Fiscal years to close: to propose once their cash period is over, to decide when proposed."""
    page = url_for("closing.staff_years")
    ended = years_to_propose(connection, day_in_japan(now()))
    since = cash_day(min(ended)) if ended else None
    return [
        _item(
            _("締めの起案を待つ年度"),
            Waiting(len(ended), since),
            "year.propose",
            page,
            Rank.PROCEDURE,
        ),
        _item(
            _("決定を待つ年度の締め"),
            closings_waiting(connection),
            "year.close",
            page,
            Rank.PROCEDURE,
        ),
    ]


def _terms_work(connection: Connection) -> Work:
    """Wishes whose term is near: the manual's own day counts."""
    today = day_in_japan(now())
    near = near_terms(connection, today)
    return _item(
        _("期限の近い希望"),
        Waiting(len(near), None, total(one.yen for one in near)),
        "gift.correct",
        url_for("desk.terms"),
        Rank.DEADLINE,
        min((one.binds_until for one in near), default=None),
    )


def _intake_work(connection: Connection) -> list[Work]:
    """What waits of paper, boxes, files and goods."""
    found = intake.waiting_work(connection)
    pages = {
        "to_check": (_("確認を待つ受け入れの束"), url_for("intake.batches")),
        "doubts": (_("重なりの判断を待つ寄附"), url_for("intake.doubts")),
        "slips": (_("印刷を待つ納付書"), url_for("intake.slips")),
        "in_kind": (_("決定を待つ物品の寄附"), url_for("intake.goods")),
    }
    return [
        _item(title, found[name], "intake.enter", href) for name, (title, href) in pages.items()
    ]


def _money_back_work(connection: Connection) -> list[Work]:
    """What waits of refunds, disputes and refusals."""
    page, disputes = url_for("taking_back.refund_list"), url_for("taking_back.dispute_list")
    refunds = taken_back.refunds_waiting(connection)
    waiting = [one for one in taken_back.disputes(connection, waiting=True) if one.waits_for_us]
    due = next((one.evidence_due_on for one in waiting if one.evidence_due_on), None)
    disputed = Waiting(
        len(waiting),
        min((day_in_japan(one.opened_at) for one in waiting), default=None),
        total(one.yen for one in waiting),
    )
    return [
        _item(_("承認を待つ返金"), refunds["approve"], "refund.approve", f"{page}?state=proposed"),
        _item(
            _("出納の支払いを待つ返金"),
            refunds["pay"],
            "disbursement.pay",
            f"{page}?state=approved",
        ),
        _item(
            _("確認してほしい返金（管理画面での返金・届かなかった返金）"),
            refunds["look"],
            "refund.propose",
            page,
            Rank.MONEY_UNCLEAR,
        ),
        _item(_("証拠を待つ異議"), disputed, "refund.propose", disputes, Rank.DEADLINE, due),
        _item(
            _("決定を待つ不採納"),
            giving.refusals_to_decide(connection),
            "acceptance.decide",
            url_for("giving.staff_refusals"),
        ),
    ]


def _changes(connection: Connection) -> Waiting:
    """Proposed changes of awards."""
    found = changes_waiting(connection)
    since = min((day_in_japan(one.proposed_at) for one in found), default=None)
    return Waiting(len(found), since)


def _unmatched(connection: Connection) -> Waiting:
    """What the last comparison with the provider left open, since books last agreed with it."""
    found = reconciliation.matched(connection)
    since = found.matched_at or found.compared_at
    return Waiting(found.open_items, day_in_japan(since) if since else None)


def _item(
    title: str,
    waiting: Waiting,
    needed: str,
    href: str,
    rank: Rank = Rank.PEOPLE_WAIT,
    due: dt.date | None = None,
) -> Work:
    return Work(title, waiting, needed, href, rank, due)


def urgency_words() -> dict[Urgency, tuple[str, str]]:
    """The groups of the inbox: their names, and the tones of their chips."""
    return {
        Urgency.LONG_OVERDUE: (_("大きく遅れている"), "error"),
        Urgency.OVERDUE: (_("遅れている"), "warning"),
        Urgency.SOON: (_("まもなく"), "info"),
        Urgency.LATER: (_("このほか"), "neutral"),
    }


def rank_words() -> dict[Rank, str]:
    """Why work of a rank stands where it stands, for the last column."""
    return {
        Rank.DEADLINE: _("ほかの人が決めた期限がある"),
        Rank.MONEY_UNCLEAR: _("お金の行き先がはっきりしない"),
        Rank.PEOPLE_WAIT: _("待っている人がいる"),
        Rank.PROCEDURE: _("手続きを先へ進める"),
    }


@blueprint.get("/staff/check")
@permission("board.read")
def board() -> ResponseReturnValue:
    """Every invariant of the books, examined now."""
    with current_house().database.reading() as connection:
        findings = examine(connection, INVARIANTS)
    return render_template(
        "desk/board.html",
        findings=findings,
        broken=sum(finding.count for finding in findings),
        as_of=now(),
    )
