"""``/ledger`` and its machine twins: one filter, the same rows, totals of exactly these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from flask import Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Invalid
from fund.platform.web.access import public
from fund.platform.web.caching import dated, last_changed, marked
from fund.platform.web.context import current_house, locale, now
from fund.platform.web.drawn import drawn
from fund.platform.web.query import Query
from fund.platform.web.twins import json_response, xlsx_response
from fund.publication import linked, queries
from fund.publication.domain.kinds import KIND_WORDS, WORD_KINDS
from fund.publication.forms import ARGUMENTS, LINKED, NO_FIELD, PAGE, PARTS, LedgerView, read_ledger
from fund.publication.lines import context_of, line, reason_word, row_json, sheet_columns
from fund.publication.phrases import gettext as _
from fund.publication.queries import Ends, LedgerRow, Totals
from fund.publication.views import blueprint
from fund.publication.views.canonical import ledger_path
from fund.publication.wording import kind_word, ledger_url, yen_text
from fund.registry import queries as registry

SHEET_ROWS = 50_000


@blueprint.get("/ledger")
@public
def ledger() -> ResponseReturnValue:
    """The public ledger as a page; a filter that cannot be read comes back with what to change."""
    try:
        view = read_ledger(Query(request.args))
    except Invalid as error:
        with current_house().database.reading() as connection:
            years = queries.fiscal_years(connection)
            choices = _choices(years, registry.names(connection, ()))
        page = render_template(
            "publication/ledger.html",
            shown=None,
            errors=error.fields,
            choices=choices,
            typed=_typed(),
            kept=LINKED,
        )
        return Response(page, 400)
    with current_house().database.reading() as connection:
        where = queries.ends(connection)
        if where.as_of is None:
            return dated(_drawn(connection, view, where), now())
        # Entries never change: the last one and the register's state say all that is read.
        marks = (where.last, where.as_of, registry.mark(connection))
        return dated(drawn(marks, lambda: _drawn(connection, view, where)), where.as_of)


def _drawn(connection: Connection, view: LedgerView, where: Ends) -> str:
    """The page of a filter."""
    rows, newer, older = _page(connection, view, where)
    context = context_of(connection, rows, _groups_asked())
    sums = queries.totals(connection, view.wanted, where)
    years = queries.fiscal_years(connection, where)
    choices = _choices(years, context.names)
    shown = {
        "lines": [line(row, context) for row in rows],
        "totals": sums,
        "older": None if older is None else _url("ledger", after=older),
        "newer": None if newer is None else _url("ledger", before=newer),
        "echo": _echo(choices, context.names),
        "whole": not _typed(),
    }
    twins = {
        "csv": _url("ledger_csv", sums="yes"),
        **{suffix: _url(f"ledger_{suffix}") for suffix in ("xlsx", "json")},
        "atom": ledger_path("ledger_atom", view),
    }
    as_of = where.as_of or now()
    return render_template(
        "publication/ledger.html",
        linked=[linked.ledger(ledger_path("ledger", view), twins, as_of)],
        shown=shown,
        errors={},
        choices=choices,
        typed=_typed(),
        kept=LINKED,
        part=any(one in _typed() for one in PARTS),
        as_of=as_of,
        canonical=ledger_path("ledger", view),
        twins=twins,
        views=_useful_views(),
        totals_sentence=_totals_sentence,
    )


@blueprint.get("/ledger.json")
@public
def ledger_json() -> ResponseReturnValue:
    """One page of rows with the totals of the whole filter and the next ``after``."""
    view = read_ledger(Query(request.args))
    with current_house().database.reading() as connection:
        where = queries.ends(connection)
        rows, newer, older = _page(connection, view, where)
        sums = queries.totals(connection, view.wanted, where)
    moment = where.as_of or now()
    told = json_response(
        {
            "as_of": moment.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "totals": {"in": sums.came_in, "out": sums.out, "left": sums.left},
            "sums": {
                "committed": sums.committed,
                "spent": sums.spent,
                "returned": sums.returned,
                "kept": sums.kept,
                "moved": sums.moved,
                "entries": sums.entries,
            },
            "rows": [row_json(row) for row in rows],
            "next": older,
            "previous": newer,
        }
    )
    return last_changed(told, moment)


def _page(
    connection: Connection, view: LedgerView, where: Ends
) -> tuple[list[LedgerRow], int | None, int | None]:
    """The rows, and where the pages beside them begin: ``before`` for newer, ``after`` for older.

    Whoever came here by ``after`` can go back, and the other way round: the page they came from
    holds the row whose number the address names.
    """
    size = view.limit or PAGE
    if view.before is None:
        rows, older = queries.page(connection, view.wanted, view.after, size, where)
        newer = None if view.after is None else rows[0].no if rows else view.after - 1
        return rows, newer, older
    rows, newer = queries.page_before(connection, view.wanted, view.before, size, where)
    return rows, newer, rows[-1].no if rows else view.before + 1


@blueprint.get("/ledger.csv")
@public
def ledger_csv() -> ResponseReturnValue:
    """Every row of the filter (or ``limit`` of them), streamed as the database writes them.

    ``sums=yes`` adds columns of yen that add up to the totals of the page.
    """
    sums = request.args.get("sums") == "yes"
    view = read_ledger(Query(request.args))
    house = current_house()
    with house.database.reading() as connection:
        where = queries.ends(connection)

    def blocks() -> Iterator[bytes]:
        with house.database.reading() as connection:
            yield from queries.csv_blocks(
                connection,
                view.wanted,
                after=view.after,
                before=view.before,
                limit=view.limit,
                sums=sums,
            )

    sheet = Response(
        blocks(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="ledger.csv"'},
    )
    # Entries never change: how many there are says which bytes follow.
    return last_changed(marked(sheet, where.last), where.as_of or now())


@blueprint.get("/ledger.xlsx")
@public
def ledger_xlsx() -> ResponseReturnValue:
    """The rows of the filter as a workbook that also says each entry in words.

    Raises:
        Invalid: when the filter finds more rows than a workbook should carry.
    """
    view = read_ledger(Query(request.args))
    with current_house().database.reading() as connection:
        sums = queries.totals(connection, view.wanted)
        if view.limit is None and sums.entries > SHEET_ROWS:
            message = _("行が多すぎます。条件をしぼるか、CSVを使ってください。")
            raise Invalid(message, {"limit": message})
        rows = [
            row
            for chunk in queries.every(connection, view.wanted, view.after, view.limit)
            for row in chunk
        ]
        context = context_of(connection, rows, _groups_asked())
        years = queries.fiscal_years(connection)
    columns = sheet_columns(context)
    echo = _echo(_choices(years, context.names), context.names)
    return xlsx_response("ledger", columns, rows, _notes(view, sums, echo))


def _notes(view: LedgerView, sums: Totals, echo: list[dict[str, str]]) -> list[str]:
    """The sheet that explains the workbook: its filter, its totals, where it comes from."""
    del view
    asked = [f"{part['label']}: {part['value']}" for part in echo] or [_("すべての記帳")]
    return [
        *asked,
        _totals_sentence(sums, whole=not echo),
        request.url,
        _("金額はすべて円です。仕訳は、借方が正、貸方が負の数です。"),
    ]


def _typed() -> dict[str, str]:
    """The filter as it was typed, empty arguments left away."""
    if "fund_ledger_typed" not in g:
        given = request.args
        g.fund_ledger_typed = {
            name: value for name in ARGUMENTS if (value := given.get(name, "").strip())
        }
    return dict(g.fund_ledger_typed)


def _url(endpoint: str, **more: int | str | None) -> str:
    """The address of exactly this filter, its arguments in one fixed order."""
    limit = {"limit": request.args["limit"]} if request.args.get("limit") else {}
    return url_for(f"publication.{endpoint}", **_typed(), **limit, **more)  # type: ignore[arg-type]


def _totals_sentence(sums: Totals, *, whole: bool) -> str:
    """What the filter adds up to, in words; a part of the ledger shows how the rest changed."""
    values = {"came_in": yen_text(sums.came_in), "out": yen_text(sums.out)}
    if whole:
        values["left"] = yen_text(sums.left)
        return _("入ったお金は%(came_in)s、渡したお金は%(out)s、のこりは%(left)sです。", **values)
    values["left"] = yen_text(abs(sums.left))
    if sums.left == 0:
        return _("入ったお金は%(came_in)s、渡したお金は%(out)sで、のこりは変わりません。", **values)
    if sums.left < 0:
        return _(
            "入ったお金は%(came_in)s、渡したお金は%(out)s、のこりは%(left)sへりました。",
            **values,
        )
    return _("入ったお金は%(came_in)s、渡したお金は%(out)s、のこりは%(left)sふえました。", **values)


def _choices(years: Sequence[int], names: registry.Names) -> dict[str, list[tuple[str, str]]]:
    """What the filter form offers."""
    language = locale()
    word_views = [
        (",".join(kinds), _("「%(word)s」の動き", word=word))
        for kinds, word in (
            (WORD_KINDS["in"], _("入ったお金")),
            (WORD_KINDS["committed"], _("決まったお金")),
            (WORD_KINDS["out"], _("渡したお金")),
        )
    ]
    kinds = [(kind, kind_word(kind)) for kind in KIND_WORDS]
    asked = request.args.get("kind", "")
    if "," in asked and asked not in dict(word_views):
        words = _("・").join(kind_word(kind) for kind in asked.split(",") if kind in KIND_WORDS)
        kinds.insert(0, (asked, words or asked))
    return {
        "fy": [(str(year), str(year)) for year in years],
        "kind": [*word_views, *kinds],
        "field": [(code, names.field(code, language)) for code in names.fields],
    }


def _groups_asked() -> list[str]:
    """The groups that the filter names, as they were typed."""
    typed = _typed()
    return [typed[name] for name in ("group", "given-to") if name in typed]


def _echo(choices: dict[str, list[tuple[str, str]]], names: registry.Names) -> list[dict[str, str]]:
    """Each condition in words, with the address of the view without it."""
    typed = _typed()
    labels = {
        "fy": _("年度"),
        "kind": _("種類"),
        "field": _("使いみち"),
        "group": _("団体"),
        "min": _("いくらから"),
        "max": _("いくらまで"),
        "from": _("いつから"),
        "to": _("いつまで"),
        "q": _("ことば"),
        "fit": _("希望とのちがい"),
        "reason": _("変えた理由"),
        "age": _("いつのお金か"),
        "wait": _("待った月数"),
        "given-to": _("わたす先の団体"),
        "use": _("あてた分野"),
        "account": _("勘定"),
    }
    known = dict(choices["kind"])

    def word(name: str, value: str) -> str:
        if name == "kind":
            return known.get(value, value)
        if name == "field":
            return names.use("field", value, locale()) or value
        if name in {"group", "given-to"}:
            return names.use("group", value, locale())
        if name not in _LISTED:
            return value
        return _("・").join(_value_word(name, one.strip(), names) for one in value.split(","))

    return [
        {
            "label": labels[name],
            "value": word(name, value),
            "without": ledger_url({other: kept for other, kept in typed.items() if other != name}),
        }
        for name, value in typed.items()
    ]


_LISTED = frozenset({"fit", "reason", "age", "use"})


def _value_word(name: str, value: str, names: registry.Names) -> str:
    """One value of a condition that only links set."""
    fits = {
        "first": _("第1希望のとおり"),
        "other": _("第2希望から先"),
        "open": _("おまかせ"),
    }
    if name == "fit":
        return fits.get(value, value)
    if name == "reason":
        return reason_word(value) or value
    if name == "age":
        return _("%(year)s年度", year=value)
    return _("分野なし") if value == NO_FIELD else names.use("field", value, locale()) or value


def _useful_views() -> list[dict[str, str]]:
    """Links to what people ask most often."""
    year = fiscal_year(day_in_japan(now()))
    kept = [
        {"label": label, "href": ledger_url(arguments)}
        for label, arguments in (
            (_("今年度に受け入れた寄附"), {"fy": str(year), "kind": "donation.received"}),
            (_("今年度に渡したお金"), {"fy": str(year), "kind": "disbursement.paid"}),
            (_("どの寄附が、どの助成にいったか"), {"kind": "allocation.line"}),
            (_("取り消しと変更"), {"kind": "entry.reversed,designation.redirected"}),
            (_("決済の手数料"), {"kind": "fee.charged,fee.reimbursed"}),
            (_("決まりと決定"), {"kind": "manual.edition,award.decided,allocation.approved"}),
        )
    ]
    return [*kept, {"label": _("年度ごとの決算"), "href": url_for("closing.years")}]
