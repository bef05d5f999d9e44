"""The Merkle tree of RFC 6962 §2.1: hashes of leaves and nodes, roots, and both kinds of proof.

A tree is read through ``Nodes``: something that knows the hash of each complete subtree. All
functions are iterative or of logarithmic depth, and none of them sees an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_SIZE = 32


class Nodes(Protocol):
    """Hashes of the complete subtrees of a log."""

    def node(self, level: int, index: int) -> bytes:
        """The hash over leaves ``index * 2**level`` up to ``(index + 1) * 2**level`` (excl.)."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one leaf: SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_hash(hashes: Sequence[bytes]) -> bytes:
    """The hash over 2**k neighbouring hashes of one level.

    Raises:
        ValueError: if their number is no power of two.
    """
    row = list(hashes)
    if not row or len(row) & (len(row) - 1):
        raise ValueError("a complete subtree has 1, 2, 4, 8 … hashes")
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def root(nodes: Nodes, size: int) -> bytes:
    """The root of the tree of the first ``size`` leaves."""
    return range_hash(nodes, 0, size) if size else EMPTY_ROOT


def range_hash(nodes: Nodes, start: int, end: int) -> bytes:
    """The tree hash over leaves ``start`` … ``end`` − 1, as it stands inside a larger tree.

    ``start`` is a multiple of the largest power of two in the range, as in every proof.
    """
    parts = _complete_parts(start, end)
    result = nodes.node(*parts[-1])
    for part in reversed(parts[:-1]):
        result = node_hash(nodes.node(*part), result)
    return result


def _complete_parts(start: int, end: int) -> list[tuple[int, int]]:
    """Level and index of the complete subtrees that make up a range, from the left."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The hashes that lead from leaf ``index`` to the root of ``size`` leaves, lowest first.

    Raises:
        ValueError: if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """The hashes that show that a tree of ``new`` leaves begins with the one of ``old``.

    Raises:
        ValueError: unless 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError("a tree grows from at least one leaf")
    path, start, end, whole = [], 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(range_hash(nodes, start, end))
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to from a leaf hash (RFC 9162 §2.1.3.2).

    Raises:
        ValueError: if the proof is longer or shorter than this place in the tree needs.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return _climb(index, size - 1, leaf, proof)[1]


def roots_from_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to (RFC 9162 §2.1.4.2).

    Raises:
        ValueError: if the proof is longer or shorter than these sizes need.
    """
    if not 0 < old <= new:
        raise ValueError("a tree grows from at least one leaf")
    if old == new:
        if proof:
            raise ValueError("a tree is consistent with itself without a proof")
        return old_root, old_root
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        raise ValueError("the proof is too short")
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    return _climb(number, last, hashes[0], hashes[1:])


def _climb(number: int, last: int, begin: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Fold a proof from node ``number`` of a row that ends with ``last``.

    Returns the hash of what stands to the left alone (an older tree), and of everything.
    """
    left = whole = begin
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if number & 1 or number == last:
            left, whole = node_hash(sibling, left), node_hash(sibling, whole)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            whole = node_hash(whole, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return left, whole


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


class Frontier:
    """The right edge of a growing tree: enough to know its root, whatever its size."""

    def __init__(self) -> None:
        self._edge: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        level, whole = 0, leaf
        while self._edge and self._edge[-1][0] == level:
            whole = node_hash(self._edge.pop()[1], whole)
            level += 1
        self._edge.append((level, whole))

    def root(self) -> bytes:
        """The root of everything added so far."""
        if not self._edge:
            return EMPTY_ROOT
        result = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            result = node_hash(left, result)
        return result
