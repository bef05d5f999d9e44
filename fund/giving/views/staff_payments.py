"""Payments that need a person: paid twice, too much, in part, or warned of as fraud."""

from __future__ import annotations

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import wording
from fund.giving.views.blueprint import blueprint
from fund.payments.commands import note_checked
from fund.payments.queries import PaymentView, payments_to_check
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response


def reasons(payment: PaymentView) -> list[str]:
    """Why a payment needs a look, in words."""
    found: list[str] = []
    if payment.extra:
        found.append(_("重ねて支払われた（預り金のまま）"))
    if payment.excess:
        found.append(
            _("%(yen)s多く振り込まれた（決済会社にある）", yen=wording.yen_text(payment.excess))
        )
    if payment.state == "waiting" and payment.funded:
        found.append(_("%(yen)sだけ振り込まれた", yen=wording.yen_text(payment.funded)))
    if payment.warned_at is not None:
        found.append(_("カード会社が不正利用を疑っている"))
    return found


def _columns() -> list[Column[PaymentView]]:
    return [
        Column("payment_no", "支払い番号", lambda row: row.no),
        Column("gift_no", "寄附番号", lambda row: row.gift_no),
        Column("method", "支払い方法", lambda row: row.method),
        Column("yen", "金額", lambda row: int(row.yen)),
        Column("state", "状態", lambda row: row.state),
        Column("extra", "重ねて", lambda row: int(row.extra)),
        Column("excess_yen", "多い金額", lambda row: int(row.excess)),
        Column("funded_yen", "届いた金額", lambda row: int(row.funded)),
        Column("warned", "不正利用の疑い", lambda row: int(row.warned_at is not None)),
    ]


def _rows() -> list[PaymentView]:
    with current_house().database.reading() as connection:
        return payments_to_check(connection)


@blueprint.get("/staff/payments")
@permission("gift.read")
def staff_payments() -> ResponseReturnValue:
    """What needs a look, each with why and where to act."""
    return render_template(
        "giving/staff_payments.html",
        payments=_rows(),
        reasons=reasons,
        method_words=wording.method_words(),
        payment_words=wording.payment_words(),
    )


@blueprint.get("/staff/payments.csv")
@permission("gift.read")
def staff_payments_csv() -> Response:
    """The same rows as CSV."""
    return csv_response("payments-to-check", _columns(), _rows())


@blueprint.get("/staff/payments.xlsx")
@permission("gift.read")
def staff_payments_xlsx() -> Response:
    """The same rows as a workbook."""
    return xlsx_response("payments-to-check", _columns(), _rows(), [_("確認が必要な支払い")])


@blueprint.get("/staff/payments.json")
@permission("gift.read")
def staff_payments_json() -> Response:
    """The same rows as JSON."""
    columns = _columns()
    return json_response(
        {"rows": [{column.name: column.value(row) for column in columns} for row in _rows()]}
    )


@blueprint.post("/staff/payments/<no>/checked")
@permission("refund.propose")
def staff_payment_checked(no: str) -> ResponseReturnValue:
    """Somebody looked, and did what there was to do."""
    note_checked(current_house(), by=current_actor(), now=now(), payment_no=no[:40])
    return redirect(url_for("giving.staff_payments"), 303)
