"""People change and leave: roles are taken and accounts closed, at once and never without a trace."""

from __future__ import annotations

import datetime as dt
import threading

import psycopg
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from houses import ENVIRONMENT
from staff_door import PASSWORD, sign_in

from fund.cli.people import user
from fund.identity import commands, queries
from fund.identity.queries import Person
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.platform.house import House

NOW = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)


def person(house: House, email: str) -> Person:
    with house.database.reading() as connection:
        found = queries.person_by_email(connection, email)
    assert found is not None
    return found[0]


def roles(house: House, email: str, *wanted: str) -> None:
    commands.change_roles(house, by=system(), now=NOW, email=email, roles=frozenset(wanted))


def end(house: House, email: str) -> int:
    return commands.end_access(house, by=system(), now=NOW, email=email)


def test_roles_are_replaced_and_an_open_session_has_them_at_once(
    house: House, client: FlaskClient, app_dsn: str
) -> None:
    sign_in(client)
    assert client.get("/staff/intake").status_code == 200
    roles(house, " Officer@example.jp ", "reviewer", "council")
    assert person(house, "officer@example.jp").roles == {"reviewer", "council"}
    assert client.get("/staff").status_code == 200
    assert client.get("/staff/intake").status_code == 403
    with psycopg.connect(app_dsn) as connection:
        (told,) = connection.execute(
            "SELECT detail FROM audit_trail WHERE act = 'person.roles-changed'"
        ).fetchone()  # type: ignore[misc]
    assert told == {"before": ["officer"], "roles": ["council", "reviewer"]}


def test_who_left_reads_nothing_more_and_does_not_come_back(
    house: House, client: FlaskClient
) -> None:
    sign_in(client)
    assert end(house, "officer@example.jp") == 1
    assert client.get("/staff").status_code == 302
    assert sign_in(client).status_code == 403
    left = person(house, "officer@example.jp")
    assert (left.active, left.roles) == (False, frozenset())
    assert end(house, "officer@example.jp") == 0


def test_the_same_address_can_be_opened_anew(house: House, client: FlaskClient) -> None:
    sign_in(client)
    end(house, "officer@example.jp")
    commands.add_user(
        house,
        by=system(),
        now=NOW,
        email="officer@example.jp",
        name="officer",
        password=PASSWORD,
        roles=frozenset({"auditor"}),
    )
    assert client.get("/staff").status_code == 302, "the old session stays ended"
    assert sign_in(client).status_code == 303
    assert person(house, "officer@example.jp").roles == {"auditor"}


def test_somebody_is_always_administrator(house: House) -> None:
    for act in (
        lambda: end(house, "admin@example.jp"),
        lambda: roles(house, "admin@example.jp", "auditor"),
    ):
        with pytest.raises(Conflict, match="最後の管理者"):
            act()
    roles(house, "officer@example.jp", "admin")
    roles(house, "admin@example.jp", "auditor")
    assert person(house, "admin@example.jp").roles == {"auditor"}


def test_two_administrators_cannot_both_leave_at_once(house: House) -> None:
    roles(house, "officer@example.jp", "admin")
    refused = []

    def leave(email: str) -> None:
        try:
            end(house, email)
        except Conflict:
            refused.append(email)

    both = [
        threading.Thread(target=leave, args=(f"{name}@example.jp",))
        for name in ("admin", "officer")
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1


def test_nobody_and_no_role_are_refused(house: House) -> None:
    with pytest.raises(NotFound, match=r"nobody@example\.jp"):
        end(house, "nobody@example.jp")
    with pytest.raises(Invalid):
        roles(house, "officer@example.jp")
    with pytest.raises(Invalid):
        roles(house, "officer@example.jp", "mayor")
    assert person(house, "officer@example.jp").roles == {"officer"}


def test_the_command_line_lists_changes_and_closes(
    house: House, app_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        **ENVIRONMENT,
        "DATABASE_URL": app_dsn,
        "FUND_DATA_DIR": str(house.settings.data_dir),
    }.items():
        monkeypatch.setenv(name, value)

    def fund(*words: str) -> str:
        done = CliRunner().invoke(user, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    said = fund("roles", "officer@example.jp", "--role", "auditor", "--role", "admin")
    assert said == "officer@example.jp: auditor, admin\n"
    assert "officer@example.jp\tofficer\tadmin, auditor\n" in fund("list")
    assert fund("end", "officer@example.jp") == "officer@example.jp: closed, 0 sessions ended\n"
    assert "officer@example.jp\tofficer\t-\n" in fund("list")
