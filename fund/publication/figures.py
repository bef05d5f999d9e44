"""All figures of the glance page, read on one snapshot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fund.giving.domain.cells import Breakdown
from fund.kernel.money import Yen
from fund.platform.web.context import locale
from fund.publication import queries
from fund.publication.breakdowns import Breakdowns, breakdowns, joined, names_together
from fund.publication.domain.flow import OTHERS, Moves, Picture, picture
from fund.publication.flow_places import flow_links
from fund.publication.forms import FITS, NO_FIELD
from fund.publication.phrases import gettext as _
from fund.registry import queries as registry

TONES = 6


@dataclass(frozen=True)
class Use:
    """Yen allocated to awards of a field (the first one its decision names).

    ``code`` names several fields, with commas between, where too few people are behind one.
    """

    code: str
    name: str
    mark: str
    tone: int
    yen: Yen


@dataclass(frozen=True)
class Fidelity:
    """How far wishes were met: allocated yen by fit (``first``, ``other``, ``open``), and changes.

    Fits or reasons that stand together, because too few people are behind one, are named with
    commas between.
    """

    fits: tuple[tuple[str, Yen], ...]
    redirected: tuple[tuple[str, int, Yen], ...]

    def yen(self, fit: str) -> Yen | None:
        """The yen of a fit; None if it is not shown on its own."""
        if any(fit in shown.split(",") and fit != shown for shown, _yen in self.fits):
            return None
        return dict(self.fits).get(fit, Yen(0)) if self.fits else None

    @property
    def first_wish(self) -> Yen | None:
        """Yen that met the first wish."""
        return self.yen("first")

    @property
    def undesignated(self) -> Yen | None:
        """Yen without a wish."""
        return self.yen("open")

    @property
    def designated(self) -> Yen | None:
        """Yen with a wish."""
        both = dict(self.fits).get("first,other")
        if both is not None:
            return both
        first, other = self.yen("first"), self.yen("other")
        return None if first is None or other is None else first + other

    @property
    def per_mille(self) -> int | None:
        """Designated yen that met the first wish, in thousandths, rounded down; None for none."""
        if not self.designated or self.first_wish is None:
            return None
        return self.first_wish * 1000 // self.designated


@dataclass(frozen=True)
class Figures:
    """What the page shows of a fiscal year, or of all time when ``fy`` is None.

    ``withheld`` names the tables that are not divided, because too few people are behind them.
    """

    fy: int | None
    years: tuple[int, ...]
    words: queries.SixWords
    previous: queries.SixWords | None
    periods: tuple[queries.Period, ...]
    flow: Picture | None
    uses: tuple[Use, ...]
    fidelity: Fidelity
    ages: tuple[tuple[tuple[int, ...], Yen], ...]
    waits: queries.Waits
    fees: queries.Fees
    group_names: Mapping[str, str]
    links: Mapping[str, Mapping[str, str]]
    as_of: dt.datetime | None
    smallest: int
    withheld: frozenset[str]


def figures(connection: Connection, fy: int | None, today: dt.date) -> Figures:
    """Read everything; every number is a sum over public entries.

    Tables are divided by the disclosure rule of the manual in force on ``today``.
    """
    rule = breakdowns(connection, fy, today)
    moves = queries.moves(connection, fy)
    groups = {group for _pot, group in moves.allocated} | set(moves.awards_before)
    groups = {group for group in groups | set(moves.awards_after) if group}
    drawn = _drawn(moves, groups, rule, fy)
    names = registry.names(connection)
    years = tuple(queries.fiscal_years(connection))
    return Figures(
        fy=fy,
        years=years,
        words=queries.six_words(connection, fy),
        previous=queries.six_words(connection, fy - 1) if fy and fy - 1 in years else None,
        periods=_periods(connection, fy, rule),
        flow=drawn,
        uses=_uses(connection, fy, rule),
        fidelity=_fidelity(connection, fy, rule),
        ages=_ages(connection, fy, rule),
        waits=_waits(connection, fy, rule),
        fees=queries.fees(connection, fy),
        group_names={no: names.use("group", no, locale()) for no in groups},
        links=flow_links(connection, fy, drawn) if drawn else {},
        as_of=queries.as_of(connection),
        smallest=rule.smallest,
        withheld=_withheld(rule, fy),
    )


def _key(fy: int | None) -> str | None:
    return None if fy is None else str(fy)


def _withheld(rule: Breakdowns, fy: int | None) -> frozenset[str]:
    """Tables without any part that enough people are behind."""
    told = {
        "uses": rule.uses.tells(_key(fy)),
        "fits": rule.fits.tells(_key(fy)),
        "reasons": rule.reasons.tells(_key(fy)),
        "waits": rule.waits.tells(_key(fy)),
        "flow": rule.pots.tells(_key(fy)) and rule.groups.tells(_key(fy)),
    }
    return frozenset(name for name, tells in told.items() if not tells)


def _drawn(moves: Moves, groups: Iterable[str], rule: Breakdowns, fy: int | None) -> Picture | None:
    """The diagram: wishes of few people in one node, groups of few people among the others."""
    if not (rule.pots.tells(_key(fy)) and rule.groups.tells(_key(fy))):
        return None
    alone = {group[0] for group in rule.groups.groups if len(group) == 1}
    behind = {one for group in rule.groups.groups for one in group}
    shown = {one: one if one in alone or one not in behind else OTHERS for one in groups}
    return picture(moves.merged(names_together(rule.pots.groups)), shown)


def _periods(
    connection: Connection, fy: int | None, rule: Breakdowns
) -> tuple[queries.Period, ...]:
    """Months in which too few people gave stand together with their neighbours."""
    found = {one.first_day.isoformat(): one for one in queries.periods(connection, fy)}
    if fy is None:
        return tuple(found.values())
    if not rule.months.tells(None):
        groups = [tuple(found)] if found else []
    else:
        groups = _in_rows(rule.months, sorted(found))
    periods = []
    for group in groups:
        months = [found[one] for one in group]
        came_in = Yen(sum(one.came_in for one in months))
        out = Yen(sum(one.out for one in months))
        periods.append(queries.Period(months[0].first_day, came_in, out, months[-1].first_day))
    return tuple(periods)


def _in_rows(rule: Breakdown, ordered: Sequence[str]) -> list[tuple[str, ...]]:
    """Neighbours that stand together, with all that lies between them."""
    ends = {one: group[-1] for group in rule.groups for one in group}
    rows: list[tuple[str, ...]] = []
    until = ""
    for one in ordered:
        if rows and one <= until:
            rows[-1] = (*rows[-1], one)
        else:
            rows.append((one,))
        until = max(until, ends.get(one, one))
    return rows


def _fidelity(connection: Connection, fy: int | None, rule: Breakdowns) -> Fidelity:
    met = queries.fits(connection, fy)
    changed = queries.changes(connection, fy)
    groups = joined(rule.fits.groups, FITS) if rule.fits.tells(_key(fy)) else []
    shown = [
        (",".join(sorted(group)), Yen(sum(met.get(fit, 0) for fit in group))) for group in groups
    ]
    rows: list[tuple[str, int, Yen]] = []
    if rule.reasons.tells(_key(fy)):
        for group in joined(rule.reasons.groups, changed):
            many = sum(changed[reason][0] for reason in group)
            yen = Yen(sum(changed[reason][1] for reason in group))
            rows.append((",".join(sorted(group)), many, yen))
    return Fidelity(tuple(shown), tuple(rows))


def _ages(
    connection: Connection, fy: int | None, rule: Breakdowns
) -> tuple[tuple[tuple[int, ...], Yen], ...]:
    """Unspent money by the years it came from; years of too few people stand together."""
    found = {str(year): yen for year, yen in queries.ages(connection, fy)}
    rows = _in_rows(rule.ages, sorted(found)) if rule.ages.tells(None) else [tuple(sorted(found))]
    return tuple(
        (tuple(map(int, row)), Yen(sum(found[year] for year in row))) for row in rows if row
    )


def _waits(connection: Connection, fy: int | None, rule: Breakdowns) -> queries.Waits:
    """How long gifts waited; nothing where too few people are behind it."""
    if not rule.waits.tells(_key(fy)):
        return queries.Waits(None, None, 0)
    spans = [
        (min(int(low) for low in row), max(dict(queries.WAITS)[int(low)] for low in row))
        for row in joined(rule.waits.groups, [str(low) for low, _high in queries.WAITS])
    ]
    found = queries.waits(connection, fy, spans)
    return replace(found, longest=rule.longest) if rule.smallest > 1 else found


def _uses(connection: Connection, fy: int | None, rule: Breakdowns) -> tuple[Use, ...]:
    if not rule.uses.tells(_key(fy)):
        return ()
    by_field = queries.uses(connection, fy)
    english = locale() == "en"
    known = {field.code: field for field in registry.fields(connection)}
    tones = {code: place for place, code in enumerate(known, 1) if place <= TONES}

    def name(code: str) -> str:
        field = known.get(code)
        return code if field is None else field.name_en if english else field.name_ja

    found = []
    for group in joined(rule.uses.groups, by_field):
        yen = Yen(sum(by_field[code] for code in group))
        if len(group) > 1:
            together = ",".join(sorted(code or NO_FIELD for code in group))
            names = _("・").join(name(code) or _("分野なし") for code in group)
            found.append(Use(together, names, "", 0, yen))
        elif yen:
            mark = known[group[0]].mark if group[0] in known else ""
            found.append(Use(group[0], name(group[0]), mark, tones.get(group[0], 0), yen))
    return tuple(sorted(found, key=lambda use: (-use.yen, use.code)))
