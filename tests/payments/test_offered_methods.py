"""An installation offers the methods it has activated, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from counter_till import Till
from houses import ENVIRONMENT

from fund.app import create_app
from fund.giving.commands import secret_of
from fund.kernel.errors import Invalid
from fund.platform.settings import PAYMENT_METHODS, read_settings

COMPLETE = {**ENVIRONMENT, "DATABASE_URL": "postgresql://x@/y"}


@pytest.mark.parametrize(
    ("named", "offered"),
    [
        ("", PAYMENT_METHODS),
        ("card", ("card",)),
        ("paypay, card", ("card", "paypay")),
    ],
)
def test_the_setting_names_methods(named: str, offered: tuple[str, ...]) -> None:
    settings = read_settings({**COMPLETE, "FUND_PAYMENT_METHODS": named})
    assert settings.payment_methods == offered


def test_a_method_nobody_knows_stops_the_start() -> None:
    with pytest.raises(Invalid, match="FUND_PAYMENT_METHODS"):
        read_settings({**COMPLETE, "FUND_PAYMENT_METHODS": "card,gold"})


def test_the_page_offers_what_is_activated(till: Till) -> None:
    number = till.begin("card")
    settings = replace(till.house.settings, payment_methods=("card", "bank_transfer"))
    app = create_app(replace(till.house, settings=settings))
    page = app.test_client().get(f"/d/{secret_of(till.house, number)}/method")
    text = page.get_data(as_text=True)
    assert 'value="card"' in text
    assert 'value="bank_transfer"' in text
    assert 'value="konbini"' not in text
    assert 'value="paypay"' not in text
