"""What if: the page that lays an imagined plan beside a run. Its address holds every change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from fund.allocation import queries
from fund.allocation.domain import plan_bytes
from fund.allocation.domain.comparison import compare
from fund.allocation.domain.whatif import AwardChange, Changes, Extra, PassOn
from fund.allocation.problems import PASSED_ON
from fund.allocation.queries import RunView
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.comparison import FORMS, comparison_page, comparison_twin
from fund.allocation.views.presentation import award_titles, file_response
from fund.allocation.views.wording import policy_values, policy_word, spelled, yen_words
from fund.allocation.whatif import Imagined, imagine
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.money import MAX_YEN
from fund.platform.web.access import permission
from fund.platform.web.context import current_house, locale
from fund.platform.web.query import Query
from fund.registry import queries as registry

_NUMBERS = {
    "asked": (0, MAX_YEN),
    "least": (0, MAX_YEN),
    "tier": (1, 1000),
    "score": (-1_000_000, 1_000_000),
    "weight": (1, 1_000_000),
}
"""What can be changed about an award, with its limits; the first two are yen."""
SWITCHES = ("order", "spend_order", "vintage", "within", "equalise")
MOST = 100


@dataclass(frozen=True)
class Asked:
    """A query string, read: the changes, and what else the address said."""

    changes: Changes
    errors: dict[str, str]


@blueprint.get("/staff/runs/<no>/whatif")
@permission("run.read")
def whatif(no: str) -> ResponseReturnValue:
    """The form and, once something is changed, the imagined plan beside the run's own."""
    with current_house().database.reading() as connection:
        run = _run(connection, no)
        asked = _read(run, request.args)
        if request.args.get("award") and not asked.errors:
            # One award typed into the form joins the changes; the address then says it all.
            return redirect(_address("allocation.whatif", no, asked.changes), 302)
        found = None
        if asked.changes and not asked.errors:
            try:
                found = imagine(connection, run, asked.changes)
            except Invalid as refusal:
                asked = Asked(asked.changes, dict(refusal.fields) or {"": str(refusal)})
        page = render_template("allocation/whatif.html", **_page(connection, run, asked, found))
    return (page, 400) if asked.errors else page


@blueprint.get(f"/staff/runs/<no>/whatif.<any({', '.join(FORMS)}):form>")
@permission("run.read")
def whatif_twin(no: str, form: str) -> ResponseReturnValue:
    """The comparison for machines, under the same query."""
    with current_house().database.reading() as connection:
        run, found = _imagined(connection, no)
        titles = award_titles(connection)
    notes = [_("配分 %(no)s", no=run.no), *_said(_read(run, request.args).changes, titles)]
    comparison = compare(found.before, found.after)
    return comparison_twin(form, f"{run.no}-whatif", comparison, titles, notes)


@blueprint.get("/staff/runs/<no>/whatif/<any(problem, plan):what>.json")
@permission("run.read")
def whatif_file(no: str, what: str) -> ResponseReturnValue:
    """The imagined problem or plan as a file that ``fund recheck`` reads."""
    with current_house().database.reading() as connection:
        run, found = _imagined(connection, no)
    body = found.problem.canonical if what == "problem" else plan_bytes(found.plan)
    return file_response(body, "application/json", f"{run.no}-whatif-{what}.json")


def _run(connection: Connection, no: str) -> RunView:
    run = queries.run(connection, no)
    if run is None:
        raise NotFound(_("その番号の配分はありません"))
    return run


def _imagined(connection: Connection, no: str) -> tuple[RunView, Imagined]:
    """The run and the answer to the address's changes.

    Raises:
        Invalid: for an address that cannot be read.
    """
    run = _run(connection, no)
    asked = _read(run, request.args)
    if asked.errors:
        raise Invalid(_("検索の条件を確認してください"), asked.errors)
    return run, imagine(connection, run, asked.changes)


def _read(run: RunView, args: MultiDict[str, str]) -> Asked:
    query, problem = Query(args), run.problem_document
    known = {grant["id"] for grant in problem["grants"]}
    changes = Changes(
        policy=tuple(_switches(query, problem["policy"])),
        pass_on=tuple(_pass_on(query)),
        extra=tuple(_extra(query)),
        without=tuple(sorted(_without(args, problem))),
    )
    for award in sorted({key.partition(".")[2] for key in args if "." in key} & known)[:MOST]:
        changes = changes.with_award(_award(query, award, f".{award}"))
    chosen = query.choice("award", known)
    if chosen is not None:
        change = _award(query, chosen, "")
        if change.is_empty():
            query.errors["asked"] = "変えることを、どれかひとつ入力してください"
        changes = changes.with_award(change)
    return Asked(changes, query.errors)


def _award(query: Query, award: str, suffix: str) -> AwardChange:
    found: dict[str, int | None] = {}
    for key, (low, high) in _NUMBERS.items():
        name = f"{key}{suffix}"
        if key in {"asked", "least"}:
            found[key] = query.yen(name)
        else:
            found[key] = query.integer(name, low, high)
    if query.args.get(f"out{suffix}"):
        found["asked"] = 0
    return AwardChange(award, **found)


def _switches(query: Query, policy: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    stands = {"equalise": True, **policy}
    for key in SWITCHES:
        value = query.choice(key, policy_values()[key])
        if value is None or value == spelled(stands[key]):
            continue
        if key == "spend_order":
            yield key, value.split(",")
        elif key == "equalise":
            yield key, value == "yes"
        else:
            yield key, value


def _pass_on(query: Query) -> Iterator[PassOn]:
    for kind in PASSED_ON:
        value = query.integer(f"pass_{kind}", 0, 100)
        if value is not None:
            yield PassOn(kind, value)


def _extra(query: Query) -> Iterator[Extra]:
    use, yen = query.text("extra_use", 60), query.yen("extra_yen")
    if use is not None and yen:
        prefix, _colon, name = use.partition(":")
        if use != "any" and not (prefix in {"group", "field", "programme"} and name):
            query.errors["extra_use"] = "一覧から選んでください"
            return
        yield Extra(use, yen)


def _without(args: MultiDict[str, str], problem: Mapping[str, Any]) -> set[tuple[str, str]]:
    fixed = {(row["donation"], row["grant"]) for row in problem.get("fixed", [])}
    return {pair for pair in fixed if " ".join(pair) in args.getlist("without")}


def arguments(changes: Changes) -> dict[str, Any]:
    """The query string of these changes, in one spelling."""
    found: dict[str, Any] = {key: spelled(value) for key, value in changes.policy}
    for one in changes.awards:
        for key in _NUMBERS:
            value = getattr(one, key)
            if value is not None:
                found[f"{key}.{one.award}"] = value
    for share in changes.pass_on:
        found[f"pass_{share.kind}"] = share.percent
    for money in changes.extra:
        found |= {"extra_use": money.use, "extra_yen": money.yen}
    if changes.without:
        found["without"] = [" ".join(pair) for pair in changes.without]
    return found


def _address(endpoint: str, no: str, changes: Changes, **more: str) -> str:
    values: dict[str, Any] = {"no": no, **more, **arguments(changes)}
    return url_for(endpoint, **values)


def _page(
    connection: Connection, run: RunView, asked: Asked, found: Imagined | None
) -> dict[str, Any]:
    changes, titles = asked.changes, award_titles(connection)
    problem, names = run.problem_document, registry.names(connection)
    groups = sorted({grant["group"] for grant in problem["grants"]})
    fields = sorted({field for grant in problem["grants"] for field in grant["fields"]})
    shown: dict[str, Any] = {
        "run": run,
        "changes": changes,
        "errors": asked.errors,
        "typed": request.args if asked.errors else {},
        "switches_offered": [
            (key, policy_word(key), list(policy_values()[key].items())) for key in SWITCHES
        ],
        "standing": {
            key: spelled(value)
            for key, value in {
                "equalise": True,
                **problem["policy"],
                **dict(changes.policy),
            }.items()
        },
        "original": {
            key: spelled(value) for key, value in {"equalise": True, **problem["policy"]}.items()
        },
        "pass_on": {one.kind: one.percent for one in changes.pass_on},
        "extra": changes.extra[0] if changes.extra else None,
        "uses": [
            ("any", _("おまかせ")),
            *((f"group:{no}", names.group(no)) for no in groups),
            *((f"field:{code}", names.field(code, locale())) for code in fields),
        ],
        "awards_offered": _offered(run, titles),
        "hidden": {key: value for key, value in arguments(changes).items() if "." in key},
        "changed_awards": [
            (
                one,
                titles.get(one.award, one.award),
                _award_said(one),
                _without_award(run, changes, one),
            )
            for one in changes.awards
        ],
        "overrides": problem.get("fixed", []),
        "imagined": found,
        "clear": url_for("allocation.whatif", no=run.no),
        "twins": {
            form: _address("allocation.whatif_twin", run.no, changes, form=form) for form in FORMS
        },
        "files": {
            what: _address("allocation.whatif_file", run.no, changes, what=what)
            for what in ("problem", "plan")
        },
        "titles": titles,
    }
    if found is not None:
        shown |= comparison_page(compare(found.before, found.after), titles)
    return shown


def _offered(run: RunView, titles: dict[str, str]) -> list[tuple[str, str]]:
    """Every award of the run with what it asks, for the select box."""
    paid: dict[str, int] = {}
    for row in run.problem_document.get("previous", []):
        paid[row["grant"]] = paid.get(row["grant"], 0) + row["amount"]
    return [
        (
            grant["id"],
            _(
                "%(no)s %(title)s（求める額 %(yen)s）",
                no=grant["id"],
                title=titles.get(grant["id"], ""),
                yen=yen_words(grant["approved_max"] - paid.get(grant["id"], 0)),
            ),
        )
        for grant in run.problem_document["grants"]
    ]


def _without_award(run: RunView, changes: Changes, one: AwardChange) -> str:
    return _address("allocation.whatif", run.no, changes.with_award(AwardChange(one.award)))


def _award_said(one: AwardChange) -> str:
    """What is imagined about one award, in words."""
    said = []
    if one.asked == 0:
        said.append(_("この配分から外す"))
    elif one.asked is not None:
        said.append(_("求める額 %(yen)s", yen=yen_words(one.asked)))
    if one.least is not None:
        said.append(_("最低額 %(yen)s", yen=yen_words(one.least)))
    if one.tier is not None:
        said.append(_("優先の段 %(n)s", n=one.tier))
    if one.score is not None:
        said.append(_("評点 %(n)s", n=one.score))
    if one.weight is not None:
        said.append(_("重み %(n)s", n=one.weight))
    return ("、" if locale() == "ja" else ", ").join(map(str, said))


def _said(changes: Changes, titles: dict[str, str]) -> list[str]:
    """The changes in words, for the sheet that explains a workbook."""
    gap = "：" if locale() == "ja" else ": "
    said = [f"{titles.get(one.award, one.award)}{gap}{_award_said(one)}" for one in changes.awards]
    said += [
        f"{policy_word(key)}{gap}{policy_values()[key][spelled(value)]}"
        for key, value in changes.policy
    ]
    said += [
        str(_("%(kind)sの希望に回す割合 %(n)s%%", kind=one.kind, n=one.percent))
        for one in changes.pass_on
    ]
    said += [f"{one.use} +{yen_words(one.yen)}" for one in changes.extra]
    return said
