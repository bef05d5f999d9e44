"""``made_up_release.py DIR ENTRIES [BLOCKS]``: a signed release of made-up books of that many entries.

Written by the house's own writers of tiles, heads, tables and journals; only database and donors
are missing. An older checkpoint, of the first half, is laid beside it (``DIR.since``).
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from made_up_books import Books

from fund.adapters.signing import KeySigner, new_signing_key
from fund.kernel.canonical import Json, canonical
from fund.publication.log.merkle import leaf_hash, root
from fund.publication.log.note import Checkpoint, Note
from fund.publication.log.tiles import WIDTH, TiledTree, bundles, grow, tile_path
from fund.publication.release import build
from fund.publication.release.build import Folder, Registers
from fund.publication.release.grants360 import Publisher
from fund.publication.release.page import PAGE, verify_page

ORIGIN = "outside.example/log"
SIGNED_AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
STEP = 64 * WIDTH


def main(place: Path, size: int, blocks: int, origin: str = ORIGIN) -> KeySigner:
    """Write the release and the older checkpoint; returns the key that signs."""
    first, second = (KeySigner(new_signing_key(origin)) for _ in range(2))
    vkeys = [signer.key.vkey for signer in (first, second) if signer.key]
    books = Books(size, blocks, announce=vkeys[1])
    made = list(books.entries())
    folder, files = Folder(place), dict[str, bytes]()
    _lay_out(made, files)
    for path in sorted(set(build.log_paths(size))):
        folder.put(f"log/{path}", files[path])
    tree = TiledTree(lambda *at: files[tile_path(*at)], size)

    def head(upto: int, *signers: KeySigner) -> bytes:
        text = Checkpoint(origin, upto, root(tree, upto)).text
        return Note(text, tuple(signer.sign(text) for signer in signers)).spelled().encode()

    announced = books.announced_at or 0
    both = head(announced, first, second).decode()
    listed: list[Json] = [
        {"vkey": vkeys[0], "from": 1, "until": announced},
        {"vkey": vkeys[1], "from": announced + 1, "until": None, "announced": both},
    ]
    folder.put("log/checkpoint", head(size, second))
    folder.put("log/keys.json", canonical({"keys": listed}) + b"\n")
    folder.put("log/vkey", f"{vkeys[1]}\n".encode())
    place.with_name(f"{place.name}.since").write_bytes(head(size // 2, second))
    names = {f"{number:04}": f"見本の会 {number}" for number in range(1, 501)}
    groups = [
        [no, name, None, None, None, None, "registered", "true"] for no, name in names.items()
    ]
    registers = Registers(tuple(groups), names, {"G-00000000": "見本 公開"})
    build.write_groups(folder, registers)
    publisher = Publisher("outside", "見本区", "みえる基金", "https://fund.example")
    build.write_data(folder, made, registers, publisher, SIGNED_AT)
    for run, (problem, plan) in books.runs.items():
        folder.put(f"runs/{run}/problem.json", problem)
        folder.put(f"runs/{run}/plan.json", plan)
    folder.put("disclosures.json", build.disclosures(registers.disclosures))
    folder.put(PAGE, verify_page("見本区", "みえる基金"))
    folder.put("README", "見本 / made up\n".encode())
    folder.put("SHA256SUMS", folder.sums().encode())
    return second


def _lay_out(made: list[bytes], files: dict[str, bytes]) -> None:
    old = 0
    while old < len(made):
        start = old // WIDTH * WIDTH
        end = min(len(made), start + STEP)
        part = made[start:end]
        for number, width, data in bundles(start, part):
            files[tile_path("entries", number, width)] = data
        leaves = [leaf_hash(entry) for entry in part]
        for level, number, width, data in grow(lambda *at: files[tile_path(*at)], old, leaves, end):
            files[tile_path(level, number, width)] = data
        old = end


if __name__ == "__main__":
    count = int(sys.argv[2])
    main(
        Path(sys.argv[1]), count, int(sys.argv[3]) if len(sys.argv) > 3 else max(2, count // 10_000)
    )
