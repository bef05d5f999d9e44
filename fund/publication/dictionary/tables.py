"""The data dictionary: every table of the open data with where it is read, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fund.platform.web.twins import Cell
from fund.publication.api.endpoints import ENDPOINTS, PREFIX
from fund.publication.dictionary.columns import SHEETS
from fund.publication.dictionary.fields import SOURCES, UNITS, Field, Sheet, cell
from fund.publication.dictionary.pages import (
    GRANTS,
    GROUPS_PAGE,
    LEDGER,
    LEDGER_WITH_SUMS,
    RUNS_PAGE,
)
from fund.publication.dictionary.years import ACCOUNTS

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
COLLECTIONS = (
    ("release", "まとめ（リリース）の表", "Tables of the release"),
    ("pages", "画面のデータ", "Data of the pages"),
    ("api", "APIの表", "Tables of the API"),
)
_PAGE_FILES = (
    (LEDGER, "/ledger.csv"),
    (LEDGER_WITH_SUMS, "/ledger.csv?sums=yes"),
    (GRANTS, "/grants.csv"),
    (GROUPS_PAGE, "/groups.csv"),
    (RUNS_PAGE, "/runs.csv"),
    (ACCOUNTS, "/years.csv"),
)


@dataclass(frozen=True)
class TableOf:
    """A table in its collection; ``path`` is where it is read, as CSV where ``is_csv``."""

    collection: str
    sheet: Sheet
    path: str
    is_csv: bool

    @property
    def id(self) -> str:
        """Its name in the dictionary."""
        return f"{self.collection}.{self.sheet.name}"


def tables() -> Iterator[TableOf]:
    """Every table; one that several addresses of the API give is listed once."""
    for sheet in SHEETS:
        yield TableOf("release", sheet, f"/release/data/{sheet.name}.csv", is_csv=True)
    for sheet, path in _PAGE_FILES:
        yield TableOf("pages", sheet, path, is_csv=True)
    seen = set()
    for one in ENDPOINTS:
        if one.sheet.name not in seen:
            seen.add(one.sheet.name)
            is_csv = one.listed and not one.place
            path = f"{PREFIX}{one.path}{'.csv' if is_csv else ''}"
            yield TableOf("api", one.sheet, path, is_csv)


@dataclass(frozen=True)
class ColumnOf:
    """A column in its table; ``path`` goes through objects inside objects (``shares.yen``)."""

    table: TableOf
    field: Field
    path: str

    @property
    def source(self) -> str:
        """The key of ``SOURCES`` its rule is found under; empty if there is none."""
        return self.field.source or self.table.sheet.source

    def cells(self) -> dict[str, Cell]:
        """The row of the dictionary's own CSV."""
        source = SOURCES.get(self.source, ("", "", ""))
        unit = UNITS.get(self.field.unit, ("", ""))
        return {
            "table": self.table.id,
            "address": self.table.path,
            "table_ja": self.table.sheet.ja,
            "table_en": self.table.sheet.en,
            "column": self.path,
            "type": self.kind,
            "required": "true" if self.field.required else "false",
            "unit_ja": unit[0] or None,
            "unit_en": unit[1] or None,
            "meaning_ja": self.field.ja,
            "meaning_en": self.field.en,
            "example": cell(self.field.example),
            "allowed": " ".join(self.field.choices) or self.field.pattern or None,
            "source_ja": source[0] or None,
            "source_en": source[1] or None,
            "source_address": source[2] or None,
        }

    @property
    def kind(self) -> str:
        """Its type in a word: list and object besides the types of Frictionless."""
        if self.field.words or self.field.items is not None:
            return "list"
        if self.field.json or self.field.part is not None:
            return "object"
        return self.field.type


COLUMNS = (
    *("table", "address", "table_ja", "table_en", "column", "type", "required", "unit_ja"),
    *("unit_en", "meaning_ja", "meaning_en", "example", "allowed", "source_ja", "source_en"),
    "source_address",
)
"""The dictionary's own columns."""


def columns(table: TableOf) -> list[ColumnOf]:
    """The columns of a table in their order, those inside objects behind the object."""
    return list(_columns(table, table.sheet, ""))


def _columns(table: TableOf, sheet: Sheet, before: str) -> Iterator[ColumnOf]:
    for field in sheet.fields:
        yield ColumnOf(table, field, before + field.name)
        inner = field.items or field.part
        if inner is not None:
            yield from _columns(table, inner, f"{before}{field.name}.")


_CSVW_TYPES: Mapping[str, str] = {
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
}


def csvw(base: str) -> dict[str, Any]:
    """W3C CSVW metadata of every CSV file (https://www.w3.org/TR/tabular-metadata/)."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "ja"}],
        "dc:license": {"@id": LICENCE},
        "tables": [_csvw_table(base, table) for table in tables() if table.is_csv],
    }


def _csvw_table(base: str, table: TableOf) -> dict[str, Any]:
    schema: dict[str, Any] = {"columns": [_csvw_column(field) for field in table.sheet.fields]}
    if table.sheet.key:
        schema["primaryKey"] = list(table.sheet.key)
    return {
        "url": base + table.path,
        "dc:title": [
            {"@value": table.sheet.ja, "@language": "ja"},
            {"@value": table.sheet.en, "@language": "en"},
        ],
        "tableSchema": schema,
    }


def _csvw_column(field: Field) -> dict[str, Any]:
    plain = not (field.words or field.json or field.items or field.part)
    told: dict[str, Any] = {
        "titles": field.name,
        "dc:description": [
            {"@value": field.ja, "@language": "ja"},
            {"@value": field.en, "@language": "en"},
        ],
        "datatype": _CSVW_TYPES.get(field.type, "string") if plain else "string",
        "required": field.required and not field.words,
    }
    if field.words:
        told["separator"] = " "
    if field.name.isascii():
        told["name"] = field.name
    return told
