"""Reading signed heads: the note, its signatures, and the chain of keys that may sign them."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fund.publication.verifier.ed25519 import is_signed
from fund.publication.verifier.reading import read_json


@dataclass(frozen=True)
class Head:
    """A log's head as its note tells: origin, how many entries, their root; and the note."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[tuple[str, bytes], ...]


def read_head(spelled: bytes) -> Head:
    """A signed head; raises ValueError if it is none."""
    text, blank, below = spelled.decode("utf-8").rpartition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or not below.endswith("\n"):
        raise ValueError("no signed head")
    signatures = []
    for line in below.splitlines():
        dash, name, blob = line.split(" ")
        if dash != "—":
            raise ValueError("a signature line begins with a dash")
        signatures.append((name, _bytes(blob)))
    root = _bytes(lines[2])
    if len(root) != 32 or str(int(lines[1])) != lines[1]:
        raise ValueError("no signed head")
    return Head(lines[0], int(lines[1]), root, text + "\n", tuple(signatures))


def _bytes(blob: str) -> bytes:
    """Base64 in its one spelling (unused bits are zero)."""
    raw = base64.b64decode(blob, validate=True)
    if base64.b64encode(raw).decode() != blob:
        raise ValueError("base64 in another spelling")
    return raw


def read_key(vkey: str) -> tuple[str, bytes, bytes]:
    """Name, id and the 32 bytes of a verifier key; raises ValueError if it is none."""
    name, identifier, blob = vkey.strip().split("+", 2)
    raw = base64.b64decode(blob, validate=True)
    wanted = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or wanted.hex() != identifier:
        raise ValueError("no verifier key")
    return name, wanted, raw[1:]


def signed_by(head: Head, vkey: str) -> bool:
    """Whether a key signed this head, under the log's own name."""
    name, identifier, public = read_key(vkey)
    return name == head.origin and any(
        signer == name
        and blob[:4] == identifier
        and is_signed(public, head.text.encode(), blob[4:])
        for signer, blob in head.signatures
    )


@dataclass(frozen=True)
class Succession:
    """A key that followed another: the head both signed, which the log must contain."""

    old: str
    new: str
    head: Head


COSIGNATURE_LENGTH = 4 + 8 + 64


def unknown_signatures(head: Head, trusted: list[str]) -> list[str]:
    """Signatures that claim the log's name and are no trusted key's, and torn ones of others."""
    keys = [read_key(vkey) for vkey in trusted]
    odd = []
    for name, blob in head.signatures:
        if name != head.origin:
            fine = len(blob) == COSIGNATURE_LENGTH
        else:
            fine = any(
                blob[:4] == identifier and is_signed(public, head.text.encode(), blob[4:])
                for _, identifier, public in keys
            )
        if not fine:
            odd.append(name)
    return odd


def successions(keys: Mapping[str, Any]) -> list[Succession]:
    """The changes of keys that ``keys.json`` tells, oldest first."""
    listed = keys["keys"]
    return [
        Succession(before["vkey"], after["vkey"], read_head(after["announced"].encode()))
        for before, after in itertools.pairwise(listed)
    ]


def trusted_keys(first: str, chain: list[Succession]) -> list[str]:
    """The keys that follow from one we trust: each announced in a head the former one signed."""
    trusted = [first]
    for step in chain:
        both = signed_by(step.head, step.old) and signed_by(step.head, step.new)
        if step.old == trusted[-1] and both:
            trusted.append(step.new)
    return trusted


def read_keys(spelled: bytes) -> Mapping[str, Any]:
    """The content of ``keys.json``; raises ValueError if it is none."""
    content = read_json(spelled)
    if not isinstance(content, dict) or not content.get("keys"):
        raise ValueError("keys.json names no key")
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if text.encode("utf-8") + b"\n" != spelled:
        raise ValueError("keys.json in another spelling")
    _check_periods(content["keys"])
    return content


def _check_periods(listed: list[Mapping[str, Any]]) -> None:
    begins = [key["from"] for key in listed]
    told = [read_head(key["announced"].encode()).size + 1 for key in listed[1:]]
    ends = [key["until"] for key in listed]
    if begins != [1, *told] or ends != [*(begin - 1 for begin in told), None]:
        raise ValueError("the periods of the keys do not follow each other")
