"""The adapter over the real SDK, against the sandbox; events with whatever strangers send."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import stripe

from fund.adapters.stripe_connection import StripeConnection
from fund.adapters.stripe_provider import StripeProvider
from fund.kernel.errors import Invalid, Unavailable
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
    dossier = provider.dossier_of_session(opened.session_id)
    assert dossier is not None
    facts = dossier.checkout
    assert (facts.payment_no, facts.yen, facts.currency) == ("P-1", 15_000, "jpy")
    assert not facts.paid


def test_the_same_order_twice_is_one_checkout(provider: StripeProvider) -> None:
    same = order()
    assert provider.open_checkout(same) == provider.open_checkout(same)


def test_an_unknown_checkout_is_not_found(provider: StripeProvider) -> None:
    assert provider.dossier_of_session("cs_test_nobody") is None
    assert provider.dossier_of_intent("pi_nobody") is None
    assert provider.dossier_of_charge("ch_nobody") is None
    assert provider.unused_cash("cus_nobody") == 0


@pytest.mark.parametrize("method", ["card", "konbini", "paypay", "bank_transfer"])
def test_a_page_offers_the_one_method_asked_for(
    provider: StripeProvider, sandbox: RunningSandbox, method: str
) -> None:
    opened = provider.open_checkout(replace(order(), method=method))
    asked = requests.get(f"{sandbox.url}/_sandbox/sessions", timeout=30).json()[0]
    theirs = "customer_balance" if method == "bank_transfer" else method
    assert asked["payment_method_types"] == [theirs]
    assert (opened.customer_id is not None) == (method == "bank_transfer")
    assert asked["metadata"] == {"payment": "P-1", "gift": "G-7K3F92QX"}


def test_a_method_the_provider_does_not_offer_is_said_at_the_field(
    provider: StripeProvider,
) -> None:
    with pytest.raises(Invalid) as refused:
        provider.open_checkout(replace(order(300_001), method="konbini"))
    assert "method" in refused.value.fields


def test_a_closed_page_stays_closed(provider: StripeProvider) -> None:
    opened = provider.open_checkout(order())
    for _ in range(2):
        provider.expire_checkout(opened.session_id)
    provider.expire_checkout("cs_test_nobody")
    dossier = provider.dossier_of_session(opened.session_id)
    assert dossier is not None
    assert dossier.checkout.status == "expired"


def control(sandbox: RunningSandbox, path: str, **asked: object) -> dict:
    answer = requests.post(f"{sandbox.url}/_sandbox/{path}", json=asked, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def test_a_dossier_holds_every_refund_and_dispute_of_the_charge(
    provider: StripeProvider, sandbox: RunningSandbox
) -> None:
    opened = provider.open_checkout(order())
    paid = control(sandbox, f"sessions/{opened.session_id}/pay", card="4242424242424242")
    intent = paid["session"]["payment_intent"]
    for yen in (1_000, 2_000):
        control(sandbox, "refunds", payment_intent=intent, amount=yen)
    failed = control(sandbox, "refunds", payment_intent=intent, amount=3_000)
    control(sandbox, f"refunds/{failed['id']}", status="failed", reason="expired_or_canceled_card")
    dispute = control(sandbox, "disputes", payment_intent=intent)
    control(sandbox, f"disputes/{dispute['id']}/close", outcome="won")
    dossier = provider.dossier_of_intent(intent)
    assert dossier is not None
    assert [refund.yen for refund in dossier.refunds] == [1_000, 2_000, 3_000]
    assert [refund.came_back_at is not None for refund in dossier.refunds] == [False, False, True]
    assert all(refund.left_at is not None and refund.our_no is None for refund in dossier.refunds)
    [told] = dossier.disputes
    assert (told.yen, told.status) == (12_000, "won")
    assert told.withdrawn_at is not None
    assert told.reinstated_at is not None
    assert told.evidence_due_at is not None
    assert dossier.checkout.charge_id is not None
    assert provider.dossier_of_charge(dossier.checkout.charge_id) == dossier
    assert provider.dossier_of_session(opened.session_id) == dossier


def test_the_list_of_events_is_read_to_its_end(
    provider: StripeProvider, sandbox: RunningSandbox
) -> None:
    for serial in range(60):
        opened = provider.open_checkout(replace(order(), key=f"P-{serial}-checkout"))
        control(sandbox, f"sessions/{opened.session_id}/pay", card="4242424242424242")
    wanted = ["checkout.session.completed", "charge.succeeded", *(f"x.{n}" for n in range(40))]
    listed = list(provider.events(None, wanted))
    assert len(listed) == len({event.note.id for event in listed}) == 120
    assert {json.loads(event.body)["id"] for event in listed} == {e.note.id for e in listed}
    newest = max(event.note.created_at for event in listed if event.note.created_at)
    assert list(provider.events(newest + dt.timedelta(seconds=1), wanted)) == []


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
