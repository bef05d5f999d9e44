"""What a demo is made of: its directory, secrets, ports and variables, the same at every start."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from fund.adapters.signing import new_signing_key
from fund.cli.environment import DEMO_ENVIRONMENT
from fund.kernel.errors import Unavailable
from fund.platform import migrate
from fund.platform.cluster import APP, OWNER, SUPERUSER, Cluster, ensure_cluster
from fund.platform.settings import read_settings
from fund.sample.cast import PASSWORD, USERS
from fund.sample.plot import is_planted, plant
from fund.wiring import build_house

DEMO_LOG = "demo.mieru-fund.example/log"
"""The demo log's name: not an address, only what its heads and its key are called."""
MUNICIPALITY_FILE = Path(__file__).resolve().parents[1] / "sample" / "data" / "municipality.json"


@dataclass(frozen=True)
class DemoPlace:
    """A prepared demo: where it lives, where it listens, and the variables of its processes."""

    data_dir: Path
    cluster: Cluster
    port: int
    sandbox_port: int
    smtp_port: int
    environment: dict[str, str]

    @property
    def web(self) -> str:
        """The address of the pages."""
        return self.environment["FUND_BASE_URL"]

    @property
    def sandbox(self) -> str:
        """The address of the payment sandbox."""
        return self.environment["STRIPE_API_BASE"]

    @property
    def password(self) -> str:
        """The password of every sample sign-in."""
        return PASSWORD

    @property
    def users(self) -> list[dict[str, str]]:
        """Sample sign-ins as demo.json lists them."""
        return [{"email": user.email, "password": PASSWORD, "role": user.role} for user in USERS]

    def card(self, pids: dict[str, int]) -> dict[str, object]:
        """The content of demo.json, which scripts drive the service through."""
        return {
            "web": self.web,
            "sandbox": self.sandbox,
            "pids": pids,
            "dsn": {
                "app": self.cluster.dsn(APP),
                "owner": self.cluster.dsn(OWNER),
                "superuser": self.cluster.dsn(SUPERUSER),
            },
            "webhook_secret": self.environment["STRIPE_WEBHOOK_SECRET"],
            "users": self.users,
        }


def prepare(data_dir: Path, port: int, gifts: int) -> DemoPlace:
    """Start the database, migrate, plant the sample books once, and settle ports and secrets.

    ``gifts`` is how many sample gifts a first start plants; a later start leaves the books alone.

    Raises:
        Unavailable: when the web port is taken or PostgreSQL cannot be had.
    """
    cluster = ensure_cluster(data_dir)
    if not _is_free(port):
        raise Unavailable(f"port {port} is taken; choose another: fund demo --port 8080")
    sandbox_port = _free_port(port + 1)
    smtp_port = _free_port(sandbox_port + 1)
    stored = data_dir / DEMO_ENVIRONMENT
    kept = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
    variables = {
        **json.loads(MUNICIPALITY_FILE.read_text(encoding="utf-8")),
        "DATABASE_URL": cluster.dsn(APP),
        "FUND_OWNER_DATABASE_URL": cluster.dsn(OWNER),
        "FUND_DATA_DIR": str(data_dir),
        "FUND_BASE_URL": f"http://127.0.0.1:{port}",
        "FUND_DEMO": "1",
        "FUND_SANDBOX_URL": f"http://127.0.0.1:{sandbox_port}",
        "SECRET_KEY": kept.get("SECRET_KEY") or secrets.token_urlsafe(48),
        "STRIPE_SECRET_KEY": kept.get("STRIPE_SECRET_KEY") or f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRET": kept.get("STRIPE_WEBHOOK_SECRET")
        or f"whsec_{secrets.token_hex(16)}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{sandbox_port}",
        "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "FUND_SIGNING_KEY": kept.get("FUND_SIGNING_KEY") or new_signing_key(DEMO_LOG),
    }
    write_private(stored, json.dumps(variables, ensure_ascii=False, indent=1))
    migrate.upgrade(variables["FUND_OWNER_DATABASE_URL"])
    _plant(variables, gifts)
    return DemoPlace(data_dir, cluster, port, sandbox_port, smtp_port, variables)


def write_private(path: Path, text: str) -> None:
    """Replace a file that holds secrets: mode 0600, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _plant(variables: dict[str, str], gifts: int) -> None:
    house = build_house(read_settings(variables))
    try:
        if not is_planted(house):
            plant(house, now=dt.datetime.now(dt.UTC), gifts=gifts)
    finally:
        house.database.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port(wanted: int) -> int:
    for port in range(wanted, min(wanted + 200, 65536)):
        if _is_free(port):
            return port
    raise Unavailable(f"no free port from {wanted} on")
