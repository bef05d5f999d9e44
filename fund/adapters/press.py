"""WeasyPrint behind the press port: layouts of ``reports/``, plain values, nothing fetched."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fund.adapters.variants import written
from fund.kernel.canonical import Json
from fund.platform.database import assert_outside_transaction
from fund.receipts.ports import DocumentPress

if TYPE_CHECKING:
    from fund.adapters.typesetter import Typesetter

REPORTS = Path(__file__).resolve().parents[2] / "reports"


class WeasyPress(DocumentPress):
    """Draws one document at a time; the typesetter is loaded with the first of them."""

    def __init__(self) -> None:
        self._layouts = Environment(
            loader=FileSystemLoader(REPORTS), undefined=StrictUndefined, autoescape=True
        )
        self._layouts.filters["written"] = written
        self._typesetter: Typesetter | None = None
        # Pango's font map is not for two threads at once.
        self._lock = threading.Lock()

    def draw(self, layout: str, content: Mapping[str, Json]) -> bytes:
        """The PDF (PDF/UA-1, tagged) of ``reports/<layout>/<layout>.html.j2``."""
        return self.draw_together(layout, [content])

    def draw_together(self, layout: str, contents: Sequence[Mapping[str, Json]]) -> bytes:
        """One PDF of several documents; the title is the first one's."""
        assert_outside_transaction("drawing a document")
        template = self._layouts.get_template(f"{layout}/{layout}.html.j2")
        pages = [
            template.render(
                dict(content), check_code=check_code(str(content.get("check_url") or ""))
            )
            for content in contents
        ]
        with self._lock:
            if self._typesetter is None:
                self._typesetter = _load()
            return self._typesetter.set(pages, REPORTS / layout / f"{layout}.css")


def check_code(address: str) -> Markup:
    """An address as a QR code in SVG; nothing for none."""
    if not address:
        return Markup("")
    drawn = segno.make(address, error="m", micro=False)
    return Markup(drawn.svg_inline(border=2, omitsize=True, svgclass="code", lineclass=None))  # noqa: S704 - drawn here


def _load() -> Typesetter:
    """WeasyPrint takes a second to load, and most processes never draw anything."""
    from fund.adapters.typesetter import Typesetter  # noqa: PLC0415 - see above

    return Typesetter()
