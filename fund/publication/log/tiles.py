"""Tiles: the log as plain files of at most 256 hashes or entries (C2SP ``tlog-tiles``).

Hash tile (L, N) holds the nodes of tree level 8·L from number 256·N on; a tile that is not full
stands under its width (``.p/17``) and is replaced by a wider one as the log grows. Full tiles
never change.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from fund.publication.log.merkle import HASH_SIZE, complete_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY = 65_535

ReadTile = Callable[[int, int, int], bytes]
"""``(level, number, width) -> bytes`` of a hash tile; raises FileNotFoundError without one."""


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Where a tile lies: ``tile/0/x001/x234/067``, partial ones with ``.p/<width>``.

    ``level`` is ``"entries"`` for bundles of entries.

    Raises:
        ValueError: for a width that no tile has.
    """
    if not 1 <= width <= WIDTH:
        raise ValueError(f"a tile is 1 to {WIDTH} wide")
    groups = []
    rest = number
    while True:
        groups.append(f"{rest % 1000:03d}")
        rest //= 1000
        if not rest:
            break
    name = "/".join([*(f"x{group}" for group in groups[:0:-1]), groups[0]])
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{name}{suffix}"


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle: each behind its length in two bytes, big-endian.

    Raises:
        ValueError: for an entry longer than 65,535 bytes.
    """
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError(f"an entry is at most {MAX_ENTRY} bytes long")
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        ValueError: if its lengths do not fit its bytes.
    """
    entries, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("the bundle ends inside a length")
        (length,) = struct.unpack_from(">H", data, at)
        at += 2
        if at + length > len(data):
            raise ValueError("the bundle ends inside an entry")
        entries.append(data[at : at + length])
        at += length
    return entries


class TiledTree:
    """The complete subtrees of a log of ``size`` leaves, read from its hash tiles."""

    def __init__(self, read: ReadTile, size: int) -> None:
        self._read = read
        self.size = size
        self._kept: dict[tuple[int, int], list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree (see ``merkle.Nodes``).

        Raises:
            FileNotFoundError: when a tile is missing.
            ValueError: when a tile is not as wide as its name says.
        """
        layer, height = divmod(level, HEIGHT)
        first = index << height
        number, start = divmod(first, WIDTH)
        hashes = self._tile(layer, number)
        if start + (1 << height) > len(hashes):
            raise ValueError(f"node {index} of level {level} is not in a log of {self.size}")
        return complete_hash(hashes[start : start + (1 << height)])

    def _tile(self, layer: int, number: int) -> list[bytes]:
        key = (layer, number)
        if key not in self._kept:
            width = min(WIDTH, (self.size >> (HEIGHT * layer)) - number * WIDTH)
            data = self._read(layer, number, width)
            if len(data) != width * HASH_SIZE:
                raise ValueError(f"{tile_path(layer, number, width)} has a wrong length")
            if len(self._kept) > 64:
                self._kept.clear()
            self._kept[key] = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
        return self._kept[key]


def grow(
    read: ReadTile, old: int, leaves: Sequence[bytes], new: int
) -> Iterator[tuple[int, int, int, bytes]]:
    """The hash tiles a log gets by growing from ``old`` to ``new`` leaves.

    ``leaves`` are the leaf hashes from ``old`` rounded down to a tile's beginning up to ``new``.
    Yields (level, number, width, bytes), lower levels first; the same growth gives the same
    bytes. ``read`` is asked for the partial tiles of higher levels only.

    Raises:
        FileNotFoundError: when such a tile is missing.
    """
    start = old // WIDTH * WIDTH
    if len(leaves) != new - start:
        raise ValueError("the leaf hashes do not reach from the tile's beginning to the end")
    level, first, hashes = 0, start, list(leaves)
    while hashes:
        above = []
        for at in range(0, len(hashes), WIDTH):
            tile = hashes[at : at + WIDTH]
            yield level, (first + at) // WIDTH, len(tile), b"".join(tile)
            if len(tile) == WIDTH:
                above.append(complete_hash(tile))
        level += 1
        known = old >> (HEIGHT * level)
        number, width = divmod(known, WIDTH)
        prefix: list[bytes] = []
        if width and above:
            data = read(level, number, width)
            prefix = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
        first, hashes = number * WIDTH, prefix + above if above else []


def bundles(first: int, entries: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Entry bundles (number, width, bytes) of entries from leaf ``first`` on, a tile's beginning.

    Raises:
        ValueError: if ``first`` is not where a tile begins.
    """
    if first % WIDTH:
        raise ValueError("bundles begin where tiles begin")
    cuts = [*range(0, len(entries), WIDTH), len(entries)]
    for start, end in pairwise(cuts):
        yield (first + start) // WIDTH, end - start, bundle(entries[start:end])
