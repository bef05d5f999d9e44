"""The adapter over the real SDK, against the sandbox; events with whatever strangers send."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from fund.adapters.stripe_connection import StripeConnection
from fund.adapters.stripe_provider import StripeProvider
from fund.kernel.errors import Invalid, NotFound, Unavailable
from fund.kernel.money import Yen
from fund.payments.ports import CheckoutOrder
from fund.sandbox.server import RunningSandbox, start
from fund.sandbox.settings import SandboxSettings

KEY, SECRET = "sk_test_adapter_tests", "whsec_adapter_tests"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    running = start(SandboxSettings(tmp_path / "sandbox.db", KEY, SECRET))
    yield running
    running.stop()


@pytest.fixture
def provider(sandbox: RunningSandbox) -> StripeProvider:
    return StripeProvider(StripeConnection(KEY, sandbox.url), SECRET)


def order(yen: int = 15_000) -> CheckoutOrder:
    now = dt.datetime.now(dt.UTC)
    return CheckoutOrder(
        key="P-1-checkout",
        payment_no="P-1",
        gift_no="G-7K3F92QX",
        yen=Yen(yen),
        description="見本の基金への寄附",
        email="donor@example.jp",
        locale="ja",
        success_url="http://127.0.0.1/d/x?returned=success",
        cancel_url="http://127.0.0.1/d/x?returned=cancel",
        expires_at=(now + dt.timedelta(hours=23)).replace(microsecond=0),
    )


def test_a_checkout_is_asked_in_whole_yen_and_found_again(provider: StripeProvider) -> None:
    opened = provider.open_checkout(order())
    facts = provider.checkout(opened.session_id)
    assert (facts.payment_no, facts.yen, facts.currency) == ("P-1", 15_000, "jpy")
    assert not facts.paid


def test_the_same_order_twice_is_one_checkout(provider: StripeProvider) -> None:
    same = order()
    assert provider.open_checkout(same) == provider.open_checkout(same)


def test_an_unknown_checkout_is_not_found(provider: StripeProvider) -> None:
    with pytest.raises(NotFound):
        provider.checkout("cs_test_nobody")
    assert provider.checkout_of_intent("pi_nobody") is None


def test_a_silent_provider_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        StripeProvider(StripeConnection(KEY, "http://127.0.0.1:9"), SECRET).open_checkout(order())


def _signed(body: bytes, secret: str = SECRET) -> str:
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret)


EVENT = {"id": "evt_1", "type": "checkout.session.completed", "livemode": False}


def test_a_signed_event_is_read(provider: StripeProvider) -> None:
    body = json.dumps({**EVENT, "data": {"object": {"id": "cs_1"}}}).encode()
    note = provider.read_event(body, _signed(body))
    assert (note.id, note.object_id, note.livemode) == ("evt_1", "cs_1", False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"id": 1, "type": "x", "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "x", "data": []}',
        b"not json",
    ],
)
def test_what_is_no_event_is_refused_even_when_signed(
    provider: StripeProvider, body: bytes
) -> None:
    with pytest.raises(Invalid):
        provider.read_event(body, _signed(body))


@pytest.mark.parametrize(
    "signature", ["", "t=1,v1=00", "v1=é", "t=,v1=", "t=99999999999999999999,v1=0", "\x00"]
)
def test_a_forged_signature_is_refused(provider: StripeProvider, signature: str) -> None:
    with pytest.raises(Invalid):
        provider.read_event(json.dumps(EVENT).encode(), signature)


def test_another_secret_and_bad_text_are_refused(provider: StripeProvider) -> None:
    body = json.dumps(EVENT).encode()
    with pytest.raises(Invalid):
        provider.read_event(body, _signed(body, "whsec_other"))
    with pytest.raises(Invalid):
        provider.read_event(b"\xff\xfe", _signed(body))
