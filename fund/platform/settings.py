"""One frozen settings object, read from the environment; refuses to start half-configured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fund.kernel.errors import Invalid

DEFAULT_API_VERSION = "2026-10-28.endive"
PAYMENT_METHODS = ("card", "konbini", "paypay", "bank_transfer")
"""Online methods that may be offered; each must be activated at the provider."""


@dataclass(frozen=True)
class Municipality:
    """Whose fund this is; every page, receipt and mail takes its names from here.

    ``bank_account`` is the account for direct transfers in one line (``FUND_BANK_ACCOUNT``);
    without it that way of giving is not offered. ``bank_account_en`` is the same account for
    readers of English.
    """

    code: str
    name: str
    name_en: str
    fund_name: str
    fund_name_en: str
    head: str
    head_en: str
    department: str
    department_en: str
    address: str
    phone: str
    mail: str
    corporate_no: str
    bank_account: str = ""
    bank_account_en: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between one installation and another.

    ``database_url`` connects as the app role (INSERT and SELECT on the ledger);
    ``owner_database_url`` is needed by migrations, backup and restore only.
    """

    database_url: str
    owner_database_url: str
    data_dir: Path
    base_url: str
    secret_key: str
    stripe_secret_key: str
    stripe_webhook_secret: str
    stripe_api_base: str
    smtp_url: str
    municipality: Municipality
    demo: bool = False
    sandbox_url: str = ""
    trusted_proxies: int = 0
    retention_years: int = 5
    """Whole fiscal years for which papers of a gift are kept (文書保存年限)."""
    payment_methods: tuple[str, ...] = PAYMENT_METHODS
    one_stop_until: tuple[int, int] | None = (1, 10)
    """Month and day, in the year after a gift, by which a One-Stop application (ワンストップ特例)
    must have arrived; None where the municipality takes none (it must be designated for the
    exception by the minister)."""
    signing_key: str = field(default="", repr=False)
    security_contact: str = ""
    """Where to report a weakness (an address or a page); the contact mail where it is empty."""

    @property
    def secure(self) -> bool:
        """Whether cookies are Secure and HSTS is sent; follows the scheme of the base URL."""
        return urlsplit(self.base_url).scheme == "https"


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Where data lies when FUND_DATA_DIR is unset: /var/lib for root, else the user's share."""
    if named := environment.get("FUND_DATA_DIR"):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/mieru-fund")
    home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "mieru-fund"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings of a serving installation.

    Raises:
        Invalid: naming every variable that is missing or unusable, all at once.
    """
    problems = _missing(environment)
    base_url = environment.get("FUND_BASE_URL", "").rstrip("/")
    if base_url and urlsplit(base_url).scheme not in {"http", "https"}:
        problems["FUND_BASE_URL"] = "must begin with http:// or https://"
    if len(environment.get("SECRET_KEY", "")) < 32 and "SECRET_KEY" not in problems:
        problems["SECRET_KEY"] = "needs at least 32 characters"  # noqa: S105 - a message
    if not _payment_methods(environment):
        problems["FUND_PAYMENT_METHODS"] = f"needs some of: {','.join(PAYMENT_METHODS)}"
    try:
        one_stop_until = _one_stop_until(environment.get("FUND_ONE_STOP_UNTIL") or "01-10")
    except ValueError:
        problems["FUND_ONE_STOP_UNTIL"] = "needs a day of January as 01-10, or off"
        one_stop_until = None
    if problems:
        lines = "; ".join(f"{name}: {why}" for name, why in sorted(problems.items()))
        raise Invalid(f"settings incomplete: {lines}", problems)
    return Settings(
        database_url=environment["DATABASE_URL"],
        owner_database_url=environment.get("FUND_OWNER_DATABASE_URL", ""),
        data_dir=default_data_dir(environment),
        base_url=base_url,
        secret_key=environment["SECRET_KEY"],
        stripe_secret_key=environment["STRIPE_SECRET_KEY"],
        stripe_webhook_secret=environment["STRIPE_WEBHOOK_SECRET"],
        stripe_api_base=environment.get("STRIPE_API_BASE", ""),
        smtp_url=environment["SMTP_URL"],
        municipality=_municipality(environment),
        demo=environment.get("FUND_DEMO", "") == "1",
        sandbox_url=environment.get("FUND_SANDBOX_URL", ""),
        trusted_proxies=int(environment.get("FUND_TRUSTED_PROXIES", "0")),
        payment_methods=_payment_methods(environment),
        retention_years=int(environment.get("FUND_RETENTION_YEARS", "5")),
        signing_key=_signing_key(environment["FUND_SIGNING_KEY"]),
        one_stop_until=one_stop_until,
        security_contact=environment.get("FUND_SECURITY_CONTACT", ""),
    )


def _one_stop_until(text: str) -> tuple[int, int] | None:
    """``01-10`` or ``off``; a ward may ask for an earlier day, the law has the 10th.

    Raises:
        ValueError: for anything else.
    """
    if text == "off":
        return None
    month, _, day = text.partition("-")
    until = int(month), int(day)
    if until[0] != 1 or not 1 <= until[1] <= 31:
        raise ValueError(text)
    return until


def _signing_key(value: str) -> str:
    """The key that signs the public log: itself, or a file that holds it (mode 0400)."""
    if value.startswith("PRIVATE+KEY+"):
        return value
    try:
        return Path(value).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        why = "names no file that can be read (create a key: fund log key NAME)"
        message = f"settings incomplete: FUND_SIGNING_KEY: {why}"
        raise Invalid(message, {"FUND_SIGNING_KEY": why}) from error


def _payment_methods(environment: Mapping[str, str]) -> tuple[str, ...]:
    """``FUND_PAYMENT_METHODS``, separated by commas; all where it is unset, none for a bad one."""
    named = environment.get("FUND_PAYMENT_METHODS", "").replace(" ", "")
    wanted = set(named.split(",")) if named else set(PAYMENT_METHODS)
    return tuple(one for one in PAYMENT_METHODS if wanted <= set(PAYMENT_METHODS) and one in wanted)


_REQUIRED = (
    "DATABASE_URL",
    "FUND_BASE_URL",
    "SECRET_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "SMTP_URL",
    "FUND_SIGNING_KEY",
    "FUND_MUNICIPALITY",
    "FUND_MUNICIPALITY_EN",
    "FUND_HEAD",
    "FUND_DEPARTMENT",
    "FUND_CONTACT_MAIL",
)


def _missing(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: "is not set" for name in _REQUIRED if not environment.get(name)}


def _municipality(environment: Mapping[str, str]) -> Municipality:
    def text(name: str, default: str = "") -> str:
        return environment.get(name) or default

    return Municipality(
        code=text("FUND_MUNICIPALITY_CODE"),
        name=text("FUND_MUNICIPALITY"),
        name_en=text("FUND_MUNICIPALITY_EN"),
        fund_name=text("FUND_NAME", "みえる基金"),
        fund_name_en=text("FUND_NAME_EN", "Mieru Fund"),
        head=text("FUND_HEAD"),
        head_en=text("FUND_HEAD_EN", text("FUND_HEAD")),
        department=text("FUND_DEPARTMENT"),
        department_en=text("FUND_DEPARTMENT_EN", text("FUND_DEPARTMENT")),
        address=text("FUND_ADDRESS"),
        phone=text("FUND_PHONE"),
        mail=text("FUND_CONTACT_MAIL"),
        corporate_no=text("FUND_CORPORATE_NO"),
        bank_account=text("FUND_BANK_ACCOUNT"),
        bank_account_en=text("FUND_BANK_ACCOUNT_EN", text("FUND_BANK_ACCOUNT")),
    )
