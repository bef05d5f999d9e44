"""Saved readings: which column of a bank's file is what, and which account it belongs to."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.bank_matching.views import wording
from fund.giving.bank_matching.views.blueprint import blueprint
from fund.kernel.errors import Invalid, NotFound
from fund.payments.bank import commands, queries
from fund.payments.bank.commands import Profile
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now

_SETTINGS = (
    "day",
    "came",
    "went",
    "signed",
    "balance",
    "name",
    "note",
    "account_column",
    "heading",
    "rows_before",
    "dates",
    "years",
)
_FRESH = {"day": "日付", "came": "お預り金額", "went": "お支払金額", "balance": "残高"}
_FRESH |= {"name": "摘要", "heading": "1", "rows_before": "1", "dates": "written", "years": "era"}


@blueprint.get("/staff/bank/profiles")
@permission("bank.import")
def profiles() -> ResponseReturnValue:
    """Every saved reading."""
    with current_house().database.reading() as connection:
        found = queries.profiles(connection)
    return render_template(
        "bank/profiles.html", profiles=found, format_words=wording.format_words()
    )


@blueprint.get("/staff/bank/profiles/new")
@permission("bank.import")
def new_profile() -> ResponseReturnValue:
    """A form with what most banks' CSV look like."""
    return _form({"format": "csv", "account": "main", **_FRESH}, {}, code=None)


@blueprint.get("/staff/bank/profiles/<code>")
@permission("bank.import")
def edit_profile(code: str) -> ResponseReturnValue:
    """A saved reading to change."""
    with current_house().database.reading() as connection:
        found = queries.profile(connection, code)
    if found is None:
        raise NotFound(_("読み取り設定が見つかりません"))
    settings = {**found.settings}
    settings["account_column"] = settings.pop("account", "")
    base = _FRESH if found.format == "csv" else {"years": "era"}
    typed = {
        "code": found.code,
        "title": found.title,
        "format": found.format,
        "account": found.account,
        "file_account": found.file_account,
        **base,
        **settings,
    }
    return _form(typed, {}, code=code)


def _form(typed: dict[str, str], problems: dict[str, str], code: str | None) -> str:
    return render_template(
        "bank/profile.html",
        typed={name: typed.get(name, "") for name in (*_SETTINGS, *_FIELDS)},
        errors=problems,
        code=code,
        format_words=wording.format_words(),
        dates={
            "written": _("読んで分かる日付（2026/4/1、R8.4.1）"),
            "era6": _("6けた（元号の年月日。080401）"),
            "western6": _("6けた（西暦の年月日。260401）"),
        },
        years={"era": _("元号の年"), "western": _("西暦の下2けた")},
    )


_FIELDS = ("code", "title", "format", "account", "file_account")


@blueprint.post("/staff/bank/profiles")
@permission("bank.import")
def save_profile() -> ResponseReturnValue:
    """Save a reading; files imported before stay as they were read."""
    typed = {name: request.form.get(name, "") for name in (*_FIELDS, *_SETTINGS)}
    kept = {name: typed[name] for name in _SETTINGS if name != "account_column"}
    kept["account"] = typed["account_column"]
    settings = {
        "csv": {name: value for name, value in kept.items() if name != "years"},
        "zengin": {"years": kept["years"]},
    }.get(typed["format"], {})
    try:
        commands.save_profile(
            current_house(),
            by=current_actor(),
            now=now(),
            profile=Profile(
                code=typed["code"].strip(),
                title=typed["title"],
                format=typed["format"],
                account=typed["account"].strip(),
                file_account=typed["file_account"],
                settings=settings,
            ),
        )
    except Invalid as error:
        return _form(typed, error.fields, code=request.form.get("editing") or None), 400
    flash(_("読み取り設定を保存しました。"), "success")
    return redirect(url_for("bank.profiles"), 303)
