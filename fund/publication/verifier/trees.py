"""Rebuilding the Merkle tree from the entries themselves, and comparing every published tile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

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
    """A tree that grows leaf by leaf and yields its tiles as they fill."""

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[list[bytes]] = [[]]
        self._counts = [0]

    def add(self, leaf: bytes) -> list[tuple[str, bytes]]:
        """Append a leaf hash; the tiles that this one fills, as (path, bytes)."""
        self.size += 1
        filled: list[tuple[str, bytes]] = []
        level, value = 0, leaf
        while True:
            if level == len(self._rows):
                self._rows.append([])
                self._counts.append(0)
            row = self._rows[level]
            row.append(value)
            if len(row) < WIDTH:
                return filled
            filled.append((path_of(str(level), self._counts[level], WIDTH), b"".join(row)))
            value = _whole(row)
            self._counts[level] += 1
            row.clear()
            level += 1

    def edge(self) -> Iterator[tuple[str, bytes]]:
        """The tiles at the right edge that are not full."""
        for level, row in enumerate(self._rows):
            if row:
                yield path_of(str(level), self._counts[level], len(row)), b"".join(row)

    def root(self) -> bytes:
        """The root of everything added so far."""
        parts = [part for row in reversed(self._rows) for part in _complete(row)]
        if not parts:
            return hashlib.sha256(b"").digest()
        result = parts[-1]
        for part in reversed(parts[:-1]):
            result = node_hash(part, result)
        return result


def _whole(row: Iterable[bytes]) -> bytes:
    hashes = list(row)
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def _complete(row: list[bytes]) -> Iterator[bytes]:
    """The complete subtrees of an unfilled tile, from the left."""
    start, left = 0, len(row)
    while left:
        width = 1 << (left.bit_length() - 1)
        yield _whole(row[start : start + width])
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
