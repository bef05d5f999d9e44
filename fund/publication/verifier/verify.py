"""The twelve checks over a release, in one pass."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fund.allocation.checker import Malformed
from fund.allocation.checker import check as recheck
from fund.publication.verifier import notes, trees
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.notes import Head
from fund.publication.verifier.sources import Missing, Source
from fund.publication.verifier.tables import Tables

_SUM = re.compile(r"([0-9a-f]{64})  (\S.*)")
_UNREADABLE = (Missing, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True)
class Asked:
    """What the visitor brings along: an older head, the log's key, a donor's proof file."""

    since: bytes | None = None
    vkey: str | None = None
    proof: bytes | None = None


def verify(source: Source, asked: Asked | None = None) -> Findings:
    """Check a release; nothing but its own files is asked."""
    asked = asked or Asked()
    findings = Findings()
    _check_sums(source, findings)
    try:
        head = notes.read_head(source.read("log/checkpoint"))
    except _UNREADABLE as error:
        findings[1].fail(f"log/checkpoint: {error!r}")
        return findings
    chain = _check_key(source, head, asked, findings)
    _Pass(source, head, findings).run(asked, chain)
    return findings


def _check_sums(source: Source, findings: Findings) -> None:
    check = findings[12]
    try:
        listed = source.read("SHA256SUMS").decode("utf-8").splitlines()
    except (Missing, UnicodeDecodeError) as error:
        check.fail(f"SHA256SUMS: {error!r}")
        return
    names = set()
    for line in listed:
        found = _SUM.fullmatch(line)
        if found is None or found[2] in names:
            check.fail(f"SHA256SUMS: {line[:100]!r}")
            continue
        names.add(found[2])
        check.counted += 1
        try:
            if hashlib.sha256(source.read(found[2])).hexdigest() != found[1]:
                check.fail(f"{found[2]}: another fingerprint")
        except Missing:
            check.fail(f"{found[2]}: missing")
    there = source.paths()
    for name in sorted((there or names) - names - {"SHA256SUMS"}):
        check.fail(f"{name}: not listed")


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
    """One reading of all entries."""

    def __init__(self, source: Source, head: Head, findings: Findings) -> None:
        self._source, self._head, self._findings = source, head, findings
        self._tree = trees.Tree()
        self._roots: dict[int, bytes] = {}
        self._leaves: dict[int, bytes] = {}

    def run(self, asked: Asked, chain: list[notes.Succession]) -> None:
        """Read, compare, and say what can only be said at the end."""
        older = self._older(asked)
        proof = self._proof(asked)
        wanted = {step.head.size for step in chain} | ({older.size} if older else set())
        ledger = Ledger(self._findings)
        tables = Tables(self._source, self._findings[10])
        for no, body in enumerate(self._entries(), start=1):
            leaf = trees.leaf_hash(body)
            for path, data in self._tree.add(leaf):
                self._compare(path, data)
            if no in wanted:
                self._roots[no] = self._tree.root()
            if proof is not None and proof["index"] == no - 1:
                self._leaves[no - 1] = leaf
            entry = ledger.take(no, body)
            if entry is not None:
                tables.take(entry)
        self._close_tree(chain, ledger, older)
        ledger.close()
        tables.close(ledger)
        self._check_runs(ledger)
        if proof is not None:
            self._check_proof(proof)

    def _entries(self) -> Iterator[bytes]:
        size = self._head.size
        for number in range((size + trees.WIDTH - 1) // trees.WIDTH):
            width = min(trees.WIDTH, size - number * trees.WIDTH)
            path = trees.path_of("entries", number, width)
            try:
                entries = list(trees.split_bundle(self._source.read(path)))
            except (Missing, ValueError) as error:
                self._findings[2].fail(f"{path}: {error!r}")
                return
            if len(entries) != width:
                self._findings[2].fail(f"{path}: {len(entries)} entries instead of {width}")
            yield from entries

    def _compare(self, path: str, data: bytes) -> None:
        self._findings[2].counted += 1
        try:
            if self._source.read(path) != data:
                self._findings[2].fail(f"{path}: other hashes than the entries have")
        except Missing:
            self._findings[2].fail(f"{path}: missing")

    def _close_tree(
        self, chain: list[notes.Succession], ledger: Ledger, older: Head | None
    ) -> None:
        for path, data in self._tree.edge():
            self._compare(path, data)
        if self._tree.size != self._head.size or self._tree.root() != self._head.root:
            self._findings[2].fail(
                f"the entries lead to another root ({self._tree.size} of {self._head.size})"
            )
        for step in chain:
            if self._roots.get(step.head.size) != step.head.root or step.new not in ledger.keys:
                self._findings[1].fail(f"key {step.new} was not announced in this log")
        check = self._findings[3]
        if older is None:
            check.said = check.said or "前のものは渡されていません (none given)"
        else:
            check.counted = older.size
            if older.origin != self._head.origin:
                check.fail(f"another log: {older.origin}")
            if self._roots.get(older.size) != older.root:
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

    def _check_runs(self, ledger: Ledger) -> None:
        check = self._findings[9]
        for run, approved in sorted(ledger.runs.items()):
            check.counted += 1
            try:
                files = [self._source.read(f"runs/{run}/{name}.json") for name in _FILES]
                problem, plan = (json.loads(data) for data in files)
                for name, data in zip(_FILES, files, strict=True):
                    if hashlib.sha256(data).hexdigest() != approved[f"{name}_sha256"]:
                        check.fail(f"{run}: {name}.json is not the approved one")
                for fault in recheck(problem, plan):
                    check.fail(f"{run}: {fault}")
                if _planned(plan) != sorted(ledger.lines.get(run, [])):
                    check.fail(f"{run}: the lines in the log are not the plan's")
            except (*_UNREADABLE, AttributeError, Malformed) as error:
                check.fail(f"{run}: {error!r}")

    def _proof(self, asked: Asked) -> dict[str, Any] | None:
        if asked.proof is None:
            return None
        try:
            proof: dict[str, Any] = json.loads(asked.proof)
            proof["index"] = int(proof["index"])
        except _UNREADABLE as error:
            self._findings[3].fail(f"proof file: {error!r}")
            return None
        return proof

    def _check_proof(self, proof: dict[str, Any]) -> None:
        """The donor's own entry: in this log, and about the person the proof file opens."""
        check = self._findings[7]
        try:
            if fault := proof_fault(proof, self._leaves.get(proof["index"])):
                check.fail(f"proof file: {fault}")
        except _UNREADABLE as error:
            check.fail(f"proof file: {error!r}")


_FILES = ("problem", "plan")


def _planned(plan: dict[str, Any]) -> list[tuple[str, str, int, int, str]]:
    """The rows of a plan as the log's lines tell them."""
    return sorted(
        (row["donation"], row["grant"], row["amount"], row["rank"], row["use"])
        for row in plan["ledger"]
    )


def proof_fault(proof: dict[str, Any], leaf: bytes | None) -> str | None:
    """What is wrong with a donor's proof file, given the leaf the log has at its place."""
    opening, entry = proof["opening"], proof["entry"]
    told = json.loads(entry)
    head = notes.read_head(proof["checkpoint"].encode())
    mine = trees.leaf_hash(entry.encode("utf-8"))
    hashes = [bytes.fromhex(one) for one in proof["hashes"]]
    if trees.inclusion_root(mine, proof["index"], head.size, hashes) != head.root:
        return "the entry is not under its checkpoint"
    if leaf is None or leaf != mine:
        return "the log has another entry at this place"
    named = {key: opening[key] for key in ("gift", "received_on", "name")}
    spelled = json.dumps(named, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    salted = b"mieru-fund/gift/v1\x00" + bytes.fromhex(opening["salt"]) + spelled.encode("utf-8")
    if hashlib.sha256(salted).hexdigest() != told["commitment"] or told["gift"] != named["gift"]:
        return "the entry does not commit to this gift and name"
    return None
