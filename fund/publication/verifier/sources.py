"""Where a release lies on this machine. A hostile folder is only ever read, and only inside."""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

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

    def oddities(self) -> set[str]:
        """What is no plain file: links, devices, pipes."""


def is_safe(name: str) -> bool:
    """Whether a name can only be a file inside the release."""
    return _NAME.fullmatch(name) is not None


class Folder:
    """A release on this machine."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        try:
            with open(self._open(path), "rb") as file:  # noqa: PTH123 - by descriptor
                return file.read()
        except OSError as error:
            raise Missing(path) from error

    def view(self, path: str) -> Bytes:
        """A file's bytes, mapped."""
        try:
            with open(self._open(path), "rb") as file:  # noqa: PTH123 - by descriptor
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return b""  # an empty file cannot be mapped
        except OSError as error:
            raise Missing(path) from error

    def _open(self, path: str) -> int:
        """A descriptor of a plain file; a pipe or a device would hold us up for ever."""
        if not is_safe(path):
            raise Missing(f"{path!r:.80} leads elsewhere")
        descriptor = os.open(f"{self._place}/{path}", _OPEN)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Missing(f"{path} is no plain file")
        return descriptor

    def paths(self) -> set[str] | None:
        """Every plain file of the folder."""
        return {name for name, plain in self._all() if plain}

    def oddities(self) -> set[str]:
        """Links, pipes and devices in the folder."""
        return {name for name, plain in self._all() if not plain}

    def _all(self) -> Iterator[tuple[str, bool]]:
        for folder, inside, files in os.walk(self._place):
            here = Path(folder)
            links = [name for name in inside if here.joinpath(name).is_symlink()]
            for name in (*files, *links):
                place = here.joinpath(name)
                plain = stat.S_ISREG(place.lstat().st_mode)
                yield place.relative_to(self._place).as_posix(), plain
