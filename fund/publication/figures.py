"""All figures of the glance page, read on one snapshot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.kernel.money import Yen
from fund.platform.web.context import locale
from fund.publication import queries
from fund.publication.domain.flow import Picture, picture
from fund.registry import queries as registry

TONES = 6


@dataclass(frozen=True)
class Use:
    """Yen allocated to awards of a field (the first one its decision names)."""

    code: str
    name: str
    mark: str
    tone: int
    yen: Yen


@dataclass(frozen=True)
class Figures:
    """What the page shows of a fiscal year, or of all time when ``fy`` is None."""

    fy: int | None
    years: tuple[int, ...]
    words: queries.SixWords
    previous: queries.SixWords | None
    periods: tuple[queries.Period, ...]
    flow: Picture | None
    uses: tuple[Use, ...]
    fidelity: queries.Fidelity
    ages: tuple[tuple[int, Yen], ...]
    waits: queries.Waits
    fees: queries.Fees
    group_names: Mapping[str, str]
    as_of: dt.datetime | None


def figures(connection: Connection, fy: int | None) -> Figures:
    """Read everything; every number is a sum over public entries."""
    moves = queries.moves(connection, fy)
    groups = {group for _pot, group in moves.allocated} | set(moves.awards_before)
    groups = {group for group in groups | set(moves.awards_after) if group}
    names = registry.names(connection)
    years = tuple(queries.fiscal_years(connection))
    return Figures(
        fy=fy,
        years=years,
        words=queries.six_words(connection, fy),
        previous=queries.six_words(connection, fy - 1) if fy and fy - 1 in years else None,
        periods=tuple(queries.periods(connection, fy)),
        flow=picture(moves, {group: group for group in groups}),
        uses=_uses(connection, fy),
        fidelity=queries.fidelity(connection, fy),
        ages=tuple(queries.ages(connection, fy)),
        waits=queries.waits(connection, fy),
        fees=queries.fees(connection, fy),
        group_names={no: names.use("group", no, locale()) for no in groups},
        as_of=queries.as_of(connection),
    )


def _uses(connection: Connection, fy: int | None) -> tuple[Use, ...]:
    by_field = queries.uses(connection, fy)
    english = locale() == "en"
    known = {field.code: field for field in registry.fields(connection)}
    tones = {code: place for place, code in enumerate(known, 1) if place <= TONES}
    found_uses = []
    for code, yen in sorted(by_field.items(), key=lambda item: (-item[1], item[0])):
        field = known.get(code)
        name = code if field is None else field.name_en if english else field.name_ja
        mark = field.mark if field else ""
        found_uses.append(Use(code, name, mark, tones.get(code, 0), Yen(yen)))
    return tuple(found_uses)
