"""A column and a table of the open data, and how a value is spelled in JSON and in CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fund.kernel.canonical import Json, canonical
from fund.platform.web.twins import Cell, safe_cell

Record = Mapping[str, Json]
"""One row by the names of its columns, as JSON shows it."""

UNITS: Mapping[str, tuple[str, str]] = {
    "yen": ("円", "yen"),
    "year": ("年度（4月から翌年3月）", "fiscal year (April to March)"),
    "day": ("日本の日付", "day in Japan"),
    "month": ("か月", "months"),
    "entries": ("件", "entries"),
    "hex": ("16進数", "hexadecimal"),
}
"""What a value counts, or how it is written."""

SOURCES: Mapping[str, tuple[str, str, str]] = {
    "log": ("公開台帳の形式（1版）", "Format of the public log (v1)", "/manual/clause/public-log"),
    "books": ("複式簿記：仕訳の和は0", "Double entry: postings sum to zero", "/verify"),
    "words": ("6つのお金のことば", "The six money words", "/glance"),
    "acceptance": ("手引き「採納」の条", "Manual: acceptance", "/manual/clause/acceptance"),
    "wish": ("手引き「希望」の条", "Manual: wishes", "/manual/clause/wish-respected"),
    "decision": ("手引き「決定」の条", "Manual: decision", "/manual/clause/decision"),
    "disbursement": ("手引き「交付」の条", "Manual: disbursement", "/manual/clause/disbursement"),
    "settlement": ("手引き「精算」の条", "Manual: settlement", "/manual/clause/settlement"),
    "allocation": (
        "手引き「配分のきまり」の条",
        "Manual: allocation rule",
        "/manual/clause/allocation-rule",
    ),
    "registration": ("手引き「登録」の条", "Manual: registration", "/manual/clause/registration"),
    "programmes": ("手引き「助成の種類」の条", "Manual: programmes", "/manual/clause/programmes"),
    "anonymity": ("手引き「匿名」の条", "Manual: anonymity", "/manual/clause/anonymity"),
    "manual": (
        "手引き「改定」の条",
        "Manual: changing this manual",
        "/manual/clause/changing-this-manual",
    ),
    "tlog": (
        "C2SP tlog-checkpoint と tlog-tiles",
        "C2SP tlog-checkpoint and tlog-tiles",
        "/verify",
    ),
    "standard": (
        "自治体標準オープンデータセット",
        "Municipal standard open data set",
        "https://www.digital.go.jp/resources/open_data/municipal-standard-data-set-test",
    ),
    "sample": ("見本の印", "Mark of sample data", "/data"),
}
"""Where the rule behind a column stands: words in both languages and an address."""


@dataclass(frozen=True)
class Field:
    """A column: name, Frictionless type, and what it means in both languages.

    ``words`` are a list that CSV writes with spaces between, ``json`` an object that CSV writes
    as JSON; ``items`` are the columns of objects in a list, ``part`` those of a single object.
    ``unit`` and ``source`` are keys of ``UNITS`` and ``SOURCES``. A column that is not
    ``required`` may be empty (null in JSON, but a list of words is then an empty list). ``short``
    is a shorter Japanese heading.
    """

    name: str
    type: str
    ja: str
    en: str
    required: bool = True
    unit: str = ""
    source: str = ""
    example: Json = None
    words: bool = False
    json: bool = False
    items: Sheet | None = None
    part: Sheet | None = None
    pattern: str = ""
    choices: tuple[str, ...] = ()
    short: str = ""

    @property
    def title(self) -> str:
        """Its Japanese heading in a table."""
        return self.short or self.ja

    @property
    def meaning(self) -> str:
        """What it means, in both languages."""
        return f"{self.ja} / {self.en}"

    def schema(self) -> dict[str, Any]:
        """The column as JSON Schema (2020-12), a null allowed where it may be empty."""
        found = self._value_schema()
        if not self.required and not self.words:
            if "type" not in found:
                found = {"anyOf": [found, {"type": "null"}]}
            else:
                kinds = found["type"] if isinstance(found["type"], list) else [found["type"]]
                found["type"] = [*kinds, "null"]
                if "enum" in found:
                    found["enum"] = [*found["enum"], None]
        found["description"] = self.meaning
        if self.example is not None:
            found["examples"] = [self.example]
        return found

    def _value_schema(self) -> dict[str, Any]:
        if self.items is not None:
            return {"type": "array", "items": self.items.schema()}
        if self.part is not None:
            return self.part.schema()
        if self.words:
            return {"type": "array", "items": {"type": "string"}}
        if self.json:
            return {"type": "object"}
        found: dict[str, Any] = dict(_TYPES[self.type])
        if self.pattern:
            found["pattern"] = f"^{self.pattern}$"
        if self.choices:
            found["enum"] = list(self.choices)
        return found


_TYPES: Mapping[str, Mapping[str, Any]] = {
    "integer": {"type": "integer"},
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "any": {"type": ["integer", "string"]},
}


@dataclass(frozen=True)
class Sheet:
    """A table; ``key`` is its primary key, ``refers`` are (field, sheet, field).

    ``source`` is where the rule of a column stands that names none of its own.
    """

    name: str
    ja: str
    en: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str, str], ...] = ()
    source: str = ""

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [field.name for field in self.fields]

    def field(self, name: str, **changes: Any) -> Field:
        """One column, for another table that has it too; ``changes`` is what differs there."""
        found = next(field for field in self.fields if field.name == name)
        return replace(found, **changes) if changes else found

    def schema(self) -> dict[str, Any]:
        """The table's rows as JSON Schema: these columns and no others."""
        return {
            "type": "object",
            "description": f"{self.ja} / {self.en}",
            "properties": {field.name: field.schema() for field in self.fields},
            "required": self.header,
            "additionalProperties": False,
        }

    def example(self) -> dict[str, Json]:
        """A row made of the columns' examples."""
        return {field.name: _example(field) for field in self.fields}

    def cells(self, record: Record) -> list[Cell]:
        """A row as CSV spells it, in the order of the columns."""
        return [safe_cell(cell(record[field.name])) for field in self.fields]


def _example(field: Field) -> Json:
    if field.items is not None:
        return [field.items.example()]
    if field.part is not None and field.example is None:
        return field.part.example()
    return [] if field.words and field.example is None else field.example


def cell(value: Json) -> Cell:
    """A value of JSON as a cell: lists of words with spaces, what has parts as canonical JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str | int):
        return value
    if not isinstance(value, Mapping) and all(isinstance(one, str) for one in value):
        return " ".join(str(one) for one in value) or None
    return canonical(value).decode()
