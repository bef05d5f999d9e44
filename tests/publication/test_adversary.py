"""What somebody would change who wants to be believed: chosen lies, each named by its check.

The forger here is the strongest one: where it helps him he fits the fingerprints again, lays the
whole log out anew and signs it with the fund's own key.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import made_up_release
import pytest
from forging import Files, failing, spell
from lies import CLOSINGS, LIES, Liar, Lie

from fund.allocation.domain import allocate
from fund.allocation.domain.files import plan_bytes, problem_from
from fund.publication.ports import Signer
from fund.publication.verifier.sources import Folder
from fund.publication.verifier.verify import verify


@dataclass(frozen=True)
class Stage:
    """A release of made-up books in which every kind of entry occurs, and the key it is signed by."""

    files: Files
    signer: Signer


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    place = tmp_path_factory.mktemp("adversary") / "release"
    signer = made_up_release.main(place, 700, 2, "tests.example/log")
    files = Files.of(place)
    assert failing(files) == set()
    return Stage(files, signer)


def wrong(files: Files, **asked: bytes) -> set[int]:
    """The failing checks, but 10: a forger of the log would write tables that fit."""
    return failing(files, **asked) - {10}


TOLD = [*LIES, *CLOSINGS]


@pytest.mark.parametrize(("lie", "named"), TOLD, ids=[lie.__name__ for lie, _ in TOLD])
def test_a_lie_under_the_funds_own_signature_is_named(
    stage: Stage, lie: Lie, named: set[int]
) -> None:
    liar = Liar(stage.files, stage.signer)
    lie(liar)
    assert wrong(liar.release()) >= named


def test_the_liar_without_a_lie_is_believed(stage: Stage) -> None:
    """Else the lies above would prove nothing."""
    assert failing(Liar(stage.files, stage.signer).release()) == set()


def test_a_closed_year_that_a_journal_asserts_otherwise_is_named(stage: Stage) -> None:
    for name, line in (
        ("ledger.journal", "2023-03-31 * balances\n"),
        ("ledger.beancount", "2023-04-01 balance "),
    ):
        files = stage.files.copy()
        text = files[f"data/{name}"].decode()
        begin = text.index(line)
        end = text.index(" JPY\n", begin)
        files[f"data/{name}"] = (
            f"{text[: end - 1]}{(int(text[end - 1]) + 1) % 10}{text[end:]}".encode()
        )
        assert failing(files.sum_again()) == {10}, name
        files[f"data/{name}"] = text.replace(text[begin : end + 5], "").encode()
        assert failing(files.sum_again()) == {10}, name


# ---- runs -----------------------------------------------------------------------------------


def _another_run(stage: Stage, change: Callable[[dict[str, Any]], None]) -> set[int]:
    """A problem that was never the books', with the plan that follows from it, all hashes right."""
    liar = Liar(stage.files, stage.signer)
    approved = liar.first("allocation.approved", at=-1)
    name = approved["run"]
    document = json.loads(liar.files[f"runs/{name}/problem.json"])
    change(document)
    problem = problem_from(document)
    plan = plan_bytes(allocate(problem))
    liar.files[f"runs/{name}/problem.json"] = problem.canonical
    liar.files[f"runs/{name}/plan.json"] = plan
    approved["problem_sha256"] = hashlib.sha256(problem.canonical).hexdigest()
    approved["plan_sha256"] = hashlib.sha256(plan).hexdigest()
    return wrong(liar.release())


def test_a_run_about_other_books_is_found_although_its_plan_follows(stage: Stage) -> None:
    def forget_a_gift(problem: dict[str, Any]) -> None:
        used = {row["donation"] for row in problem.get("previous", [])}
        problem["donations"] = [
            gift for i, gift in enumerate(problem["donations"]) if i or gift["id"] in used
        ]

    def raise_an_award(problem: dict[str, Any]) -> None:
        problem["grants"][0]["approved_max"] *= 100

    def invent_money(problem: dict[str, Any]) -> None:
        problem["donations"][0]["amount"] += 1_000

    def another_group(problem: dict[str, Any]) -> None:
        problem["grants"][0]["group"] = "0999"

    for change in (forget_a_gift, raise_an_award, invent_money, another_group):
        assert 9 in _another_run(stage, change), change.__name__


# ---- files ----------------------------------------------------------------------------------


def _edit(path: str, change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    def act(files: Files) -> None:
        before = files[path]
        files[path] = change(before)
        assert files[path] != before

    return act


def _add(path: str, data: bytes) -> Callable[[Files], None]:
    def act(files: Files) -> None:
        files[path] = data

    return act


def _twice_the_head(data: bytes) -> bytes:
    head = data[: data.index(b"\n") + 1]
    return head + data


def _grants(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def act(data: bytes) -> bytes:
        content = json.loads(data)
        change(content)
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()

    return act


def _rename_receiver(content: dict[str, Any]) -> None:
    content["grants"][0]["recipientOrganization"][0]["name"] = "わたしの会"


def _other_receiver(content: dict[str, Any]) -> None:
    content["grants"][0]["recipientOrganization"][0]["id"] += "9"


def _grant_twice(content: dict[str, Any]) -> None:
    content["grants"].append(content["grants"][0])


def _other_hash(content: dict[str, Any]) -> None:
    content["resources"][0]["hash"] = "sha256:" + "0" * 64


def _other_column(content: dict[str, Any]) -> None:
    content["resources"][1]["schema"]["fields"][0]["name"] = "number"


def _path_outside(content: dict[str, Any]) -> None:
    content["resources"][0]["path"] = "../../../etc/passwd"


def _disclose(names: list[dict[str, str]]) -> bytes:
    return spell({"v": 1, "names": names})


CSV = "data/postings.csv"
FORGED: list[tuple[str, Callable[[Files], None], int]] = [
    ("a second head of a table", _edit(CSV, _twice_the_head), 10),
    ("a byte order mark", _edit(CSV, lambda data: b"\xef\xbb\xbf" + data), 10),
    ("line ends of Windows", _edit(CSV, lambda data: data.replace(b"\n", b"\r\n")), 10),
    ("quotes around nothing", _edit(CSV, lambda data: data.replace(b"\n1,", b'\n"1",', 1)), 10),
    ("no last line end", _edit(CSV, lambda data: data[:-1]), 10),
    ("a table in Latin letters", _edit(CSV, lambda data: data + b"\xff\n"), 10),
    (
        "balances with line ends of Windows",
        _edit("data/balances.csv", lambda data: data.replace(b"\n", b"\r\n")),
        10,
    ),
    (
        "awards with quotes",
        _edit(
            "data/awards.csv",
            lambda data: data.replace(b"\nA", b'\n"A', 1).replace(b",", b'",', 13),
        ),
        10,
    ),
    (
        "a journal that includes another",
        _edit("data/ledger.journal", lambda data: b"include other.journal\n" + data),
        10,
    ),
    (
        "a comment before a journal",
        _edit("data/ledger.journal", lambda data: b"; all is well\n" + data),
        10,
    ),
    (
        "a comment in a journal's tail",
        _edit("data/ledger.journal", lambda data: data + b"; all is well\n"),
        10,
    ),
    (
        "a Beancount option that forgives differences",
        _edit(
            "data/ledger.beancount",
            lambda data: b'option "inferred_tolerance_default" "JPY:1000000"\n' + data,
        ),
        10,
    ),
    (
        "a Beancount plugin",
        _edit("data/ledger.beancount", lambda data: b'plugin "evil"\n' + data),
        10,
    ),
    (
        "an account opened later",
        _edit("data/ledger.beancount", lambda data: data.replace(b" open ", b"  open ", 1)),
        10,
    ),
    (
        "an assertion left away",
        _edit("data/ledger.journal", lambda data: data[: data.rindex(b"\n", 0, -1) + 1]),
        10,
    ),
    ("another receiver's name", _edit("data/360giving.json", _grants(_rename_receiver)), 10),
    ("another receiver", _edit("data/360giving.json", _grants(_other_receiver)), 10),
    ("a grant told twice", _edit("data/360giving.json", _grants(_grant_twice)), 10),
    ("a fingerprint of the package", _edit("data/datapackage.json", _grants(_other_hash)), 10),
    ("a column of the package", _edit("data/datapackage.json", _grants(_other_column)), 10),
    ("a package that reads elsewhere", _edit("data/datapackage.json", _grants(_path_outside)), 10),
    ("deep JSON", _add("data/360giving.json", b"[" * 200_000), 10),
    ("a number without end", _add("data/datapackage.json", b'{"resources":' + b"9" * 9_000), 10),
    (
        "a name for a gift that is none",
        _add("disclosures.json", _disclose([{"gift": "G-0", "name": "x"}])),
        10,
    ),
    (
        "names in another spelling",
        _edit("disclosures.json", lambda data: data.replace(b",", b", ", 1)),
        10,
    ),
    ("names that are no text", _add("disclosures.json", b"\xff\xfe"), 10),
    ("a tile beyond the size", _add("log/tile/0/007.p/3", b"0" * 96), 2),
    ("a tile of a level above", _add("log/tile/3/000.p/1", b"0" * 32), 2),
    ("a run nobody approved", _add("runs/RUN1999-001/problem.json", b"{}"), 9),
    ("a file nobody asked for", _add("data/evil.csv", b"x\n"), 12),
    ("a second page", _add("index.html", b"<p>all is well"), 12),
    ("keys that are no JSON", _add("log/keys.json", b"[" * 100_000), 1),
    ("keys that are a list", _add("log/keys.json", b"[]\n"), 1),
    ("a head that is no text", _add("log/checkpoint", b"\xff\xfe\n\n"), 1),
    ("a head of a size without end", _add("log/checkpoint", b"a\n" + b"9" * 5_000 + b"\n\n"), 1),
]


@pytest.mark.parametrize(
    ("change", "named"), [row[1:] for row in FORGED], ids=[r[0] for r in FORGED]
)
def test_a_forged_file_with_fitting_fingerprints_is_named(
    stage: Stage, change: Callable[[Files], None], named: int
) -> None:
    forged = stage.files.copy()
    change(forged)
    assert named in failing(forged.sum_again())


def test_an_endless_head_is_read_as_far_as_the_log_goes(stage: Stage) -> None:
    forged = stage.files.copy()
    lines = forged["log/checkpoint"].split(b"\n")
    forged["log/checkpoint"] = b"\n".join([lines[0], str(10**15).encode(), *lines[2:]])
    assert {1, 2} <= failing(forged.sum_again())


@pytest.mark.parametrize(
    "line",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "log/../../secret",
        "..",
        "a\u2028b",
        "log//vkey",
        "./README",
    ],
)
def test_a_listed_name_that_leads_elsewhere_is_not_read(stage: Stage, line: str) -> None:
    class Watched(Files):
        def view(self, path: str) -> bytes:
            assert path != line
            return super().view(path)

    forged = Watched()
    forged.update(stage.files)
    forged["SHA256SUMS"] += f"{'0' * 64}  {line}\n".encode()
    found = verify(forged)
    assert not found[12].ok
    assert any("SHA256SUMS" in note for note in found[12].notes)


def test_links_pipes_and_devices_are_named_and_never_followed(stage: Stage, tmp_path: Path) -> None:
    place = tmp_path / "release"
    for name, data in stage.files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    secret = tmp_path / "secret"
    secret.write_bytes((place / "README").read_bytes())
    (place / "README").unlink()
    (place / "README").symlink_to(secret)
    os.mkfifo(place / "pipe")
    (place / "elsewhere").symlink_to("/etc")
    found = verify(Folder(place))
    said = " ".join(found[12].notes)
    assert "README" in said
    assert "pipe: no plain file" in said
    assert "elsewhere: no plain file" in said
    (place / "log/checkpoint").unlink()
    os.mkfifo(place / "log/checkpoint")
    assert not verify(Folder(place))[1].ok


def test_what_a_forger_writes_reaches_no_terminal(stage: Stage) -> None:
    liar = Liar(stage.files, stage.signer)
    liar.first("award.decided")["kind"] = "\x1b[2Jall is well"
    found = verify(liar.release())
    assert not found.ok
    assert "\x1b" not in "\n".join(found.lines())


VALUES: list[Any] = [None, True, -1, 0, 2**60, 1.5, "", "x", "\ud800", [], {}, [[]], {"a": 1}]


@pytest.mark.parametrize("part", range(3))
def test_no_value_at_any_place_of_an_entry_breaks_the_verifier(stage: Stage, part: int) -> None:
    """Whatever stands wherever, under the fund's own signature: found, and never a traceback."""
    liar = Liar(stage.files, stage.signer)
    kinds = sorted({entry["kind"] for entry in liar.entries})
    missed = []
    for kind in kinds[part::3]:
        fine = liar.first(kind)
        at = liar.entries.index(fine)
        for path in _places(fine):
            value = VALUES[
                (at + len(path) + len(missed) + zlib.crc32(repr(path).encode()) % 7) % len(VALUES)
            ]
            forged = copy.deepcopy(fine)
            _put(forged, path, value)
            try:
                spelled = spell(forged)[:-1]
            except UnicodeEncodeError:
                spelled = json.dumps(forged).encode()
            if forged == fine or len(spelled) > 65_535:
                continue
            liar.forger.entries[at] = spelled
            if not failing(liar.forger.rebuild(liar.signer)):
                missed.append((kind, path, value))
            liar.forger.entries[at] = spell(fine)[:-1]
    assert missed == []


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in inside:
        yield (*path, key)
        yield from _places(one, (*path, key))


def _put(content: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        content = content[key]
    content[path[-1]] = value


def test_a_proof_file_of_any_shape_is_answered(stage: Stage) -> None:
    for proof in (
        *(b"", b"[]", b"1", b"\xff", b"[" * 100_000, b'{"index":1e999}', b'{"index":"1"}'),
        b'{"index":9' + b"0" * 30 + b',"opening":{},"entry":"","checkpoint":"","hashes":[]}',
        b'{"index":0,"opening":[],"entry":1,"checkpoint":1,"hashes":1}',
        b'{"index":0,"opening":{"salt":"x"},"entry":"{}","checkpoint":"a","hashes":["x"]}',
    ):
        assert failing(stage.files, proof=proof) & {3, 7}, proof[:60]


def test_older_checkpoints_of_any_shape_are_answered(stage: Stage) -> None:
    for since in (
        b"",
        b"\xff",
        b"a\n1\n\n",
        b"a\n-5\nAAAA\n\n",
        b"a\n9" + b"9" * 5000 + b"\nx\n\n",
    ):
        assert failing(stage.files, since=since) >= {3}, since[:40]


def test_the_command_never_shows_a_traceback(stage: Stage, tmp_path: Path) -> None:
    place = tmp_path / "release"
    (place / "log").mkdir(parents=True)
    (place / "SHA256SUMS").write_bytes(b"\xff\n")
    (place / "log/checkpoint").write_bytes(b"\x00" * 100)
    told = subprocess.run(
        [sys.executable, "-m", "fund", "verify", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "Traceback" not in told.stderr + told.stdout
    assert "check 1 FAIL" in told.stdout
