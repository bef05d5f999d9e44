"""The blueprint of intake's pages and what all of them need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeVar

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from fund.giving import wording
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound
from fund.platform.web.context import now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response

blueprint = Blueprint("intake", __name__)
Shown = TypeVar("Shown")


def today() -> dt.date:
    """The day of the request in Japan."""
    return day_in_japan(now())


def words() -> dict[str, Any]:
    """The words every page of intake needs."""
    return {
        "method_words": wording.method_words(),
        "kind_words": wording.kind_words(),
        "batch_kinds": batch_kinds(),
        "state_words": {
            "open": _("入力中"),
            "handed_in": _("確認待ち"),
            "booked": _("記帳済み"),
            "dropped": _("取りやめ"),
        },
        "row_words": {
            "entered": _("入力済み"),
            "doubtful": _("判断待ち"),
            "booked": _("記帳済み"),
            "left_out": _("重なりのため除外"),
        },
        "reason_words": {
            "name": _("お名前"),
            "kana": _("フリガナ"),
            "phone": _("電話番号"),
            "postal_code": _("郵便番号と名前の一文字め"),
        },
        "wish_text": wording.wish_text,
        "fallback_text": wording.fallback_text,
        "sections": sections(),
    }


def batch_kinds() -> dict[str, str]:
    """Where the money of a batch came in."""
    return {
        "counter": _("窓口の現金"),
        "slip": _("納付書（銀行から戻った控え）"),
        "box": _("募金箱"),
        "bank": _("口座への振込"),
        "portal": _("寄附サイトの明細"),
    }


def sections() -> list[tuple[str, str]]:
    """The pages of intake, for the row of links on top of each."""
    return [
        (_("束の入力"), url_for("intake.batches")),
        (_("ファイルの取り込み"), url_for("intake.files")),
        (_("重なりの判断"), url_for("intake.doubts")),
        (_("納付書"), url_for("intake.slips")),
        (_("使いみちの案内"), url_for("intake.choices")),
        (_("物品"), url_for("intake.goods")),
    ]


def twin(
    suffix: str, name: str, columns: Sequence[Column[Shown]], rows: Sequence[Shown]
) -> Response:
    """The rows as CSV, XLSX or JSON, by the suffix of the address.

    Raises:
        NotFound: for another suffix.
    """
    if suffix == "csv":
        return csv_response(name, columns, rows)
    if suffix == "xlsx":
        return xlsx_response(name, columns, rows, [request.full_path, str(today())])
    if suffix == "json":
        listed = [{column.name: column.value(row) for column in columns} for row in rows]
        return json_response({"as_of": now().isoformat(), "rows": listed})
    raise NotFound(_("その形式はありません"))
