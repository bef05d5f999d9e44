"""Ed25519 behind the ports of the signed log, by the ``cryptography`` library."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fund.kernel.errors import Unavailable
from fund.publication.log.note import Key, Signature, read_signing_key, signing_key_text
from fund.publication.ports import Notary, Signer


def new_signing_key(name: str) -> str:
    """A fresh key's secret form (``PRIVATE+KEY+…``); its public side is in it."""
    private = Ed25519PrivateKey.generate()
    key = Key(name, private.public_key().public_bytes_raw())
    return signing_key_text(key, private.private_bytes_raw())


class KeySigner(Signer):
    """Signs notes with the key of the settings; without one it refuses."""

    def __init__(self, signing_key: str) -> None:
        self._private: Ed25519PrivateKey | None = None
        self._key: Key | None = None
        if signing_key:
            name, seed = read_signing_key(signing_key)
            self._private = Ed25519PrivateKey.from_private_bytes(seed)
            self._key = Key(name, self._private.public_key().public_bytes_raw())

    @property
    def key(self) -> Key | None:
        """The public side."""
        return self._key

    def sign(self, text: str) -> Signature:
        """Sign a note's text."""
        if self._key is None:
            raise Unavailable("台帳の署名の鍵がありません（FUND_SIGNING_KEY）")
        return Signature(self._key.name, self._key.id, self.sign_bytes(text.encode()))

    def sign_bytes(self, message: bytes) -> bytes:
        """The bare signature over some bytes (a witness signs more than the text)."""
        if self._private is None:
            raise Unavailable("台帳の署名の鍵がありません（FUND_SIGNING_KEY）")
        return self._private.sign(message)


class Ed25519Notary(Notary):
    """Checks signatures."""

    def is_signed(self, key: Key, message: bytes, signature: bytes) -> bool:
        """Whether the signature is the key's."""
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True
