"""The next release: what did not change is taken over, and a killed publish harms nothing."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from houses import wired_house
from sample_books import BY, NOW, Wish, give, small_story

from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.house import House
from fund.publication import deliveries, releases, signing
from fund.publication.commands import append_pending

TESTS = Path(__file__).resolve().parents[1]

# Counts everything the process does to files below the folder and dies by its own hand.
KILLED = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from houses import wired_house
from fund.publication import releases

house = wired_house({dsn!r}, Path({data!r}))
left = [{steps}]

def watch(event, args):
    if event in ("open", "os.rename", "os.symlink", "os.link", "os.mkdir", "os.remove"):
        if any({folder!r} in str(arg) for arg in args[:2]):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
releases.publish(house, out=Path({folder!r}) / "public")
"""


@pytest.fixture
def wired(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    house = wired_house(app_dsn, tmp_path / "data")
    small_story(house)
    append_pending(house, by=BY, now=NOW)
    signing.sign_log(house, now=NOW)
    yield house
    house.database.close()


def grow(house: House, serial: int, many: int = 1) -> None:
    with house.transaction(by=BY, now=NOW) as tx:
        give(tx, serial, [Wish("anywhere", None, 1_000)], batch=f"B{serial}")
        for number in range(many):
            journal.record(tx, facts.fee_charged(f"fee-{serial}-{number}", Yen(36), NOW.date()))
    append_pending(house, by=BY, now=NOW)
    signing.sign_log(house, now=NOW)


def whole(place: Path) -> dict[str, str]:
    """Every file of a release with its fingerprint, as its own list says it."""
    told = (place / "SHA256SUMS").read_text().splitlines()
    listed = {path: digest for digest, path in (line.split("  ", 1) for line in told)}
    found = {
        file.relative_to(place).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in place.rglob("*")
        if file.is_file() and file.name != "SHA256SUMS"
    }
    assert found == listed
    return found


def test_tiles_are_taken_over_and_a_rebuilt_release_has_the_same_bytes(
    wired: House, tmp_path: Path
) -> None:
    grow(wired, 300, many=600)
    first = releases.publish(wired, out=tmp_path / "public")
    grow(wired, 301)
    second = releases.publish(wired, out=tmp_path / "public")
    assert second.fresh
    tile = "log/tile/entries/000"
    assert (second.place / tile).stat().st_ino == (first.place / tile).stat().st_ino
    elsewhere = releases.publish(wired, out=tmp_path / "elsewhere" / "public")
    assert whole(second.place) == whole(elsewhere.place)
    fresh_tiles = [
        file
        for file in (second.place / "log/tile").rglob("*")
        if file.is_file() and file.stat().st_nlink == 1
    ]
    assert 0 < len(fresh_tiles) <= 4


def test_nothing_new_reads_no_entry(
    wired: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = releases.publish(wired, out=tmp_path / "public")
    before = {file: file.stat().st_mtime_ns for file in made.place.rglob("*")}

    def never(*_: object) -> None:
        raise AssertionError("entries were read although nothing is new")

    monkeypatch.setattr(releases, "_write_log", never)
    again = releases.publish(wired, out=tmp_path / "public")
    assert (again.fresh, again.place) == (False, made.place)
    assert {file: file.stat().st_mtime_ns for file in made.place.rglob("*")} == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("steps", [3, 14, 30, 70])
def test_a_killed_publish_leaves_the_old_release_whole_and_the_next_one_mends(
    wired: House, tmp_path: Path, app_dsn: str, steps: int
) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    made = releases.publish(wired, out=folder / "public")
    before = whole(made.place)
    grow(wired, 310)
    program = KILLED.format(
        tests=str(TESTS), dsn=app_dsn, data=str(tmp_path / "data"), folder=str(folder), steps=steps
    )
    died = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert (folder / "public").resolve() == made.place
    assert whole(made.place) == before
    mended = releases.publish(wired, out=folder / "public")
    assert mended.size > made.size
    whole(mended.place)
    assert (folder / "public").resolve() == mended.place
    assert not list(folder.glob(".*"))


def test_the_task_publishes_every_ten_minutes_what_was_signed(wired: House) -> None:
    assert deliveries.PERIODIC[deliveries.RELEASE] == "*/10 * * * *"
    deliveries.release(wired, now=NOW)
    live = wired.settings.data_dir / releases.LIVE
    size = (live / "log/checkpoint").read_text().splitlines()[1]
    grow(wired, 320)
    deliveries.release(wired, now=NOW)
    assert int((live / "log/checkpoint").read_text().splitlines()[1]) > int(size)
    whole(live.resolve())
