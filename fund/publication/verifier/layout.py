"""Check 12: which files a release may hold, and that each is the file that is listed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fund.publication.verifier import trees
from fund.publication.verifier.findings import Check, Findings
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.reading import read_json
from fund.publication.verifier.runs import FILES
from fund.publication.verifier.sources import Missing, Source, is_safe

_SUM = re.compile(r"([0-9a-f]{64})  (\S.*)")
SUMS = "SHA256SUMS"
_ALWAYS = frozenset(
    {
        *("README", "verify.html", "disclosures.json", SUMS),
        *("log/checkpoint", "log/keys.json", "log/vkey"),
        *("data/datapackage.json", "data/360giving.json"),
        *("data/ledger.journal", "data/ledger.beancount"),
    }
)


def listed_sums(source: Source, check: Check) -> list[tuple[str, str]]:
    """The fingerprints and names that ``SHA256SUMS`` tells; what leads elsewhere is not read."""
    try:
        text = source.read(SUMS).decode("utf-8")
    except (Missing, UnicodeDecodeError) as error:
        check.fail(f"{SUMS}: {error!r}")
        return []
    listed: dict[str, str] = {}
    for line in text.split("\n")[:-1]:
        found = _SUM.fullmatch(line)
        if found is None or found[2] in listed or not is_safe(found[2]):
            check.fail(f"{SUMS}: {line[:100]!r}")
            continue
        listed[found[2]] = found[1]
    if not text.endswith("\n"):
        check.fail(f"{SUMS}: torn")
    check.counted = len(listed)
    for name in sorted((source.paths() or set(listed)) - set(listed) - {SUMS}):
        check.fail(f"{name}: not listed")
    for name in sorted(source.oddities()):
        check.fail(f"{name}: no plain file")
    return [(digest, name) for name, digest in listed.items()]


def check_names(
    source: Source, names: Iterable[str], size: int, ledger: Ledger, findings: Findings
) -> None:
    """No file that this log, its runs and its data package do not call for."""
    names = set(names)
    if size > trees.WIDTH * len(names):
        return  # most of its bundles are missing, and check 2 says so
    wanted = _ALWAYS | {f"runs/{run}/{name}.json" for run in ledger.runs for name in FILES}
    wanted |= set(_tiles(size)) | set(_tables(source))
    for name in sorted(names - wanted):
        part = {"log": 2, "runs": 9}.get(name.partition("/")[0], 12)
        findings[part].fail(f"{name}: no part of this release")


def _tiles(size: int) -> Iterator[str]:
    """The bundles and tiles of a log of ``size`` entries."""
    for level in ("entries", *range(8)):
        count = size >> (8 * level) if isinstance(level, int) else size
        for number in range(-(-count // trees.WIDTH)):
            width = min(trees.WIDTH, count - number * trees.WIDTH)
            yield trees.path_of(str(level), number, width)


def _tables(source: Source) -> Iterator[str]:
    try:
        for resource in read_json(source.read("data/datapackage.json"))["resources"]:
            yield f"data/{resource['path']}"
    except (Missing, ValueError, KeyError, TypeError):
        return  # check 10 says so
