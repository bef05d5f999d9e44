"""Where a release lies: a folder, or an address on the web."""

from __future__ import annotations

import contextlib
import mmap
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeAlias

SECONDS = 30
AT_ONCE = 8
_NAME = re.compile(r"[0-9a-f]{64}  ([A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*)")

Bytes: TypeAlias = "bytes | mmap.mmap"


class Missing(Exception):  # noqa: N818 - a file that is not there is a finding, not a fault
    """A file the release should have is not there."""


class Source(Protocol):
    """The files of a release."""

    def read(self, path: str) -> bytes:
        """A file's bytes; raises ``Missing``."""

    def view(self, path: str) -> Bytes:
        """The same to look at piece by piece, without reading all of it; raises ``Missing``."""

    def paths(self) -> set[str] | None:
        """Every file there is; None where nobody can list them."""


class Folder:
    """A release on this machine."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        try:
            with open(f"{self._place}/{path}", "rb") as file:  # noqa: PTH123 - thousands of tiles
                return file.read()
        except OSError as error:
            raise Missing(path) from error

    def view(self, path: str) -> Bytes:
        """A file's bytes, mapped."""
        try:
            with self._place.joinpath(path).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return b""  # an empty file cannot be mapped
        except OSError as error:
            raise Missing(path) from error

    def paths(self) -> set[str] | None:
        """Every file of the folder."""
        return {
            file.relative_to(self._place).as_posix()
            for file in self._place.rglob("*")
            if file.is_file()
        }


@contextlib.contextmanager
def fetched(address: str) -> Iterator[Folder]:
    """A release on the web, brought to this machine for a while: each file is asked for once.

    ``address`` is the release's own, or a fund's, whose release lies under ``/release/``. What
    the site does not hand out is missing; names that lead out of the folder are not asked for.
    """
    base = address.rstrip("/")
    with TemporaryDirectory(prefix="fund-verify-") as name:
        place = Path(name)
        try:
            sums = _get(f"{base}/SHA256SUMS")
        except Missing:
            base = f"{base}/release"
            sums = None
        with contextlib.suppress(Missing):
            sums = _get(f"{base}/SHA256SUMS") if sums is None else sums
        if sums is not None:
            place.joinpath("SHA256SUMS").write_bytes(sums)
            lines = sums.decode("utf-8", "replace").splitlines()
            _fetch(base, place, [found[1] for line in lines if (found := _NAME.fullmatch(line))])
        yield Folder(place)


def _fetch(base: str, place: Path, names: Iterable[str]) -> None:
    def one(name: str) -> None:
        with contextlib.suppress(Missing):
            data = _get(f"{base}/{name}")
            target = place.joinpath(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, names))


def _get(address: str) -> bytes:
    """What lies at an address; raises ``Missing``."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - the visitor names the address
            data: bytes = answer.read()
            return data
    except (urllib.error.URLError, OSError) as error:
        raise Missing(address) from error
