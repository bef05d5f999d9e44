"""Gift files by page: upload, see what the file would do, import it, follow how far it is."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.intake import queries, uploads
from fund.giving.intake.columns import COLUMNS, title_of
from fund.giving.intake.files import MAX_FILE, template_csv, template_xlsx
from fund.giving.intake.views.blueprint import blueprint, words
from fund.identity.queries import names as people_names
from fund.kernel.errors import Invalid, NotFound
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, locale, now
from fund.platform.web.security import takes_files

LIVE = frozenset({"waiting", "importing"})
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_words() -> dict[str, str]:
    """Every state of an uploaded file."""
    return {
        "waiting": _("読み取り中"),
        "examined": _("取り込む前の確認"),
        "importing": _("取り込み中"),
        "done": _("取り込み済み"),
        "refused": _("読めないファイル"),
        "dropped": _("取りやめ"),
    }


def _list(source: str, problems: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        shown = queries.imports(connection)
        return render_template(
            "giving/intake_files.html",
            files=shown,
            file_words=file_words(),
            people=people_names(connection, {one.asked_by for one in shown}),
            columns=COLUMNS,
            source=source,
            errors=problems,
            **words(),
        )


@blueprint.get("/staff/intake/files")
@permission("intake.read")
def files() -> ResponseReturnValue:
    """The files so far and the form for the next one."""
    return _list("", {})


@blueprint.post("/staff/intake/files")
@permission("intake.enter")
@takes_files(MAX_FILE)
def upload_file() -> ResponseReturnValue:
    """Keep the file; the worker examines it."""
    sent = request.files.get("file")
    source = request.form.get("source", "")
    name, body = (sent.filename or "", sent.read()) if sent else ("", b"")
    if sent:
        sent.close()
    try:
        number = uploads.upload(
            current_house(),
            by=current_actor(),
            now=now(),
            name=name,
            body=body,
            source=source,
        )
    except Invalid as error:
        return _list(source, error.fields), 400
    return redirect(url_for("intake.file", no=number), 303)


@blueprint.get("/staff/intake/files/<no>")
@permission("intake.read")
def file(no: str) -> ResponseReturnValue:
    """One file: how far it is, or what was found in it; looks again by itself while it works."""
    with current_house().database.reading() as connection:
        found = queries.gift_file(connection, no)
        if found is None:
            raise NotFound(_("取り込みのファイルが見つかりません"))
        batch = queries.batch(connection, found.batch_no) if found.batch_no else None
        return render_template(
            "giving/intake_file.html",
            file=found,
            batch=batch,
            file_words=file_words(),
            done=batch.booked if batch else found.done,
            total=batch.totals.count if batch else found.total,
            refresh=url_for("intake.file", no=no) if found.state in LIVE else None,
            title_of=lambda name: title_of(name, locale()),
            people=people_names(connection, {found.asked_by}),
            **words(),
        )


@blueprint.post("/staff/intake/files/<no>")
@permission("intake.enter")
def decide_file(no: str) -> ResponseReturnValue:
    """Import the file, its good rows, or drop it."""
    uploads.decide_upload(
        current_house(),
        by=current_actor(),
        now=now(),
        number=no,
        decision=request.form.get("decision", ""),
    )
    flash(_("受け付けました。この画面を閉じても、取り込みは続きます。"), "success")
    return redirect(url_for("intake.file", no=no), 303)


@blueprint.get("/staff/intake/template.csv")
@permission("intake.read")
def template_as_csv() -> Response:
    """The columns, to fill in."""
    body = "\ufeff" + template_csv()
    return _download(body.encode(), "text/csv; charset=utf-8", "gifts.csv")


@blueprint.get("/staff/intake/template.xlsx")
@permission("intake.read")
def template_as_xlsx() -> Response:
    """The columns, to fill in, with a sheet that explains them."""
    return _download(template_xlsx(), _XLSX, "gifts.xlsx")


def _download(body: bytes, kind: str, name: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
