"""Gifts as staff see them: the list, one gift with its donor, the register."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, queries, wording
from fund.giving.queries import GiftView, RegisterRow
from fund.giving.views.blueprint import blueprint
from fund.giving.views.money_back import money_back
from fund.kernel.errors import NotFound
from fund.kernel.ids import read_gift_no
from fund.payments.queries import payments_of
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response
from fund.registry import queries as registry

PAGE = 50


def words() -> dict[str, Any]:
    """The words every staff page of this room needs."""
    return {
        "state_words": wording.state_words(),
        "state_tones": wording.state_tones(),
        "method_words": wording.method_words(),
        "batch_words": wording.batch_words(),
        "wish_text": wording.wish_text,
        "wishes_text": wording.wishes_text,
        "fallback_text": wording.fallback_text,
    }


@blueprint.get("/staff/gifts")
@permission("gift.read")
def staff_gifts() -> ResponseReturnValue:
    """The list of gifts, by state; a number leads straight to its gift."""
    query = Query(request.args)
    state = query.choice("state", wording.state_words().keys())
    typed = query.text("q", 40)
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        found: list[GiftView] | None = None
        if typed:
            number = read_gift_no(typed)
            if number and queries.gift(connection, number):
                return redirect(url_for("giving.staff_gift", no=number), 303)
            found = []
        shown = queries.gifts(connection, state=state, after=after, limit=PAGE + 1)
        return render_template(
            "giving/staff_gifts.html",
            gifts=shown[:PAGE] if found is None else found,
            following=shown[PAGE - 1].id if found is None and len(shown) > PAGE else None,
            counts=queries.counts_by_state(connection),
            state=state,
            typed=typed or "",
            names=registry.names(connection),
            **words(),
        )


@blueprint.get("/staff/gifts/<no>")
@permission("gift.read")
def staff_gift(no: str) -> ResponseReturnValue:
    """One gift with its donor's data; the look itself is written down."""
    number = read_gift_no(no)
    if number is None:
        raise NotFound(_("寄附が見つかりません"))
    house = current_house()
    who = commands.look_at_donor(house, by=current_actor(), now=now(), gift_no=number)
    with house.database.reading() as connection:
        gift = queries.gift(connection, number)
        if gift is None:
            raise NotFound(_("寄附が見つかりません"))
        return render_template(
            "giving/staff_gift.html",
            gift=gift,
            donor=who,
            kind_words=wording.kind_words(),
            payment_words=wording.payment_words(),
            consent_words=wording.consent_words(),
            consents=queries.consents_of(connection, number),
            payments=payments_of(connection, number),
            batches=queries.batches_of_gift(connection, gift.id),
            viewings=queries.viewings(connection, number),
            names=registry.names(connection),
            **money_back(connection, number),
            **words(),
        )


@blueprint.get("/staff/gifts.csv")
@permission("gift.read")
def staff_register() -> Response:
    """The gift register (寄附台帳): accepted gifts of a fiscal year, or all of them."""
    query = Query(request.args)
    fy = query.integer("fy", 1900, 2200)
    query.check()
    house = current_house()
    commands.note_export(house, by=current_actor(), now=now(), fy=fy)
    with house.database.reading() as connection:
        names = registry.names(connection)
        suffix = f"-{fy}" if fy else ""
        columns = _columns(names)
        return csv_response(f"gift-register{suffix}", columns, queries.register(connection, fy))


def _fallbacks(row: RegisterRow) -> str:
    return " / ".join(wish.fallback or "" for wish in row.gift.wishes)


def _columns(names: registry.Names) -> list[Column[RegisterRow]]:
    def kept(row: RegisterRow) -> int:
        return int(sum(share.yen for share in row.gift.shares if share.part == "kept"))

    def postal(row: RegisterRow) -> str:
        code = row.donor.postal_code
        return f"{code[:3]}-{code[3:]}" if code else ""

    return [
        Column("gift_no", "寄附番号", lambda row: row.gift.no),
        Column("received_on", "受領日", lambda row: str(row.gift.received_on)),
        Column("accepted_on", "採納日", lambda row: str(row.gift.accepted_on)),
        Column("batch_no", "起案番号", lambda row: row.batch_no),
        Column("yen", "金額", lambda row: int(row.gift.yen)),
        Column("method", "支払い方法", lambda row: row.gift.method),
        Column("donor_kind", "個人・法人", lambda row: row.donor.kind),
        Column("name", "氏名・名称", lambda row: row.donor.name_on_receipt),
        Column("kana", "フリガナ", lambda row: row.donor.kana),
        Column("postal_code", "郵便番号", postal),
        Column("address", "住所", lambda row: " ".join(row.donor.address_lines)),
        Column("wish", "使いみち", lambda row: wording.wishes_text(row.gift, names)),
        Column("fallback", "希望どおりに使えないとき", _fallbacks),
        Column("kept_yen", "基金全体へ", kept),
        Column("published_name", "公表名", lambda row: row.gift.display_name),
        Column("state", "状態", lambda row: row.gift.state),
        Column("sample", "見本", lambda row: "sample" if row.gift.sample else ""),
    ]
