"""Rest for the collector of cycles while an act holds very many things at once.

Python looks for cycles among everything alive whenever a quarter more of it has come. An act over
a hundred thousand lines makes millions of objects and keeps them until it ends, so each look finds
nothing and costs more than the last: together a quarter of the time of a large approval. What is
not in a cycle is freed as ever.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_resting = 0


@contextlib.contextmanager
def resting() -> Iterator[None]:
    """No look for cycles in this process while anybody is inside, unless it was off before."""
    global _resting  # noqa: PLW0603 - the collector is the process' own, and so is this count
    with _lock:
        ours = _resting > 0 or gc.isenabled()
        _resting += ours
        if ours:
            gc.disable()
    try:
        yield
    finally:
        with _lock:
            _resting -= ours
            if ours and _resting == 0:
                gc.enable()
