"""What a forger does with a release: change its files, fit the fingerprints, sign it anew."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from fund.adapters.signing import KeySigner, new_signing_key
from fund.publication.log.merkle import leaf_hash, root
from fund.publication.log.note import Checkpoint, Note
from fund.publication.log.tiles import TiledTree, bundles, grow, tile_path, unbundle
from fund.publication.ports import Signer
from fund.publication.verifier.sources import Missing
from fund.publication.verifier.verify import Asked, verify


@dataclass
class Files(dict):
    """A release in memory."""

    names: dict = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Files:
        made = cls()
        for file in folder.resolve().rglob("*"):
            if file.is_file():
                made[file.relative_to(folder.resolve()).as_posix()] = file.read_bytes()
        return made

    def copy(self) -> Files:
        made = Files()
        made.update(self)
        return made

    def read(self, path: str) -> bytes:
        try:
            return self[path]
        except KeyError:
            raise Missing(path) from None

    view = read

    def paths(self) -> set[str]:
        return set(self)

    def oddities(self) -> set[str]:
        return set()

    def sum_again(self) -> Files:
        """What a forger does: the fingerprints fit the files again."""
        self["SHA256SUMS"] = "".join(
            f"{hashlib.sha256(self[name]).hexdigest()}  {name}\n"
            for name in sorted(self)
            if name != "SHA256SUMS"
        ).encode()
        return self


def failing(files: Files, **asked: bytes) -> set[int]:
    found = verify(files, Asked(**asked))
    return {check.number for check in found.checks.values() if not check.ok}


class Forger:
    """Rebuilds a whole log from changed entries and signs it with a key of his own."""

    def __init__(self, files: Files) -> None:
        self.files = files.copy()
        self.entries = [
            entry
            for name in sorted(n for n in files if n.startswith("log/tile/entries/"))
            for entry in unbundle(files[name])
        ]
        self.key = KeySigner(new_signing_key("tests.example/log"))

    def rebuild(self, signer: Signer | None = None, *, keys: bool = True) -> Files:
        signer = signer or self.key
        for name in [n for n in self.files if n.startswith("log/tile/")]:
            del self.files[name]
        size = len(self.entries)
        for number, width, data in bundles(0, self.entries):
            self.files[f"log/{tile_path('entries', number, width)}"] = data
        leaves = [leaf_hash(entry) for entry in self.entries]
        for level, number, width, data in grow(self._read, 0, leaves, size):
            self.files[f"log/{tile_path(level, number, width)}"] = data
        head = Checkpoint("tests.example/log", size, root(TiledTree(self._read, size), size))
        note = Note(head.text, (signer.sign(head.text),))
        self.files["log/checkpoint"] = note.spelled().encode()
        if keys:
            vkey = signer.key.vkey
            listed = {"keys": [{"vkey": vkey, "from": 1, "until": None}]}
            self.files["log/keys.json"] = spell(listed)
            self.files["log/vkey"] = f"{vkey}\n".encode()
        return self.files.sum_again()

    def _read(self, level: int, number: int, width: int) -> bytes:
        return self.files[f"log/{tile_path(level, number, width)}"]


def spell(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def changed(entry: bytes, **facts: object) -> bytes:
    return spell(json.loads(entry) | facts)[:-1]
