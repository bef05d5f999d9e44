"""One part of a log, by itself: leaves, tiles and rows; parts may be looked at side by side.

A part compares its rows with a stretch of each file. The stretches of all parts must follow each
other without a gap from the file's head to its end (``joined``); then every byte was compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fund.publication.verifier import trees
from fund.publication.verifier.rows import FILES, rows_of
from fund.publication.verifier.sources import Bytes, Missing, Source

_ROWLESS = (ValueError, KeyError, TypeError, AttributeError, IndexError)
_JOURNAL = FILES.index("data/ledger.journal")


@dataclass
class Part:
    """What a part of the log is made of.

    ``roots`` are the hashes over its full tiles, ``edge`` the leaf hashes behind them, ``spans``
    the stretch of each file with rows (None where rows differ, () where there are none),
    ``days`` the first and last day with postings.
    """

    roots: list[bytes] = field(default_factory=list)
    edge: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    spans: list[tuple[int, int] | tuple[()] | None] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    rows: int = 0
    tiles: int = 0


def bundle_of(source: Source, number: int, size: int) -> list[bytes]:
    """The entries of a bundle of a log of ``size``; raises Missing or ValueError."""
    width = min(trees.WIDTH, size - number * trees.WIDTH)
    entries = list(trees.split_bundle(source.read(trees.path_of("entries", number, width))))
    if len(entries) != width:
        raise ValueError(f"{len(entries)} entries instead of {width}")
    return entries


def look(source: Source, size: int, bundles: range) -> Part:
    """Hash and compare the entries of some bundles of a log of ``size``."""
    part = Part()
    before = bundles.start * trees.WIDTH
    stretches = [_Stretch(source, name, before, size) for name in FILES]
    for number in bundles:
        width = min(trees.WIDTH, size - number * trees.WIDTH)
        try:
            entries = bundle_of(source, number, size)
        except (Missing, ValueError) as error:
            part.faults.append(f"{trees.path_of('entries', number, width)}: {error!r}")
            part.spans = [None] * len(FILES)
            return part
        leaves = [trees.leaf_hash(entry) for entry in entries]
        compare(source, part, trees.path_of("0", number, width), b"".join(leaves))
        if width == trees.WIDTH:
            part.roots.append(trees.whole(leaves))
        else:
            part.edge = leaves
        part.rows += _compare_rows(entries, stretches, part.days)
    part.days = sorted(set(part.days))
    part.days = [part.days[0], part.days[-1]] if part.days else []
    part.spans = [stretch.span for stretch in stretches]
    return part


def compare(source: Source, part: Part, path: str, data: bytes) -> None:
    """A tile of these hashes lies there."""
    part.tiles += 1
    try:
        if source.read(path) != data:
            part.faults.append(f"{path}: other hashes than the entries have")
    except Missing:
        part.faults.append(f"{path}: missing")


class _Stretch:
    """A file read beside the entries of a part."""

    def __init__(self, source: Source, name: str, before: int, size: int) -> None:
        try:
            self._data: Bytes = source.view(name)
        except Missing:
            self._data = b""
        self._guess = len(self._data) * before // size * 9 // 10
        self._begin = self._at = -1
        self._fits = True

    def follow(self, text: str) -> None:
        """The next bytes are these."""
        if not text or not self._fits:
            return
        wanted = text.encode("utf-8")
        if self._at < 0:
            self._begin = self._at = self._find(wanted[: wanted.index(b"\n") + 1])
        end = self._at + len(wanted)
        self._fits = self._at >= 0 and self._data[self._at : end] == wanted
        self._at = end

    def _find(self, row: bytes) -> int:
        """Where a row begins, looked for a little before where it should stand."""
        row = b"\n" + row
        found = self._data.find(row, self._guess)
        return (found if found >= 0 else self._data.find(row)) + 1 or -1

    @property
    def span(self) -> tuple[int, int] | tuple[()] | None:
        """From where to where the rows stand."""
        if not self._fits:
            return None
        return () if self._at < 0 else (self._begin, self._at)


def _compare_rows(entries: Sequence[bytes], stretches: Sequence[_Stretch], days: list[str]) -> int:
    rows, told = 0, []
    for body in entries:
        try:
            texts, count = rows_of(body)
        except _ROWLESS:
            for stretch in stretches:
                stretch.follow("\0\n")  # no file has such a row: the slow comparison names it
            return rows
        told.append(texts)
        if texts[_JOURNAL]:
            days.append(texts[_JOURNAL][: len("2026-05-20")])
        rows += count
    for stretch, texts in zip(stretches, zip(*told, strict=True), strict=True):
        stretch.follow("".join(texts))
    return rows


def joined(parts: Sequence[Part], number: int) -> tuple[int, int] | None:
    """From where to where the rows of a file stand, if no byte is between or unlike them."""
    begin = end = -1
    for part in parts:
        span = part.spans[number]
        if span is None:
            return None
        if span:
            if begin < 0:
                begin = span[0]
            elif span[0] != end:
                return None
            end = span[1]
    return begin, end


def digest_of(data: Bytes) -> str:
    """The fingerprint of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def sums(source: Source, listed: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with files whose fingerprints are listed."""
    for digest, name in listed:
        try:
            if digest_of(source.view(name)) != digest:
                yield f"{name}: another fingerprint"
        except Missing as error:
            why = str(error).removeprefix(name)
            yield f"{name}{why or ': missing'}"
