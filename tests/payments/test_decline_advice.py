"""Every decline code that the provider publishes has a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel

from fund.desk import payment_status
from fund.desk.payment_status import decline_advice

PUBLISHED = [
    "approve_with_id",
    "authentication_not_handled",
    "authentication_required",
    "call_issuer",
    "card_not_supported",
    "card_velocity_exceeded",
    "currency_not_supported",
    "do_not_honor",
    "do_not_try_again",
    "duplicate_transaction",
    "expired_card",
    "fraudulent",
    "generic_decline",
    "highest_risk_level",
    "incorrect_address",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_pin",
    "incorrect_zip",
    "insufficient_funds",
    "invalid_account",
    "invalid_amount",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "invalid_pin",
    "issuer_not_available",
    "lost_card",
    "merchant_blacklist",
    "mobile_device_authentication_required",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pickup_card",
    "pin_try_exceeded",
    "processing_error",
    "reenter_transaction",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "service_not_allowed",
    "stolen_card",
    "stop_payment_order",
    "testmode_decline",
    "transaction_not_allowed",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
]
"""Source: https://docs.stripe.com/declines/codes"""

SECRET = (
    "lost_card",
    "stolen_card",
    "pickup_card",
    "fraudulent",
    "highest_risk_level",
    "merchant_blacklist",
    "restricted_card",
    "security_violation",
    "do_not_honor",
)


def said(code: str, locale: str = "ja") -> str:
    app = Flask("fund.app")
    Babel(app, locale_selector=lambda: locale)
    with app.test_request_context("/"):
        return decline_advice(code)


@pytest.mark.parametrize("code", PUBLISHED)
def test_a_published_code_is_answered_with_what_to_do(code: str) -> None:
    assert any(
        said(code).endswith(end)
        for end in ("お試しください。", "お選びください。", "お答えできます。", "使えます。")
    )


def test_why_a_bank_distrusts_a_card_is_not_told() -> None:
    general = said("generic_decline")
    assert {said(code) for code in SECRET} == {general}
    assert said("a code of next year") == general


def test_codes_that_ask_for_different_acts_are_told_apart() -> None:
    asking = ("insufficient_funds", "expired_card", "incorrect_cvc", "authentication_required")
    assert len({said(code) for code in (*asking, "processing_error", "generic_decline")}) == 6


def test_every_sentence_is_there_in_english() -> None:
    root = Path(payment_status.__file__).parents[1]
    with (root / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        known = read_po(file, locale="en")
    for code in PUBLISHED:
        message = known.get(said(code))
        assert message is not None, code
        assert message.string, code
