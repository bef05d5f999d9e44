"""Passwords as they are kept: argon2id, at a cost that makes guessing dear."""

from __future__ import annotations

import base64
import secrets

from argon2 import Parameters, PasswordHasher, profiles
from argon2.exceptions import VerificationError

from fund.kernel.errors import Unavailable

RECOMMENDED = profiles.RFC_9106_LOW_MEMORY
"""64 MiB, three passes, four lanes: about 0.2 s of a processor for every guess."""
LONGEST = 1024


class Passwords:
    """Hashes and checks passwords; what a check costs is written in the hash."""

    def __init__(self, cost: Parameters = RECOMMENDED) -> None:
        self._hasher = PasswordHasher.from_parameters(cost)
        self._nobodys = _hash_of_nothing(cost)

    def hash(self, password: str) -> str:
        """The text to keep in place of a password."""
        return self._hasher.hash(password)

    def right(self, digest: str | None, password: str) -> bool:
        """Whether a password belongs to a hash; without one it does not, after the same time.

        Raises:
            Unavailable: when there is no memory for the check now.
        """
        if len(password) > LONGEST:
            return False
        try:
            return self._hasher.verify(digest or self._nobodys, password) and digest is not None
        except VerificationError:
            return False
        except MemoryError as error:
            raise Unavailable("混み合っています。少し待ってからお試しください") from error


def _hash_of_nothing(cost: Parameters) -> str:
    """Dice in the form of a hash: checked for unknown accounts, it costs what a real one costs."""
    salt, tag = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (cost.salt_len, cost.hash_len)
    )
    costs = f"m={cost.memory_cost},t={cost.time_cost},p={cost.parallelism}"
    return f"$argon2id$v={cost.version}${costs}${salt}${tag}"


passwords = Passwords()
"""The ones this process keeps: one cost for everybody."""
