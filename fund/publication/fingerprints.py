"""What a fingerprint (SHA-256) is the fingerprint of, and whether a proof file still holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from fund.kernel.errors import DomainError, Invalid
from fund.publication.log.merkle import leaf_hash
from fund.publication.log.note import read_note
from fund.publication.models import log_checkpoint, public_entry
from fund.publication.queries import heads
from fund.publication.verifier.verify import proof_fault


@dataclass(frozen=True)
class Named:
    """What bears a fingerprint: ``entry``, ``root`` or ``file``, and its number, size or path."""

    kind: str
    what: str


def named_by(connection: Connection, digest: bytes, release: Path) -> Named | None:
    """The entry, signed head or file of the live release with this fingerprint."""
    number = connection.execute(
        select(public_entry.c.no).where(func.sha256(public_entry.c.body) == digest)
    ).scalar()
    if number is not None:
        return Named("entry", str(number))
    size = connection.execute(
        select(log_checkpoint.c.size).where(log_checkpoint.c.root == digest)
    ).scalar()
    if size is not None:
        return Named("root", str(size))
    path = _listed(release / "SHA256SUMS", digest.hex())
    return None if path is None else Named("file", path)


def _listed(sums: Path, digest: str) -> str | None:
    if not sums.exists():
        return None
    with sums.open(encoding="utf-8") as lines:
        return next((line[66:].rstrip("\n") for line in lines if line.startswith(digest)), None)


def place_of_proof(connection: Connection, spelled: bytes) -> int:
    """The number of the entry that a donor's proof file proves.

    The file keeps its worth: its head is one that was signed here, by whichever key signed
    then, and every later head contains it.

    Raises:
        Invalid: saying what does not hold.
    """
    try:
        proof = json.loads(spelled)
        index = int(proof["index"])
        note = read_note(str(proof["checkpoint"]))
        size = int(note.text.split("\n")[1])
        head = heads.head_of(connection, size) if 0 < size < 2**62 else None
        if head is None or read_note(head.note).text != note.text:
            raise Invalid("この証明のもとになる署名は、この台帳のものではありません")
        if not 0 <= index < size:
            raise Invalid("この証明は、台帳の外を指しています")
        body = heads.bodies(connection, index, index + 1)[0]
        fault = proof_fault(proof, leaf_hash(body))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise Invalid("証明のファイルを読めません") from error
    except DomainError as error:
        raise Invalid(str(error)) from error
    if fault is not None:
        raise Invalid("この証明は、台帳の記録と合いません")
    return index + 1
