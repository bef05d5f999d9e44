"""The check against Stripe's published document can fail, and holds no exception too many."""

from __future__ import annotations

import copy
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from conftest import World
from openapi import Document, document, published
from openapi_newer import NEWER
from test_sandbox_shapes import play_a_year
from traffic import check_file, faults_of

ASKED = {
    "mode": "payment",
    "allowed_payment_method_types": {"0": "card"},
    "line_items": {
        "0": {
            "price_data": {
                "currency": "jpy",
                "unit_amount": "5000",
                "product_data": {"name": "寄附（見本）"},
            },
            "quantity": "1",
        }
    },
    "success_url": "http://127.0.0.1:9/done",
}


def changed(thing: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one spot set to a value, or taken away with ``...``."""
    spot = made = copy.deepcopy(thing)
    *way, last = path.split("/")
    for step in way:
        spot = spot[int(step)] if isinstance(spot, list) else spot[step]
    if value is ...:
        del spot[last]
    else:
        spot[last] = value
    return made


def refused(params: dict[str, Any]) -> list[str]:
    return document().request_faults("POST", "/v1/checkout/sessions", params)


def test_a_request_as_our_code_makes_it_fits() -> None:
    assert refused(ASKED) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("line_items/0/price_data/unit_amount", "5000.0"),
        ("line_items/0/price_data/unit_amount", "５０００"),
        ("line_items/0/price_data/unit_amout", "5000"),
        ("line_items/0/price_data/currency", ...),
        ("line_items/0/price_data/product_data/name", ...),
        ("line_items", "5000"),
        ("mode", "donation"),
        ("novel", "1"),
        ("expires_at", "tomorrow"),
    ],
)
def test_a_request_with_one_thing_wrong_is_found(path: str, value: object) -> None:
    assert refused(changed(ASKED, path, value)) != []


def test_what_stripe_took_away_is_refused_by_the_sandbox_and_by_no_exception(world: World) -> None:
    """The document of May still knows it: here the sandbox and the SDK's types are the newer law."""
    assert "payment_method_types" not in {
        name for newer in NEWER for name in newer.properties if newer.at[0] == "paths"
    }
    with pytest.raises(Exception, match="no longer supported"):
        world.session(payment_method_types=["card"])


def test_calls_the_document_does_not_know_are_found() -> None:
    assert document().request_faults("POST", "/v1/payment_pages", {}) != []
    assert document().request_faults("DELETE", "/v1/refunds", {}) != []
    assert document().request_faults("GET", "/v1/refunds", {"limt": "3"}) != []


@pytest.fixture
def lived(world: World) -> World:
    play_a_year(world)
    return world


def rows(world: World, table: str) -> list[sqlite3.Row]:
    return world.running.till.store.rows(f"SELECT * FROM {table} ORDER BY seq")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("amount_total", 5000.5),
        ("amount_total", "5000"),
        ("status", "opened"),
        ("created", ...),
        ("novel", 1),
        ("customer_details/novel", 1),
        ("metadata", []),
    ],
)
def test_an_answer_or_event_with_one_thing_wrong_is_found(
    world: World, path: str, value: object
) -> None:
    world.pay(world.session())
    event = next(
        json.loads(row["body"])
        for row in rows(world, "event")
        if row["type"] == "checkout.session.completed"
    )
    session = event["data"]["object"]
    call = "GET", f"/v1/checkout/sessions/{session['id']}", 200
    assert document().event_faults(event) == []
    assert document().answer_faults(*call, session) == []
    assert document().event_faults(changed(event, f"data/object/{path}", value)) != []
    assert document().answer_faults(*call, changed(session, path, value)) != []
    assert document().event_faults(changed(event, "type", ...)) != []


def test_a_refusal_has_the_published_shape() -> None:
    call = "GET", "/v1/refunds", 400
    error = {"error": {"message": "no", "type": "invalid_request_error"}}
    assert document().answer_faults(*call, error) == []
    assert document().answer_faults(*call, {"error": "no"}) != []
    assert document().answer_faults(*call, changed(error, "error/type", "bad_mood")) != []


def test_no_exception_is_known_to_the_document_by_now() -> None:
    assert {newer.why: newer.known_to(published()) for newer in NEWER} == {
        newer.why: [] for newer in NEWER
    }


def test_every_exception_is_needed_by_what_the_sandbox_says(lived: World) -> None:
    """An exception that nothing needs any more fails here: take it out of ``openapi_newer``."""
    bare = Document(())
    said = []
    for row in rows(lived, "request"):
        asked = row["method"], row["path"]
        said += bare.request_faults(*asked, json.loads(row["params"]))
        said += bare.answer_faults(*asked, row["status"], json.loads(row["answer"]))
    for row in rows(lived, "event"):
        said += bare.event_faults(json.loads(row["body"]))
    names = {name for newer in NEWER for name in (*newer.properties, *newer.words)}
    complaints = "\n".join(said)
    assert {name for name in names if name not in complaints} == set()


def test_the_year_fits_the_document_and_a_file_left_behind_is_read_alike(
    lived: World, tmp_path: Path
) -> None:
    requests, events = rows(lived, "request"), rows(lived, "event")
    assert faults_of(requests, events, lenient=False) == []
    copied = tmp_path / "left.db"
    with sqlite3.connect(copied) as target:
        lived.running.till.store._connection.backup(target)
    assert check_file(copied) == {"requests": len(requests), "events": len(events)}
    with sqlite3.connect(copied) as target:
        target.execute("UPDATE event SET body = json_set(body, '$.data.object.novel', 1)")
    with pytest.raises(AssertionError, match="novel"):
        check_file(copied)
