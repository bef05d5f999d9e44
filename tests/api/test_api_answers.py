"""Every answer of the API fits its description, and says what pages, files and the log say."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections import Counter

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from reader import BY_NAME, Reader, local
from sqlalchemy import text

from fund.platform.house import House
from fund.publication import queries
from fund.publication.api.endpoints import ENDPOINTS, PREFIX
from fund.publication.api.openapi import schema_name
from fund.publication.dictionary.fields import cell
from fund.publication.domain.kinds import KIND_WORDS
from fund.publication.releases import LIVE
from fund.publication.verifier.notes import read_head, signed_by
from fund.publication.verifier.trees import inclusion_root

WORDS = ("in", "committed", "out", "spent", "returned", "left")
LISTS = tuple(one for one in ENDPOINTS if one.listed and not one.place)


def test_the_description_is_valid_and_speaks_both_languages(reader: Reader) -> None:
    document = reader.document
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert document["info"]["license"]["identifier"] == "CC-BY-4.0"
    assert document["servers"][0]["url"] == "http://localhost/api/v1"
    for path, operations in document["paths"].items():
        told = operations["get"]
        texts = [told["summary"], *(one["description"] for one in told["parameters"])]
        assert all(" / " in one for one in texts), path
    for name, schema in document["components"]["schemas"].items():
        if name != "Problem":
            described = [one.get("description", "") for one in schema["properties"].values()]
            assert all(" / " in one for one in described), name


def test_the_examples_are_what_the_schemas_ask_for(reader: Reader) -> None:
    for one in ENDPOINTS:
        content = reader.document["paths"][one.path]["get"]["responses"]["200"]["content"]
        told = content["application/json"]
        faults = list(reader._validator(told["schema"]).iter_errors(told["example"]))
        assert faults == [], (one.name, [fault.message for fault in faults])
        for part in (*one.place, *one.parameters):
            assert part.fault(str(part.example)) is None, part.name


def test_every_list_read_to_its_end_fits_the_description(reader: Reader) -> None:
    for one in LISTS:
        small = [row for page in reader.pages(one, f"{PREFIX}{one.path}?limit=7") for row in page]
        large = [
            row for page in reader.pages(one, f"{PREFIX}{one.path}?limit=1000") for row in page
        ]
        assert small == large, one.name
        assert small, one.name
        keys = [tuple(str(row[name]) for name in one.sheet.key) for row in small]
        assert len(set(keys)) == len(keys), one.name


def test_the_csv_holds_the_rows_of_the_json(reader: Reader) -> None:
    for one in LISTS:
        path = f"{PREFIX}{one.path}?limit=40"
        rows = reader.get(one, path).get_json()["rows"]
        expected = [
            {name: "" if cell(row[name]) is None else str(cell(row[name])) for name in row}
            for row in rows
        ]
        found = reader.csv_rows(one, path)
        plain = [{name: value.removeprefix("'") for name, value in row.items()} for row in found]
        assert plain == [
            {name: value.removeprefix("'") for name, value in row.items()} for row in expected
        ], one.name
        by_suffix = reader.client.get(f"{PREFIX}{one.path}.csv?limit=40")
        assert list(csv_lines(by_suffix.text)) == list(
            csv_lines(
                reader.client.get(
                    path, headers={"Accept": "text/csv;q=0.9, application/json;q=0.1"}
                ).text
            )
        )


def csv_lines(text_: str) -> list[str]:
    return text_.splitlines()


def test_every_single_thing_a_list_names_can_be_read(reader: Reader) -> None:
    for name, listed, key, most in (
        ("entry", "entries", "no", 25),
        ("gift", "gifts", "gift", 20),
        ("grant", "grants", "no", 20),
        ("group", "groups", "no", 25),
        ("run", "runs", "run", 20),
        ("edition", "editions", "edition", 9),
        ("root", "roots", "size", 9),
    ):
        one = BY_NAME[name]
        rows = reader.rows(listed, BY_NAME[listed].path)[:most]
        assert rows, name
        for row in rows:
            path = one.path.replace("{" + one.place[0].name + "}", str(row[key]))
            found = reader.get(one, PREFIX + path).get_json()
            assert found.items() >= row.items(), path


def test_parts_of_runs_and_editions_fit_and_are_whole(reader: Reader, client: FlaskClient) -> None:
    lines = []
    for run in reader.rows("runs", "/runs"):
        own = reader.rows("run_lines", f"/runs/{run['run']}/lines?limit=3")
        assert sum(line["yen"] for line in own) == run["total"]
        lines += own
        problem = client.get(local(run["problem_url"]))
        assert hashlib.sha256(problem.data).hexdigest() == run["problem_sha256"]
        plan = client.get(local(run["plan_url"]))
        assert hashlib.sha256(plan.data).hexdigest() == run["plan_sha256"]
    every = reader.rows("allocations", "/allocations")
    assert sorted(line["no"] for line in lines) == sorted(line["no"] for line in every)
    for edition in reader.rows("editions", "/manual"):
        body = client.get(local(edition["body_url"])).data
        assert hashlib.sha256(body).hexdigest() == edition["sha256"]
        clauses = reader.rows("clauses", f"/manual/{edition['edition']}/clauses?limit=5")
        told = [
            clause["id"]
            for chapter in json.loads(body)["chapters"]
            for clause in chapter["clauses"]
        ]
        assert [clause["clause"] for clause in clauses] == told


def test_proofs_lead_to_the_signed_root(reader: Reader) -> None:
    head = reader.get(BY_NAME["log"], f"{PREFIX}/log").get_json()
    signed = read_head(head["checkpoint"].encode())
    assert signed_by(signed, head["keys"][-1]["vkey"])
    assert (signed.size, signed.root.hex()) == (head["size"], head["root"])
    for no in (1, 2, head["size"] // 2, head["size"]):
        found = reader.get(BY_NAME["entry"], f"{PREFIX}/ledger/entries/{no}").get_json()
        proof, body = found["proof"], found["body"].encode()
        assert hashlib.sha256(body).hexdigest() == found["sha256"]
        leaf = hashlib.sha256(b"\0" + body).digest()
        assert leaf.hex() == proof["leaf"]
        hashes = [bytes.fromhex(one) for one in proof["hashes"]]
        assert inclusion_root(leaf, proof["index"], proof["size"], hashes) == signed.root
        assert base64.b64decode(proof["checkpoint"].splitlines()[2]).hex() == proof["root"]


def test_lists_say_what_the_release_says(reader: Reader, planted: House) -> None:
    folder = planted.settings.data_dir / LIVE / "data"
    for name, file in (("allocations", "allocations"), ("balances", "balances")):
        lines = (folder / f"{file}.csv").read_text(encoding="utf-8").splitlines()[1:]
        one = BY_NAME[name]
        found = [
            ",".join("" if value is None else str(value) for value in one.sheet.cells(row))
            for row in reader.rows(name, one.path)
        ]
        kept = [line for line in lines if name != "balances" or not line.endswith(",0")]
        assert sorted(found) == sorted(kept)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "fy": st.integers(2023, 2027),
        "kind": st.lists(st.sampled_from(sorted(KIND_WORDS)), min_size=1, max_size=3).map(",".join),
        "field": st.sampled_from(("children", "welfare", "environment", "no-such-field")),
        "group": st.sampled_from(("0027", "0028", "0031", "9999")),
        "min": st.integers(0, 50_000),
        "max": st.integers(50_000, 10_000_000),
        "from": st.sampled_from(("2024-04-01", "2025-01-15", "0001-01-01")),
        "to": st.sampled_from(("2025-03-31", "2026-05-01", "9999-12-31")),
        "q": st.sampled_from(("見本", "花", "zzz")),
        "fit": st.sampled_from(("first", "other", "open")),
        "given-to": st.sampled_from(("0027", "0028")),
        "use": st.sampled_from(("welfare", "none")),
        "account": st.sampled_from(("fund:general", "assets:bank")),
        "limit": st.integers(1, 200),
        "order": st.sampled_from(("newest", "oldest")),
    },
)


@given(asked=FILTERS)
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_pages_of_any_filter_add_up_to_the_ledger(reader: Reader, asked: dict[str, object]) -> None:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    rows = reader.rows("entries", f"/ledger/entries?{query}")
    own = {name: value for name, value in asked.items() if name not in {"limit", "order"}}
    plain = "&".join(f"{name}={value}" for name, value in own.items() if value != "0001-01-01")
    totals = reader.get(BY_NAME["totals"], f"{PREFIX}/ledger/totals?{plain}").get_json()
    assert {word: sum(row[word] for row in rows) for word in WORDS} == {
        word: totals[word] for word in WORDS
    }
    assert len(rows) == totals["entries"]
    page = reader.client.get(f"/ledger.json?{plain}&limit=1").get_json()
    assert page["totals"] == {name: totals[name] for name in ("in", "out", "left")}
    sheet = reader.client.get(f"/ledger.csv?{plain}").text
    nos = [int(line.split(",", 1)[0]) for line in sheet.splitlines()[1:]]
    found = [row["no"] for row in rows]
    assert found == (nos[::-1] if asked.get("order") == "oldest" else nos)


def test_figures_are_those_of_the_books(reader: Reader, planted: House) -> None:
    with planted.database.reading() as connection:
        words = queries.six_words(connection)
        private = dict(
            connection.execute(
                text("SELECT account, sum(yen)::bigint FROM public_posting GROUP BY account")
            ).all()
        )
    glance = reader.get(BY_NAME["glance"], f"{PREFIX}/glance").get_json()
    assert glance["words"] == {word.name: int(word.yen) for word in words.words()}
    balances = {row["account"]: row["yen"] for row in reader.rows("balances", "/balances")}
    assert balances == {account: yen for account, yen in private.items() if yen}
    posted: Counter[str] = Counter()
    for row in reader.rows("entries", "/ledger/entries?limit=50"):
        for line in row["postings"]:
            posted[line["account"]] += line["yen"]
    assert {account: yen for account, yen in posted.items() if yen} == balances
    gifts = reader.rows("gifts", "/gifts")
    assert all(gift["yen"] == sum(share["yen"] for share in gift["shares"]) for gift in gifts)
    kinds = "donation.received"
    accepted = reader.get(BY_NAME["totals"], f"{PREFIX}/ledger/totals?kind={kinds}").get_json()
    assert sum(gift["yen"] for gift in gifts) == accepted["in"]


def test_no_answer_names_a_person(reader: Reader, planted: House) -> None:
    """The sample donors show no name; one who does is in ``test_api_paging``."""
    with planted.database.reading() as connection:
        people = connection.execute(
            text("SELECT family_name, given_name, email, address1 FROM donor")
        ).all()
    everything = "".join(reader.client.get(f"{PREFIX}{one.path}?limit=1000").text for one in LISTS)
    assert len(people) > 20
    for person in people:
        full = f"{person.family_name} {person.given_name}".strip()
        for private in (full, full.replace(" ", ""), person.email, person.address1):
            assert not private or len(private) < 4 or private not in everything, private


@pytest.mark.parametrize("one", ENDPOINTS, ids=lambda one: one.name)
def test_every_endpoint_has_columns_of_its_own_name(one) -> None:
    assert schema_name(one.sheet).isidentifier()
    names = [field.name for field in one.sheet.fields]
    assert len(set(names)) == len(names)
    assert set(one.sheet.key) <= set(names)


def test_names_of_endpoints_and_addresses_are_single() -> None:
    for values in ([one.name for one in ENDPOINTS], [one.path for one in ENDPOINTS]):
        assert [name for name, many in Counter(values).items() if many > 1] == []
    sheets = itertools.groupby(
        sorted(ENDPOINTS, key=lambda one: one.sheet.name), key=lambda one: one.sheet.name
    )
    assert all(len({id(one.sheet) for one in group}) == 1 for _name, group in sheets)
