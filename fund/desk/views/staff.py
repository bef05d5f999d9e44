"""The staff's first page: what waits for me; and the must-be-zero board."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.allocation.terms import NearTerm, near_terms
from fund.desk.board import INVARIANTS
from fund.desk.views.blueprint import blueprint
from fund.giving import queries as giving
from fund.giving.intake import queries as intake
from fund.grants import queries as grants
from fund.grants.changes_store import changes_waiting
from fund.kernel.calendar import day_in_japan
from fund.manual.queries import rules_on
from fund.payments import queries as payments
from fund.payments import refunds_queries as taken_back
from fund.payments.bank import queries as bank
from fund.payments.reconciliation import queries as reconciliation
from fund.platform.invariants import examine
from fund.platform.outbox import failed_mails
from fund.platform.web.access import permission, signed_in
from fund.platform.web.context import current_house, now


class Rank(IntEnum):
    """What comes first in the inbox: a missed deadline costs money, a late run costs days."""

    DEADLINE = 0
    MONEY_UNCLEAR = 1
    PEOPLE_WAIT = 2
    PROCEDURE = 3


@dataclass(frozen=True)
class Work:
    """One kind of waiting work: ``permission`` says whose it is, ``href`` where it is done."""

    title: str
    count: int
    permission: str
    href: str
    rank: Rank


@blueprint.get("/staff")
@signed_in
def inbox() -> ResponseReturnValue:
    """What waits for the person who is signed in; other work is listed below it."""
    with current_house().database.reading() as connection:
        work = _work(connection)
    work.sort(key=lambda item: item.rank)
    mine = [item for item in work if item.count and current_user.may(item.permission)]
    others = [item for item in work if item.count and item not in mine]
    return render_template(
        "desk/inbox.html", mine=mine, others=others, why=rank_words(), as_of=now()
    )


def _work(connection: Connection) -> list[Work]:
    """Every kind of waiting work: how many, whose it is, and the page where it is done."""
    acceptance = url_for("giving.staff_acceptance")
    return [
        _item(
            _("採納の起案を待つ寄附"),
            len(giving.waiting_gifts(connection)),
            "acceptance.propose",
            acceptance,
        ),
        _item(
            _("決裁を待つ採納の起案"),
            len(giving.batches(connection, proposed=True, limit=500)),
            "acceptance.decide",
            acceptance,
        ),
        _item(
            _("訂正した受領証明書の依頼"),
            giving.receipt_requests_waiting(connection),
            "gift.correct",
            url_for("giving.staff_receipt_requests"),
        ),
        _item(
            _("確認が必要な支払い"),
            len(payments.payments_to_check(connection)),
            "refund.propose",
            url_for("giving.staff_payments"),
            Rank.MONEY_UNCLEAR,
        ),
        _item(_("届かなかったメール"), failed_mails(connection), "mail.read", url_for("desk.mail")),
        *_intake_work(connection),
        *_money_back_work(connection),
        _item(
            _("照合を待つ銀行の明細"),
            bank.open_count(connection),
            "bank.match",
            url_for("bank.desk"),
            Rank.MONEY_UNCLEAR,
        ),
        *_grant_work(connection),
        _item(
            _("決済会社との照合で残ったもの"),
            reconciliation.matched(connection).open_items,
            "reconciliation.read",
            url_for("reconciliation.overview"),
            Rank.MONEY_UNCLEAR,
        ),
    ]


def _grant_work(connection: Connection) -> list[Work]:
    """What waits on the way from an application to the group's account."""
    asked = grants.application_counts(connection)
    unpaid = len(grants.disbursements(connection, states=("requested",)))
    drafts = sum(run.state == "drafted" for run in allocation.runs(connection))
    applications = url_for("grants.staff_applications")
    return [
        _item(
            _("推薦を待つ申請"),
            asked.get("submitted", 0),
            "award.recommend",
            applications,
            Rank.PROCEDURE,
        ),
        _item(
            _("決定を待つ申請"),
            asked.get("recommended", 0) + asked.get("not_recommended", 0),
            "award.decide",
            applications,
            Rank.PROCEDURE,
        ),
        _item(
            _("決定を待つ助成の変更"),
            len(changes_waiting(connection)),
            "award.decide",
            url_for("grants.staff_changes"),
            Rank.PROCEDURE,
        ),
        _item(
            _("期限の近い希望"),
            len(_near_terms(connection)),
            "gift.correct",
            url_for("desk.terms"),
            Rank.DEADLINE,
        ),
        _item(
            _("配分を待つ助成"),
            len(grants.open_for_allocation(connection)),
            "run.draft",
            url_for("allocation.staff_runs"),
            Rank.PROCEDURE,
        ),
        _item(
            _("承認を待つ配分案"),
            drafts,
            "run.approve",
            url_for("allocation.staff_runs"),
            Rank.PROCEDURE,
        ),
        _item(
            _("支払いを待つ交付"), unpaid, "disbursement.pay", url_for("grants.staff_disbursements")
        ),
    ]


def _near_terms(connection: Connection) -> list[NearTerm]:
    today = day_in_japan(now())
    return near_terms(connection, today, rules_on(connection, today))


def _intake_work(connection: Connection) -> list[Work]:
    """What waits of paper, boxes, files and goods."""
    found = intake.counts(connection)
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
    """What waits of refunds, disputes and refusals; the next deadline stands in the title."""
    page, disputes = url_for("taking_back.refund_list"), url_for("taking_back.dispute_list")
    proposed = taken_back.refund_counts(connection).get("proposed", 0)
    waiting = [one for one in taken_back.disputes(connection, waiting=True) if one.waits_for_us]
    due = next((one.evidence_due_on for one in waiting if one.evidence_due_on), None)
    title = _("証拠を待つ異議")
    if due is not None:
        title = _("証拠を待つ異議（次の期限 %(day)s）", day=format_date(due, _("M月d日（E）")))
    return [
        _item(_("承認を待つ返金"), proposed, "refund.approve", f"{page}?state=proposed"),
        _item(
            _("出納の支払いを待つ返金"),
            taken_back.refunds_to_pay(connection),
            "disbursement.pay",
            f"{page}?state=approved",
        ),
        _item(
            _("確認してほしい返金（管理画面での返金・届かなかった返金）"),
            taken_back.refunds_to_look_at(connection),
            "refund.propose",
            page,
            Rank.MONEY_UNCLEAR,
        ),
        _item(title, len(waiting), "refund.propose", disputes, Rank.DEADLINE),
        _item(
            _("決定を待つ不採納"),
            giving.refusals_proposed(connection),
            "acceptance.decide",
            url_for("giving.staff_refusals"),
        ),
    ]


def _item(title: str, count: int, needed: str, href: str, rank: Rank = Rank.PEOPLE_WAIT) -> Work:
    return Work(title, count, needed, href, rank)


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
