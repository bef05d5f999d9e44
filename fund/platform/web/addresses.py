"""Where a page lives for good: its absolute address, its other languages, the way to it.

Absolute addresses come from the settings, never from the request: whoever asks under another
host name gets the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, request

from fund.platform.settings import Settings
from fund.platform.web.locale import DEFAULT, LOCALES
from fund.platform.web.security import for_everyone


@dataclass(frozen=True)
class Place:
    """The one address of a page, and that of the same page in every language."""

    here: str
    languages: tuple[tuple[str, str], ...]


def absolute(settings: Settings, path: str) -> str:
    """A path of this service as an absolute address; an absolute address stays as it is."""
    return settings.base_url + path if path.startswith("/") else path


def install(app: Flask, settings: Settings) -> None:
    """Give templates ``absolute``, ``place`` and ``trail``."""

    def place(canonical: str | None) -> Place | None:
        """The page's place (``canonical`` where it has a filter); None for pages of somebody."""
        if not for_everyone(request.path):
            return None
        here = canonical or request.script_root + request.path
        bare = here.removeprefix(request.script_root)
        return Place(
            absolute(settings, here),
            tuple((code, absolute(settings, _in(code) + bare)) for code in LOCALES),
        )

    def trail(items: Sequence[tuple[object, str | None]]) -> dict[str, Any] | None:
        """A breadcrumb as schema.org's BreadcrumbList; the last item is the page itself."""
        if not for_everyone(request.path):
            return None
        steps = []
        for position, (label, href) in enumerate(items, 1):
            step = {"@type": "ListItem", "position": position, "name": str(label)}
            if href:
                step["item"] = absolute(settings, href)
            steps.append(step)
        context = {"@context": "https://schema.org", "@type": "BreadcrumbList"}
        return {**context, "itemListElement": steps}

    app.jinja_env.globals.update(
        absolute=lambda path: absolute(settings, path), place=place, trail=trail
    )


def _in(code: str) -> str:
    return "" if code == DEFAULT else f"/{code}"
