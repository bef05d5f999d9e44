"""What programs look for first: ``robots.txt``, the sitemaps, and whom to tell of a hole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from flask import Response, abort, redirect
from flask.typing import ResponseReturnValue

from fund.desk import sitemap
from fund.desk.views.blueprint import blueprint
from fund.platform.settings import Settings
from fund.platform.web import sitemaps
from fund.platform.web.access import public
from fund.platform.web.caching import last_changed, marked
from fund.platform.web.context import current_house, now
from fund.platform.web.locale import DEFAULT, LOCALES
from fund.platform.web.security import SECRET_PREFIXES
from fund.publication.queries.addresses import Part

UNSEARCHED = (*SECRET_PREFIXES, "/give/", "/staff")
"""Pages of somebody; the way in to giving is open."""
GOOD_FOR_MONTHS = 6
"""How long what ``security.txt`` says is good; it is read from the settings each time."""


@blueprint.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """All but the pages of somebody; their own headers say so too."""
    prefixes = ["" if code == DEFAULT else f"/{code}" for code in LOCALES]
    lines = [
        "User-agent: *",
        *(f"Disallow: {prefix}{path}" for path in UNSEARCHED for prefix in prefixes),
        "",
        f"Sitemap: {current_house().settings.base_url}/sitemap.xml",
    ]
    return _plain(lines)


@blueprint.get("/.well-known/security.txt")
@public
def security_txt() -> ResponseReturnValue:
    """Where to report a weakness (RFC 9116)."""
    settings = current_house().settings
    lines = [
        f"Contact: {_contact(settings)}",
        f"Expires: {_expires(now()):%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(LOCALES)}",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return _plain(lines)


@blueprint.get("/security.txt")
@public
def security_txt_at_the_top() -> ResponseReturnValue:
    """The address of before RFC 9116."""
    return redirect("/.well-known/security.txt", 301)


@blueprint.get("/sitemap.xml")
@public
def sitemap_index() -> ResponseReturnValue:
    """The sitemaps by kind of page."""
    house = current_house()
    with house.database.reading() as connection:
        found = sitemap.maps(connection)
    named = [(f"/sitemaps/{name}.xml", changed) for name, changed in found]
    return Response(sitemaps.index(house.settings.base_url, named), mimetype=sitemaps.MIMETYPE)


@blueprint.get("/sitemaps/<name>.xml")
@public
def one_sitemap(name: str) -> ResponseReturnValue:
    """One kind of page, or a part of the ledger, streamed."""
    house = current_house()
    with house.database.reading() as connection:
        part = sitemap.part_of_ledger(connection, name)
        pages = None if part else sitemap.pages(connection, name)
    if part is not None:
        return _part(part)
    if pages is None:
        abort(404)
    body = b"".join(sitemaps.blocks(house.settings.base_url, [pages]))
    return Response(body, mimetype=sitemaps.MIMETYPE)


def _part(part: Part) -> Response:
    house = current_house()

    def blocks() -> Iterator[bytes]:
        with house.database.reading() as connection:
            found = sitemap.entries(connection, part)
            yield from sitemaps.blocks(house.settings.base_url, found)

    response = Response(blocks(), mimetype=sitemaps.MIMETYPE)
    return last_changed(marked(response, part.newest), part.changed)


def _contact(settings: Settings) -> str:
    """A web page or ``mailto:`` address; the fund's own mail where none is set."""
    named = settings.security_contact or settings.municipality.mail
    return named if named.startswith(("https://", "mailto:", "tel:")) else f"mailto:{named}"


def _expires(moment: dt.datetime) -> dt.datetime:
    """The first of a month in half a year: the same bytes for a whole month."""
    months = moment.year * 12 + moment.month - 1 + GOOD_FOR_MONTHS
    return dt.datetime(months // 12, months % 12 + 1, 1, tzinfo=dt.UTC)


def _plain(lines: list[str]) -> Response:
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
