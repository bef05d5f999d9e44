"""WeasyPrint behind the press port: layouts of ``reports/``, plain values, nothing fetched."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from fund.kernel.canonical import Json
from fund.platform.database import assert_outside_transaction
from fund.receipts.ports import DocumentPress

REPORTS = Path(__file__).resolve().parents[2] / "reports"


class RefusingFetcher(URLFetcher):  # type: ignore[misc]
    """Nothing is fetched while drawing: neither the network nor a file."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Refuse, whatever the address."""
        del headers
        raise ValueError(f"documents fetch nothing: {url[:80]}")


class WeasyPress(DocumentPress):
    """Draws one document at a time; fonts and style sheets are prepared once."""

    def __init__(self) -> None:
        self._layouts = Environment(
            loader=FileSystemLoader(REPORTS), undefined=StrictUndefined, autoescape=True
        )
        self._fonts = FontConfiguration()
        self._sheets: dict[str, CSS] = {}
        # Pango's font map is not for two threads at once.
        self._lock = threading.Lock()

    def draw(self, layout: str, content: Mapping[str, Json]) -> bytes:
        """The PDF (PDF/UA-1, tagged) of ``reports/<layout>/<layout>.html.j2``."""
        assert_outside_transaction("drawing a document")
        page = self._layouts.get_template(f"{layout}/{layout}.html.j2").render(dict(content))
        with self._lock:
            document = HTML(string=page, url_fetcher=RefusingFetcher())
            pdf = document.write_pdf(
                stylesheets=[self._sheet(layout)],
                font_config=self._fonts,
                pdf_variant="pdf/ua-1",
            )
        return bytes(pdf)

    def _sheet(self, layout: str) -> CSS:
        if layout not in self._sheets:
            text = (REPORTS / layout / f"{layout}.css").read_text(encoding="utf-8")
            self._sheets[layout] = CSS(
                string=text, font_config=self._fonts, url_fetcher=RefusingFetcher()
            )
        return self._sheets[layout]
