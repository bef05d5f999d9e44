"""Addresses of parts of the ledger in their one spelling, for links that people keep."""

from __future__ import annotations

from flask import url_for

from fund.publication.forms import LedgerView, spelled


def ledger_path(endpoint: str, view: LedgerView, **more: int | str | None) -> str:
    """The path of ``publication.<endpoint>`` for exactly this filter."""
    limit = {"limit": str(view.limit)} if view.limit else {}
    query: dict[str, int | str | None] = {**spelled(view.wanted), **limit, **more}
    return url_for(f"publication.{endpoint}", **query)  # type: ignore[arg-type]
