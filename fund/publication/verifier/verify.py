"""The twelve checks over a release, in one pass."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fund.publication.verifier import notes, ranges, trees
from fund.publication.verifier.crew import Crew
from fund.publication.verifier.findings import Check, Findings
from fund.publication.verifier.layout import check_names, listed_sums
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.notes import Head
from fund.publication.verifier.reading import read_json
from fund.publication.verifier.runs import Runs
from fund.publication.verifier.sources import Missing, Source
from fund.publication.verifier.tables import Tables

_UNREADABLE = (Missing, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True)
class Asked:
    """What the visitor brings along: an older head, the log's key, a donor's proof file."""

    since: bytes | None = None
    vkey: str | None = None
    proof: bytes | None = None


def verify(source: Source, asked: Asked | None = None) -> Findings:
    """Check a release; nothing but its own files is asked.

    Large ones in a folder are read by as many processes as there are processors.
    """
    asked = asked or Asked()
    findings = Findings()
    listed = listed_sums(source, findings[12])
    try:
        head = notes.read_head(source.read("log/checkpoint"))
    except _UNREADABLE as error:
        findings[1].fail(f"log/checkpoint: {error!r}")
        _tell(findings[12], ranges.sums(source, listed))
        return findings
    chain = _check_key(source, head, asked, findings)
    with _no_collecting(), Crew(source, head.size) as crew:
        _Pass(source, head, findings, crew).run(asked, chain, listed)
    return findings


@contextlib.contextmanager
def _no_collecting() -> Iterator[None]:
    """Millions of shares hold no cycles: looking for some costs a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _tell(check: Check, faults: Iterable[str]) -> None:
    for fault in faults:
        check.fail(fault)


def _check_key(
    source: Source, head: Head, asked: Asked, findings: Findings
) -> list[notes.Succession]:
    """Check 1: signed, by the key that is known or one that follows from it."""
    check = findings[1]
    chain: list[notes.Succession] = []
    try:
        keys = notes.read_keys(source.read("log/keys.json"))
        chain = notes.successions(keys)
        shown = source.read("log/vkey").decode("ascii").strip()
        trusted = notes.trusted_keys(asked.vkey or keys["keys"][0]["vkey"], chain)
        if keys["keys"][-1]["vkey"] != shown:
            check.fail("vkey and keys.json name different keys")
        signers = [vkey for vkey in trusted if notes.signed_by(head, vkey)]
        check.counted = len(head.signatures)
        if not signers:
            check.fail("no signature of a key that is known or was announced")
        for name in notes.unknown_signatures(head, trusted):
            check.fail(f"a signature of {name} that is not the key's")
        if asked.since is not None:
            older = notes.read_head(asked.since)
            if not any(notes.signed_by(older, vkey) for vkey in trusted):
                check.fail("the older checkpoint is not signed by a key of this log")
    except (*_UNREADABLE, AttributeError) as error:
        check.fail(f"keys: {error!r}")
    return chain


class _Pass:
    """One reading of all entries: the books here, hashes and rows by the crew meanwhile."""

    def __init__(self, source: Source, head: Head, findings: Findings, crew: Crew) -> None:
        self._source, self._head, self._findings, self._crew = source, head, findings, crew

    def run(
        self, asked: Asked, chain: list[notes.Succession], listed: list[tuple[str, str]]
    ) -> None:
        """Read, compare, and say what can only be said at the end."""
        older, proof = self._older(asked), self._proof(asked)
        looked, summed = self._crew.look(), self._crew.sums(listed)
        runs = Runs(self._source, self._findings[9])
        ledger = Ledger(self._findings, runs.approved)
        for no, body in enumerate(self._entries(), start=1):
            ledger.take(no, body)
        ledger.close()
        parts = list(looked)
        tree = self._check_tree(parts)
        self._check_heads(tree, chain, ledger, older)
        _tell(self._findings[12], summed)
        Tables(self._source, self._findings[10]).check(parts, self._entries(), ledger)
        runs.close(ledger)
        names = [name for _, name in listed]
        check_names(self._source, names, self._head.size, ledger, self._findings)
        if proof is not None:
            self._check_proof(proof)

    def _entries(self) -> Iterator[bytes]:
        """Every entry up to the first bundle that cannot be read, which the crew tells."""
        size = self._head.size
        try:
            for number in range((size + trees.WIDTH - 1) // trees.WIDTH):
                yield from ranges.bundle_of(self._source, number, size)
        except (Missing, ValueError):
            return

    def _check_tree(self, parts: list[ranges.Part]) -> trees.Tree:
        check, top = self._findings[2], ranges.Part()
        edge = parts[-1].edge if parts else []
        tree = trees.Tree([root for part in parts for root in part.roots], edge)
        for path, data in tree.tiles():
            ranges.compare(self._source, top, path, data)
        for part in (*parts, top):
            check.counted += part.tiles
            _tell(check, part.faults)
        if tree.size != self._head.size or tree.root() != self._head.root:
            check.fail(
                f"the entries lead to another root ({tree.size} of {self._head.size} entries)"
            )
        return tree

    def _root_of(self, tree: trees.Tree, size: int) -> bytes | None:
        """The root over the first entries; None if the log is shorter or cannot be read."""
        try:
            edge = self._leaves(size // trees.WIDTH)[: size % trees.WIDTH] if size else []
        except (Missing, ValueError):
            return None
        return tree.root_of(size, edge) if size <= tree.size else None

    def _leaves(self, bundle: int) -> list[bytes]:
        if bundle * trees.WIDTH >= self._head.size:
            return []
        entries = ranges.bundle_of(self._source, bundle, self._head.size)
        return [trees.leaf_hash(entry) for entry in entries]

    def _check_heads(
        self,
        tree: trees.Tree,
        chain: list[notes.Succession],
        ledger: Ledger,
        older: Head | None,
    ) -> None:
        for step in chain:
            if self._root_of(tree, step.head.size) != step.head.root or step.new not in ledger.keys:
                self._findings[1].fail(f"key {step.new} was not announced in this log")
        check = self._findings[3]
        if older is None:
            check.said = check.said or "前のものは渡されていません (none given)"
        else:
            check.counted = older.size
            if older.origin != self._head.origin:
                check.fail(f"another log: {older.origin}")
            if older.size > self._head.size:
                check.fall_short(
                    f"the older checkpoint has {older.size} entries, this release {self._head.size}"
                )
            elif self._root_of(tree, older.size) != older.root:
                check.fail(f"the first {older.size} entries are not those of the older checkpoint")

    def _older(self, asked: Asked) -> Head | None:
        if asked.since is None:
            return None
        try:
            return notes.read_head(asked.since)
        except (ValueError, IndexError) as error:
            self._findings[3].fail(f"the older checkpoint: {error!r}")
            self._findings[3].said = "unreadable"
            return None

    def _proof(self, asked: Asked) -> dict[str, Any] | None:
        if asked.proof is None:
            return None
        try:
            proof: dict[str, Any] = read_json(asked.proof)
            proof["index"] = int(proof["index"])
        except _UNREADABLE as error:
            self._findings[3].fail(f"proof file: {error!r}")
            return None
        return proof

    def _check_proof(self, proof: dict[str, Any]) -> None:
        """The donor's own entry: in this log, and about the person the proof file opens."""
        check = self._findings[7]
        try:
            bundle, at = divmod(proof["index"], trees.WIDTH)
            leaf = next(iter(self._leaves(bundle)[at : at + 1]), None)
            mine = trees.leaf_hash(str(proof["entry"]).encode("utf-8"))
            if fault := proof_fault(proof, mine if leaf is None else leaf):
                check.fail(f"proof file: {fault}")
            elif leaf is None:
                check.fall_short(
                    f"proof file: entry {proof['index'] + 1} of a release of {self._head.size}"
                )
            else:
                self._findings.proved = proof["index"] + 1
        except (*_UNREADABLE, AttributeError, OverflowError) as error:
            check.fail(f"proof file: {error!r}")


def proof_fault(proof: dict[str, Any], leaf: bytes) -> str | None:
    """What is wrong with a donor's proof file, given the leaf the log has at its place."""
    opening, entry = proof["opening"], proof["entry"]
    told = read_json(entry.encode("utf-8"))
    head = notes.read_head(proof["checkpoint"].encode())
    mine = trees.leaf_hash(entry.encode("utf-8"))
    hashes = [bytes.fromhex(one) for one in proof["hashes"]]
    if trees.inclusion_root(mine, proof["index"], head.size, hashes) != head.root:
        return "the entry is not under its checkpoint"
    if leaf != mine:
        return "the log has another entry at this place"
    named = {key: opening[key] for key in ("gift", "received_on", "name")}
    spelled = json.dumps(named, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    salted = b"mieru-fund/gift/v1\x00" + bytes.fromhex(opening["salt"]) + spelled.encode("utf-8")
    if hashlib.sha256(salted).hexdigest() != told["commitment"] or told["gift"] != named["gift"]:
        return "the entry does not commit to this gift and name"
    return None
