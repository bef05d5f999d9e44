"""One real demo for all journeys, and one browser for each file."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import database
import pytest
import stage as staging
import traffic
from playwright.sync_api import Browser, sync_playwright

GIFTS = 24


@pytest.fixture(scope="session")
def stage() -> Iterator[staging.Stage]:
    """``fund demo`` with few sample gifts; a killed run's directory is swept by the next run."""
    place = Path(
        tempfile.mkdtemp(prefix=f"fund-tests-{os.getpid()}-demo-", dir=database.quick_place())
    )
    running = staging.start(place / "data", GIFTS)
    yield running
    running.stop()
    # What the demo's sandbox was asked and said in all journeys fits Stripe's own document.
    traffic.check_file(place / "data" / "sandbox.sqlite3")
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; one per file, because two drivers do not live in one thread."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=os.environ.get("FUND_CHROMIUM") or shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield opened
        opened.close()
