"""Public numbers per kind of thing, and secrets; database ids never leave the house."""

from __future__ import annotations

import hashlib
import re
import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GIFT = re.compile(r"G-[0-9A-HJKMNP-TV-Z]{8}")
_CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_gift_no() -> str:
    """A random public gift number such as ``G-7K3F92QX`` (40 bits, Crockford base 32)."""
    return "G-" + "".join(secrets.choice(CROCKFORD) for _ in range(8))


def read_gift_no(text: str) -> str | None:
    """A gift number as spoken or typed (lower case, O for 0), or None if it is none."""
    plain = text.strip().upper().removeprefix("G-").translate(_CONFUSED)
    number = f"G-{plain}"
    return number if _GIFT.fullmatch(number) else None


def new_pledge_no() -> str:
    """A random public number of a monthly pledge such as ``M-7K3F92QX``."""
    return "M-" + "".join(secrets.choice(CROCKFORD) for _ in range(8))


def award_no(year: int, serial: int) -> str:
    """The gapless public number of an award: ``A2026-0007`` (fiscal year of the decision)."""
    return f"A{year}-{serial:04d}"


def receipt_no(year: int, serial: int) -> str:
    """The gapless public number of a receipt: ``R2026-000123`` (fiscal year of issue)."""
    return f"R{year}-{serial:06d}"


def run_no(year: int, serial: int) -> str:
    """The public number of an allocation run: ``RUN2026-003``."""
    return f"RUN{year}-{serial:03d}"


def group_no(serial: int) -> str:
    """The register's number of a group: four digits."""
    return f"{serial:04d}"


def share_id(gift: str, serial: int) -> str:
    """The public id of one share of a gift: ``G-7K3F92QX/1``."""
    return f"{gift}/{serial}"


def new_secret() -> str:
    """160 random bits in 32 lower-case characters, for links that are their own key."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(32)).lower()


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret link: its SHA-256, so a stolen table opens nothing."""
    return hashlib.sha256(secret.encode()).digest()
