"""Every public page by kind, with the moment its content last changed where the books know it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.grants import queries as grants
from fund.manual import queries as manual
from fund.platform.web.sitemaps import Changed
from fund.publication import queries as publication
from fund.publication.queries import addresses
from fund.publication.queries.addresses import Part
from fund.registry import queries as registry

Pages = list[tuple[str, Changed]]
EVERY_GROUP = 10_000
"""Groups have four digits."""
LEDGER_PAGES = ("/", "/ledger", "/glance", "/grants", "/runs", "/years")
"""Pages that say something else with every new entry."""
OTHER_PAGES = (
    "/give",
    "/groups",
    "/verify",
    "/data",
    "/privacy",
    "/accessibility",
    "/licenses",
)
_YEAR = re.compile(r"grants-([0-9]{4})")


def maps(connection: Connection) -> Pages:
    """The sitemaps by name, each with the last change of its pages."""
    last = publication.last_no(connection)
    moment = publication.as_of(connection)
    editions = manual.editions(connection)
    published = max((head.published_at for head in editions), default=None)
    years = ((f"grants-{year}", None) for year in sorted(grants.award_years(connection)))
    parts = ((f"ledger-{part.number}", part.changed) for part in addresses.parts(connection, last))
    return [
        ("pages", moment),
        ("manual", published),
        ("groups", None),
        ("runs", None),
        *years,
        *parts,
    ]


def pages(connection: Connection, name: str) -> Pages | None:
    """The pages of a sitemap, but of a part of the ledger; None if there is none of this name."""
    if name in _BY_NAME:
        return _BY_NAME[name](connection)
    found = _YEAR.fullmatch(name)
    year = int(found[1]) if found else None
    if year is None or year not in grants.award_years(connection):
        return None
    return [
        (f"/grants/{award.no}", award.settled_on or award.decided_on)
        for award in grants.awards(connection, fy=year)
    ]


def part_of_ledger(connection: Connection, name: str) -> Part | None:
    """The part of the ledger that a sitemap lists; None for other names."""
    known = addresses.parts(connection, publication.last_no(connection))
    return next((part for part in known if name == f"ledger-{part.number}"), None)


def entries(connection: Connection, part: Part) -> Iterable[Pages]:
    """The pages of a part of the ledger, some at a time: memory stays flat."""
    for block in addresses.pages(connection, part.number):
        yield [(f"/ledger/{no}", changed) for no, changed in block]


def _fixed(connection: Connection) -> Pages:
    moment = publication.as_of(connection)
    years = (f"/years/{year}" for year in publication.fiscal_years(connection))
    return [
        *((path, moment) for path in (*LEDGER_PAGES, *years)),
        *((path, None) for path in OTHER_PAGES),
    ]


def _manual(connection: Connection) -> Pages:
    heads = manual.editions(connection)
    found: Pages = [(f"/manual/{head.code}", head.published_at) for head in heads]
    changed: dict[str, dt.datetime] = {}
    for head in heads:
        edition = manual.edition(connection, head.code)
        for chapter in edition.chapters if edition else ():
            for clause in chapter.clauses:
                changed[clause.id] = max(
                    head.published_at, changed.get(clause.id, head.published_at)
                )
    return found + [(f"/manual/clause/{clause}", moment) for clause, moment in changed.items()]


def _groups(connection: Connection) -> Pages:
    found = registry.search_groups(connection, state=None, limit=EVERY_GROUP)
    return [(f"/groups/{group.no}", None) for group in found]


def _runs(connection: Connection) -> Pages:
    found = allocation.runs(connection, state="approved")
    return [(f"/runs/{run.no}", run.approved_at) for run in found]


_BY_NAME: Mapping[str, Callable[[Connection], Pages]] = {
    "pages": _fixed,
    "manual": _manual,
    "groups": _groups,
    "runs": _runs,
}
