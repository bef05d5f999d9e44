"""The provider's door: one statement for a good event, the page's own answer for all others."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
import pytest
import stripe
from counter_till import SECRET, Till
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from fund.payments import commands, views

BODY = json.dumps(
    {
        "id": "evt_door",
        "type": "checkout.session.completed",
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": {"id": "cs_1", "name": "髙𠮷"}},
    },
    ensure_ascii=False,
    indent=1,
).encode()


def knock(till: Till, body: bytes = BODY, secret: str = SECRET, **more: Any) -> TestResponse:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret)
    asked = {"data": body, "content_type": "application/json", **more}
    return till.app.test_client().post(
        "/webhooks/stripe", headers={"Stripe-Signature": header}, **asked
    )


@contextmanager
def sent() -> Iterator[list[str]]:
    """Everything the driver waits for: statements, and the commits it sends itself."""
    heard: list[str] = []
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def heard_execute(cursor: Any, query: Any, *more: Any, **options: Any) -> Any:
        if not cursor.connection.autocommit:
            heard.append("BEGIN or inside a transaction")
        heard.append(str(query))
        return execute(cursor, query, *more, **options)

    def heard_commit(connection: Any) -> None:
        heard.append("COMMIT")
        commit(connection)

    with (
        mock.patch.object(psycopg.Cursor, "execute", heard_execute),
        mock.patch.object(psycopg.Connection, "commit", heard_commit),
    ):
        yield heard


@contextmanager
def view_asked() -> Iterator[mock.Mock]:
    with mock.patch.object(views, "current_house", wraps=views.current_house) as asked:
        yield asked


def test_an_event_is_kept_with_its_task_in_a_single_round_trip(till: Till) -> None:
    knock(till, BODY.replace(b"evt_door", b"evt_first"))  # the pool opens its connection
    with view_asked() as view, sent() as heard:
        answer = knock(till)
    assert (answer.status_code, answer.json) == (200, {"stored": True})
    assert len(heard) == 1
    assert "INSERT INTO provider_event" in heard[0]
    assert "procrastinate_defer_jobs" in heard[0]
    view.assert_not_called()
    [(body,)] = till.rows("SELECT body FROM provider_event WHERE id = 'evt_door'")
    assert hashlib.sha256(body).digest() == hashlib.sha256(BODY).digest()
    told = "SELECT args->>'event_id' FROM procrastinate_jobs ORDER BY id"
    assert till.rows(told) == [("evt_first",), ("evt_door",)]


def test_an_event_that_is_known_is_answered_and_asks_for_nothing(till: Till) -> None:
    assert [knock(till).json for _ in range(3)] == [{"stored": True}, *[{"stored": False}] * 2]
    assert till.rows("SELECT count(*) FROM procrastinate_jobs") == [(1,)]


def test_the_door_answers_with_the_headers_of_every_page(till: Till) -> None:
    page, door = till.app.test_client().get("/healthz"), knock(till)
    ours = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy",
            "Cross-Origin-Opener-Policy", "Permissions-Policy")  # fmt: skip
    assert all(page.headers[name] for name in ours)
    assert {name: door.headers[name] for name in ours} == {
        name: page.headers[name] for name in ours
    }
    assert door.content_type == page.content_type
    assert "Set-Cookie" not in door.headers


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"secret": "whsec_guess"}, 400),
        ({"body": b" " * (views.MAX_EVENT + 1)}, 413),
        ({"body": b""}, 400),
        ({"headers": {}}, 400),
    ],
    ids=["forged", "too large", "nothing", "unsigned"],
)
def test_what_is_not_a_good_event_is_refused_by_the_page_and_kept_nowhere(
    till: Till, more: dict[str, Any], status: int
) -> None:
    with view_asked():
        if "headers" in more:
            answer = till.app.test_client().post("/webhooks/stripe", data=BODY)
        else:
            answer = knock(till, **more)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert till.rows("SELECT count(*) FROM provider_event") == [(0,)]


def test_other_methods_and_addresses_never_come_to_the_door(till: Till) -> None:
    with mock.patch.object(commands, "keep_event") as kept:
        client = till.app.test_client()
        assert client.get("/webhooks/stripe").status_code == 405
        assert client.post("/webhooks/stripe/", data=BODY).status_code == 404
    kept.assert_not_called()


def test_a_database_that_is_away_is_told_as_everywhere_and_loses_nothing(till: Till) -> None:
    down = OperationalError("INSERT", None, Exception("away"))
    with mock.patch.object(type(till.house), "keep_rows", side_effect=down):
        answer = knock(till)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert knock(till).json == {"stored": True}
