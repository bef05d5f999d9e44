"""Signed notes, keys, checkpoints and cosignatures, letter by letter as C2SP writes them.

Signing and verifying Ed25519 itself is the business of a port; here is only what surrounds it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from fund.kernel.errors import Invalid

ED25519 = 0x01
COSIGNATURE = 0x04
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— (\S+) (\S+)")


@dataclass(frozen=True)
class Key:
    """A public key with its name; ``algorithm`` 1 signs notes, 4 cosigns checkpoints.

    Raises:
        Invalid: for a name with a space or a plus, or a key that is not 32 bytes long.
    """

    name: str
    public: bytes
    algorithm: int = ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public) != 32:
            raise Invalid("鍵の名前か長さが正しくありません")

    @property
    def id(self) -> bytes:
        """Four bytes that signatures carry: the beginning of SHA-256(name ‖ LF ‖ type ‖ key)."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(named).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier's form: ``name+id+base64(type ‖ key)``."""
        blob = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{blob}"


def read_vkey(text: str) -> Key:
    """A key from its verifier's form.

    Raises:
        Invalid: if it is none, or its id does not fit.
    """
    name, _, rest = text.strip().partition("+")
    identifier, _, blob = rest.partition("+")
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error as error:
        raise Invalid("検証用の鍵を読めません") from error
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
        raise Invalid("検証用の鍵を読めません")
    key = Key(name, raw[1:], raw[0])
    if key.id.hex() != identifier:
        raise Invalid("検証用の鍵の番号が合いません")
    return key


def read_signing_key(text: str) -> tuple[str, bytes]:
    """Name and 32 secret bytes of ``PRIVATE+KEY+name+id+base64(type ‖ seed)``.

    Raises:
        Invalid: if it is no such key; never repeating it.
    """
    parts = text.strip().split("+", 4)
    try:
        raw = base64.b64decode(parts[4], validate=True)
    except (IndexError, binascii.Error) as error:
        raise Invalid("署名の鍵を読めません") from error
    if parts[:2] != ["PRIVATE", "KEY"] or len(raw) != 33 or raw[0] != ED25519:
        raise Invalid("署名の鍵を読めません")
    return parts[2], raw[1:]


def signing_key_text(key: Key, seed: bytes) -> str:
    """The secret form of a key, as Go's ``note.GenerateKey`` writes it."""
    blob = base64.b64encode(bytes([ED25519]) + seed).decode()
    return f"PRIVATE+KEY+{key.name}+{key.id.hex()}+{blob}"


@dataclass(frozen=True)
class Signature:
    """One signature line of a note: who, which key, and the signature's bytes."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line with its line feed."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.blob).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text (ending with a line feed) and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def spelled(self, more: Sequence[Signature] = ()) -> str:
        """The note as it travels, with further signatures behind its own."""
        return self.text + "\n" + "".join(s.line for s in (*self.signatures, *more))


def read_note(spelled: str) -> Note:
    """Take a signed note apart.

    Raises:
        Invalid: if it is none.
    """
    text, blank, below = spelled.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise Invalid("署名つきの文書ではありません")
    return Note(text + "\n", tuple(read_signature(line) for line in below.splitlines()))


def read_signature(line: str) -> Signature:
    """One signature line.

    Raises:
        Invalid: if it is none.
    """
    found = _SIGNATURE.fullmatch(line.rstrip("\n"))
    try:
        raw = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error as error:
        raise Invalid("署名の行を読めません") from error
    if found is None or len(raw) < 5:
        raise Invalid("署名の行を読めません")
    return Signature(found[1], raw[:4], raw[4:])


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its origin, how many entries it has, and their root hash."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed (``tlog-checkpoint``)."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """The head that a note's text tells.

    Raises:
        Invalid: if it tells none.
    """
    lines = text.split("\n")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (IndexError, binascii.Error) as error:
        raise Invalid("チェックポイントを読めません") from error
    plain = lines[1].isascii() and lines[1].isdigit() and (lines[1] == "0" or lines[1][0] != "0")
    if not lines[0] or not plain or len(root) != 32:
        raise Invalid("チェックポイントを読めません")
    return Checkpoint(lines[0], int(lines[1]), root)


def cosigned_message(checkpoint_text: str, at: int) -> bytes:
    """What a witness signs: a header, the moment (Unix seconds) and the checkpoint's text."""
    return f"cosignature/v1\ntime {at}\n{checkpoint_text}".encode()


def cosignature(key: Key, at: int, signature: bytes) -> Signature:
    """A witness's signature line: eight bytes of time before the signature."""
    return Signature(key.name, key.id, struct.pack(">Q", at) + signature)


def cosigned_at(signature: Signature) -> tuple[int, bytes]:
    """Moment (Unix seconds) and signature of a witness's line.

    Raises:
        Invalid: if it is not 72 bytes long.
    """
    if len(signature.blob) != 72:
        raise Invalid("立会人の署名ではありません")
    return struct.unpack(">Q", signature.blob[:8])[0], signature.blob[8:]
