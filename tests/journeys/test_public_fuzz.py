"""Whatever stands in an address, the public pages answer, and with every header."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from flask import Flask
from stage import Stage

from fund.app import create_app
from fund.cli.environment import open_house
from fund.platform.web.access import PUBLIC, permission_of

LONG = "9" * 5000
GARBAGE = (
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "1" + "0" * 30,
    "-1",
    "-" + "9" * 25,
    "1e309",
    "NaN",
    "%D9%A3%EF%BC%95",
    "%C2%B2",
    "1'%20OR%20'1'='1",
    "';DROP%20TABLE%20gift;--",
    "%25s%25d%25n",
    "{{7*7}}",
    "%F0%9F%8F%AF%E2%80%8D%F0%9F%91%A8",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%0d%0aSet-Cookie:x=1",
    LONG,
    "%",
)
LEDGER_NAMES = ("fy", "kind", "field", "group", "min", "max", "from", "to", "q", "after", "limit")
NAMES = (
    *LEDGER_NAMES,
    *(
        "theme",
        "state",
        "number",
        "look",
        "returned",
        "start",
        "change",
        "wish",
        "programme",
        "day",
        "page",
    ),
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}


@pytest.fixture(scope="module")
def app(stage: Stage) -> Iterator[Flask]:
    """The application over the demo's books, for asking it what it offers."""
    with open_house(stage.data) as house:
        yield create_app(house)


@pytest.fixture(scope="module")
def public_rules(app: Flask) -> list[str]:
    """Every address pattern that anybody may GET."""
    return sorted(
        {
            rule.rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ())
            and permission_of(app.view_functions[rule.endpoint]) == PUBLIC
        }
    )


def test_every_endpoint_bears_a_permission(app: Flask) -> None:
    bare = [name for name, view in app.view_functions.items() if permission_of(view) is None]
    assert bare == []


def test_no_staff_page_is_public(app: Flask) -> None:
    open_doors = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/staff")
        and permission_of(app.view_functions[rule.endpoint]) == PUBLIC
    }
    assert open_doors == {"/staff/login"}


def filled(rule: str, value: str) -> str:
    """A pattern with every variable part replaced."""
    parts = rule.split("<")
    rest = [part.partition(">")[2] for part in parts[1:]]
    return parts[0] + "".join(value + tail for tail in rest)


def ask(session: requests.Session, address: str) -> requests.Response:
    """Ask exactly this address: nothing is normalised on the way."""
    request = requests.Request("GET", "http://127.0.0.1").prepare()
    request.url = address
    return session.send(request, timeout=60, allow_redirects=False)


def faults(answer: requests.Response) -> list[str]:
    """What is wrong with an answer, whatever was asked."""
    wrong = [] if answer.status_code < 500 else [f"status {answer.status_code}"]
    if answer.raw.version and answer.headers.get("Set-Cookie", "").startswith("x=1"):
        wrong.append("a header was smuggled in")
    for name, start in HEADERS.items():
        if name not in answer.headers or not answer.headers[name].startswith(start):
            wrong.append(f"no {name}")
    return [f"{answer.url[:120]}: {item}" for item in wrong]


def test_garbage_in_a_query_string_never_breaks_a_page(
    stage: Stage, public_rules: list[str]
) -> None:
    wrong: list[str] = []
    names = itertools.cycle(NAMES)
    with requests.Session() as session:
        for rule in public_rules:
            path = filled(rule, "1")
            for one, other in itertools.zip_longest(GARBAGE[::2], GARBAGE[1::2], fillvalue=""):
                query = f"{next(names)}={one}&{next(names)}={other}&x[]={one}&{one}={other}"
                wrong += faults(ask(session, f"{stage.web}{path}?{query}"))
    assert wrong == []


def test_every_argument_of_the_ledger_survives_all_garbage(stage: Stage) -> None:
    wrong: list[str] = []
    with requests.Session() as session:
        for name, value in itertools.product(LEDGER_NAMES, GARBAGE):
            wrong += faults(ask(session, f"{stage.web}/ledger.json?{name}={value}"))
        wrong += faults(ask(session, f"{stage.web}/ledger?fy=1&fy=2&fy[]=3&=&&;=%&fy"))
    assert wrong == []


@pytest.mark.parametrize("path", ["/ledger", "/ledger.csv", "/grants", "/groups", "/glance"])
def test_all_arguments_at_once_survive_garbage(stage: Stage, path: str) -> None:
    wrong: list[str] = []
    with requests.Session() as session:
        for value in GARBAGE:
            query = "&".join(f"{name}={value[:300]}" for name in NAMES)
            wrong += faults(ask(session, f"{stage.web}{path}?{query}"))
    assert wrong == []


def test_garbage_in_a_path_never_breaks_a_page(stage: Stage, public_rules: list[str]) -> None:
    wrong: list[str] = []
    with requests.Session() as session:
        for rule in public_rules:
            if "<" not in rule:
                continue
            for value in GARBAGE:
                wrong += faults(ask(session, stage.web + filled(rule, value)))
        for value in GARBAGE:
            wrong += faults(ask(session, f"{stage.web}/{value}"))
            wrong += faults(ask(session, f"{stage.web}/en/{value}"))
    assert wrong == []


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/999999999",
        "/grants/A2031-9999",
        "/groups/9998",
        "/manual/clause/no-such-clause",
        "/manual/1999-04",
        "/runs/RUN-1999-1",
        "/d/" + "x" * 43,
        "/verify?number=G-ZZZZZZZZ",
        "/no/such/page",
    ],
)
def test_an_unknown_number_gets_a_helpful_page(stage: Stage, path: str) -> None:
    for prefix in ("", "/en"):
        answer = requests.get(stage.web + prefix + path, timeout=60)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.text.count("<h1") == 1
        assert 'href="' in answer.text.partition("<main")[2].partition("</main>")[0]
        assert faults(answer) == []


def test_machines_get_their_refusals_as_problem_documents(stage: Stage) -> None:
    answer = requests.get(f"{stage.web}/ledger.json?fy={quote('去年')}", timeout=60)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "fy" in answer.json()["fields"]
    assert faults(answer) == []


def test_the_files_of_pages_bear_the_headers_too(stage: Stage) -> None:
    for path in ("/healthz", "/readyz", "/ledger.csv", "/ledger.xlsx", "/groups.json"):
        answer = requests.get(stage.web + path, timeout=60)
        assert answer.status_code == 200, path
        assert faults(answer) == []


def test_secret_pages_are_never_kept_nor_told_to_others(stage: Stage) -> None:
    answer = requests.get(f"{stage.web}/d/{'x' * 43}", timeout=60)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_demo_secrets_lie_in_private_files(stage: Stage) -> None:
    for name in ("demo.json", "demo-environment.json"):
        assert (Path(stage.data) / name).stat().st_mode & 0o077 == 0
