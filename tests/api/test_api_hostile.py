"""The API as a nuisance, a proxy and a script of another site meet it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from reader import BY_NAME, Reader

from fund.app import create_app
from fund.platform.database import Database
from fund.platform.house import House
from fund.publication.api.endpoints import ENDPOINTS, PREFIX, Endpoint
from fund.publication.api.parameters import Parameter

LISTS = tuple(one for one in ENDPOINTS if one.listed)


def address(one: Endpoint) -> str:
    """An address of the endpoint with its examples in it; the thing may not exist."""
    path = one.path
    for part in one.place:
        path = path.replace(f"{{{part.name}}}", str(part.example))
    return PREFIX + path


BAD: dict[str, tuple[str, ...]] = {
    "integer": (
        "",
        "abc",
        "1.5",
        "1e3",
        "+1",
        "-0",
        "007",
        "٣",
        "１２",
        "9" * 30,
        "-1",
        " 1",
        "0x10",
        "%00",
        "1,2",
    ),
    "day": (
        "",
        "2026-02-30",
        "2026-2-3",
        "20260401",
        "令和8年4月1日",
        "%00",
        "2026-04-01T00:00",
        "0000-01-01",
        "x" * 300,
    ),
    "words": (
        "",
        ",",
        "nothing",
        "donation.received,",
        "donation.received,nothing",
        "%00",
        ",".join(["period.closed"] * 50),
    ),
    "text": (
        "",
        "%00",
        "x" * 500,
        "' OR 1=1 --",
        "%ff%fe",
        "%ED%A0%80",
        "🙂",
        "..%2F..%2Fetc",
        "%0a",
    ),
}
FREE = {"q"}
"""Words may be anything that can be searched for."""


def bad_values(part: Parameter) -> tuple[str, ...]:
    if part.name in FREE:
        return ("", "%00", "x" * 500)
    return BAD[part.kind]


def refused(reader: Reader, one: Endpoint, path: str, name: str) -> None:
    answer = reader.get(one, path)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), path
    problem = answer.get_json()
    assert [fault["parameter"] for fault in problem["errors"]] == [name], path
    fault = problem["errors"][0]
    for words in ("ja", "en"):
        assert fault[words]
    assert fault["en"].isascii() or "%(" not in fault["en"]
    assert fault["ja"] != fault["en"]
    assert problem["detail_en"].isascii()
    assert problem["detail"] != problem["detail_en"]


@pytest.mark.parametrize("one", ENDPOINTS, ids=lambda one: one.name)
def test_whatever_cannot_be_read_is_named_in_both_languages(reader: Reader, one: Endpoint) -> None:
    for part in one.parameters:
        for bad in bad_values(part):
            refused(reader, one, f"{address(one)}?{part.name}={bad}", part.name)
        good = part.example
        refused(reader, one, f"{address(one)}?{part.name}={good}&{part.name}={good}", part.name)
    refused(reader, one, f"{address(one)}?no-such=1", "no-such")
    refused(
        reader,
        one,
        f"{address(one)}?utm_source=x&limit=5" if one.listed else f"{address(one)}?utm_source=x",
        "utm_source",
    )


@pytest.mark.parametrize("one", [one for one in ENDPOINTS if one.place], ids=lambda one: one.name)
def test_whatever_stands_in_the_path_is_404(reader: Reader, one: Endpoint) -> None:
    for bad in (
        "0",
        "-1",
        "9" * 40,
        "９",
        "x",
        "A" * 500,
        "%ff",
        "🙂",
        "a b",
        "'",
        "..",
        "None",
        "1.0",
    ):
        path = PREFIX + one.path.replace(f"{{{one.place[0].name}}}", bad)
        answer = reader.client.get(path)
        assert answer.status_code == 404, path
        assert answer.mimetype == "application/problem+json", path
        assert answer.get_json()["detail_en"].isascii()
    nul = reader.client.get(PREFIX + one.path.replace(f"{{{one.place[0].name}}}", "%00"))
    assert nul.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/entries?min=5&max=4",
        "/ledger/entries?from=2026-04-02&to=2026-04-01",
        "/manual?after=1999-01",
        "/runs?after=RUN1999-001",
        "/manual/2026-04/clauses?after=no-such-clause",
    ],
)
def test_what_only_the_books_can_refuse_is_named_too(client: FlaskClient, path: str) -> None:
    answer = client.get(PREFIX + path)
    assert answer.status_code == 400
    (fault,) = answer.get_json()["errors"]
    assert fault["parameter"] in path
    assert fault["en"].isascii()


def test_the_widest_bounds_are_only_empty_or_whole(reader: Reader) -> None:
    for query in (
        "from=0001-01-01&to=9999-12-31",
        "fy=1900",
        "fy=2999",
        "min=0&max=1000000000000",
        "after=9007199254740991",
        "after=0",
        "after=0&order=oldest",
        "wait=0-9999",
        "wait=9999-0",
        "limit=1000",
    ):
        assert reader.get(BY_NAME["entries"], f"{PREFIX}/ledger/entries?{query}").status_code == 200
    for query in ("to=0001-01-01", "to=9999-12-31"):
        assert reader.get(BY_NAME["balances"], f"{PREFIX}/balances?{query}").status_code == 200
        assert reader.get(BY_NAME["roots"], f"{PREFIX}/log/roots?{query}").status_code == 200


@pytest.mark.parametrize("one", ENDPOINTS, ids=lambda one: one.name)
def test_scripts_of_other_sites_may_read_and_keep(client: FlaskClient, one: Endpoint) -> None:
    path = PREFIX + one.path if not one.place else PREFIX + "/ledger/entries/1"
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in first.headers["Access-Control-Expose-Headers"]
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(first.data))


def test_json_and_csv_are_kept_apart(client: FlaskClient) -> None:
    path = f"{PREFIX}/grants"
    json_, csv_ = client.get(path), client.get(path, headers={"Accept": "text/csv"})
    assert "Accept" in json_.headers["Vary"]
    assert "Accept" in csv_.headers["Vary"]
    assert json_.headers["ETag"] != csv_.headers["ETag"]
    kept = {"Accept": "text/csv", "If-None-Match": json_.headers["ETag"]}
    assert client.get(path, headers=kept).status_code == 200


def test_preflight_and_other_methods(client: FlaskClient) -> None:
    for path in (f"{PREFIX}/ledger/entries", f"{PREFIX}/openapi.json", f"{PREFIX}/grants.csv"):
        asked = client.options(path, headers={"Origin": "https://example.org"})
        assert asked.status_code == 200
        assert set(asked.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            answer = client.open(path, method=method, data=b"x" * 10)
            assert answer.status_code == 405, method
            assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
            assert answer.mimetype == "application/problem+json"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_addresses_that_are_none_are_problems_too(client: FlaskClient) -> None:
    for path in (
        "/api",
        "/api/",
        "/api/v1/none",
        "/api/v2/grants",
        "/api/v1/grants/",
        "/en/api/v1/none",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        if path != "/api":
            assert answer.mimetype == "application/problem+json", path
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_names_follow_the_language_of_the_address(reader: Reader) -> None:
    japanese = reader.rows("grants", "/grants?limit=1000")
    english = reader.client.get("/en/api/v1/grants?limit=1000").get_json()
    reader.check(BY_NAME["grants"], reader.client.get("/en/api/v1/grants?limit=1000"))
    assert [row["no"] for row in english["rows"]] == [row["no"] for row in japanese]
    assert [row["group_name"] for row in english["rows"]] != [row["group_name"] for row in japanese]
    more = reader.client.get("/en/api/v1/grants?limit=1").get_json()["next"]
    assert more.startswith("http://localhost/en/api/v1/grants?")


@pytest.fixture(scope="module")
def without_database(planted: House) -> FlaskClient:
    """The same service with nobody where its database should answer."""
    nobody = Database("postgresql://fund_app@127.0.0.1:9/none?connect_timeout=1")
    app: Flask = create_app(replace(planted, database=nobody))
    return app.test_client()


@pytest.mark.parametrize("one", ENDPOINTS, ids=lambda one: one.name)
def test_without_a_database_it_says_so(without_database: FlaskClient, one: Endpoint) -> None:
    answer = without_database.get(address(one))
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json()["detail_en"].isascii()
    assert "ETag" not in answer.headers


def test_the_description_needs_no_database(without_database: FlaskClient) -> None:
    assert without_database.get(f"{PREFIX}/openapi.json").status_code == 200


def test_a_session_changes_nothing(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], "anything", domain="localhost")
    answer = client.get(f"{PREFIX}/grants?limit=1")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
