"""Both readers of the verifier say the same, and what is read side by side is read completely."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fund.kernel.canonical import canonical
from fund.publication.verifier import crew, ranges, rows
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.reading import read_gift, read_json, read_line, spelled
from fund.publication.verifier.sources import Folder

NAMES = st.one_of(
    st.text("GA0-/:@._", min_size=1, max_size=6),
    st.text(max_size=4),
    st.sampled_from(["any", "G-0000000A/1", "=1+1", 'a"b', "a,b", "ａ", "\n", "1]"]),
)
YEN = st.one_of(st.integers(-(2**60), 2**60), st.integers(1, 99_999))
POSTINGS = st.lists(
    st.fixed_dictionaries(
        {
            "account": st.sampled_from(
                [
                    "held:unaccepted",
                    "fund:general",
                    "fund:group:0132",
                    "committed:A1",
                    "x:y",
                    "fund:",
                ]
            ),
            "yen": YEN,
        }
    ),
    max_size=3,
)
COMMON = {
    "v": st.sampled_from([1, 1, 2]),
    "no": st.one_of(st.integers(1, 10**6), st.just(0)),
    "fy": st.sampled_from([2026, 2026, 26]),
    "postings": POSTINGS,
}
SHARES = st.lists(
    st.fixed_dictionaries(
        {
            "share": NAMES,
            "kind": st.sampled_from(["group", "field", "anywhere"]),
            "target": st.one_of(st.none(), NAMES),
            "fallback": st.sampled_from([None, "anywhere", "field"]),
            "yen": YEN,
        }
    ),
    max_size=3,
)
GIFTS = st.fixed_dictionaries(
    {
        **COMMON,
        "kind": st.just("donation.received"),
        "on": st.sampled_from(["2026-05", "2026-05", "2026-05-01", "May"]),
        "gift": NAMES,
        "commitment": st.sampled_from(["a" * 64, "a" * 63]),
        "shares": SHARES,
    },
    optional={"clauses": st.lists(NAMES, max_size=3), "reason": NAMES},
)
LINES = st.fixed_dictionaries(
    {
        **COMMON,
        "kind": st.just("allocation.line"),
        "on": st.sampled_from(["2026-05-01", "2026-05-01", "2026-05"]),
        "run": NAMES,
        "share": NAMES,
        "award": NAMES,
        "use": NAMES,
        "rank": st.integers(-1, 120),
        "yen": YEN,
    },
    optional={"clauses": st.lists(NAMES, max_size=3), "gift": NAMES},
)
PLAIN_GIFT = {
    "v": 1, "no": 7, "fy": 2026, "kind": "donation.received", "on": "2026-05", "gift": "G-1",
    "commitment": "a" * 64, "clauses": ["acceptance@2026-04", "b@2"],
    "postings": [{"account": "fund:general", "yen": -5}, {"account": "held:unaccepted", "yen": 5}],
    "shares": [
        {"share": "G-1/1", "kind": "group", "target": "0132", "fallback": "anywhere", "yen": 3},
        {"share": "G-1/2", "kind": "anywhere", "target": None, "fallback": None, "yen": 2},
    ],
}  # fmt: skip
PLAIN_LINE = {
    "v": 1, "no": 8, "fy": 2026, "kind": "allocation.line", "on": "2026-05-01", "run": "RUN2026-1",
    "share": "G-1/1", "award": "A2026-1", "use": "group:0132", "rank": 1, "yen": 3, "gift": "G-1",
    "postings": [{"account": "fund:group:0132", "yen": 3}, {"account": "committed:A1", "yen": -3}],
}  # fmt: skip


@given(st.one_of(GIFTS, LINES))
@example(PLAIN_GIFT)
@example(PLAIN_LINE)
def test_the_plain_reader_says_what_the_parser_says_or_nothing(entry: dict) -> None:
    text = spelled(entry).decode()
    found = read_gift(text) or read_line(text)
    if entry in (PLAIN_GIFT, PLAIN_LINE):
        assert found is not None
    if found is None:
        return
    assert spelled(entry) == canonical(entry)
    told = json.loads(found.told) | {
        "v": 1, "no": int(found.no), "fy": int(found.fy), "on": found.on, "kind": entry["kind"],
        "postings": [{"account": account, "yen": yen} for account, yen in found.moves.pairs],
    }  # fmt: skip
    if found.clauses:
        told["clauses"] = found.clauses.split(" ")
    assert told == entry
    assert spelled(json.loads(found.told)).decode() == found.told
    if entry["kind"] == "donation.received":
        listed = [(s["share"], s["kind"], s["target"], s["yen"]) for s in entry["shares"]]
        assert [(n, w.kind, w.target, y) for n, w, y in found.shares] == listed


@given(st.one_of(GIFTS, LINES))
@example(PLAIN_GIFT)
@example(PLAIN_LINE)
def test_rows_are_the_same_letters_by_either_reader(entry: dict) -> None:
    """A harmless further fact (``reason``) sends the entry to the parser."""
    body = spelled(entry)
    if "reason" in entry or (read_gift(body.decode()) or read_line(body.decode())) is None:
        return
    quick, _ = rows.rows_of(body)
    slow, _ = rows.rows_of(spelled(entry | {"reason": "r"}))
    assert slow[0].replace(",,r,", ",,,", 1) == quick[0]
    assert slow[1:] == quick[1:]


@given(
    st.one_of(st.just(PLAIN_GIFT), st.just(PLAIN_LINE)),
    st.integers(0, 600),
    st.characters(max_codepoint=0x3042, exclude_categories=["Cs"]),
    st.sampled_from([0, 1]),
)
def test_no_other_spelling_is_taken_for_canonical(
    entry: dict, at: int, letter: str, replaced: int
) -> None:
    text = spelled(entry).decode()
    at %= len(text)
    forged = text[:at] + letter + text[at + replaced :]
    if read_gift(forged) or read_line(forged):
        assert spelled(read_json(forged.encode())).decode() == forged


@given(st.one_of(GIFTS, LINES))
@example(PLAIN_GIFT)
def test_the_books_say_the_same_by_either_reader(entry: dict) -> None:
    body = spelled(entry | {"no": 1})
    quick, slow = Ledger(Findings()), Ledger(Findings())
    quick.take(1, body)
    slow._take(1, body)  # the parser's way, whatever the shape
    assert quick.balances == slow.balances
    assert quick.shares.left == slow.shares.left
    assert (quick.shares.wishes, quick.lines) == (slow.shares.wishes, slow.lines)
    for number in (5, 6, 7, 8, 9):
        assert quick.findings[number].notes == slow.findings[number].notes


class Memory(dict):
    """Files in memory."""

    def read(self, path: str) -> bytes:
        return self[path]

    view = read


def small_log(count: int) -> tuple[Memory, int]:
    """A log of gifts with its rows, all plain."""
    files, bodies = Memory(), []
    for no in range(1, count + 1):
        gift = json.loads(json.dumps(PLAIN_GIFT).replace("G-1", f"G-{no:06d}")) | {"no": no}
        bodies.append(canonical(gift))
    for number in range(-(-count // 256)):
        part = bodies[number * 256 : number * 256 + 256]
        path = ranges.trees.path_of("entries", number, len(part))
        files[path] = b"".join(len(one).to_bytes(2, "big") + one for one in part)
        tile = b"".join(ranges.trees.leaf_hash(one) for one in part)
        files[ranges.trees.path_of("0", number, len(part))] = tile
    for at, name in enumerate(rows.FILES):
        told = "".join(rows.rows_of(body)[0][at] for body in bodies)
        files[name] = b"head\n" + told.encode() + b"tail\n"
    return files, count


def test_stretches_of_parts_join_without_a_gap() -> None:
    files, size = small_log(1500)
    for cuts in ([range(6)], [range(2), range(2, 3), range(3, 6)], [range(1), range(1, 6)]):
        parts = [ranges.look(files, size, cut) for cut in cuts]
        assert [part.faults for part in parts] == [[]] * len(cuts)
        for at, name in enumerate(rows.FILES):
            span = ranges.joined(parts, at)
            if name == "data/allocations.csv":
                assert span == (-1, -1)
            else:
                assert span == (5, len(files[name]) - 5)


@pytest.mark.parametrize("at", [0, 1, 2, 4, 5])
def test_a_row_between_two_parts_is_seen(at: int) -> None:
    files, size = small_log(600)
    name = rows.FILES[at]
    gift = json.loads(json.dumps(PLAIN_GIFT).replace("G-1", "G-000257")) | {"no": 257}
    begin = files[name].index(rows.rows_of(canonical(gift))[0][at].encode())
    files[name] = files[name][:begin] + b"one more\n" + files[name][begin:]
    parts = [ranges.look(files, size, cut) for cut in (range(1), range(1, 3))]
    assert ranges.joined(parts, at) is None


def test_many_hands_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, size = small_log(1500)
    for name, data in files.items():
        target = tmp_path / "good" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    shutil.copytree(tmp_path / "good", tmp_path / "bad")
    tile = tmp_path / "bad" / ranges.trees.path_of("0", 4, 256)
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    monkeypatch.setattr(crew, "LARGE", 1)
    monkeypatch.setattr(crew.os, "cpu_count", lambda: 2)
    sums = [(ranges.digest_of(files[name]), name) for name in files]
    for folder, faults in (("good", []), ("bad", [tile.name])):
        with crew.Crew(Folder(tmp_path / folder), size) as many:
            found = [fault for part in many.look() for fault in part.faults]
            summed = list(many.sums(sums))
        assert len(found) == len(summed) == len(faults)
        assert all(name in fault for name, fault in zip(faults, found, strict=True))
