"""The four steps before the check page; each is one GET and one POST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.giving import commands, forms, wording
from fund.giving.domain import TEXTS, Wish
from fund.giving.queries import Draft, Typed
from fund.giving.views import drafts
from fund.giving.views.blueprint import blueprint
from fund.giving.views.landing import WISHES, wished
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen, share_of
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale
from fund.registry import queries as registry

SHOWN_GROUPS = 20
Extra = Callable[[Connection, drafts.Progress, Typed], dict[str, Any]]


def sent_already(draft: Draft) -> ResponseReturnValue:
    """The page that browser-back finds after the form was sent."""
    number = draft.gift_no or ""
    secret = commands.secret_of(current_house(), number)
    return render_template("giving/sent.html", number=number, secret=secret)


def _typed(step: str) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in forms.FIELDS[step]}


def _changing() -> bool:
    return bool(request.values.get("change"))


def _show(step: str, extra: Extra, preset: Typed | None = None) -> ResponseReturnValue:
    """A step as it stands in the draft; earlier steps first."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        if draft is not None and draft.gift_no is not None:
            if step != "use" or not (preset or request.args.get("start")):
                return sent_already(draft)
            draft = None
        progress = drafts.progress(connection, draft)
        if not progress.reached(step):
            return redirect(url_for(f"giving.{progress.missing}"), 303)
        typed = {**(draft.steps.get(step, {}) if draft else {}), **(preset or {})}
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
        changing=_changing(),
        **extra(connection, progress, typed),
    )


def _take(
    step: str, read: Callable[[Connection, drafts.Progress, Typed], object], extra: Extra
) -> ResponseReturnValue:
    """Read what was posted: back with every problem, or on to the next step."""
    typed = _typed(step)
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
        if draft is not None and draft.gift_no is not None:
            if step != "use":
                return sent_already(draft)
            draft = None
        progress = drafts.progress(connection, draft)
        if not progress.reached(step):
            return redirect(url_for(f"giving.{progress.missing}"), 303)
        try:
            read(connection, progress, typed)
        except Invalid as error:
            problems = error.fields or {forms.FIELDS[step][0]: str(error)}
            return _page(step, connection, progress, typed, problems, extra), 400
    return drafts.save(_onward(step), draft, step, typed)


def _onward(step: str) -> Response:
    following = (*forms.STEPS[1:], "check")[forms.STEPS.index(step)]
    return _redirect(url_for("giving.check" if _changing() else f"giving.{following}"))


def _redirect(address: str) -> Response:
    response = redirect(address, 303)
    if not isinstance(response, Response):
        raise TypeError("a redirect is a response of Flask")
    return response


def _read_use(connection: Connection, progress: drafts.Progress, typed: Typed) -> Wish:
    del progress
    wish = forms.read_use(typed)
    try:
        commands.check_wish(connection, wish, drafts.today())
    except Invalid as error:
        field = "group_fallback" if "fallback" in error.fields else wish.kind
        raise Invalid(str(error), {field: str(error)}) from error
    return wish


def _use_extra(connection: Connection, progress: drafts.Progress, typed: Typed) -> dict[str, Any]:
    del progress
    query = request.args.get("q", "").strip()[:100]
    searching = request.args.get("wish") == "group" or "q" in request.args
    found = (
        registry.search_groups(
            connection,
            q=query or None,
            field=None,
            state="registered",
            limit=SHOWN_GROUPS + 1,
            after=None,
        )
        if searching
        else []
    )
    chosen = registry.group(connection, typed.get("group", "")) if typed.get("group") else None
    shown = [group for group in found[:SHOWN_GROUPS] if not chosen or group.no != chosen.no]
    rules = drafts.rules(connection)
    fields = [field for field in registry.fields(connection) if field.open]
    return {
        "field_choices": [(field.code, _named(field)) for field in fields],
        "field_hints": {
            field.code: field.about_en if locale() == "en" else field.about_ja for field in fields
        },
        "theme_choices": [
            (theme.code, _named(theme)) for theme in registry.themes(connection, drafts.today())
        ],
        "group_choices": [
            (group.no, f"{group.name} {group.no}") for group in ([chosen] if chosen else []) + shown
        ],
        "query": query,
        "searching": searching,
        "more": len(found) > SHOWN_GROUPS,
        "percents": {kind: rules.integer(f"pass_on.{kind}_percent") for kind in WISHES},
        "clause": rules.clause("pass_on.group_percent").partition("@")[0],
        "refund_clause": rules.cite("no-refund").partition("@")[0],
        "term_years": rules.integer("wish.term_years"),
    }


def _named(thing: registry.Field | registry.Programme) -> str:
    return thing.name_en if locale() == "en" else thing.name_ja


@blueprint.get("/give/use")
@public
def use() -> ResponseReturnValue:
    """Step 1: the wish. The address may name one: ``?group=0132``, ``?field=``, ``?theme=``."""
    preset: dict[str, str] = {}
    for kind, target in wished().items():
        preset = {"wish": kind, kind: target}
        break
    else:
        if "q" in request.args:
            preset = {"wish": "group"}
    return _show("use", _use_extra, preset)


@blueprint.post("/give/use")
@public
def use_submit() -> ResponseReturnValue:
    """Take the wish, or look for a group by its name."""
    if "find" in request.form:
        with current_house().database.reading() as connection:
            draft = drafts.load(connection)
        draft = None if draft is not None and draft.gift_no is not None else draft
        change: dict[str, Any] = {"change": 1} if _changing() else {}
        address = url_for(
            "giving.use", q=request.form.get("q", "")[:100], **change, _anchor="groups"
        )
        return drafts.save(_redirect(address), draft, "use", _typed("use"))
    return _take("use", _read_use, _use_extra)


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
    return {
        "wish": progress.wish,
        "wish_text": wording.wish_text(progress.wish, registry.names(connection)),
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
    return _show("amount", _amount_extra)


@blueprint.post("/give/amount")
@public
def amount_submit() -> ResponseReturnValue:
    """Take amount and kind of donor."""

    def read(connection: Connection, _progress: drafts.Progress, typed: Typed) -> object:
        return forms.read_amount(typed, drafts.bounds(drafts.rules(connection)))

    return _take("amount", read, _amount_extra)


def _donor_extra(connection: Connection, progress: drafts.Progress, typed: Typed) -> dict[str, Any]:
    del connection
    style = typed.get("name_style") or ("single" if locale() == "en" else "split")
    return {
        "kind": progress.kind,
        "style": style,
        "where": typed.get("where") or "japan",
    }


@blueprint.get("/give/donor")
@public
def donor() -> ResponseReturnValue:
    """Step 3: name, address and mail."""
    return _show("donor", _donor_extra)


@blueprint.post("/give/donor")
@public
def donor_submit() -> ResponseReturnValue:
    """Take name, address and mail; names are kept as typed."""
    return _take("donor", lambda _c, done, typed: forms.read_donor(typed, done.kind), _donor_extra)


def _consents_extra(
    connection: Connection, progress: drafts.Progress, typed: Typed
) -> dict[str, Any]:
    del connection, typed
    return {
        "texts": {text.purpose: text.shown(locale()) for text in TEXTS},
        "wish": progress.wish,
        "name": progress.donor.name if progress.donor else "",
    }


@blueprint.get("/give/consents")
@public
def consents() -> ResponseReturnValue:
    """Step 4: what is published, what is told to whom, and how it is paid."""
    return _show("consents", _consents_extra)


@blueprint.post("/give/consents")
@public
def consents_submit() -> ResponseReturnValue:
    """Take the consents; nothing is agreed to by silence."""

    def read(_connection: Connection, done: drafts.Progress, typed: Typed) -> object:
        return forms.read_consents(typed, done.wish, done.donor.name if done.donor else "")

    return _take("consents", read, _consents_extra)
