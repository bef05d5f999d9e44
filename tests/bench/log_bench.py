"""The public log at size: tiles, a release, and a stranger's check of all of it.

``LOG_BENCH_ENTRIES`` sets the size (default 200,000), ``LOG_BENCH_ROUNDS`` how often (3). The
yardstick beside us is what any checker must do at least: read the entries, parse them, hash them
into a tree and add up every account. Ours does all twelve checks, on all processors.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import platform
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import arena
from results import Figures, Ratio, keep

from fund.adapters.signing import KeySigner, new_signing_key
from fund.kernel.canonical import Json, canonical
from fund.payments.commands import apply_checkout
from fund.publication.log.merkle import inclusion_proof, leaf_hash, root
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
ROUNDS = int(os.environ.get("LOG_BENCH_ROUNDS", "3"))
PROOFS = 300
DAY = 161
"""The mean of the nation's busiest fund would be more; of one ward's fund it is a good day."""
GIFTS = 200
STEP = 65_536


def entries(size: int) -> Iterator[bytes]:
    """Lawful entries: sums of payments and the gifts they paid, over 30 fields and 500 groups."""
    no, dice = 0, random.Random(1)
    while no < size:
        gifts = [1000 * dice.randint(3, 100) for _ in range(min(99, size - no - 1))]
        if not gifts:
            yield from _governance(no + 1)
            return
        no += 1
        yield canonical(
            {
                "v": 1,
                "no": no,
                "kind": "payments.received",
                "fy": 2026,
                "on": "2026-05",
                "batch": f"B2026-{no:06d}",
                "count": len(gifts),
                "yen": sum(gifts),
                "postings": [
                    {"account": "assets:clearing:stripe", "yen": sum(gifts)},
                    {"account": "held:unaccepted", "yen": -sum(gifts)},
                ],
            }
        )
        for yen in gifts:
            no += 1
            yield _gift(no, yen, dice)


def _gift(no: int, yen: int, dice: random.Random) -> bytes:
    """A gift: half to a group (three tenths kept for the fund), a quarter to a field, the rest."""
    gift = f"G-{dice.getrandbits(40):08X}"[:10]
    way = dice.random()
    parts: list[tuple[str, str | None, str | None, int]] = [("anywhere", None, None, yen)]
    if way < 0.5:
        kept = yen * 3 // 10
        group = ("group", f"{dice.randint(1, 500):04d}", "anywhere", yen - kept)
        parts = [group, ("anywhere", None, None, kept)]
    elif way < 0.75:
        parts = [("field", f"field-{dice.randint(1, 30)}", "anywhere", yen)]
    pots = [(f"fund:{kind}:{at}" if at else "fund:general", part) for kind, at, _, part in parts]
    return canonical(
        {
            "v": 1,
            "no": no,
            "kind": "donation.received",
            "fy": 2026,
            "on": "2026-05",
            "gift": f"{gift}{no:07d}",
            "shares": [
                {
                    "share": f"{gift}{no:07d}/{i}",
                    "kind": kind,
                    "target": target,
                    "fallback": fallback,
                    "yen": part,
                }
                for i, (kind, target, fallback, part) in enumerate(parts, 1)
            ],
            "commitment": hashlib.sha256(gift.encode()).hexdigest(),
            "clauses": ["acceptance@2026-04"],
            "postings": [
                *({"account": pot, "yen": -part} for pot, part in pots),
                {"account": "held:unaccepted", "yen": yen},
            ],
        }
    )


def _governance(no: int) -> Iterator[bytes]:
    facts: dict[str, Json] = {
        "edition": "2026-04",
        "sha256": "0" * 64,
        "effective_on": "2026-04-01",
    }
    common: dict[str, Json] = {
        "v": 1,
        "no": no,
        "kind": "manual.edition",
        "fy": 2026,
        "on": "2026-04-01",
    }
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


def after_one_day(figures: Figures) -> None:
    """How many files of the log one day's gifts write anew; the others keep their bytes.

    A release has besides them a fixed number of tables and journals, which are written whole.
    """
    before = set(build.log_paths(SIZE))
    later = set(build.log_paths(SIZE + DAY))
    figures.rates.setdefault("one day: log files written", []).append(len(later - before))
    bound = DAY / 100 + math.log(SIZE + DAY, 256)
    figures.rates.setdefault("one day: new rows / 100 + log256 n", []).append(bound)
    figures.rates.setdefault("one day: log files in all", []).append(len(later))


def timed(act: Callable[[], object]) -> float:
    """Entries a second of one act."""
    begun = time.perf_counter()
    act()
    return SIZE / (time.perf_counter() - begun)


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
    listed: Json = {"keys": [{"vkey": vkey, "from": 1, "until": None}]}
    folder.put("log/checkpoint", note.encode())
    folder.put("log/keys.json", canonical(listed) + b"\n")
    folder.put("log/vkey", f"{vkey}\n".encode())


def proofs(place: Path) -> float:
    """Proofs of inclusion a second, each read from the files anew."""

    def read(level: int, number: int, width: int) -> bytes:
        return place.joinpath("log", tile_path(level, number, width)).read_bytes()

    dice, begun = random.Random(2), time.perf_counter()
    for _ in range(PROOFS):
        inclusion_proof(TiledTree(read, SIZE), dice.randrange(SIZE), SIZE)
    return PROOFS / (time.perf_counter() - begun)


def one_round(made: list[bytes], figures: Figures, *, last: bool) -> None:
    """Everything once, in a folder of its own."""
    rates, files = figures.rates, dict[str, bytes]()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = Folder(place)
        wanted = sorted(set(build.log_paths(SIZE)))

        def write() -> None:
            for path in wanted:
                folder.put(f"log/{path}", files[path])

        before = time.process_time()
        rates.setdefault("leaves into tiles/s", []).append(timed(lambda: lay_out(made, files)))
        spent = (time.process_time() - before) / SIZE
        rates.setdefault("leaves into tiles, CPU microseconds each", []).append(spent * 1e6)
        after_one_day(figures)
        rates.setdefault("tiles onto the disk/s", []).append(timed(write))
        put_head(folder, files)
        files.clear()
        publisher = Publisher("bench", "見本区", "みえる基金", "https://fund.example")
        moment, registers = dt.datetime(2026, 11, 24, tzinfo=dt.UTC), Registers((), {}, {})
        build.write_groups(folder, registers)
        rates.setdefault("tables and journals of a release, entries/s", []).append(
            timed(lambda: build.write_data(folder, made, registers, publisher, moment))
        )
        folder.put("SHA256SUMS", folder.sums().encode())
        if last:
            made.clear()
        rates.setdefault("yardstick: parse, hash, add up, entries/s", []).append(
            timed(lambda: yardstick(place))
        )
        found: list[Findings] = []
        rates.setdefault("fund verify: twelve checks, entries/s", []).append(
            timed(lambda: found.append(verify(Source(place))))
        )
        if not found[0].ok:
            raise SystemExit("\n".join(found[0].lines()))
        rates.setdefault("proofs from files/s", []).append(proofs(place))


_LEAF = "leaves into tiles, CPU microseconds each"
RATIOS = (
    Ratio(
        "15",
        "fund verify, all twelve checks, over the yardstick (target: at most 3 x its time)",
        "fund verify: twelve checks, entries/s",
        "yardstick: parse, hash, add up, entries/s",
        1 / 3,
    ),
    Ratio(
        "11",
        "tables and journals of a full rebuild over 600 pages of 100 entries a second",
        "tables and journals of a release, entries/s",
        60_000,
        1,
    ),
    Ratio("16", "append incl. tiles over 300,000 leaves/s", "leaves into tiles/s", 300_000, 1),
    Ratio(
        "11",
        "log files of one day: twice (new rows / 100 + log256 n) over those written",
        "one day: twice the bound",
        "one day: log files written",
        1,
    ),
    Ratio("16", "1 % of a gift's CPU over a leaf's", "1 % of a gift's CPU", _LEAF, 1),
    Ratio("16", "append over pymerkle, recorded 109,000/s", "leaves into tiles/s", 109_000, 3),
    Ratio("16", "proofs from files over 1,000/s (1 ms each)", "proofs from files/s", 1000, 1),
)


def gift_microseconds() -> float:
    """CPU of our own process for one gift, what the provider says of it until it is booked."""
    with arena.opened() as cluster, arena.arena(cluster, "gifts") as books:
        books.seed(GIFTS)
        before = time.process_time()
        for number in range(1, GIFTS + 1):
            apply_checkout(books.house, now=arena.PAID_AT, facts=arena.facts(number))
        return (time.process_time() - before) * 1e6 / GIFTS


def machine() -> dict[str, object]:
    """Where and when it ran."""
    return {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
    }


def main() -> None:
    """Measure one size, a few rounds, and keep the table."""
    figures = Figures(machine(), ROUNDS, notes={"entries": f"{SIZE:,}"})
    made = list(entries(SIZE))
    for number in range(1, ROUNDS + 1):
        one_round(made, figures, last=number == ROUNDS)
    figures.rates["one day: twice the bound"] = [
        2 * one for one in figures.rates["one day: new rows / 100 + log256 n"]
    ]
    gift = gift_microseconds()
    figures.rates["1 % of a gift's CPU"] = [gift / 100] * ROUNDS
    figures.notes["a gift's CPU"] = (
        f"{gift:,.0f} microseconds of this process for booking one gift; the"
        " database's part, left out here, would make a leaf's share smaller still"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures.notes["peak memory"] = f"{peak:,.0f} MB"
    figures.notes["not measured here"] = (
        "runs (check 9 is the allocation rule's own bench); the peers of row 15 are recorded"
        " figures at 1 M rows: ledger 8.4 s, hledger 84 s, Beancount 124 s"
    )
    keep("log", figures, RATIOS)


if __name__ == "__main__":
    main()
