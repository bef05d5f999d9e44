"""Amount, donor and consents, and what every step has in common: one GET and one POST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import commands, forms, methods, wording
from fund.giving.domain import MAX_PARTS, TEXTS
from fund.giving.domain.donor import with_town
from fund.giving.domain.one_stop import deadline
from fund.giving.queries import Draft, Typed
from fund.giving.views import drafts
from fund.giving.views.blueprint import blueprint
from fund.giving.views.postcodes import towns_of
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen, share_of
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale
from fund.registry import queries as registry

Extra = Callable[[Connection, drafts.Progress, Typed], dict[str, Any]]


def sent_already(draft: Draft) -> ResponseReturnValue:
    """The page that browser-back finds after the form was sent."""
    number = draft.gift_no or ""
    secret = commands.secret_of(current_house(), number)
    return render_template("giving/sent.html", number=number, secret=secret)


def typed_on(step: str) -> dict[str, str]:
    """What was posted into the fields of a step, as it is."""
    return {name: request.form.get(name, "") for name in forms.FIELDS[step]}


def changing() -> bool:
    """Whether the visitor came from the check page to change one thing."""
    return bool(request.values.get("change"))


def living(draft: Draft | None) -> Draft | None:
    """The draft, unless a gift came of it already: then a new form begins."""
    return None if draft is not None and draft.gift_no is not None else draft


def show(
    step: str, extra: Extra, preset: Typed | None = None, key: str | None = None
) -> ResponseReturnValue:
    """A step as it stands in the draft under its key; earlier steps first."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        if draft is not None and draft.gift_no is not None:
            if step != "use" or not (preset or request.args.get("start")):
                return sent_already(draft)
            draft = None
        progress = drafts.progress(connection, draft)
        if not progress.reached(step):
            return redirect(drafts.address(progress), 303)
        typed = {**(draft.steps.get(key or step, {}) if draft else {}), **(preset or {})}
        return _page(step, connection, progress, typed, {}, extra)


def _page(
    step: str,
    connection: Connection,
    progress: drafts.Progress,
    typed: Typed,
    problems: dict[str, str],
    extra: Extra,
) -> str:
    return render_template(
        f"giving/{step}.html",
        step=step,
        typed={name: typed.get(name, "") for name in forms.FIELDS[step]},
        errors={name: problems[name] for name in forms.FIELDS[step] if name in problems},
        changing=changing(),
        **extra(connection, progress, typed),
    )


def take(
    step: str,
    read: Callable[[Connection, drafts.Progress, Typed], object],
    extra: Extra,
    key: str | None = None,
) -> ResponseReturnValue:
    """Read what was posted: back with every problem, or kept under its key and on."""
    typed = typed_on(step)
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        if draft is not None and draft.gift_no is not None and step != "use":
            return sent_already(draft)
        draft = living(draft)
        progress = drafts.progress(connection, draft)
        if not progress.reached(step):
            return redirect(drafts.address(progress), 303)
        try:
            read(connection, progress, typed)
        except Invalid as error:
            problems = error.fields or {forms.FIELDS[step][0]: str(error)}
            return _page(step, connection, progress, typed, problems, extra), 400
    return drafts.save(_onward(step), draft, key or step, typed)


def _onward(step: str) -> Response:
    following = (*forms.STEPS[1:], "check")[forms.STEPS.index(step)]
    return see_other(url_for("giving.check" if changing() else f"giving.{following}"))


def see_other(address: str) -> Response:
    """A redirect after a POST, as the response that cookies are set on."""
    response = redirect(address, 303)
    if not isinstance(response, Response):
        raise TypeError("a redirect is a response of Flask")
    return response


def _amount_extra(
    connection: Connection, progress: drafts.Progress, typed: Typed
) -> dict[str, Any]:
    rules = drafts.rules(connection)
    percent = commands.pass_on_percent(rules, progress.wish)
    try:
        own = forms.read_yen(typed, drafts.bounds(rules))
    except Invalid:
        own = Yen(0)
    amounts = sorted({*forms.AMOUNTS, *([own] if own else [])})
    names = registry.names(connection)
    return {
        "may_monthly": "card" in methods.online_methods(),
        "wish": progress.wish,
        "wishes": [
            {
                "text": wording.wish_text(wish, names),
                "percent": commands.pass_on_percent(rules, wish),
                "field": field,
                "change": url_for("giving.use", part=number),
            }
            for number, (wish, field) in enumerate(
                zip(progress.wishes, forms.PARTS, strict=False), start=1
            )
        ],
        "may_add": len(progress.wishes) < MAX_PARTS,
        "percent": percent,
        "amounts": forms.AMOUNTS,
        "splits": [(yen, *share_of(Yen(yen), percent)) for yen in amounts],
        "bounds": drafts.bounds(rules),
        "clause": rules.clause("pass_on.group_percent").partition("@")[0],
    }


@blueprint.get("/give/amount")
@public
def amount() -> ResponseReturnValue:
    """Step 2: how much, and who gives; nothing is preselected."""
    return show("amount", _amount_extra)


@blueprint.post("/give/amount")
@public
def amount_submit() -> ResponseReturnValue:
    """Take amount, its parts and kind of donor."""

    def read(connection: Connection, progress: drafts.Progress, typed: Typed) -> object:
        bounds = drafts.bounds(drafts.rules(connection))
        return forms.read_amount(typed, bounds, progress.wishes)

    return take("amount", read, _amount_extra)


def _donor_extra(connection: Connection, progress: drafts.Progress, typed: Typed) -> dict[str, Any]:
    del connection
    style = typed.get("name_style") or ("single" if locale() == "en" else "split")
    looking = bool(request.args.get("lookup"))
    return {
        "lookup": True,
        "looked": looking,
        "towns": towns_of(typed.get("postal_code", "")) if looking else (),
        "kind": progress.kind,
        "style": style,
        "where": typed.get("where") or "japan",
    }


def _look_up() -> ResponseReturnValue:
    """Fill the first line of the address from the postcode, where one place has it."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        progress = drafts.progress(connection, draft)
    if draft is None or draft.gift_no is not None or not progress.reached("donor"):
        return redirect(drafts.address(progress), 303)
    typed = typed_on("donor")
    lines = [town.line for town in towns_of(typed["postal_code"])]
    chosen = request.form.get("town", "")
    if chosen in lines:
        typed["address1"] = with_town(chosen, typed["address1"])
    elif len(lines) == 1:
        typed["address1"] = with_town(lines[0], typed["address1"])
    more: dict[str, Any] = {"change": 1} if changing() else {}
    onward = see_other(url_for("giving.donor", lookup=1, **more, _anchor="postal_code"))
    return drafts.save(onward, draft, "donor", typed)


@blueprint.get("/give/donor")
@public
def donor() -> ResponseReturnValue:
    """Step 3: name, address and mail."""
    return show("donor", _donor_extra)


@blueprint.post("/give/donor")
@public
def donor_submit() -> ResponseReturnValue:
    """Take name, address and mail as typed, or look a postcode up and come back."""
    if "lookup" in request.form:
        return _look_up()
    return take("donor", lambda _c, done, typed: forms.read_donor(typed, done.kind), _donor_extra)


def _consents_extra(
    connection: Connection, progress: drafts.Progress, typed: Typed
) -> dict[str, Any]:
    del connection, typed
    may_one_stop = drafts.may_one_stop(progress.donor)
    until = current_house().settings.one_stop_until
    return {
        "receipt_ways": wording.receipt_way_words(),
        "receipt_hints": wording.receipt_way_hints(),
        "may_one_stop": may_one_stop,
        "one_stop_until": deadline(drafts.today(), until) if may_one_stop and until else None,
        "texts": {text.purpose: text.shown(locale()) for text in TEXTS},
        "names_group": progress.names_group,
        "method_choices": methods.choices(progress.yen, on_paper=True, monthly=progress.monthly),
        "method_hints": methods.hints(),
        "today": drafts.today(),
        "year_end": methods.year_end(drafts.today()),
        "method_refusals": [] if progress.monthly else methods.refusals(progress.yen),
        "name": progress.donor.name if progress.donor else "",
    }


@blueprint.get("/give/consents")
@public
def consents() -> ResponseReturnValue:
    """Step 4: what is published, what is told to whom, and how it is paid."""
    return show("consents", _consents_extra)


@blueprint.post("/give/consents")
@public
def consents_submit() -> ResponseReturnValue:
    """Take the consents; nothing is agreed to by silence."""

    def read(_connection: Connection, done: drafts.Progress, typed: Typed) -> object:
        name = done.donor.name if done.donor else ""
        problems: dict[str, str] = {}
        for reading in (
            lambda: forms.read_consents(typed, name, names_group=done.names_group),
            lambda: methods.read_method(
                typed["method"], done.yen, on_paper=True, monthly=done.monthly
            ),
            lambda: forms.read_receipt(
                typed, drafts.today(), may_one_stop=drafts.may_one_stop(done.donor)
            ),
        ):
            try:
                reading()
            except Invalid as error:
                problems |= error.fields
        if problems:
            raise Invalid(_("入力内容を確認してください"), problems)
        return None

    return take("consents", read, _consents_extra)
