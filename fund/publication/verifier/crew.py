"""Who looks at the parts of a release: other processes for a large one, else this one."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import TypeVar

from fund.publication.verifier import ranges, trees
from fund.publication.verifier.ranges import Part
from fund.publication.verifier.sources import Folder, Source

T = TypeVar("T")
LARGE = 20_000
"""Entries from which further processes are worth their start."""
PARTS = 4
"""Parts for each process, so that none waits long for the last one."""


class Crew:
    """Looks at the parts of a log of ``size`` entries, and at the fingerprints of its files."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self._size = source, size
        self._hands = os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        many = self._size >= LARGE and self._hands > 1
        if many and isinstance(self._source, Folder):
            # Forked: nothing has to be imported again, and nothing was opened yet.
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPoolExecutor(self._hands, mp_context=context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def look(self) -> Iterator[Part]:
        """The parts of the log, in order."""
        bundles = (self._size + trees.WIDTH - 1) // trees.WIDTH
        if self._pool is None:
            return iter([ranges.look(self._source, self._size, range(bundles))])
        step = -(-bundles // (self._hands * PARTS))
        cuts = [range(at, min(at + step, bundles)) for at in range(0, bundles, step)]
        return _results(
            [self._pool.submit(ranges.look, self._source, self._size, cut) for cut in cuts]
        )

    def sums(self, listed: Sequence[tuple[str, str]]) -> Iterator[str]:
        """What is wrong with the fingerprints of the files."""
        if self._pool is None:
            return ranges.sums(self._source, listed)
        step = -(-len(listed) // (self._hands * PARTS)) or 1
        pieces = [listed[at : at + step] for at in range(0, len(listed), step)]
        found = [self._pool.submit(_sums, self._source, piece) for piece in pieces]
        return (fault for faults in _results(found) for fault in faults)


def _sums(source: Source, listed: Sequence[tuple[str, str]]) -> list[str]:
    return list(ranges.sums(source, listed))


def _results(futures: Iterable[Future[T]]) -> Iterator[T]:
    for future in futures:
        yield future.result()
