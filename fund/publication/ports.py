"""What the signed log needs of the outside: a key that signs, and a shelf of plain files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fund.publication.log.note import Key, Signature


class Signer(Protocol):
    """The fund's signing key; nobody else's hands touch it."""

    @property
    def key(self) -> Key | None:
        """Its public side, None while no key is configured."""

    def sign(self, text: str) -> Signature:
        """A signature line over a note's text.

        Raises:
            Unavailable: while no key is configured.
        """


class Notary(Protocol):
    """Checks Ed25519 signatures of others."""

    def is_signed(self, key: Key, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (64 bytes) over ``message`` is this key's."""


class Shelf(Protocol):
    """The folder of the log's files: written whole or not at all, served as they lie."""

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            FileNotFoundError: when it is not there.
        """

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put files in place, durable when this returns; the same bytes again change nothing."""
