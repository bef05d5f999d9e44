"""What the sandbox must be told before it starts; nothing here is read from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fund.kernel.errors import Invalid

API_VERSION = "2026-10-28.endive"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class SandboxSettings:
    """Where the sandbox keeps its state, where it listens and which secrets it shares.

    ``data_file`` is one SQLite file and outlives restarts. ``api_key`` is what clients must
    present, ``webhook_secret`` signs what is sent to ``webhook_url`` (None: events are kept and
    can be listed, nothing is delivered). Port 0 takes a free port. ``public_url`` is the base of
    pay-page addresses where a browser sees another address than the API client does. The first
    failed delivery is repeated after ``retry_first_seconds``, then doubling up to
    ``retry_cap_seconds``, for as long as it takes.

    Raises:
        Invalid: if the key is not a test key, the secret is empty or the host is not loopback.
    """

    data_file: Path
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    webhook_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 0
    smtp_port: int = 0
    api_version: str = API_VERSION
    public_url: str | None = None
    retry_first_seconds: float = 0.5
    retry_cap_seconds: float = 30.0

    def __post_init__(self) -> None:
        faults = {}
        if not self.api_key.startswith("sk_test_"):
            faults["api_key"] = "must be a test key, beginning with sk_test_"
        if not self.webhook_secret:
            faults |= {"webhook_secret": "must not be empty"}
        if self.host not in LOOPBACK:
            faults["host"] = "must be a loopback address"
        if faults:
            raise Invalid("the sandbox cannot start with these settings", faults)
