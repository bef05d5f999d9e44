"""``verify.html`` in a real browser: the site's release, a folder, and a folder somebody forged."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import database as testing
import made_up_release
import pytest
from axe_playwright_python.sync_playwright import Axe
from forging import Files
from houses import wired_house
from lies import CLOSINGS, LIES, Liar, Lie
from playwright.sync_api import Page, sync_playwright
from sample_books import gift_no, small_story
from werkzeug.serving import make_server

from fund.app import create_app
from fund.kernel.actor import system
from fund.platform.cluster import APP, Cluster
from fund.publication import releases, signing
from fund.publication.commands import append_pending
from fund.publication.ports import Signer
from fund.publication.proofs import proof_of

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.journey
ERRORS: list[str] = []


@dataclass(frozen=True)
class Stage:
    address: str
    folder: Path
    signer: Signer
    proof: dict[str, Any]


@pytest.fixture(scope="module")
def stage(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with testing.fresh_database(cluster, template, "verify_page") as name:
        house = wired_house(cluster.dsn(APP, name), tmp_path_factory.mktemp("verify"))
        small_story(house)
        append_pending(house, by=system("test"), now=NOW)
        signing.sign_log(house, now=NOW)
        made = releases.publish_live(house)
        server = make_server("127.0.0.1", 0, create_app(house), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        proof = proof_of(house, gift_no(1))
        address = f"http://127.0.0.1:{server.server_port}"
        yield Stage(address, made.place, house.port(Signer), proof)
        server.shutdown()
        thread.join()
        server.server_close()
        house.database.close()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 320, "height": 800})
        ERRORS.clear()
        page.on("pageerror", lambda error: ERRORS.append(str(error)))
        yield page
        browser.close()


def answer(page: Page) -> tuple[str, set[int]]:
    """The sentence, and the numbers of the checks that failed."""
    page.wait_for_selector("#checks li:nth-child(12)", timeout=20_000)
    assert ERRORS == []
    wrong = page.eval_on_selector_all(
        "#checks li[data-ok=false]", "items => items.map(item => Number(item.dataset.check))"
    )
    return page.inner_text("#answer"), set(wrong)


def test_the_site_is_checked_by_one_button(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.address}/verify")
    page.click("text=この画面で台帳のすべてを調べる")
    page.click("#check-site")
    sentence, wrong = answer(page)
    assert wrong == set(), page.inner_text("#checks")
    assert "書きかえられていません" in sentence
    assert "none of them was rewritten" in page.inner_text("#answer-en")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    found = Axe().run(page)
    assert [v["id"] for v in found.response["violations"]] == []


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ledger",
        "/ledger/4",
        "/glance",
        "/grants",
        "/grants/A2026-0001",
        "/data",
        "/data/api",
        "/data/dictionary",
        "/verify",
        "/privacy",
    ],
)
def test_public_pages_fit_a_phone(stage: Stage, page: Page, path: str, prefix: str) -> None:
    answered = page.goto(f"{stage.address}{prefix}{path}")
    assert answered is not None
    assert answered.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def choose(page: Page, stage: Stage, folder: Path) -> tuple[str, set[int]]:
    page.goto(f"{stage.address}/release/verify.html")
    page.set_input_files("#folder", folder)
    return answer(page)


def test_a_donors_proof_file_is_found_in_the_ledger_or_named(
    stage: Stage, page: Page, tmp_path: Path
) -> None:
    """The proof that fits, one opened with another name, of another place, and a torn one."""
    opening, index = stage.proof["opening"], stage.proof["index"]
    brought = {
        "right": json.dumps(stage.proof),
        "renamed": json.dumps({**stage.proof, "opening": {**opening, "name": "別の人"}}),
        "moved": json.dumps({**stage.proof, "index": index + 1}),
        "torn": json.dumps(stage.proof)[:-9],
    }
    for name, text in brought.items():
        file = tmp_path / f"{name}.json"
        file.write_text(text, encoding="utf-8")
        page.goto(f"{stage.address}/release/verify.html")
        page.set_input_files("#proof", file)
        page.set_input_files("#folder", stage.folder)
        sentence, wrong = answer(page)
        assert wrong == (set() if name == "right" else {7}), name
        assert (f"あなたの寄附は、台帳の{index + 1}番にあります。" in sentence) is (name == "right")


def test_where_no_worker_may_run_the_page_hashes_by_itself(
    stage: Stage, page: Page, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.html"
    text = (stage.folder / "verify.html").read_text(encoding="utf-8")
    alone.write_text(text.replace("worker-src blob:", "worker-src 'none'"), encoding="utf-8")
    for checker in (stage.folder / "verify.html", alone):
        page.goto(checker.as_uri())
        page.set_input_files("#folder", stage.folder)
        assert answer(page)[1] == set()


def test_a_folder_is_checked_without_the_site(stage: Stage, page: Page) -> None:
    assert choose(page, stage, stage.folder)[1] == set()


@pytest.mark.parametrize(
    ("name", "change", "failing"),
    [
        ("data/postings.csv", (b"10000", b"10001"), {10, 12}),
        ("data/ledger.journal", (b"10000 JPY", b"10001 JPY"), {10, 12}),
        ("data/ledger.journal", (b"* balances\n", b"* balances\n    Assets:Bank  1 JPY\n"), {10}),
        ("data/gifts.csv", (b"fallback,yen", b"yen,fallback"), {10, 12}),
        ("README", (b"CC BY", b"CC NO"), {12}),
        ("log/tile/entries", (b'"yen":10000', b'"yen":10001'), {2, 5, 7, 10, 12}),
        ("log/checkpoint", (b"\n\n", b"\n\n\n"), {1, 12}),
    ],
)
def test_a_forged_folder_is_found(
    stage: Stage,
    page: Page,
    tmp_path: Path,
    name: str,
    change: tuple[bytes, bytes],
    failing: set[int],
) -> None:
    folder = tmp_path / "forged"
    shutil.copytree(stage.folder, folder)
    place = folder / name
    if place.is_dir():
        place = next(file for file in place.rglob("*") if file.is_file())
    data = place.read_bytes()
    assert change[0] in data
    place.write_bytes(data.replace(*change, 1))
    sentence, wrong = choose(page, stage, folder)
    assert wrong >= {12}
    assert wrong & failing == failing, (wrong, page.inner_text("#checks"))
    assert "合わないところがあります" in sentence


def test_a_forged_older_checkpoint_is_not_contained(
    stage: Stage, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{stage.address}/release/verify.html")
    page.click("summary")
    page.set_input_files("#since", stage.folder / "log/checkpoint")
    page.set_input_files("#folder", stage.folder)
    assert answer(page)[1] == set()
    forged = tmp_path / "older"
    lines = (stage.folder / "log/checkpoint").read_text().split("\n")
    forged.write_text("\n".join([lines[0], "3", *lines[2:]]))
    page.goto(f"{stage.address}/release/verify.html")
    page.click("summary")
    page.set_input_files("#since", forged)
    page.set_input_files("#folder", stage.folder)
    assert answer(page)[1] == {1, 3}


def lay(files: Files, folder: Path) -> Path:
    """A forged release as a folder, its fingerprints fitted."""
    for name, data in files.sum_again().items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


CSV = "data/postings.csv"
FITTED: list[tuple[str, bytes, bytes, int]] = [
    (CSV, b"no,line", b"\xef\xbb\xbfno,line", 10),
    (CSV, b"no,line,account,yen\n", b"no,line,account,yen\n" * 2, 10),
    ("data/balances.csv", b"\n", b"\r\n", 10),
    ("data/ledger.journal", b"decimal-mark", b"; all is well\ndecimal-mark", 10),
    ("data/ledger.journal", b"decimal-mark", b"include evil\ndecimal-mark", 10),
    ("data/ledger.beancount", b"option", b'plugin "evil"\noption', 10),
    ("data/ledger.beancount", b" open ", b"  open ", 10),
    ("data/360giving.json", "見本・水辺の会".encode(), "わたしの会".encode(), 10),
    ("data/datapackage.json", b'"sha256:', b'"sha256:0', 10),
    ("data/datapackage.json", b'"path": "entries', b'"path": "../entries', 10),
    ("disclosures.json", b"[]", b'[{"gift":"G-0","name":"x"}]', 10),
    ("data/evil.csv", b"", b"x", 12),
    ("log/tile/0/007.p/3", b"", b"0" * 96, 2),
]


@pytest.mark.parametrize("forgery", FITTED)
def test_a_file_forged_with_fitting_fingerprints_is_named(
    stage: Stage, page: Page, tmp_path: Path, forgery: tuple[str, bytes, bytes, int]
) -> None:
    name, old, new, failing = forgery
    files = Files.of(stage.folder)
    before = files.get(name, b"")
    files[name] = before.replace(old, new, 1) if old else new
    assert files[name] != before
    assert failing in choose(page, stage, lay(files, tmp_path / "forged"))[1]


NEEDS_MORE_BOOKS = {"_pay_another_award", "_other_wish", "_total_of_a_run", "_run_leads_elsewhere"}
TOLD = [row for row in LIES if row[0].__name__ not in NEEDS_MORE_BOOKS]


@pytest.mark.parametrize(("lie", "named"), TOLD, ids=[lie.__name__ for lie, _ in TOLD])
def test_a_lie_under_the_funds_own_signature_is_named(
    stage: Stage, page: Page, tmp_path: Path, lie: Lie, named: set[int]
) -> None:
    """Runs (check 9) are not computed again here: what the page says of them is under 8."""
    liar = Liar(Files.of(stage.folder), stage.signer)
    lie(liar)
    wrong = choose(page, stage, lay(liar.release(), tmp_path / "forged"))[1]
    due = {8 if one == 9 else one for one in named}
    assert wrong & due, page.inner_text("#checks")


def test_closed_years_are_recomputed_and_lies_about_them_named(
    stage: Stage, page: Page, tmp_path: Path
) -> None:
    """Books with closings: the balances at each, the days after it, the journals' assertions."""
    place = tmp_path / "closed"
    signer = made_up_release.main(place, 700, 2, "tests.example/log")
    files = Files.of(place)
    assert choose(page, stage, place)[1] == set()
    for lie, named in CLOSINGS:
        liar = Liar(files, signer)
        lie(liar)
        folder = lay(liar.release(), tmp_path / lie.__name__)
        assert choose(page, stage, folder)[1] >= named, lie.__name__
    forged = files.copy()
    text = forged["data/ledger.journal"].decode()
    forged["data/ledger.journal"] = text.replace("2023-03-31 * bal", "2023-03-30 * bal").encode()
    assert choose(page, stage, lay(forged.sum_again(), tmp_path / "journal"))[1] == {10}
