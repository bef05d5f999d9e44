"""A release on the web, brought to this machine: a site may be slow, wrong, endless or hostile."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from fund.publication.verifier.sources import Bytes, Folder, Missing, is_safe

SECONDS = 30
AT_ONCE = 8
LARGEST = 4 << 30
"""Bytes of one file beyond which nobody waits for its end."""
LEAST = 1024
"""Bytes a second that a file must come with, looked at after the first ``SECONDS``."""
TRIES = 3
"""How often a site may publish anew while we read."""
_CHUNK = 1 << 20
SUMS = "SHA256SUMS"


@contextlib.contextmanager
def fetched(address: str) -> Iterator[Folder]:
    """A release on the web, for a while on this machine: each file is asked for once.

    ``address`` is the release's own, or a fund's, whose release lies under ``/release/``. What
    the site does not hand out is missing; names that lead out of the folder are not asked for,
    and nothing is taken from another site.
    """
    base = address.rstrip("/")
    with TemporaryDirectory(prefix="fund-verify-") as name:
        source = Fetched(Path(name))
        if not source.bring(base, SUMS):
            first = dict(source.why)
            base = f"{base}/release"
            if not source.bring(base, SUMS):
                source.why[SUMS] = f"{first[SUMS]}; {source.why[SUMS]}"
        for _ in range(TRIES):
            source.bring_all(base)
            if not source.was_replaced(base):
                break
        yield source


class Fetched(Folder):
    """What came of a release; ``why`` says of each file that did not come what was wrong."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._brought_to = place
        self.why: dict[str, str] = {}

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        self._say(path)
        return super().read(path)

    def view(self, path: str) -> Bytes:
        """A file's bytes, mapped."""
        self._say(path)
        return super().view(path)

    def _say(self, path: str) -> None:
        if path in self.why:
            raise Missing(f"{path}: {self.why[path]}")

    def bring_all(self, base: str) -> None:
        """Every file that is listed."""
        try:
            lines = self.read(SUMS).decode("utf-8", "replace").split("\n")
        except Missing:
            return
        names = {line[66:] for line in lines if is_safe(line[66:])}
        self._bring_many(base, sorted(names - {SUMS}))

    def was_replaced(self, base: str) -> bool:
        """Whether the site has published another release meanwhile; then all begins anew."""
        if SUMS in self.why:
            return False
        with TemporaryDirectory(prefix="fund-verify-") as name:
            now = Fetched(Path(name))
            if not now.bring(base, SUMS) or now.read(SUMS) == self.read(SUMS):
                return False
            shutil.rmtree(self._brought_to)
            self._brought_to.mkdir()
            self.why.clear()
            self._brought_to.joinpath(SUMS).write_bytes(now.read(SUMS))
        return True

    def _bring_many(self, base: str, names: Iterable[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda name: self.bring(base, name), names))

    def bring(self, base: str, name: str) -> bool:
        """One file; whether it came whole."""
        target = self._brought_to.joinpath(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _get(f"{base}/{name}", target)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.why[name] = str(error) or repr(error)
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
            return False
        self.why.pop(name, None)
        return True


class _SameSite(urllib.request.HTTPRedirectHandler):
    """Redirections inside the site are followed; another site is not the one that was asked."""

    def redirect_request(self, *args: Any) -> urllib.request.Request | None:
        asked, new = args[0], args[-1]
        if urlsplit(asked.full_url)[:2] != urlsplit(new)[:2]:
            raise urllib.error.URLError(f"leads to another site: {new[:100]}")
        return super().redirect_request(*args)


_OPENER = urllib.request.build_opener(_SameSite)


def _get(address: str, target: Path) -> None:
    """Write what lies at an address; raises OSError, HTTPException or ValueError."""
    begun, size = time.monotonic(), 0
    with _OPENER.open(address, timeout=SECONDS) as answer, target.open("xb") as file:
        while part := answer.read1(_CHUNK):
            file.write(part)
            size += len(part)
            waited = time.monotonic() - begun
            if size > LARGEST:
                raise OSError(f"larger than {LARGEST} bytes")
            if waited > SECONDS and size < LEAST * waited:
                raise OSError(f"only {size} bytes in {waited:.0f} seconds")
        if answer.length:
            raise OSError(f"cut off, {answer.length} bytes are missing")
