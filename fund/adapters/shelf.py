"""Plain files on a disk that may lose its power at any moment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from fund.platform.database import assert_outside_transaction
from fund.publication.ports import Shelf


class FolderShelf(Shelf):
    """Files under one folder; each appears under its name only when all its bytes are on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        return (self._folder / path).read_bytes()

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write beside, flush, rename, flush the folders: files first, names after them."""
        assert_outside_transaction("files")
        folders = set()
        for path, data in files.items():
            place = self._folder / path
            if place.is_file() and place.read_bytes() == data:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            draft = place.with_name(f".{place.name}.{secrets.token_hex(6)}.new")
            try:
                with draft.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(place)
            except OSError:
                # A full disk is not made fuller by what each new try leaves behind.
                draft.unlink(missing_ok=True)
                raise
            folders.add(place.parent)
        for folder in folders:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
