"""The public log at size: tiles, a release, and a stranger's check of all of it.

``LOG_BENCH_ENTRIES`` sets the size (default 200,000). The yardstick beside us is what any checker
must do at least: read the entries, parse them, hash them into a tree and add up every account.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fund.adapters.signing import KeySigner, new_signing_key
from fund.kernel.canonical import canonical
from fund.publication.log.merkle import leaf_hash, root
from fund.publication.log.note import Checkpoint, Note
from fund.publication.log.tiles import WIDTH, TiledTree, bundles, grow, tile_path
from fund.publication.release import build
from fund.publication.release.build import Folder, Registers
from fund.publication.release.grants360 import Publisher
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.sources import Folder as Source
from fund.publication.verifier.trees import split_bundle
from fund.publication.verifier.verify import verify

SIZE = int(os.environ.get("LOG_BENCH_ENTRIES", "200000"))
STEP = 65_536


def entries(size: int) -> Iterator[bytes]:
    """Lawful entries: sums of payments and the gifts they paid, all without a wish."""
    no = 0
    while no < size:
        gifts = min(99, size - no - 1)
        if gifts < 1:
            yield from _governance(no + 1)
            return
        yen = 3000 * gifts
        no += 1
        yield canonical(
            {
                "v": 1,
                "no": no,
                "kind": "payments.received",
                "fy": 2026,
                "on": "2026-05",
                "batch": f"B2026-{no:06d}",
                "count": gifts,
                "yen": yen,
                "postings": [
                    {"account": "assets:clearing:stripe", "yen": yen},
                    {"account": "held:unaccepted", "yen": -yen},
                ],
            }
        )
        for _ in range(gifts):
            no += 1
            yield _gift(no)


def _gift(no: int) -> bytes:
    gift = f"G-{no:08d}"
    share = {"share": f"{gift}/1", "kind": "anywhere", "target": None, "fallback": None}
    return canonical(
        {
            "v": 1,
            "no": no,
            "kind": "donation.received",
            "fy": 2026,
            "on": "2026-05",
            "gift": gift,
            "shares": [{**share, "yen": 3000}],
            "commitment": hashlib.sha256(gift.encode()).hexdigest(),
            "clauses": ["acceptance@2026-04"],
            "postings": [
                {"account": "fund:general", "yen": -3000},
                {"account": "held:unaccepted", "yen": 3000},
            ],
        }
    )


def _governance(no: int) -> Iterator[bytes]:
    facts = {"edition": "2026-04", "sha256": "0" * 64, "effective_on": "2026-04-01"}
    common = {"v": 1, "no": no, "kind": "manual.edition", "fy": 2026, "on": "2026-04-01"}
    yield canonical({**common, **facts, "postings": []})


def yardstick(folder: Path) -> None:
    """Read, parse, hash and add up; nothing more."""
    balances: dict[str, int] = {}
    hashes = []
    for bundle in sorted((folder / "log/tile/entries").rglob("*")):
        if bundle.is_file():
            for body in split_bundle(bundle.read_bytes()):
                hashes.append(hashlib.sha256(b"\0" + body).digest())
                for posting in json.loads(body)["postings"]:
                    account = posting["account"]
                    balances[account] = balances.get(account, 0) + posting["yen"]
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) % 2 else []
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs] + odd


def timed(what: str, act: Callable[[], object]) -> float:
    """Seconds of one act, told as it ends."""
    begun = time.perf_counter()
    act()
    seconds = time.perf_counter() - begun
    sys.stdout.write(f"{what:42} {seconds:8.2f} s  {SIZE / seconds:12,.0f} entries/s\n")
    return seconds


def lay_out(made: list[bytes], files: dict[str, bytes]) -> None:
    """Every tile and bundle of the log, in memory."""
    old = 0
    while old < SIZE:
        start, end = old // WIDTH * WIDTH, min(SIZE, old // WIDTH * WIDTH + STEP)
        part = made[start:end]
        for number, width, data in bundles(start, part):
            files[tile_path("entries", number, width)] = data
        leaves = [leaf_hash(entry) for entry in part]
        for level, number, width, data in grow(lambda *at: files[tile_path(*at)], old, leaves, end):
            files[tile_path(level, number, width)] = data
        old = end


def put_head(folder: Folder, files: dict[str, bytes]) -> None:
    """Sign the head of the tree."""
    signer = KeySigner(new_signing_key("bench.example/log"))
    tree = TiledTree(lambda *at: files[tile_path(*at)], SIZE)
    head = Checkpoint("bench.example/log", SIZE, root(tree, SIZE))
    note = Note(head.text, (signer.sign(head.text),)).spelled()
    vkey = signer.key.vkey if signer.key else ""
    listed = {"keys": [{"vkey": vkey, "from": 1, "until": None}]}
    folder.put("log/checkpoint", note.encode())
    folder.put("log/keys.json", canonical(listed) + b"\n")
    folder.put("log/vkey", f"{vkey}\n".encode())


def main() -> None:
    """Measure one size and print the table."""
    made, files = list(entries(SIZE)), dict[str, bytes]()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = Folder(place)
        timed("leaves into tiles and bundles", lambda: lay_out(made, files))
        wanted = sorted(set(build.log_paths(SIZE)))
        timed("the same onto the disk", lambda: [folder.put(f"log/{p}", files[p]) for p in wanted])
        put_head(folder, files)
        publisher = Publisher("bench", "見本区", "みえる基金", "https://fund.example")
        moment, registers = dt.datetime(2026, 11, 24, tzinfo=dt.UTC), Registers((), {}, {})
        timed(
            "tables and journals of a release",
            lambda: build.write_data(folder, made, registers, publisher, moment),
        )
        folder.put("SHA256SUMS", folder.sums().encode())
        made.clear()
        files.clear()
        floor = timed("yardstick: parse, hash, add up", lambda: yardstick(place))
        found: list[Findings] = []
        ours = timed("fund verify: twelve checks", lambda: found.append(verify(Source(place))))
        if not found[0].ok:
            raise SystemExit("\n".join(found[0].lines()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"verify is {ours / floor:.2f} × the yardstick; peak {peak:.0f} MB\n")


if __name__ == "__main__":
    main()
