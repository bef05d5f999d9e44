"""Step 1: the wish; up to five of them, each chosen on its own page and changed or left out again.

``?part=2`` names the second wish; the address may also name what is wished: ``?group=0132``.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.giving import commands, forms, wording
from fund.giving.domain import MAX_PARTS, Wish
from fund.giving.queries import Draft, Typed
from fund.giving.views import drafts
from fund.giving.views.blueprint import blueprint
from fund.giving.views.landing import WISHES, wished
from fund.giving.views.steps import (
    changing,
    living,
    see_other,
    sent_already,
    show,
    take,
    typed_on,
)
from fund.kernel.errors import Invalid
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale
from fund.registry import queries as registry

SHOWN_GROUPS = 20


def _part() -> int:
    """Which wish the page is about, from 1."""
    asked = request.values.get("part", "")
    return int(asked) if asked in {str(n) for n in range(1, MAX_PARTS + 1)} else 1


def _read_use(connection: Connection, progress: drafts.Progress, typed: Typed) -> Wish:
    wish = forms.read_use(typed)
    others = list(progress.wishes) if progress.missing != "use" else []
    others[_part() - 1 : _part()] = []
    drafts.check_other(wish, others)
    try:
        commands.check_wish(connection, wish, drafts.today())
    except Invalid as error:
        field = "group_fallback" if "fallback" in error.fields else wish.kind
        raise Invalid(str(error), {field: str(error)}) from error
    return wish


def _use_extra(connection: Connection, progress: drafts.Progress, typed: Typed) -> dict[str, Any]:
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
        "part": _part(),
        "others": _others(connection, progress),
        "searching": searching,
        "more": len(found) > SHOWN_GROUPS,
        "percents": {kind: rules.integer(f"pass_on.{kind}_percent") for kind in WISHES},
        "clause": rules.clause("pass_on.group_percent").partition("@")[0],
        "refund_clause": rules.cite("no-refund").partition("@")[0],
        "term_years": rules.integer("wish.term_years"),
    }


def _named(thing: registry.Field | registry.Programme) -> str:
    return thing.name_en if locale() == "en" else thing.name_ja


def _others(connection: Connection, progress: drafts.Progress) -> list[str]:
    """The other wishes in words; none while the first is being chosen."""
    if progress.missing == "use":
        return []
    names = registry.names(connection)
    return [
        wording.wish_text(wish, names)
        for number, wish in enumerate(progress.wishes, start=1)
        if number != _part()
    ]


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
    if _part() > 1:
        with current_house().database.reading() as connection:
            draft = living(drafts.load(connection))
            held = len(forms.use_keys(draft.steps)) if draft and draft.steps.get("use") else 0
        if _part() > held + 1:
            return redirect(url_for("giving.use"), 303)
    return show("use", _use_extra, preset, forms.use_key(_part()))


@blueprint.post("/give/use")
@public
def use_submit() -> ResponseReturnValue:
    """Take the wish, leave it out, or look for a group by its name."""
    if "drop" in request.form and _part() > 1:
        return _drop()
    if "find" in request.form:
        with current_house().database.reading() as connection:
            draft = living(drafts.load(connection))
        more: dict[str, Any] = {"change": 1} if changing() else {}
        if _part() > 1:
            more["part"] = _part()
        address = url_for("giving.use", q=request.form.get("q", "")[:100], **more, _anchor="groups")
        return drafts.save(see_other(address), draft, forms.use_key(_part()), typed_on("use"))
    return take("use", _read_use, _use_extra, forms.use_key(_part()))


def _drop() -> ResponseReturnValue:
    """Leave one of several wishes out; the others move up with their amounts."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
    if draft is None:
        return redirect(url_for("giving.use"), 303)
    if draft.gift_no is not None:
        return sent_already(draft)
    more: dict[str, Any] = {"change": 1} if changing() else {}
    onward = see_other(url_for("giving.amount", **more))
    return drafts.rewrite(onward, without(draft, _part()))


def without(draft: Draft, number: int) -> dict[str, Typed]:
    """The steps of a draft without its nth wish (from 2) and the yen typed for it."""
    keys = forms.use_keys(draft.steps)
    steps = {name: typed for name, typed in draft.steps.items() if name not in keys}
    kept = [draft.steps[key] for n, key in enumerate(keys, start=1) if n != number]
    steps |= {forms.use_key(n): typed for n, typed in enumerate(kept, start=1)}
    amounts = dict(draft.steps.get("amount", {}))
    typed_yen = [amounts.pop(field, "") for field in forms.PARTS]
    if number <= len(typed_yen):
        del typed_yen[number - 1]
    if amounts:
        steps["amount"] = amounts | dict(zip(forms.PARTS, typed_yen, strict=False))
    return steps


@blueprint.post("/give/use/add")
@public
def use_add() -> ResponseReturnValue:
    """Keep what was typed about the amount, and choose one more wish."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
    if draft is None or "use" not in draft.steps:
        return redirect(url_for("giving.use"), 303)
    if draft.gift_no is not None:
        return sent_already(draft)
    number = len(forms.use_keys(draft.steps)) + 1
    if number > MAX_PARTS:
        return redirect(url_for("giving.amount"), 303)
    more: dict[str, Any] = {"change": 1} if changing() else {}
    address = url_for("giving.use", part=number, **more)
    return drafts.save(see_other(address), draft, "amount", typed_on("amount"))
