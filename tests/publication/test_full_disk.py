"""The disk is full in the middle of a write: no half file under a name, and it goes on later."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from houses import wired_house
from sample_books import BY, NOW, small_story

from fund.adapters.shelf import FolderShelf
from fund.platform.house import House
from fund.platform.invariants import examine
from fund.publication import signing
from fund.publication.commands import append_pending
from fund.publication.invariants import INVARIANTS


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """Every file of this process ends here after so many bytes; the kernel refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_no_half_file_is_ever_seen_and_nothing_is_left_behind(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    shelf.write({"a/old": b"old", "a/whole": b"w" * 50})
    with room_for(1000), pytest.raises(OSError, match="large"):
        shelf.write({"a/small": b"s" * 900, "a/old": b"n" * 100_000, "a/later": b"l"})
    assert names(tmp_path) == ["a/old", "a/small", "a/whole"]
    assert shelf.read("a/old") == b"old"
    shelf.write({"a/old": b"n" * 100_000, "a/later": b"l"})
    assert shelf.read("a/old") == b"n" * 100_000
    assert names(tmp_path) == ["a/later", "a/old", "a/small", "a/whole"]


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    house = wired_house(app_dsn, tmp_path)
    small_story(house)
    while append_pending(house, by=BY, now=NOW):
        pass
    yield house
    house.database.close()


def test_the_log_is_signed_when_there_is_room_again(house: House) -> None:
    log = house.settings.data_dir / "log"
    with room_for(1), pytest.raises(OSError, match="large"):
        signing.sign_log(house, now=NOW)
    assert names(log) == []
    signing.sign_log(house, now=NOW)
    assert "checkpoint" in names(log)
    with house.database.reading() as connection:
        assert [one.name for one in examine(connection, INVARIANTS) if one.count] == []
