"""Rebuilding the Merkle tree from the entries themselves, and comparing every published tile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

WIDTH = 256


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962: SHA-256 of a zero byte and the entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: SHA-256 of a one byte and both sides."""
    return hashlib.sha256(b"\1" + left + right).digest()


def path_of(level: str, number: int, width: int) -> str:
    """The file of a tile."""
    name = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        name = f"x{number % 1000:03d}/{name}"
    return f"log/tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def split_bundle(data: bytes) -> Iterator[bytes]:
    """The entries of a bundle; raises ValueError if it is torn."""
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError("torn bundle")
        yield data[at + 2 : end]
        at = end


class Tree:
    """A tree of 256-wide tiles over its leaves, from the hashes of its full lowest tiles.

    ``edge`` are the leaf hashes behind the last full tile, ``size`` counts all leaves.
    """

    def __init__(self, roots: list[bytes], edge: list[bytes]) -> None:
        self.size = len(roots) * WIDTH + len(edge)
        self._edge = edge
        self._rows = [roots]
        while len(self._rows[-1]) >= WIDTH:
            row = self._rows[-1]
            full = len(row) // WIDTH * WIDTH
            self._rows.append([whole(row[at : at + WIDTH]) for at in range(0, full, WIDTH)])

    def tiles(self) -> Iterator[tuple[str, bytes]]:
        """The tiles above the lowest level, as (path, bytes)."""
        for level, row in enumerate(self._rows, start=1):
            for at in range(0, len(row), WIDTH):
                tile = row[at : at + WIDTH]
                yield path_of(str(level), at // WIDTH, len(tile)), b"".join(tile)

    def root(self) -> bytes:
        """The root over every leaf."""
        return self.root_of(self.size, self._edge)

    def root_of(self, size: int, edge: list[bytes]) -> bytes:
        """The root over the first ``size`` leaves; ``edge`` are those behind its full tiles."""
        rows = [edge]
        for row in self._rows:
            size //= WIDTH
            rows.append(row[size // WIDTH * WIDTH : size])
        parts = [part for row in reversed(rows) for part in _complete(row)]
        if not parts:
            return hashlib.sha256(b"").digest()
        result = parts[-1]
        for part in reversed(parts[:-1]):
            result = node_hash(part, result)
        return result


def whole(row: list[bytes]) -> bytes:
    """The hash over 2**k hashes."""
    sha256, hashes = hashlib.sha256, row
    while len(hashes) > 1:
        hashes = [
            sha256(b"\1" + left + right).digest()
            for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


def _complete(row: list[bytes]) -> Iterator[bytes]:
    """The complete subtrees of an unfilled tile, from the left."""
    start, left = 0, len(row)
    while left:
        width = 1 << (left.bit_length() - 1)
        yield whole(row[start : start + width])
        start, left = start + width, left - width


def inclusion_root(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """The root an inclusion proof leads to; raises ValueError if it cannot be one."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    at, last, result = index, size - 1, leaf
    for sibling in hashes:
        if last == 0:
            raise ValueError("the proof is too long")
        if at % 2 or at == last:
            result = node_hash(sibling, result)
            while at and at % 2 == 0:
                at, last = at // 2, last // 2
        else:
            result = node_hash(result, sibling)
        at, last = at // 2, last // 2
    if last:
        raise ValueError("the proof is too short")
    return result
