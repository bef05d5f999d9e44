"""Payment slips: who waits for one, the list to print, and slips asked for by telephone."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.intake import queries
from fund.giving.intake import slips as acts
from fund.giving.intake.forms import SLIP_FIELDS
from fund.giving.intake.queries import WaitingView
from fund.giving.intake.reading import Setting, read_row
from fund.giving.intake.uses import open_uses
from fund.giving.intake.views.blueprint import blueprint, today, twin, words
from fund.kernel.errors import Invalid
from fund.kernel.ids import new_secret
from fund.manual.queries import rules_on
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column


def _postal(code: str) -> str:
    return f"{code[:3]}-{code[3:]}" if len(code) == 7 else code


_COLUMNS: tuple[Column[WaitingView], ...] = (
    Column("gift_no", "寄附番号", lambda row: row.gift_no),
    Column("method", "支払い方法", lambda row: row.method),
    Column("yen", "金額", lambda row: int(row.yen)),
    Column("postal_code", "郵便番号", lambda row: _postal(row.postal_code)),
    Column("address", "住所", lambda row: row.address),
    Column("name", "氏名・名称", lambda row: row.name),
    Column("phone", "電話番号", lambda row: row.phone),
    Column("offered_at", "申し込み", lambda row: row.offered_at.isoformat()),
    Column("printed_at", "印刷", lambda r: r.printed_at.isoformat() if r.printed_at else ""),
)


@blueprint.get("/staff/intake/slips")
@permission("intake.read")
def slips() -> ResponseReturnValue:
    """Gifts that wait for money on paper, in cash or by transfer."""
    with current_house().database.reading() as connection:
        waiting = queries.waiting(connection)
    return render_template("giving/intake_slips.html", waiting=waiting, **words())


@blueprint.get("/staff/intake/slips.<suffix>")
@permission("intake.read")
def slips_twin(suffix: str) -> Response:
    """The list for labels and slips (``?new=1``: only slips not printed yet)."""
    unprinted = bool(request.args.get("new"))
    with current_house().database.reading() as connection:
        waiting = queries.waiting(connection, unprinted=unprinted)
    return twin(suffix, "slips", _COLUMNS, waiting)


@blueprint.post("/staff/intake/slips")
@permission("intake.enter")
def slips_printed() -> ResponseReturnValue:
    """Write down that the ticked slips were printed and sent."""
    count = acts.note_printed(
        current_house(), by=current_actor(), now=now(), gift_nos=request.form.getlist("gift")
    )
    flash(_("%(n)s件を印刷済みにしました。", n=count), "success" if count else "warning")
    return redirect(url_for("intake.slips"), 303)


def _form(typed: dict[str, str], key: str, problems: dict[str, str]) -> str:
    return render_template(
        "giving/intake_slip_new.html",
        typed=typed,
        fields=SLIP_FIELDS,
        form_key=key,
        agreed=bool(request.form.get("agreed")),
        errors=problems,
        **words(),
    )


@blueprint.get("/staff/intake/slips/new")
@permission("intake.enter")
def new_slip() -> ResponseReturnValue:
    """The form for somebody who asks by telephone."""
    return _form(dict.fromkeys(SLIP_FIELDS, ""), new_secret(), {})


@blueprint.post("/staff/intake/slips/new")
@permission("intake.enter")
def add_slip() -> ResponseReturnValue:
    """Write down the request; sent twice it is one."""
    typed = {name: request.form.get(name, "") for name in SLIP_FIELDS}
    key = request.form.get("form_key", "")
    with current_house().database.reading() as connection:
        order = rules_on(connection, today()).text("fallback.order")
        uses = open_uses(connection, today(), order)
    problems: dict[str, str] = {}
    if not request.form.get("agreed"):
        problems["agreed"] = _("利用目的を読み上げ、同意をいただいてから、しるしを付けてください")
    try:
        facts = read_row(typed, uses, Setting(today(), acts.SLIP, today()))
        if not problems:
            begun = acts.ask_for_slip(
                current_house(), by=current_actor(), now=now(), form_key=key, facts=facts
            )
            flash(
                _("%(no)s を受け付けました。納付書を送ってください。", no=begun.gift_no), "success"
            )
            return redirect(url_for("intake.slips"), 303)
    except Invalid as error:
        problems |= error.fields or {"amount": str(error)}
    return _form(typed, key, problems), 400
