"""The donor's page to choose a use later, and the staff's list of those who may."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import queries as gifts
from fund.giving import wording
from fund.giving.domain import Wish
from fund.giving.intake import choosing, queries
from fund.giving.intake.queries import InvitedView
from fund.giving.intake.uses import open_uses
from fund.giving.intake.views.blueprint import blueprint, today, twin, words
from fund.giving.queries import GiftView
from fund.giving.store import derive_secret
from fund.kernel.actor import donor
from fund.kernel.errors import Invalid, NotFound
from fund.ledger.redirections import redirections_of
from fund.manual.queries import rules_on
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_house, locale, now
from fund.platform.web.locale import translated
from fund.platform.web.twins import Column
from fund.registry import queries as registry

USES = ("field", "group", "theme")
FIELDS = ("wish", "field", "field_fallback", "group", "group_fallback", "theme")


def _gift(connection: Connection, secret: str) -> GiftView:
    gift = gifts.gift_by_secret(connection, secret[:64])
    if gift is None or queries.choice_of(connection, gift.no) is None:
        raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
    return gift


def _page(secret: str, typed: dict[str, str], problems: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        gift = _gift(connection, secret)
        choice = queries.choice_of(connection, gift.no)
        redirected = bool(redirections_of(connection, gift.no))
        rules = rules_on(connection, today())
        chosen = Wish(*choice.chosen) if choice and choice.chosen else None
        return render_template(
            "giving/choose_use.html",
            secret=secret,
            gift=gift,
            open=choosing.may_choose(gift, choice, redirected=redirected),
            chosen=chosen,
            booked=redirected,
            typed=typed or _typed_of(chosen),
            errors=problems,
            fields=[one for one in registry.fields(connection) if one.open],
            themes=registry.themes(connection, today()),
            percents={one: rules.integer(f"pass_on.{one}_percent") for one in USES},
            term_years=rules.integer("wish.term_years"),
            names=registry.names(connection),
            wish_text=wording.wish_text,
            english=locale() == "en",
        )


def _typed_of(chosen: Wish | None) -> dict[str, str]:
    blank = dict.fromkeys(FIELDS, "")
    if chosen is None or chosen.target is None:
        return blank
    said = {"wish": chosen.kind, chosen.kind: chosen.target}
    if chosen.kind != "theme":
        said[f"{chosen.kind}_fallback"] = chosen.fallback or ""
    return blank | said


@blueprint.get("/d/<secret>/use")
@public
def choose_use(secret: str) -> ResponseReturnValue:
    """What the donor may choose, has chosen, or can no longer change."""
    return _page(secret, {}, {})


@blueprint.post("/d/<secret>/use")
@public
def choose_use_submit(secret: str) -> ResponseReturnValue:
    """Take the choice; the page comes back with every problem."""
    typed = {name: request.form.get(name, "")[:200] for name in FIELDS}
    house = current_house()
    with house.database.reading() as connection:
        gift = _gift(connection, secret)
        wish = _read(connection, typed)
    if isinstance(wish, dict):
        return _page(secret, typed, wish), 400
    try:
        choosing.choose_use(house, by=donor(gift.no), now=now(), gift_no=gift.no, wish=wish)
    except Invalid as error:
        return _page(secret, typed, error.fields or {"wish": str(error)}), 400
    flash(_("使いみちを受け付けました。ありがとうございます。"), "success")
    return redirect(url_for("intake.choose_use", secret=secret), 303)


def _read(connection: Connection, typed: dict[str, str]) -> Wish | dict[str, str]:
    """The wish, or what to change by field."""
    kind = typed["wish"]
    if kind not in USES:
        return {"wish": _("使いみちを選んでください")}
    order = rules_on(connection, today()).text("fallback.order")
    uses = open_uses(connection, today(), order)
    fallback = typed.get(f"{kind}_fallback", "")
    problems: dict[str, str] = {}
    if kind != "theme" and fallback not in {"field", "anywhere"}:
        message = _("希望どおりに使えないときの使いみちを選んでください")
        problems[f"{kind}_fallback"] = message
    try:
        wish, said = uses.read(typed[kind])
    except ValueError as error:
        return problems | {kind: translated(str(error))}
    if not said or wish.kind != kind:
        return problems | {kind: _("一覧から選ぶか、番号を入力してください")}
    if problems:
        return problems
    if kind == "group" and fallback == "field" and not uses.group_fields.get(wish.target or ""):
        message = _("この団体には分野がありません。「基金全体で使う」を選んでください")
        return {"group_fallback": message}
    return Wish(kind, wish.target, "anywhere" if kind == "theme" else fallback)


def _link(row: InvitedView) -> str:
    house = current_house()
    prefix = "" if row.locale == "ja" else f"/{row.locale}"
    secret = derive_secret(house.settings.secret_key, row.gift_no, row.link_version)
    return f"{house.settings.base_url}{prefix}/d/{secret}/use"


def _columns() -> tuple[Column[InvitedView], ...]:
    return (
        Column("gift_no", "寄附番号", lambda row: row.gift_no),
        Column("yen", "金額", lambda row: int(row.yen)),
        Column("name", "氏名・名称", lambda row: row.name),
        Column("postal_code", "郵便番号", lambda row: row.postal_code),
        Column("address", "住所", lambda row: row.address),
        Column("email", "メール", lambda row: row.email),
        Column("link", "使いみちを選ぶページ", _link),
    )


def _invited(connection: Connection) -> list[InvitedView]:
    without_mail = bool(request.args.get("paper"))
    found = queries.invited(connection)
    return [row for row in found if not (without_mail and row.email)]


@blueprint.get("/staff/intake/choices")
@permission("intake.read")
def choices() -> ResponseReturnValue:
    """Donors who may still choose: those with a mail address were written to."""
    with current_house().database.reading() as connection:
        found = _invited(connection)
    shown: dict[str, Any] = {"invited": found[:200], "all": len(found)}
    return render_template(
        "giving/intake_choices.html", paper=bool(request.args.get("paper")), **shown, **words()
    )


@blueprint.get("/staff/intake/choices.<suffix>")
@permission("intake.enter")
def choices_twin(suffix: str) -> Response:
    """The list with the links, to print letters from; each link is its donor's own key."""
    with current_house().database.reading() as connection:
        return twin(suffix, "choose-the-use", _columns(), _invited(connection))
