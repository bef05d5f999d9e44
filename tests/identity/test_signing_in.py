"""Signing in and out through the pages: sessions live and die on the server."""

from __future__ import annotations

import datetime as dt
import re

import psycopg
import pytest
from argon2.exceptions import VerifyMismatchError
from flask.testing import FlaskClient
from staff_door import PASSWORD, sign_in

from fund.identity import commands, queries
from fund.identity.domain import ABSOLUTE_LIMIT, IDLE_LIMIT, PERMISSIONS, ROLES, may
from fund.identity.passwords import Passwords
from fund.kernel.actor import system
from fund.kernel.errors import Forbidden, Invalid
from fund.platform.house import House

NOW = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)


def test_a_right_password_opens_the_inbox(client: FlaskClient) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/staff")
    assert client.get("/staff").status_code == 200


def test_a_wrong_password_says_neither_what_was_wrong_nor_loses_the_account(
    client: FlaskClient,
) -> None:
    answer = sign_in(client, "wrong")
    assert answer.status_code == 403
    assert 'value="officer@example.jp"' in answer.text
    assert client.get("/staff").status_code == 302


def test_a_guess_costs_what_it_should() -> None:
    """64 MiB three times over, whatever the rest of the tests pay; for nobody's account too."""
    kept = Passwords()
    for digest in (kept.hash(PASSWORD), kept._nobodys):
        assert digest.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert len(digest) == len(kept.hash(PASSWORD))
    assert kept.right(kept.hash(PASSWORD), PASSWORD)
    assert not kept.right(kept.hash(PASSWORD), PASSWORD + "!")
    assert not kept.right(None, PASSWORD)
    with pytest.raises(VerifyMismatchError):  # checked to its end, not refused as no hash
        kept._hasher.verify(kept._nobodys, PASSWORD)


def test_without_a_token_nobody_signs_in(client: FlaskClient) -> None:
    answer = client.post("/staff/login", data={"email": "officer@example.jp", "password": PASSWORD})
    assert answer.status_code == 400


def test_ten_failures_close_the_account_for_an_hour(house: House) -> None:
    def attempt(password: str, now: dt.datetime) -> str:
        return commands.sign_in(
            house, now=now, email="officer@example.jp", password=password, address="192.0.2.1"
        )

    for _ in range(10):
        with pytest.raises(Forbidden):
            attempt("wrong", NOW)
    with pytest.raises(commands.TooManyAttempts):
        attempt(PASSWORD, NOW + dt.timedelta(minutes=59))
    assert attempt(PASSWORD, NOW + dt.timedelta(minutes=61))


def test_an_old_cookie_is_worth_nothing_after_signing_out(client: FlaskClient) -> None:
    sign_in(client)
    cookie = client.get_cookie("fund")
    assert cookie is not None
    page = client.get("/staff").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    assert client.post("/staff/logout", data={"csrf_token": token.group(1)}).status_code == 303
    client.set_cookie("fund", cookie.value)
    assert client.get("/staff").status_code == 302


def test_a_session_ends_idle_or_after_twelve_hours(house: House) -> None:
    token = commands.sign_in(
        house, now=NOW, email="officer@example.jp", password=PASSWORD, address="192.0.2.1"
    )
    with house.database.reading() as connection:
        assert queries.living_session(connection, token, NOW + IDLE_LIMIT / 2)
        assert queries.living_session(connection, token, NOW + IDLE_LIMIT) is None
        assert queries.living_session(connection, token, NOW + ABSOLUTE_LIMIT) is None


def test_a_role_taken_away_bites_at_once(client: FlaskClient, superuser_dsn: str) -> None:
    sign_in(client)
    assert client.get("/staff/acceptance").status_code == 200
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("DELETE FROM person_role")
    assert client.get("/staff/acceptance").status_code == 403


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/%09/evil.example",
        "%20//evil.example",
        "https://evil.example",
        "/staff/../..//evil.example",
        "/staff%0d%0aSet-Cookie:x",
        "/staff/login",
    ],
)
def test_only_pages_of_the_staff_are_followed(client: FlaskClient, wanted: str) -> None:
    assert sign_in(client, query=f"?next={wanted}").location == "/staff"


def test_a_wanted_staff_page_is_followed(client: FlaskClient) -> None:
    assert sign_in(client, query="?next=/staff/check").location == "/staff/check"


@pytest.mark.parametrize("password", ["short", "a" * 300, "aaaaaaaaaaaaaaaa", "officer@example.jp"])
def test_guessable_passwords_are_refused(house: House, password: str) -> None:
    with pytest.raises(Invalid):
        commands.add_user(
            house,
            by=system(),
            now=NOW,
            email="officer@example.jp",
            name="x",
            password=password,
            roles=frozenset({"officer"}),
        )


def test_an_administrator_has_no_permission_over_money() -> None:
    money = {"acceptance.propose", "acceptance.decide", "award.decide", "run.approve"}
    assert not any(may(frozenset({"admin"}), permission) for permission in money)
    assert all(roles <= set(ROLES) for roles in PERMISSIONS.values())
