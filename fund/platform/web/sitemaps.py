"""Writing sitemaps (sitemaps.org): addresses and when what stands there last changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from fund.platform.web.locale import DEFAULT, LOCALES

MIMETYPE = "application/xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"

Changed = dt.date | dt.datetime | None
"""When a page last changed; None where nobody knows, which is better than a guess."""


def index(base_url: str, maps: Iterable[tuple[str, Changed]]) -> str:
    """The list of sitemaps by their paths."""
    lines = [_line("sitemap", base_url + path, changed) for path, changed in maps]
    return f'{_HEAD}<sitemapindex xmlns="{_NAMESPACE}">\n{"".join(lines)}</sitemapindex>\n'


def blocks(base_url: str, pages: Iterable[Iterable[tuple[str, Changed]]]) -> Iterator[bytes]:
    """A sitemap block by block: each path in every language."""
    yield f'{_HEAD}<urlset xmlns="{_NAMESPACE}">\n'.encode()
    for block in pages:
        yield "".join(
            _line("url", base_url + ("" if code == DEFAULT else f"/{code}") + path, changed)
            for path, changed in block
            for code in LOCALES
        ).encode()
    yield b"</urlset>\n"


def _line(kind: str, address: str, changed: Changed) -> str:
    told = f"<lastmod>{_moment(changed)}</lastmod>" if changed else ""
    return f"<{kind}><loc>{escape(address)}</loc>{told}</{kind}>\n"


def _moment(changed: dt.date | dt.datetime) -> str:
    if isinstance(changed, dt.datetime):
        return changed.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return changed.isoformat()
