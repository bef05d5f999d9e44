"""The pictures of the glance page: words, links and amounts handed to the web kit's charts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from flask_babel import format_date
from markupsafe import Markup

from fund.kernel.calendar import fiscal_year_bounds
from fund.platform.web.charts import Bar, Segment, proportion_bar, stacked_bars
from fund.platform.web.sankey import Column, Flow, Node, sankey
from fund.publication.domain.flow import BEFORE, OTHERS, POTS, REST, SOURCES, Picture
from fund.publication.domain.kinds import WORD_KINDS
from fund.publication.figures import Figures
from fund.publication.forms import NO_FIELD
from fund.publication.phrases import gettext as _
from fund.publication.queries import WAITS, Period, SixWords, word_arguments
from fund.publication.wording import ledger_url, yen_text

_POT_TONES = {"group": 5, "field": 3, "theme": 6, "general": 1}


def word_tiles(words: SixWords) -> list[dict[str, object]]:
    """The six money words for the page, each a link to what adds up to it."""
    said = {
        "in": (_("入ったお金"), _("受け入れた寄附と運用の収益から、返した分を引いたもの")),
        "committed": (_("決まったお金"), _("助成が決まり、まだ渡していない分")),
        "out": (_("渡したお金"), _("団体に交付した分")),
        "spent": (_("使われたお金"), _("実績を確かめた分")),
        "returned": (_("もどったお金"), _("使わずに団体から返された分")),
        "left": (_("のこり"), _("使いみちがまだ決まっていない基金の残高")),
    }
    return [
        {
            "word": said[word.name][0],
            "gloss": said[word.name][1],
            "yen": word.yen,
            "href": ledger_url(word.arguments),
            "main": word.name == "left",
        }
        for word in words.words()
    ]


def sum_line(words: SixWords) -> list[dict[str, object]]:
    """The sum the words make, term by term: sign, word, yen, link; the last is the result."""
    said = {"carried": _("前の年度から"), "opened": _("はじめにあった")}
    yen = {word.name: word for word in words.words()}
    terms = [
        *(("＋" if at else "", said[w.name], w) for at, w in enumerate(words.beginnings())),
        ("＋", _("入った"), yen["in"]),
        ("＋", _("もどった"), yen["returned"]),
        ("−", _("渡した"), yen["out"]),
        ("−", _("決まった"), yen["committed"]),
        ("＝", _("のこり"), yen["left"]),
    ]
    return [
        {"sign": sign, "word": name, "yen": word.yen, "href": ledger_url(word.arguments)}
        for sign, name, word in terms
    ]


def period_label(period: Period, fy: int | None, *, short: bool = False) -> str:
    """A month of a year, or a fiscal year."""
    if fy is None:
        return _("%(year)s年度", year=period.first_day.year)
    spelled = _("M月") if short else _("y年M月")
    first = str(format_date(period.first_day, spelled))
    if period.last in {None, period.first_day}:
        return first
    return _("%(first)sから%(last)s", first=first, last=format_date(period.last, spelled))


def period_chart(shown: Figures) -> Markup:
    """In and out side by side for each period."""
    bars = []
    for period in shown.periods:
        label = period_label(period, shown.fy, short=True)
        for word, yen, tone in (
            (_("入った"), period.came_in, 1),
            (_("渡した"), period.out, 5),
        ):
            bars.append(Bar(f"{label} {word}", [Segment(word, max(0, yen), tone)]))
    return stacked_bars(
        _period_finding(shown),
        bars,
        ident="by-period",
        words=yen_text,
        summary=_("横の長さは、すべて同じ目もりです。"),
    )


def _period_finding(shown: Figures) -> str:
    gap = shown.words.came_in - shown.words.out
    if gap >= 0:
        return _("入ったお金のほうが%(yen)s多く、そのぶんは次の助成にまわります", yen=yen_text(gap))
    return _("渡したお金のほうが%(yen)s多く、前からあるお金も使いました", yen=yen_text(-gap))


def use_chart(shown: Figures) -> Markup:
    """Allocated yen by field."""
    bars = [
        Bar(
            use.name or _("分野なし"),
            [Segment(use.name or _("分野なし"), max(0, use.yen), use.tone, mark=use.mark)],
            href=use_url(shown, use.code),
        )
        for use in shown.uses
    ]
    first = shown.uses[0]
    title = _("いちばん多くあてた分野は「%(name)s」です", name=first.name or _("分野なし"))
    return stacked_bars(title, bars, ident="by-field", words=yen_text)


def flow_chart(shown: Figures) -> Markup:
    """The way of the money, from where it came to where it is."""
    drawn = shown.flow
    if drawn is None:
        return Markup("")
    steps = (drawn.sources, drawn.wishes)
    columns = [
        Column(head, _nodes(shown, drawn, index))
        for index, head in enumerate((_("出どころ"), _("使いみちの希望"), _("団体")))
    ]
    flows = [
        Flow(f"{step}:{source}", f"{step + 1}:{target}", yen)
        for step, found in enumerate(steps)
        for (source, target), yen in found.items()
    ]
    return sankey(
        columns,
        flows,
        ident="flow",
        title=_("あわせて%(yen)sの道すじ", yen=yen_text(drawn.total)),
        summary=_(
            "左から右へ、お金の出どころ、使いみちの希望、助成する団体です。どの列も、足すと同じ額になります。"
        ),
        words=yen_text,
    )


def place_chart(shown: Figures) -> Markup:
    """Where all of that money is now: paid out, decided, or left."""
    if shown.flow is None:
        return Markup("")
    sums: dict[str, int] = defaultdict(int)
    for (_group, place), yen in shown.flow.ends.items():
        sums[place] += yen
    names = place_names(shown)
    segments = [
        Segment(names[place], sums[place], tone, _place_url(shown, place))
        for place, tone in (("out", 5), ("coming", 4), (REST, 1))
        if sums[place]
    ]
    title = _("そのお金は、いまどこにあるか")
    return proportion_bar(title, segments, ident="by-place", words=yen_text)


def _nodes(shown: Figures, drawn: Picture, index: int) -> list[Node]:
    sums: dict[str, int] = defaultdict(int)
    for (source, target), yen in (drawn.sources if index == 0 else drawn.wishes).items():
        sums[target if index == 2 else source] += yen
    names = place_names(shown)
    order = [*SOURCES, *POTS, BEFORE]

    def rank(key: str) -> tuple[int, int, str]:
        last = key in {OTHERS, REST}
        place = order.index(key) if key in order else len(order)
        return (place + (100 if last else 0), -sums[key], key)

    return [
        Node(
            f"{index}:{key}",
            names.get(key, key),
            sums[key],
            _tone(key, index),
            _place_url(shown, key),
        )
        for key in sorted(sums, key=rank)
    ]


def _tone(key: str, index: int) -> int:
    if key in _POT_TONES:
        return _POT_TONES[key]
    if key in {REST, OTHERS, BEFORE, "carried"}:
        return 0
    return (1, 1, 2)[index]


def _place_url(shown: Figures, key: str) -> str | None:
    words = {REST: "left", "coming": "committed"}
    arguments = word_arguments(words[key], shown.fy) if key in words else shown.links.get(key)
    return ledger_url(arguments) if arguments else None


def _within(shown: Figures, **arguments: str) -> str:
    """A part of the ledger, of the year that is shown."""
    return ledger_url(arguments if shown.fy is None else {**arguments, "fy": str(shown.fy)})


def use_url(shown: Figures, code: str) -> str:
    """What was given to awards of a field (or of some), less what was taken back."""
    return _within(shown, use=code or NO_FIELD)


def fit_url(shown: Figures, fit: str) -> str:
    """Allocations by how they meet their wish."""
    return _within(shown, fit=fit)


def reason_url(shown: Figures, reason: str) -> str:
    """Changed wishes with one reason."""
    return _within(shown, reason=reason)


def wait_url(shown: Figures, span: tuple[int, int]) -> str:
    """Allocations of gifts that waited so many months."""
    return _within(shown, wait=f"{span[0]}-{span[1]}")


def age_words(years: tuple[int, ...]) -> str:
    """A row of the table of ages."""
    if len(years) == 1:
        return _("%(year)s年度", year=years[0])
    return _("%(first)s年度から%(last)s年度", first=years[0], last=years[-1])


def fit_words(fits: str) -> str:
    """A row of the table of wishes met."""
    said = {"first": _("第1希望のとおり"), "other": _("第2希望から先"), "open": _("おまかせ")}
    return _("・").join(said[fit] for fit in fits.split(","))


def age_url(shown: Figures, years: tuple[int, ...]) -> str:
    """What is left of the money of some years, at the end of the year that is shown."""
    found = {"age": ",".join(map(str, years))}
    if shown.fy is not None:
        found["to"] = fiscal_year_bounds(shown.fy)[1].isoformat()
    return ledger_url(found)


def period_url(shown: Figures, period: Period, word: str) -> str:
    """What came in (``in``) or went out (``out``) in a month, or in a fiscal year."""
    kinds = {"kind": ",".join(WORD_KINDS[word])}
    first = period.first_day
    if shown.fy is None:
        return ledger_url({"fy": str(first.year), **kinds})
    last = ((period.last or first) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    span = {"from": first.isoformat(), "to": last.isoformat()}
    return ledger_url({"fy": str(shown.fy), **kinds, **span})


def wait_words(span: tuple[int, int]) -> str:
    """A row of the table of waits."""
    if span[1] >= WAITS[-1][1]:
        return _("%(low)sか月から", low=span[0])
    return _("%(low)sから%(high)sか月", low=span[0], high=span[1])


def place_names(shown: Figures) -> dict[str, str]:
    """What each place of the flow diagram is called."""
    names = {
        **shown.group_names,
        "gifts": _("寄附"),
        "interest": _("運用の収益"),
        "opening": _("はじめの残高"),
        "returned": _("団体からの返還"),
        "carried": _("前の年度から"),
        "group": _("団体の指定"),
        "field": _("分野の指定"),
        "theme": _("テーマの指定"),
        "general": _("おまかせ"),
        BEFORE: _("前に決まった分"),
        OTHERS: _("そのほかの団体"),
        REST: _("のこり"),
        "out": _("渡した"),
        "coming": _("決まった（まだ渡していない）"),
    }
    together = {wish for wish, _group in shown.flow.wishes if "," in wish} if shown.flow else set()
    return {
        **names,
        **{key: _("・").join(names[one] for one in key.split(",")) for key in together},
    }


def flow_rows(shown: Figures) -> list[tuple[str, str, int]]:
    """The bands of the diagram as (from, to, yen), for its table."""
    if shown.flow is None:
        return []
    names = place_names(shown)
    return [
        (names.get(source, source), names.get(target, target), yen)
        for step in (shown.flow.sources, shown.flow.wishes, shown.flow.ends)
        for (source, target), yen in sorted(step.items(), key=lambda item: -item[1])
        if not (source == REST and target == REST)
    ]
