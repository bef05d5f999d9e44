"""How commands find their house: the environment, or the running demo's own cluster."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from fund.kernel.errors import Invalid
from fund.logs import configure_logs
from fund.platform.cluster import ensure_cluster
from fund.platform.house import House
from fund.platform.settings import Settings, default_data_dir, read_settings
from fund.wiring import build_house

DEMO_ENVIRONMENT = "demo-environment.json"


def environment(data_dir: Path | None = None) -> dict[str, str]:
    """The variables a command runs under.

    With ``DATABASE_URL`` set, the environment as it is. Without it, the demo that lives in the
    data directory: its stored variables, over its embedded PostgreSQL (started if need be).

    Raises:
        Invalid: when there is neither.
    """
    given = dict(os.environ)
    if given.get("DATABASE_URL") and data_dir is None:
        return given
    place = data_dir or default_data_dir(given)
    stored = place / DEMO_ENVIRONMENT
    if not stored.is_file():
        raise Invalid(
            f"DATABASE_URL is not set and there is no demo in {place}; run `fund demo` first"
        )
    ensure_cluster(place)
    kept: dict[str, str] = json.loads(stored.read_text(encoding="utf-8"))
    return given | kept


@contextlib.contextmanager
def open_house(data_dir: Path | None = None) -> Iterator[House]:
    """The house of this command, closed at its end."""
    configure_logs()
    house = build_house(settings(data_dir))
    try:
        yield house
    finally:
        house.database.close()


def settings(data_dir: Path | None = None) -> Settings:
    """The settings of this command."""
    return read_settings(environment(data_dir))
