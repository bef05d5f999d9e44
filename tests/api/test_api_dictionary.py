"""The dictionary explains exactly the columns that files and answers have."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fund.manual.requirements import CLAUSES
from fund.platform.house import House
from fund.publication.api.endpoints import ENDPOINTS
from fund.publication.dictionary import tables
from fund.publication.dictionary.columns import SHEETS
from fund.publication.dictionary.fields import SOURCES, UNITS
from fund.publication.dictionary.pages import RUNS_PAGE
from fund.publication.releases import LIVE
from fund.publication.verifier.frames import HEADS

ROOT = Path(__file__).resolve().parents[2]
TABLES = tuple(tables.tables())


def header(text: str) -> list[str]:
    return next(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("table", [one for one in TABLES if one.is_csv], ids=lambda one: one.id)
def test_a_file_has_the_columns_the_dictionary_names(
    client: FlaskClient, planted: House, table: tables.TableOf
) -> None:
    if table.collection == "release":
        place = planted.settings.data_dir / LIVE / "data" / f"{table.sheet.name}.csv"
        text = place.read_text(encoding="utf-8")
    else:
        answer = client.get(table.path)
        assert answer.status_code == 200
        text = answer.text
    assert header(text) == table.sheet.header


def test_values_of_the_release_are_those_allowed(planted: House) -> None:
    for table in TABLES:
        if table.collection != "release":
            continue
        place = planted.settings.data_dir / LIVE / "data" / f"{table.sheet.name}.csv"
        with place.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for field in table.sheet.fields:
                    value = row[field.name]
                    assert value or not field.required, (table.id, field.name)
                    if value and field.choices:
                        assert value in field.choices, (table.id, field.name)
                    if value and field.type == "integer":
                        assert str(int(value)) == value, (table.id, field.name)


def test_the_package_says_the_same(planted: House) -> None:
    place = planted.settings.data_dir / LIVE / "data" / "datapackage.json"
    package = json.loads(place.read_bytes())
    told = {
        one["name"]: [field["name"] for field in one["schema"]["fields"]]
        for one in package["resources"]
    }
    assert told == {
        one.sheet.name: one.sheet.header for one in TABLES if one.collection == "release"
    }


def test_every_column_has_meaning_type_and_source() -> None:
    for table in TABLES:
        for column in tables.columns(table):
            place = (table.id, column.path)
            assert column.field.ja != column.field.en, place
            assert column.field.ja, place
            assert column.field.en, place
            assert column.source in SOURCES, place
            assert column.field.unit in {"", *UNITS}, place
            if "yen" in column.path.split(".")[-1] and column.kind == "integer":
                assert column.field.unit == "yen", place


def test_sources_lead_to_pages(client: FlaskClient) -> None:
    for _ja, _en, address in SOURCES.values():
        if address.startswith("/"):
            assert client.get(address).status_code == 200, address
        if address.startswith("/manual/clause/"):
            assert address.rsplit("/", 1)[1] in CLAUSES or client.get(address).status_code == 200


def test_the_dictionary_is_a_page_a_sheet_and_a_document(client: FlaskClient) -> None:
    for prefix, words in (("", "公開台帳の番号"), ("/en", "Number in the public log")):
        page = client.get(f"{prefix}/data/dictionary").text
        assert words in page
        for table in TABLES:
            assert f'id="{table.id}"' in page
        api = client.get(f"{prefix}/data/api").text
        for one in ENDPOINTS:
            assert f"/api/v1{one.path}" in api
        catalogue = client.get(f"{prefix}/data").text
        for path in ("/data/api", "/data/dictionary", "/api/v1/openapi.json"):
            assert f"{prefix}{path}" in catalogue
    sheet = list(csv.DictReader(io.StringIO(client.get("/data/dictionary.csv").text)))
    rows = client.get("/data/dictionary.json").get_json()["rows"]
    assert [(row["table"], row["column"]) for row in sheet] == [
        (row["table"], row["column"]) for row in rows
    ]
    assert len({(row["table"], row["column"]) for row in rows}) == len(rows) > 200


def test_csvw_names_every_sheet(client: FlaskClient) -> None:
    answer = client.get("/data/csv-metadata.json")
    assert answer.mimetype == "application/csvm+json"
    told = answer.get_json()
    assert told["@context"][0] == "http://www.w3.org/ns/csvw"
    listed = {
        one["url"]: [c["titles"] for c in one["tableSchema"]["columns"]] for one in told["tables"]
    }
    assert listed == {
        f"http://localhost{one.path}": one.sheet.header for one in TABLES if one.is_csv
    }
    for one in told["tables"]:
        names = {c.get("name") for c in one["tableSchema"]["columns"]}
        assert set(one["tableSchema"].get("primaryKey", ())) <= names


def test_the_api_leads_to_its_page(client: FlaskClient) -> None:
    for path in ("/api/v1", "/api/v1/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith("/data/api")


PARTS_OF_WORDS = {"in", "committed", "out", "spent", "returned", "left", "moved"}
"""The money words: an entry's part of one, and the sum of many, bear the same name."""
SUMS_OF_LINES = {"pages.runs-page.yen"}


def test_the_same_column_is_described_in_the_same_words_everywhere() -> None:
    """A column that two tables have is one definition; what differs is said by another rule."""
    said: dict[tuple[object, ...], dict[tuple[str, str], list[str]]] = {}
    for table in TABLES:
        for column in tables.columns(table):
            one = column.field
            place = f"{table.id}.{column.path}"
            if (one.name in PARTS_OF_WORDS and column.source == "words") or place in SUMS_OF_LINES:
                continue
            key = (one.name, column.kind, one.required, column.source)
            words = (one.ja, one.en)
            said.setdefault(key, {}).setdefault(words, []).append(place)
    differing = {
        (*key[:1], place)
        for key, found in said.items()
        if len(found) > 1
        for places in found.values()
        for place in places
    }
    assert differing == set()


def test_columns_are_defined_in_the_dictionary_and_nowhere_else() -> None:
    guilty = []
    for path in sorted((ROOT / "fund").rglob("*.py")):
        if path.parent.name == "dictionary":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        made = {
            name.asname or name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("fund.publication.dictionary")
            for name in node.names
            if name.name in {"Field", "Sheet", "text", "digest", "day", "moment", "yen"}
        }
        guilty += [
            f"{path.relative_to(ROOT)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in made
        ]
    assert guilty == []


def test_the_verifiers_own_columns_are_those_of_the_dictionary() -> None:
    """The verifiers share no code with the release; that they agree with it is seen here."""
    ours = {one.sheet.name: ",".join(one.sheet.header) for one in TABLES[: len(SHEETS)]}
    for path, head in HEADS.items():
        assert ours[path.removeprefix("data/").removesuffix(".csv")] == head
    script = (ROOT / "reports" / "verify" / "5-tables.js").read_text(encoding="utf-8")
    listed = dict(re.findall(r'^  (\w+): "([a-z_,0-9]+)",$', script, re.MULTILINE))
    assert {name: ours[name] for name in listed} == listed
    assert len(listed) == len(HEADS)


def test_a_twin_that_a_lower_room_writes_has_the_dictionarys_types(client: FlaskClient) -> None:
    """Runs are listed by a room below the dictionary, which cannot ask it for its columns."""
    rows = client.get("/runs.json").get_json()
    assert rows
    for row in rows:
        assert set(row) == set(RUNS_PAGE.header)
        for field in RUNS_PAGE.fields:
            kind = {"integer": int, "string": str, "date": str}[field.type]
            assert isinstance(row[field.name], kind), field.name
