"""The typesetter itself: WeasyPrint with prepared fonts and sheets, and a fetcher that refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher


class RefusingFetcher(URLFetcher):  # type: ignore[misc]
    """Nothing is fetched while drawing: neither the network nor a file."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Refuse, whatever the address."""
        del headers
        raise ValueError(f"documents fetch nothing: {url[:80]}")


class Typesetter:
    """Sets pages in PDF; not for two threads at once."""

    def __init__(self) -> None:
        self._fonts = FontConfiguration()
        self._sheets: dict[Path, CSS] = {}

    def set(self, pages: Sequence[str], sheet: Path) -> bytes:
        """The tagged PDF (PDF/UA-1) of HTML pages with one style sheet, one after the other."""
        if sheet not in self._sheets:
            self._sheets[sheet] = CSS(
                string=sheet.read_text(encoding="utf-8"),
                font_config=self._fonts,
                url_fetcher=RefusingFetcher(),
            )
        documents = [
            HTML(string=page, url_fetcher=RefusingFetcher()).render(
                stylesheets=[self._sheets[sheet]], font_config=self._fonts, pdf_variant="pdf/ua-1"
            )
            for page in pages
        ]
        leaves = [leaf for document in documents for leaf in document.pages]
        return bytes(documents[0].copy(leaves).write_pdf(pdf_variant="pdf/ua-1"))
