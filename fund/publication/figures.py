"""All figures of the glance page, read on one snapshot."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.kernel.money import Yen
from fund.platform.web.context import locale
from fund.publication import queries
from fund.publication.domain.flow import Picture, picture
from fund.publication.queries import LedgerFilter
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
    links: Mapping[str, Mapping[str, str]]
    as_of: dt.datetime | None


def figures(connection: Connection, fy: int | None) -> Figures:
    """Read everything; every number is a sum over public entries."""
    moves = queries.moves(connection, fy)
    groups = {group for _pot, group in moves.allocated} | set(moves.awards_before)
    groups = {group for group in groups | set(moves.awards_after) if group}
    drawn = picture(moves, {group: group for group in groups})
    names = registry.names(connection)
    years = tuple(queries.fiscal_years(connection))
    return Figures(
        fy=fy,
        years=years,
        words=queries.six_words(connection, fy),
        previous=queries.six_words(connection, fy - 1) if fy and fy - 1 in years else None,
        periods=tuple(queries.periods(connection, fy)),
        flow=drawn,
        uses=_uses(connection, fy),
        fidelity=queries.fidelity(connection, fy),
        ages=tuple(queries.ages(connection, fy)),
        waits=queries.waits(connection, fy),
        fees=queries.fees(connection, fy),
        group_names={no: names.use("group", no, locale()) for no in groups},
        links=_links(connection, fy, drawn) if drawn else {},
        as_of=queries.as_of(connection),
    )


_BACK = "donation.refunded,dispute.lost,entry.reversed"
_PLACES = {
    "gifts": f"donation.received,{_BACK}",
    "interest": "interest.earned",
    "opening": "opening.balance",
    "returned": "grant.returned",
    "out": "disbursement.paid,entry.reversed",
}


def _links(connection: Connection, fy: int | None, drawn: Picture) -> dict[str, Mapping[str, str]]:
    """For places of the diagram, the part of the ledger that adds up to exactly their sum.

    A place that is a mixture (money carried over, small groups together) has no such part.
    """
    sums = dict(place_sums(drawn))
    year = {} if fy is None else {"fy": str(fy)}
    found: dict[str, Mapping[str, str]] = {}
    for key, yen in sums.items():
        if key in _PLACES:
            arguments = {**year, "kind": _PLACES[key]}
        elif key.isdigit():
            arguments = {**year, "given-to": key}
        else:
            continue
        kinds = tuple(arguments.get("kind", "").split(",")) if "kind" in arguments else ()
        wanted = LedgerFilter(fy=fy, kinds=kinds, to=arguments.get("given-to"))
        told = queries.totals(connection, wanted)
        if yen in {told.came_in, told.out, told.returned, told.left, told.moved}:
            found[key] = arguments
    return found


def place_sums(drawn: Picture) -> dict[str, int]:
    """Yen at each source, group and end of the diagram."""
    sums: dict[str, int] = defaultdict(int)
    for (source, _wish), yen in drawn.sources.items():
        sums[source] += yen
    for (_wish, group), yen in drawn.wishes.items():
        sums[group] += yen
    for (_group, place), yen in drawn.ends.items():
        if place == "out":
            sums[place] += yen
    return dict(sums)


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
