"""The dictionary explains exactly the columns that files and answers have."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flask.testing import FlaskClient

from fund.manual.requirements import CLAUSES
from fund.platform.house import House
from fund.publication.api.endpoints import ENDPOINTS
from fund.publication.dictionary import tables
from fund.publication.dictionary.fields import SOURCES, UNITS
from fund.publication.releases import LIVE

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
