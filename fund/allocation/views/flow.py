"""A plan as a picture: what donors wished, how far it was met, and where the yen go or wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from fund.allocation.views.wording import rank_word, yen_words
from fund.platform.web.context import locale
from fund.platform.web.sankey import MAX_NODES, Column, Flow, Node, sankey
from fund.registry.queries import Names

WAITS, OTHER_WISHES, OTHER_AWARDS = "waits", "others:wish", "others:award"
_TONES = {"group": 5, "award": 5, "programme": 6, "field": 3, "any": 1}


@dataclass(frozen=True)
class Stream:
    """Yen of one first wish that met a rank (0: no wish, None: they wait) and went to an award."""

    wish: str
    rank: int | None
    award: str | None
    yen: int


def streams(problem: Mapping[str, Any], plan: Mapping[str, Any]) -> list[Stream]:
    """Every free yen of a problem, added up by first wish, rank met and award; largest first."""
    first = {gift["id"]: _first_use(gift) for gift in problem["donations"]}
    undesignated = without_wish(problem)
    free: Counter[str] = Counter(
        {gift["id"]: gift["amount"] - gift.get("refunded", 0) for gift in problem["donations"]}
    )
    for row in problem.get("previous", []):
        free[row["donation"]] -= row["amount"]
    found: Counter[tuple[str, int | None, str | None]] = Counter()
    for row in plan["ledger"]:
        gift = row["donation"]
        rank = 0 if gift in undesignated else row["rank"]
        found[first[gift], rank, row["grant"]] += row["amount"]
        free[gift] -= row["amount"]
    for gift, yen in free.items():
        if yen:
            found[first[gift], None, None] += yen
    ordered = sorted(found.items(), key=lambda item: (-item[1], str(item[0])))
    return [Stream(wish, rank, award, yen) for (wish, rank, award), yen in ordered]


def without_wish(problem: Mapping[str, Any]) -> frozenset[str]:
    """Donations that count as undesignated: anywhere first, or anywhere after every term ended."""
    today = problem["run_date"]
    return frozenset(
        gift["id"]
        for gift in problem["donations"]
        if "any" in gift["levels"][0]["uses"]
        or (
            gift["on_exhausted"] == "any"
            and all((level.get("expires") or today) < today for level in gift["levels"])
        )
    )


def _first_use(gift: Mapping[str, Any]) -> str:
    """The first use of a wish's first level; what is equally good besides counts with it."""
    uses = sorted(gift["levels"][0]["uses"])
    return "any" if "any" in uses else str(uses[0])


@dataclass(frozen=True)
class Drawn:
    """The picture, and the rows of its table: (wish, how it was met, award or waiting, yen)."""

    picture: Markup
    rows: list[tuple[str, str, str, int]]


def flow_picture(
    found: Sequence[Stream], titles: Mapping[str, str], names: Names, hrefs: Mapping[str, str]
) -> Drawn:
    """Draw the streams in three columns that hold the same total; small ones stand together.

    ``hrefs`` are the pages of awards. A column has at most twelve nodes, so the smallest wishes
    and awards share one each; the table says the same with the same grouping.
    """
    wishes = _largest(_sums((one.wish, one.yen) for one in found), MAX_NODES)
    awards = _largest(
        _sums((one.award, one.yen) for one in found if one.award is not None), MAX_NODES - 1
    )
    grouped: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        wish = one.wish if one.wish in wishes else OTHER_WISHES
        met = "met:waits" if one.rank is None else f"met:{min(one.rank, MAX_NODES - 3)}"
        place = WAITS if one.award is None else one.award if one.award in awards else OTHER_AWARDS
        grouped[wish, met, place] += one.yen
    words = _Words(titles, names)
    columns = [
        Column(_("寄附した人の希望"), _nodes(grouped, 0, words, {})),
        Column(_("どうかなったか"), _nodes(grouped, 1, words, {})),
        Column(_("助成"), _nodes(grouped, 2, words, hrefs)),
    ]
    flows = [Flow(source, target, yen) for (source, target), yen in _bands(grouped).items()]
    total = sum(grouped.values())
    picture = sankey(
        columns,
        flows,
        ident="flow",
        title=_("寄附 %(yen)sの道すじ", yen=yen_words(total)),
        summary=_(
            "左から、寄附した人の第1希望、その希望がどうかなったか、お金の行き先です。"
            "どの列も、足すと同じ額になります。"
        ),
        words=yen_words,
    )
    rows = [
        (words.of(wish), words.of(met), words.of(place), yen)
        for (wish, met, place), yen in sorted(grouped.items(), key=lambda item: (-item[1], item[0]))
    ]
    return Drawn(picture, rows)


def _sums(pairs: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, yen in pairs:
        total[name] += yen
    return total


def _largest(sums: Counter[str], room: int) -> frozenset[str]:
    """The names that get a node of their own; one place is left for the others, if there are."""
    ordered = sorted(sums, key=lambda name: (-sums[name], name))
    return frozenset(ordered if len(ordered) <= room else ordered[: room - 1])


def _bands(grouped: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str]]:
    bands: Counter[tuple[str, str]] = Counter()
    for (wish, met, place), yen in grouped.items():
        bands[wish, met] += yen
        bands[met, place] += yen
    return bands


@dataclass(frozen=True)
class _Words:
    titles: Mapping[str, str]
    names: Names

    def of(self, key: str) -> str:
        """What a node is called."""
        fixed = {
            WAITS: _("のこり（次を待つ）"),
            OTHER_WISHES: _("そのほかの希望"),
            OTHER_AWARDS: _("そのほかの助成"),
            "met:waits": _("まだ使わない"),
            "met:0": _("おまかせ"),
            "any": _("おまかせ"),
        }
        if key in fixed:
            return str(fixed[key])
        prefix, _colon, name = key.partition(":")
        if prefix == "met":
            return rank_word(int(name))
        if prefix in {"group", "field", "programme"}:
            return self.names.use(prefix, name, locale())
        return self.titles.get(key.removeprefix("award:"), key)


def _nodes(
    grouped: Counter[tuple[str, str, str]], column: int, words: _Words, hrefs: Mapping[str, str]
) -> list[Node]:
    sums = _sums((key[column], yen) for key, yen in grouped.items())
    last = {WAITS, OTHER_WISHES, OTHER_AWARDS, "met:waits", "met:0"}
    order = sorted(
        sums,
        key=lambda key: (
            key in last,
            key in {WAITS, "met:waits"},
            key if column == 1 else "",
            -sums[key],
            key,
        ),
    )
    return [
        Node(key, _short(words.of(key)), sums[key], _tone(key, column), hrefs.get(key))
        for key in order
    ]


def _short(label: str) -> str:
    """A label that fits beside its node; the table has the whole name."""
    most = 16 if locale() == "ja" else 28
    return label if len(label) <= most else label[: most - 1] + "…"


def _tone(key: str, column: int) -> int:
    if key in {WAITS, OTHER_WISHES, OTHER_AWARDS, "met:waits"}:
        return 0
    if column == 0:
        return _TONES.get(key.partition(":")[0], 2)
    if column == 1:
        return 1 if key == "met:0" else min(2 + int(key.partition(":")[2]), 6)
    return 2
