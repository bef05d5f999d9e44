"""How long ``verify.html`` takes in a browser to check a release of 100,000 entries.

``PAGE_BENCH_ENTRIES`` sets the size, ``PAGE_BENCH_ROUNDS`` how often (5). Chromium checks a folder
that a visitor chose, with the worker and, beside it, without one (as where a policy forbids it).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import arena
from playwright.sync_api import Page, sync_playwright
from results import Figures, Ratio, keep

sys.path.append(str(Path(__file__).resolve().parents[1] / "outside"))
import made_up_release

SIZE = int(os.environ.get("PAGE_BENCH_ENTRIES", "100000"))
ROUNDS = int(os.environ.get("PAGE_BENCH_ROUNDS", "5"))
MOST_SECONDS = 5.0
PER_SECOND = "entries per second, with the worker"
ALONE = "entries per second, without the worker"


def seconds(page: Page, checker: Path, folder: Path) -> float:
    """From the choice of a folder to the twelfth answer."""
    page.goto(checker.as_uri())
    begun = time.perf_counter()
    page.set_input_files("#folder", folder)
    page.wait_for_selector("#checks li:nth-child(12)", timeout=600_000)
    took = time.perf_counter() - begun
    wrong = page.locator("#checks li[data-ok=false]").count()
    if wrong:
        raise SystemExit(page.inner_text("#checks"))
    return took


def main() -> None:
    """Make the release, check it in turns, keep what was measured."""
    figures = Figures(arena.machine(), ROUNDS)
    took = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place) / "release"
        made_up_release.main(folder, SIZE, max(2, SIZE // 10_000))
        alone = Path(place) / "alone.html"
        text = (folder / "verify.html").read_text(encoding="utf-8")
        alone.write_text(text.replace("worker-src blob:", "worker-src 'none'"), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("FUND_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"],
        )
        page = browser.new_page()
        for _ in range(ROUNDS):
            with_worker = seconds(page, folder / "verify.html", folder)
            took.append(with_worker)
            figures.rates.setdefault(PER_SECOND, []).append(SIZE / with_worker)
            figures.rates.setdefault(ALONE, []).append(SIZE / seconds(page, alone, folder))
        browser.close()
    figures.notes["entries"] = f"{SIZE:,}"
    figures.notes["seconds of each round"] = ", ".join(f"{one:.2f}" for one in took)
    figures.notes["load after"] = f"{os.getloadavg()[0]:.1f}"
    keep(
        "verify_page",
        figures,
        [
            Ratio("5 s", "100,000 entries in 5 s", PER_SECOND, 100_000 / MOST_SECONDS, 1.0),
            Ratio("", "with the worker over without", PER_SECOND, ALONE, None),
        ],
    )


if __name__ == "__main__":
    main()
