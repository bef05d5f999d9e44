"""Texts of mails, drawn from ``templates/mail``; one file for each occasion and language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from fund.kernel.money import format_yen
from fund.platform.outbox import Letter
from fund.platform.settings import Settings

_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mail"
_PAGES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    auto_reload=False,
)
_PAGES.filters["yen"] = format_yen
_PAGES.globals["part"] = _PAGES.get_template("_parts.html").module


def write_letter(
    settings: Settings,
    *,
    occasion: str,
    subject_no: str,
    recipient: str,
    locale: str,
    facts: Mapping[str, Any],
    stop_url: str | None = None,
) -> Letter:
    """A mail from ``<occasion>.<locale>.txt`` (first line: subject) and its HTML sister.

    Facts may come from strangers: the subject is one line whatever stands in them.
    """
    ours = settings.municipality
    values = {"settings": settings, "ours": ours, "lang": locale, "stop_url": stop_url, **facts}
    text = _PAGES.get_template(f"{occasion}.{locale}.txt").render(values)
    subject, _, body = text.partition("\n")
    html = _PAGES.get_template(f"{occasion}.{locale}.html").render(values)
    return Letter(
        occasion=occasion,
        subject_no=subject_no,
        recipient=recipient,
        locale=locale,
        subject=" ".join(subject.split()),
        text=body.lstrip("\n"),
        html=html,
        stop_url=stop_url,
    )
