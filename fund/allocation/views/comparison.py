"""Two plans side by side, in words: what a comparison shows on pages, and its machine twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.allocation.domain.comparison import (
    MONEY,
    WAITING,
    AwardDifference,
    Comparison,
    Pair,
    Shift,
)
from fund.allocation.views.wording import percent, policy_value, policy_word, rank_word, yen_words
from fund.kernel.canonical import Json
from fund.platform.web.context import locale
from fund.platform.web.twins import (
    Column,
    Page,
    csv_response,
    json_response,
    workbook_response,
)

PARTNERS = 2
FORMS = ("csv", "json", "xlsx")


@dataclass(frozen=True)
class Figure:
    """One line of the totals: its words, both values and the change as they are written."""

    label: str
    before: str
    after: str
    change: str


def comparison_page(found: Comparison, titles: Mapping[str, str]) -> dict[str, Any]:
    """The values that ``_comparison.html`` shows."""
    differing = [one for one in found.awards if one.differs]
    return {
        "comparison": found,
        "finding": finding(found),
        "figures": figures(found),
        "differing": [(one, why(one, titles)) for one in differing],
        "unchanged": [one for one in found.awards if not one.differs],
        "titles": titles,
        "switches": switches(found),
        "moves": [
            (place_word(one.source, titles, _source_words()), _to_word(one, titles), one.yen)
            for one in found.shifts
        ],
    }


def finding(found: Comparison) -> str:
    """The difference in one or two sentences."""
    if found.is_same and not found.policy:
        return str(_("2つの案に、ちがいはありません。"))
    changed = sum(1 for one in found.awards if one.gets.change)
    said = [
        _("合計は%(yen)sで、変わりません。", yen=yen_words(found.total.after))
        if not found.total.change
        else _(
            "合計は%(before)sから%(after)sになります。",
            before=yen_words(found.total.before),
            after=yen_words(found.total.after),
        ),
        _("助成%(n)s件の額が変わります。", n=changed)
        if changed
        else _("どの助成の額も変わりません。"),
    ]
    before, after = found.fidelity
    if before is not None and after is not None and before != after:
        said.append(
            _(
                "希望どおりに使われる割合は%(before)sから%(after)sになります。",
                before=percent(before),
                after=percent(after),
            )
        )
    return ("" if locale() == "ja" else " ").join(map(str, said))


def figures(found: Comparison) -> list[Figure]:
    """The totals: all, by rank, without a wish, the share that met the first choice, what waits."""
    lines = [_yen_figure(_("合計"), found.total)]
    lines += [
        _yen_figure(rank_word(rank), pair)
        for rank, pair in enumerate(found.ranks, start=1)
        if rank == 1 or pair != Pair(0, 0)
    ]
    lines.append(_yen_figure(_("おまかせの寄附から"), found.undesignated))
    before, after = found.fidelity
    lines.append(
        Figure(
            str(_("希望どおりに使われる割合")),
            percent(before),
            percent(after),
            _points(before, after),
        )
    )
    lines.append(_yen_figure(_("使わずにのこるお金"), found.waiting))
    if found.money.change:
        lines.append(_yen_figure(_("使えるお金の全体"), found.money))
    return lines


def _yen_figure(label: str, pair: Pair) -> Figure:
    return Figure(
        str(label), yen_words(pair.before), yen_words(pair.after), change_words(pair.change)
    )


def change_words(yen: int) -> str:
    """A difference in yen with its sign, or that there is none."""
    if not yen:
        return str(_("変わりません"))
    return f"+{yen_words(yen)}" if yen > 0 else yen_words(yen)


def _points(before: int | None, after: int | None) -> str:
    if before is None or after is None or before == after:
        return str(_("変わりません"))
    turn = abs(after - before)
    sign = "+" if after > before else "−"
    return str(_("%(sign)s%(points)sポイント", sign=sign, points=f"{turn // 10}.{turn % 10}"))


def switches(found: Comparison) -> list[str]:
    """What is different in the rule itself, one sentence each."""
    return [
        str(
            _(
                "%(what)s：「%(before)s」から「%(after)s」に",
                what=policy_word(key),
                before=policy_value(key, before),
                after=policy_value(key, after),
            )
        )
        for key, before, after in found.policy
    ]


def why(one: AwardDifference, titles: Mapping[str, str]) -> str:
    """Why an award gets more or less: what differs about it, where yen came from or went."""
    said = [*_own_words(one), *_code_words(one)]
    if one.gets.change:
        said += _moves_in(one.inward, titles) if one.gets.change > 0 else []
        said += _moves_out(one.outward, titles) if one.gets.change < 0 else []
    gap = "" if locale() == "ja" else " "
    return gap.join(said)


def _own_words(one: AwardDifference) -> list[str]:
    words = {
        "added": lambda: _("前の案にはない助成です。"),
        "gone": lambda: _("あとの案にはない助成です。"),
        "asked": lambda: _(
            "求める額が%(before)sから%(after)sになりました。",
            before=yen_words(one.asked.before),
            after=yen_words(one.asked.after),
        ),
        "least": lambda: _("必要な最低額が変わりました。"),
        "tier": lambda: _("優先の段が変わりました。"),
        "score": lambda: _("評点が変わりました。"),
        "weight": lambda: _("重みが変わりました。"),
        "fixed": lambda: _("手動で決めた額が変わりました。"),
    }
    return [str(words[key]()) for key in one.own]


def _code_words(one: AwardDifference) -> list[str]:
    before, after = one.codes
    if before == after or "added" in one.own or "gone" in one.own:
        return []
    if after == "cancelled_minimum":
        return [str(_("必要な最低額に届かなくなり、見送られます。"))]
    if before == "cancelled_minimum":
        return [str(_("必要な最低額に届くようになります。"))]
    if after == "full":
        return [str(_("求めた額まで届きます。"))]
    if after == "short" and before == "full":
        return [str(_("求めた額まで届かなくなります。"))]
    return []


def _moves_in(shifts: Sequence[Shift], titles: Mapping[str, str]) -> list[str]:
    words = _source_words()
    return [
        str(
            _(
                "%(yen)sは%(place)sから来ます。",
                yen=yen_words(one.yen),
                place=place_word(one.source, titles, words),
            )
        )
        for one in shifts[:PARTNERS]
    ]


def _moves_out(shifts: Sequence[Shift], titles: Mapping[str, str]) -> list[str]:
    found = []
    for one in shifts[:PARTNERS]:
        yen = yen_words(one.yen)
        if one.target == WAITING:
            found.append(_("%(yen)sは使われずにのこります。", yen=yen))
        elif one.target == MONEY:
            found.append(_("%(yen)sは、もうこの希望のお金ではありません。", yen=yen))
        else:
            place = titles.get(one.target, one.target)
            found.append(_("%(yen)sは「%(place)s」へまわります。", yen=yen, place=place))
    return [str(one) for one in found]


def _source_words() -> dict[str, str]:
    return {WAITING: str(_("のこっていたお金")), MONEY: str(_("前の案にはなかったお金"))}


def _to_word(one: Shift, titles: Mapping[str, str]) -> str:
    return place_word(
        one.target,
        titles,
        {WAITING: str(_("使われずにのこる")), MONEY: str(_("あとの案にはないお金"))},
    )


def place_word(place: str, titles: Mapping[str, str], others: Mapping[str, str]) -> str:
    """An end of a shift by its name."""
    if place in others:
        return others[place]
    return str(_("「%(title)s」", title=titles.get(place, place)))


def comparison_twin(
    form: str, name: str, found: Comparison, titles: Mapping[str, str], notes: Sequence[str]
) -> ResponseReturnValue:
    """The same comparison for machines: CSV of the awards, JSON and workbook of everything."""
    rows = [(one, why(one, titles)) for one in found.awards]
    if form == "json":
        return json_response(_body(found, rows))
    if form == "xlsx":
        pages: list[Page[Any]] = [
            Page(str(_("助成")), _columns(titles), rows),
            Page(str(_("合計")), _figure_columns(), figures(found)),
            Page(str(_("動いたお金")), _shift_columns(), found.shifts),
        ]
        return workbook_response(name, pages, [*notes, finding(found), *switches(found)])
    return csv_response(name, _columns(titles), rows)


def _body(found: Comparison, rows: Sequence[tuple[AwardDifference, str]]) -> Json:
    before, after = found.fidelity
    return {
        "same": found.is_same,
        "total": _pair(found.total),
        "rank_yen": [_pair(one) for one in found.ranks],
        "undesignated_yen": _pair(found.undesignated),
        "waiting_yen": _pair(found.waiting),
        "money_yen": _pair(found.money),
        "first_wish_per_mille": {"before": before, "after": after},
        "policy": [
            {"switch": key, "before": one, "after": other} for key, one, other in found.policy
        ],
        "awards": [
            {
                "award": one.award,
                "group": one.group,
                "asked": _pair(one.asked),
                "gets": _pair(one.gets),
                "codes": list(one.codes),
                "own": list(one.own),
                "why": text,
            }
            for one, text in rows
        ],
        "shifts": [{"from": one.source, "to": one.target, "yen": one.yen} for one in found.shifts],
    }


def _pair(pair: Pair) -> Json:
    return {"before": pair.before, "after": pair.after, "change": pair.change}


def _columns(titles: Mapping[str, str]) -> list[Column[tuple[AwardDifference, str]]]:
    return [
        Column("award", _("助成"), lambda row: row[0].award),
        Column("title", _("助成の名前"), lambda row: titles.get(row[0].award, "")),
        Column("group", _("団体"), lambda row: row[0].group),
        Column("asked_before", _("求める額（前）"), lambda row: row[0].asked.before),
        Column("asked_after", _("求める額（あと）"), lambda row: row[0].asked.after),
        Column("gets_before", _("額（前）"), lambda row: row[0].gets.before),
        Column("gets_after", _("額（あと）"), lambda row: row[0].gets.after),
        Column("change", _("ちがい（円）"), lambda row: row[0].gets.change),
        Column("code_before", _("わけの符号（前）"), lambda row: row[0].codes[0]),
        Column("code_after", _("わけの符号（あと）"), lambda row: row[0].codes[1]),
        Column("why", _("ちがいのわけ"), lambda row: row[1]),
    ]


def _figure_columns() -> list[Column[Figure]]:
    return [
        Column("what", _("項目"), lambda row: row.label),
        Column("before", _("前"), lambda row: row.before),
        Column("after", _("あと"), lambda row: row.after),
        Column("change", _("ちがい"), lambda row: row.change),
    ]


def _shift_columns() -> list[Column[Shift]]:
    return [
        Column("from", _("どこから"), lambda row: row.source),
        Column("to", _("どこへ"), lambda row: row.target),
        Column("yen", _("金額（円）"), lambda row: row.yen),
    ]
