"""The gift register (寄附台帳): accepted gifts with everything an audit of them asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask import Response, request
from flask_babel import gettext as _

from fund.giving import commands, queries, wording
from fund.giving.intake import queries as intake
from fund.giving.queries import RegisterRow
from fund.giving.views.blueprint import blueprint
from fund.kernel.calendar import day_in_japan, format_era
from fund.kernel.errors import NotFound
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, xlsx_response
from fund.registry import queries as registry

Origins = dict[str, tuple[str, str]]


@blueprint.get("/staff/gifts.csv")
@permission("gift.read")
def staff_register() -> Response:
    """The register of a fiscal year (``?fy=2026``), or all of it."""
    return _register("csv")


@blueprint.get("/staff/gifts.<suffix>")
@permission("gift.read")
def staff_register_as(suffix: str) -> Response:
    """The same as a workbook."""
    if suffix != "xlsx":
        raise NotFound(_("その形式はありません"))
    return _register(suffix)


def _register(suffix: str) -> Response:
    query = Query(request.args)
    fy = query.integer("fy", 1900, 2200)
    query.check()
    house = current_house()
    commands.note_export(house, by=current_actor(), now=now(), fy=fy)
    name = f"gift-register-{fy}" if fy else "gift-register"
    with house.database.reading() as connection:
        rows = list(queries.register(connection, fy))
        origins = intake.origins(connection, [row.gift.no for row in rows])
        columns = _columns(registry.names(connection), origins)
        if suffix == "csv":
            return csv_response(name, columns, rows)
        today = format_era(day_in_japan(now()))
        notes = [
            _("寄附台帳"),
            _("書き出した日：%(day)s", day=today),
            _("年度：%(fy)s", fy=fy or _("すべて")),
            _("採納した寄附だけが入ります。受領日が税の日付です。"),
        ]
        return xlsx_response(name, columns, rows, notes)


def _columns(names: registry.Names, origins: Origins) -> Sequence[Column[RegisterRow]]:
    def kept(row: RegisterRow) -> int:
        return int(sum(share.yen for share in row.gift.shares if share.part == "kept"))

    def postal(row: RegisterRow) -> str:
        code = row.donor.postal_code
        return f"{code[:3]}-{code[3:]}" if len(code) == 7 else code

    def origin(row: RegisterRow, part: int) -> str:
        return origins.get(row.gift.no, ("", ""))[part]

    methods, kinds = wording.method_words(), wording.kind_words()
    states = wording.state_words()
    return [
        Column("gift_no", "寄附番号", lambda row: row.gift.no),
        Column("offered_on", "申込日", lambda row: str(day_in_japan(row.gift.offered_at))),
        Column("paid_on", "入金を確認した日", _paid_on),
        Column("received_on", "受領日", lambda row: str(row.gift.received_on)),
        Column("accepted_on", "採納日", lambda row: str(row.gift.accepted_on)),
        Column("batch_no", "起案番号", lambda row: row.batch_no),
        Column("yen", "金額", lambda row: int(row.gift.yen)),
        Column("method", "支払い方法", lambda row: row.gift.method, _word(methods, _method)),
        Column("source", "申込サイト", lambda row: origin(row, 0)),
        Column("source_no", "受け入れ番号", lambda row: origin(row, 1)),
        Column("donor_kind", "個人・法人", lambda row: row.donor.kind, _word(kinds, _kind)),
        Column("name", "氏名・名称", lambda row: row.donor.name_on_receipt),
        Column("kana", "フリガナ", lambda row: row.donor.kana),
        Column("contact_person", "担当者", lambda row: row.donor.contact_person),
        Column("postal_code", "郵便番号", postal),
        Column("address", "住所", lambda row: " ".join(row.donor.address_lines)),
        Column("country", "国・地域", lambda row: row.donor.country),
        Column("phone", "電話番号", lambda row: row.donor.phone),
        Column("wish", "使いみち", lambda row: wording.wishes_text(row.gift, names)),
        Column(
            "fallback",
            "希望どおりに使えないとき",
            lambda row: row.gift.wish.fallback or "",
            lambda row: wording.fallback_text(row.gift.wish) or "",
        ),
        Column("kept_yen", "基金全体へ", kept),
        Column("published_name", "公表名", lambda row: row.gift.display_name),
        Column("edition", "手引きの版", lambda row: row.gift.edition_code),
        Column("state", "状態", lambda row: row.gift.state, _word(states, _state)),
        Column(
            "sample",
            "見本",
            lambda row: "sample" if row.gift.sample else "",
            lambda row: "見本" if row.gift.sample else "",
        ),
    ]


def _word(words: Mapping[str, str], code: Callable[[RegisterRow], str]) -> Callable[..., str]:
    """What a code stands for in the workbook; a code without a word stays itself."""
    return lambda row: words.get(code(row), code(row))


def _method(row: RegisterRow) -> str:
    return row.gift.method


def _kind(row: RegisterRow) -> str:
    return row.donor.kind


def _state(row: RegisterRow) -> str:
    return row.gift.state


def _paid_on(row: RegisterRow) -> str:
    return str(day_in_japan(row.gift.paid_at)) if row.gift.paid_at else ""
