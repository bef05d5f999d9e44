"""The API as the official SDK meets it: keys, parameters, idempotency, lists, failures."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe
from conftest import KEY, World, session_params
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def post(world: World, path: str, form: dict[str, str], **headers: str) -> requests.Response:
    bearer = {"Authorization": f"Bearer {KEY}", **headers}
    return requests.post(f"{world.url}/v1/{path}", data=form, headers=bearer, timeout=30)


def refusal(world: World, params: dict[str, Any]) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.stripe.checkout.sessions.create(params)
    return caught.value


def test_a_session_carries_what_was_asked_for(world: World) -> None:
    session = world.session(
        12345,
        client_reference_id="G-7K3F92QX",
        metadata={"gift": "G-7K3F92QX", "名": "神田𠮷"},
        locale="en",
        customer_email="hanako@example.com",
        allowed_payment_method_types=["card", "konbini"],
        payment_method_options={"konbini": {"expires_after_days": 7}},
    )
    assert (session.amount_total, session.currency, session.mode) == (12345, "jpy", "payment")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.client_reference_id == "G-7K3F92QX"
    assert session.metadata.to_dict() == {"gift": "G-7K3F92QX", "名": "神田𠮷"}
    assert session.payment_method_types == ["card", "konbini"]
    assert session.url == f"{world.url}/c/pay/{session.id}"
    assert session.expires_at - session.created == 24 * 3600
    assert session.payment_intent is None
    assert session.livemode is False


@pytest.mark.parametrize("key", ["sk_test_wrong", "sk_test_sandbox_tests2", "pk_test_x"])
def test_another_key_is_refused(world: World, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": world.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        client.v1.checkout.sessions.list()
    with pytest.raises(stripe.AuthenticationError):
        client.v1.checkout.sessions.create(session_params())
    assert world.stripe.checkout.sessions.list().data == []


def test_a_request_without_a_key_is_refused(world: World) -> None:
    answer = requests.get(f"{world.url}/v1/events", timeout=30)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_the_removed_parameter_is_refused_by_its_own_code(world: World) -> None:
    fault = refusal(world, session_params(payment_method_types=["card"]))
    assert fault.http_status == 400
    assert fault.code == "payment_method_types_no_longer_supported"
    assert fault.param == "payment_method_types"


def test_unknown_parameters_are_refused_at_any_depth(world: World) -> None:
    fault = refusal(world, {**session_params(), "amount": 5})
    assert (fault.code, fault.param) == ("parameter_unknown", "amount")
    params = session_params()
    params["line_items"][0]["price_data"]["unit_amout"] = 5
    fault = refusal(world, params)
    assert (fault.code, fault.param) == (
        "parameter_unknown",
        "line_items[0][price_data][unit_amout]",
    )
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: page"):
        world.stripe.events.list({"page": 2})


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"success_url": "not a url"}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"mode": "subscription"}, "mode"),
        ({"mode": "gift"}, "mode"),
        ({"line_items": []}, "line_items"),
        ({"expires_at": 1}, "expires_at"),
        ({"client_reference_id": "x" * 201}, "client_reference_id"),
        ({"metadata": {"k": "x" * 501}}, "metadata[k]"),
        ({"allowed_payment_method_types": ["cash"]}, "allowed_payment_method_types[0]"),
        ({"customer": "cus_unknown"}, "customer"),
    ],
)
def test_bad_values_are_refused_and_named(world: World, change: dict[str, Any], param: str) -> None:
    assert refusal(world, {**session_params(), **change}).param == param
    assert world.stripe.checkout.sessions.list().data == []


@pytest.mark.parametrize("amount", ["50.5", "1e3", "５０００", "", "9" * 30])
def test_amounts_are_plain_integers(world: World, amount: str) -> None:
    form = {
        "mode": "payment",
        "success_url": "http://127.0.0.1/x",
        "line_items[0][price_data][currency]": "jpy",
        "line_items[0][price_data][unit_amount]": amount,
        "line_items[0][price_data][product_data][name]": "寄附",
    }
    assert (
        post(world, "checkout/sessions", form).json()["error"]["code"]
        == "parameter_invalid_integer"
    )


@pytest.mark.parametrize(
    ("amount", "methods"),
    [
        (50, ["card", "paypay"]),
        (120, ["card", "konbini", "paypay"]),
        (300_000, ["card", "konbini", "paypay"]),
        (300_001, ["card", "paypay"]),
        (1_000_001, ["card"]),
    ],
)
def test_methods_are_offered_within_their_limits(
    world: World, amount: int, methods: list[str]
) -> None:
    assert world.session(amount).payment_method_types == methods


def test_an_amount_below_the_least_is_refused(world: World) -> None:
    assert refusal(world, session_params(49)).code == "amount_too_small"
    fault = refusal(world, session_params(300_001, allowed_payment_method_types=["konbini"]))
    assert fault.param == "allowed_payment_method_types"


@given(unit=st.integers(50, 999_999), quantity=st.integers(1, 9))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_yen_are_never_multiplied_by_a_hundred(world: World, unit: int, quantity: int) -> None:
    params = session_params(unit, allowed_payment_method_types=["card"])
    params["line_items"][0]["quantity"] = quantity
    session = world.stripe.checkout.sessions.create(params)
    assert f"{unit * quantity:,}円" in requests.get(str(session.url), timeout=30).text
    paid = world.pay(session)["session"]
    assert paid["amount_total"] == session.amount_total == unit * quantity
    intent = world.stripe.payment_intents.retrieve(
        paid["payment_intent"], {"expand": ["latest_charge.balance_transaction"]}
    )
    entry = intent.latest_charge.balance_transaction
    assert intent.amount == intent.amount_received == entry.amount == unit * quantity
    assert entry.net + entry.fee == entry.amount


def test_the_same_key_and_body_give_the_first_answer_again(world: World) -> None:
    key = {"idempotency_key": "gift-1"}
    first = world.stripe.checkout.sessions.create(session_params(), key)
    world.control(f"sessions/{first.id}/expire")
    again = world.stripe.checkout.sessions.create(session_params(), key)
    assert (again.id, again.status) == (first.id, "open")
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(world.stripe.checkout.sessions.list().data) == 1


def test_the_same_key_with_another_body_or_path_is_an_error(world: World) -> None:
    key = {"idempotency_key": "gift-1"}
    world.stripe.checkout.sessions.create(session_params(5000), key)
    with pytest.raises(stripe.IdempotencyError) as caught:
        world.stripe.checkout.sessions.create(session_params(5001), key)
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        world.stripe.customers.create({"name": "x"}, key)


def test_a_refusal_by_the_work_is_repeated_but_a_misspelt_request_may_be_mended(
    world: World,
) -> None:
    key = {"idempotency_key": "gift-1"}
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.checkout.sessions.create(session_params(unknown=1), key)
    assert world.stripe.checkout.sessions.create(session_params(), key).id
    refund = {"payment_intent": "pi_unknown"}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            world.stripe.refunds.create(refund, {"idempotency_key": "refund-1"})
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_lost_answer_is_found_again_by_the_sdks_own_retry(world: World) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": world.url}, max_network_retries=2)
    for status in (500, 503, 0):
        wish = {"path": "/v1/checkout/sessions", "status": status, "times": 1, "when": "after"}
        world.control("failures", fail_next=[wish])
        made = client.v1.checkout.sessions.create(session_params())
        assert made.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(world.stripe.checkout.sessions.list().data) == 3


def test_a_failure_before_the_work_leaves_nothing_behind(world: World) -> None:
    world.control("failures", fail_next=[{"path": "/v1/checkout/*", "status": 503, "times": 2}])
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            world.session()
    assert world.session().id
    assert len(world.stripe.checkout.sessions.list().data) == 1
    world.control("failures", fail_next=[{"path": "/v1/events", "status": 429}])
    with pytest.raises(stripe.RateLimitError):
        world.stripe.events.list()


def test_requests_are_recorded_as_they_were_sent(world: World) -> None:
    world.stripe.checkout.sessions.create(session_params(), {"idempotency_key": "gift-1"})
    recorded = requests.get(f"{world.url}/_sandbox/requests", timeout=30).json()
    assert [(each["method"], each["path"]) for each in recorded] == [
        ("POST", "/v1/checkout/sessions")
    ]
    assert recorded[0]["params"]["line_items"]["0"]["price_data"]["unit_amount"] == "5000"
    assert (recorded[0]["idempotency_key"], recorded[0]["status"]) == ("gift-1", 200)
    assert recorded[0]["version"] == "2026-10-28.endive"


def test_lists_page_forwards_and_backwards(world: World) -> None:
    ids = [world.session().id for _ in range(7)][::-1]
    pages = world.stripe.checkout.sessions.list({"limit": 3})
    assert [one.id for one in pages.auto_paging_iter()] == ids
    assert (pages.has_more, [one.id for one in pages.data]) == (True, ids[:3])
    newer = world.stripe.checkout.sessions.list({"limit": 2, "ending_before": ids[5]})
    assert ([one.id for one in newer.data], newer.has_more) == (ids[3:5], True)
    assert world.stripe.checkout.sessions.list({"starting_after": ids[-1]}).data == []
    for bad in ({"limit": 0}, {"limit": 101}, {"starting_after": "cs_x"}):
        with pytest.raises(stripe.InvalidRequestError):
            world.stripe.checkout.sessions.list(bad)


def test_lists_are_filtered_by_time_and_by_what_they_belong_to(world: World) -> None:
    first = world.paid_intent()
    world.control("clock", advance=100)
    second = world.paid_intent()
    for service in (world.stripe.payment_intents, world.stripe.charges, world.stripe.events):
        newer = service.list({"created": {"gte": first.created + 50}}).data
        older = service.list({"created": {"lt": first.created + 50}}).data
        assert newer
        assert older
        assert {each.id for each in newer}.isdisjoint(each.id for each in older)
    assert [c.id for c in world.stripe.charges.list({"payment_intent": second.id}).data] == [
        second.latest_charge.id
    ]
    found = world.stripe.checkout.sessions.list({"payment_intent": first.id}).data
    assert [one.payment_intent for one in found] == [first.id]


def test_what_cannot_be_expanded_is_refused(world: World) -> None:
    session = world.session()
    for path in ("amount_total", "amount_total.x", "novel"):
        with pytest.raises(stripe.InvalidRequestError):
            world.stripe.checkout.sessions.retrieve(session.id, {"expand": [path]})
    opened = world.stripe.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge"]}
    )
    assert opened.payment_intent is None


def test_unknown_things_and_paths_answer_404(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.stripe.payment_intents.retrieve("pi_unknown")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    answer = post(world, "subscriptions", {})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_a_session_expires_by_request_and_by_itself(world: World) -> None:
    asked = world.stripe.checkout.sessions.expire(world.session().id)
    assert (asked.status, asked.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.checkout.sessions.expire(asked.id)
    forgotten = world.session()
    world.control("clock", advance=24 * 3600 + 1)
    assert world.stripe.checkout.sessions.retrieve(forgotten.id).status == "expired"
    assert world.pay(forgotten)["outcome"] == "closed"
    types = [event.type for event in world.stripe.events.list({"limit": 100}).data]
    assert types.count("checkout.session.expired") == 2


def test_reset_forgets_everything(world: World) -> None:
    world.paid_intent()
    world.control("reset")
    assert world.stripe.checkout.sessions.list().data == []
    assert world.stripe.events.list().data == []


@given(name=st.text(max_size=20), value=st.text(max_size=20))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_parameter_breaks_the_api(world: World, name: str, value: str) -> None:
    assert post(world, "checkout/sessions", {name: value}).status_code == 400
    query = {name: value}
    bearer = {"Authorization": f"Bearer {KEY}"}
    answer = requests.get(f"{world.url}/v1/events", params=query, headers=bearer, timeout=30)
    assert answer.status_code in (200, 400, 404)
