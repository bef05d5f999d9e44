"""``verify.html``: the checks in one self-contained page that may run its own script only."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

PAGE = "verify.html"
_PARTS = Path(__file__).resolve().parents[3] / "reports" / "verify"
_PAGES = Environment(loader=FileSystemLoader(_PARTS), autoescape=True, undefined=StrictUndefined)


@cache
def script() -> str:
    """All parts of the program, in their order."""
    parts = sorted(_PARTS.glob("[0-9]-*.js"))
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


@cache
def style() -> str:
    """The page's style sheet."""
    return (_PARTS / "verify.css").read_text(encoding="utf-8")


def verify_page(name: str, fund_name: str) -> bytes:
    """The page for one fund; its policy names the hashes of its own script and style."""
    page = _PAGES.get_template("verify.html.j2").render(
        name=name,
        fund_name=fund_name,
        script=script(),
        script_hash=_hash(script()),
        style=style(),
        style_hash=_hash(style()),
    )
    return page.encode()


def policy() -> str:
    """The same policy as a header, for the site that serves the page."""
    return (
        f"default-src 'none'; script-src 'sha256-{_hash(script())}'; style-src"
        f" 'sha256-{_hash(style())}'; connect-src 'self'; worker-src blob:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
