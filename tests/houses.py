"""A fully wired house over a test's own database: the real composition, only the addresses differ."""

from __future__ import annotations

from pathlib import Path

from fund.platform.house import House
from fund.platform.settings import Settings, read_settings
from fund.wiring import build_house

ENVIRONMENT = {
    "FUND_BASE_URL": "http://localhost",
    "SECRET_KEY": "k" * 40,
    "STRIPE_SECRET_KEY": "sk_test_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_tests",
    "STRIPE_API_BASE": "http://127.0.0.1:9",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "FUND_SIGNING_KEY": "PRIVATE+KEY+tests.example/log+25ff69a7+ATBnSTLVg5aq8KwKoZ8n1dih3Oo2GRl+/mDFkZ98MFB9",
    "FUND_MUNICIPALITY": "見本区",
    "FUND_MUNICIPALITY_EN": "Sample City",
    "FUND_HEAD": "見本区長",
    "FUND_DEPARTMENT": "協働課",
    "FUND_CONTACT_MAIL": "fund@example.jp",
}


def wired_settings(app_dsn: str, data_dir: Path) -> Settings:
    """Complete settings for one test."""
    return read_settings({**ENVIRONMENT, "DATABASE_URL": app_dsn, "FUND_DATA_DIR": str(data_dir)})


def wired_house(app_dsn: str, data_dir: Path) -> House:
    """Close ``house.database`` at the end."""
    return build_house(wired_settings(app_dsn, data_dir))
