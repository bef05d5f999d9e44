"""Where a release lies: a folder, or an address on the web."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol

SECONDS = 30


class Missing(Exception):  # noqa: N818 - a file that is not there is a finding, not a fault
    """A file the release should have is not there."""


class Source(Protocol):
    """The files of a release."""

    def read(self, path: str) -> bytes:
        """A file's bytes; raises ``Missing``."""

    def paths(self) -> set[str] | None:
        """Every file there is; None where nobody can list them."""


class Folder:
    """A release on this machine."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        try:
            return self._place.joinpath(path).read_bytes()
        except OSError as error:
            raise Missing(path) from error

    def paths(self) -> set[str] | None:
        """Every file of the folder."""
        return {
            file.relative_to(self._place).as_posix()
            for file in self._place.rglob("*")
            if file.is_file()
        }


class Site:
    """A release on the web: its own address, or a fund's, whose release lies under /release/."""

    def __init__(self, address: str) -> None:
        base = address.rstrip("/")
        self._base = base
        try:
            self.read("SHA256SUMS")
        except Missing:
            self._base = f"{base}/release"

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        try:
            with urllib.request.urlopen(f"{self._base}/{path}", timeout=SECONDS) as answer:  # noqa: S310 - the visitor names the address
                data: bytes = answer.read()
                return data
        except (urllib.error.URLError, OSError) as error:
            raise Missing(path) from error

    def paths(self) -> set[str] | None:
        """A web server does not list its files."""
        return None
