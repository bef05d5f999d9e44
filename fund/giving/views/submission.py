"""The check page and the one act of the form: offering the donation."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import commands, forms, wording
from fund.giving.domain import Offer
from fund.giving.queries import Draft
from fund.giving.views import drafts, patience
from fund.giving.views.blueprint import blueprint
from fund.giving.views.payment import to_payment_page
from fund.giving.views.steps import sent_already
from fund.kernel.actor import donor
from fund.kernel.errors import Conflict, Invalid, TooMany
from fund.kernel.money import share_of
from fund.platform.web.access import public
from fund.platform.web.context import current_actor, current_house, locale, now
from fund.registry import queries as registry

TRAP = "website"
"""A field that people do not see; programs that fill in everything fill it in."""
SEEN = "seen"
"""What the page showed, as the hash of the offer: another tab may have changed the draft."""

Row = tuple[str, str, str | None]
"""Step (with the number of the wish behind a colon), label and value of one answer."""


def _rows(connection: Connection, progress: drafts.Progress) -> list[dict[str, Any]]:
    """The answers with the links that change them."""
    who, said = progress.donor, progress.consents
    if who is None or said is None:
        raise LookupError("the check page needs complete steps")
    yes = {True: _("はい"), False: _("いいえ")}
    rows = _use_rows(connection, progress)
    rows += [
        ("amount", _("寄附する人"), wording.kind_words()[who.kind]),
        ("donor", _("お名前"), who.name),
        ("donor", _("フリガナ"), who.kana or None),
    ]
    if who.kind == "organisation":
        rows.append(("donor", _("ご担当者"), who.contact_person))
    rows += [
        ("donor", _("ご住所"), wording.address_text(who)),
        ("donor", _("電話"), who.phone or None),
        ("donor", _("メール"), who.email),
        ("consents", _("お名前の公表"), said.display_name or _("公表しない（匿名）")),
    ]
    if progress.names_group:
        rows.append(("consents", _("団体へお名前を知らせる"), yes[said.tell_group]))
    rows += [
        ("consents", _("報告のメール"), yes[said.report_mail]),
        ("consents", _("支払い方法"), wording.method_words()[progress.method]),
        ("consents", _("領収書"), wording.receipt_way_words()[progress.receipt_way]),
    ]
    if drafts.may_one_stop(who):
        asked = progress.one_stop
        rows.append(("consents", _("ワンストップ特例"), yes[asked is not None]))
        if asked is not None and asked.born_on is not None:
            rows.append(("consents", _("生年月日"), wording.day_text(asked.born_on)))
    return [
        {
            "label": label,
            "value": value,
            "change": url_for(f"giving.{step.partition(':')[0]}", change=1, part=part or None),
        }
        for step, label, value in rows
        for part in [step.partition(":")[2]]
    ]


def _use_rows(connection: Connection, progress: drafts.Progress) -> list[Row]:
    """Every wish with what happens when it cannot be met, the amount and how it divides."""
    names = registry.names(connection)
    rules = drafts.rules(connection)
    several = len(progress.parts) > 1
    rows: list[Row] = []
    for number, part in enumerate(progress.parts, start=1):
        step = f"use:{number}" if number > 1 else "use"
        label = _("使いみち（%(n)sつめ）", n=number) if several else _("使いみち")
        rows.append((step, label, wording.wish_text(part.wish, names)))
        if fallback := wording.fallback_text(part.wish):
            rows.append((step, _("希望どおりに使えないとき"), fallback))
        percent = commands.pass_on_percent(rules, part.wish)
        passed, kept = share_of(part.yen, percent)
        divided = wording.split_text(passed, kept) if part.wish.kind != "anywhere" else None
        if several:
            words = wording.amount_text(part.yen)
            rows.append(("amount", _("この使いみちの金額"), words))
        if divided:
            rows.append(("amount", _("金額の分かれ方"), divided))
    rows.append(("amount", _("金額"), wording.amount_text(progress.yen)))
    if progress.monthly:
        rows.append(("amount", _("寄附のしかた"), _("毎月（いつでもお休みとおわりにできます）")))
    return rows


def _check_page(
    connection: Connection, draft: Draft, progress: drafts.Progress, errors: dict[str, str]
) -> str:
    return render_template(
        "giving/check.html",
        seen=_offer(draft, progress).sha256().hex(),
        rows=_rows(connection, progress),
        yen=progress.yen,
        monthly=progress.monthly,
        errors=errors,
        step="check",
        changing=False,
        trap=TRAP,
    )


@blueprint.get("/give/check")
@public
def check() -> ResponseReturnValue:
    """Step 5: everything once more, with links that change it."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        if draft is not None and draft.gift_no is not None:
            return sent_already(draft)
        progress = drafts.progress(connection, draft)
        if draft is None or progress.missing is not None:
            # With every step filled in once, changing one thing leads back here at once.
            whole = draft is not None and all(step in draft.steps for step in forms.STEPS)
            return redirect(drafts.address(progress, change=whole), 303)
        return _check_page(connection, draft, progress, {})


@blueprint.post("/give/check")
@public
def submit() -> ResponseReturnValue:
    """Offer the donation and go on to the payment page; sent twice it is one donation."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        progress = drafts.progress(connection, draft)
    if draft is not None and draft.gift_no is not None:
        return _again(draft)
    if draft is None or progress.missing is not None:
        return redirect(drafts.address(progress), 303)
    if (doubt := _doubt(draft, progress)) is not None:
        message, status = doubt
        return _refused(draft, progress, {"": message}, status)
    try:
        begun = _begin(draft, progress)
    except Invalid as error:
        return _refused(draft, progress, {"": " ".join(error.fields.values()) or str(error)})
    except TooMany as refusal:
        return patience.slow_down(refusal)
    return to_payment_page(begun.gift_no, begun.payment_no)


def _doubt(draft: Draft, progress: drafts.Progress) -> tuple[str, int] | None:
    """Why this tap may not be what a person means, and the status of the answer."""
    if request.form.get(TRAP):
        return _("自動の送信と見分けがつきませんでした。もう一度ボタンを押してください"), 400
    if request.form.get(SEEN, "") not in {"", _offer(draft, progress).sha256().hex()}:
        words = _(
            "ほかの画面で内容が変わりました。いまの内容を確かめて、もう一度ボタンを押してください"
        )
        return words, 409
    return None


def _refused(
    draft: Draft, progress: drafts.Progress, errors: dict[str, str], status: int = 400
) -> ResponseReturnValue:
    with current_house().database.reading() as connection:
        return _check_page(connection, draft, progress, errors), status


def _offer(draft: Draft, progress: drafts.Progress) -> Offer:
    if progress.donor is None or progress.consents is None:
        raise LookupError("the check page needs complete steps")
    return Offer(
        form_key=draft.form_key,
        yen=progress.yen,
        donor=progress.donor,
        consents=progress.consents,
        parts=progress.parts,
        method=progress.method,
        monthly=progress.monthly,
        receipt_way=progress.receipt_way,
        one_stop=progress.one_stop,
        locale=locale(),
        sample=current_house().settings.demo,
    )


def _begin(draft: Draft, progress: drafts.Progress) -> commands.Begun:
    return commands.begin_donation(
        current_house(),
        by=current_actor(),
        now=now(),
        offer=_offer(draft, progress),
        visitor=patience.visitor(draft),
    )


def _again(draft: Draft) -> ResponseReturnValue:
    """The second tap of a double click goes where the first one goes."""
    number = draft.gift_no or ""
    try:
        payment_no = commands.retry_payment(
            current_house(),
            by=donor(number),
            now=now(),
            gift_no=number,
            visitor=patience.visitor(),
        )
    except TooMany as refusal:
        return patience.slow_down(refusal)
    except Conflict:
        return sent_already(draft)
    return to_payment_page(number, payment_no)
