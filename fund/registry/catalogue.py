"""The fields and programmes the register begins with, read from the files next to this one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from fund.kernel.errors import Invalid
from fund.registry.domain import (
    NPO_LAW_FIELDS,
    Field,
    Programme,
    check_field,
    check_programme,
)


@dataclass(frozen=True)
class Catalogue:
    """Fields and programmes in the order they are shown."""

    fields: tuple[Field, ...]
    programmes: tuple[Programme, ...]

    def items(self) -> tuple[Field | Programme, ...]:
        """Everything, fields first."""
        return (*self.fields, *self.programmes)


def read_catalogue() -> Catalogue:
    """The catalogue that comes with the house.

    Raises:
        Invalid: if somebody broke the files.
    """
    folder = resources.files("fund.registry") / "data"
    texts = [(folder / name).read_text("utf-8") for name in ("fields.json", "programmes.json")]
    return parse_catalogue(*texts)


def parse_catalogue(fields_json: str, programmes_json: str) -> Catalogue:
    """Read and check both files as one catalogue; positions count from 1 in file order.

    Raises:
        Invalid: for broken JSON, wrong or missing keys, invalid or repeated items, or when an
            item of the NPO law is mapped to no field or to several.
    """
    fields = tuple(_field(row, at) for at, row in enumerate(_rows(fields_json, "fields"), start=1))
    programmes = tuple(
        _programme(row, at) for at, row in enumerate(_rows(programmes_json, "programmes"), start=1)
    )
    for field in fields:
        check_field(field)
    for programme in programmes:
        check_programme(programme)
    _check_once("分野のコード", [field.code for field in fields])
    _check_once("分野の印", [field.mark for field in fields])
    _check_once("助成のコード", [programme.code for programme in programmes])
    _check_law(fields)
    return Catalogue(fields, programmes)


def _rows(text: str, name: str) -> Sequence[Mapping[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Invalid(f"{name}: JSONとして読めません: {error}") from error
    rows = document.get(name) if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(f"{name}: 一覧がありません")
    return rows


def _field(row: Mapping[str, Any], at: int) -> Field:
    numbers = row.get("npo_law_fields")
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise Invalid(f"fields {at}番目: npo_law_fields は番号の一覧にしてください")
    try:
        field = Field(**{**row, "npo_law_fields": tuple(numbers), "position": at})
    except TypeError as error:
        raise Invalid(f"fields {at}番目: {error}") from error
    _check_types(field, f"fields {at}番目")
    return field


def _programme(row: Mapping[str, Any], at: int) -> Programme:
    try:
        programme = Programme(**{**row, "position": at})
    except TypeError as error:
        raise Invalid(f"programmes {at}番目: {error}") from error
    _check_types(programme, f"programmes {at}番目")
    return programme


def _check_types(item: Field | Programme, where: str) -> None:
    for name, value in vars(item).items():
        if name in {"first_fy", "position"}:
            right = type(value) is int
        elif name in {"last_fy", "cap_yen", "rate_percent", "max_years"}:
            right = value is None or type(value) is int
        elif name in {"sample", "open"}:
            right = isinstance(value, bool)
        else:
            right = isinstance(value, tuple if name == "npo_law_fields" else str)
        if not right:
            raise Invalid(f"{where}: {name} の値が正しくありません: {value!r}")


def _check_once(what: str, values: Sequence[str]) -> None:
    again = sorted(value for value, times in Counter(values).items() if times > 1)
    if again:
        raise Invalid(f"{what}が重なっています: {', '.join(again)}")


def _check_law(fields: Sequence[Field]) -> None:
    times = Counter(number for field in fields for number in field.npo_law_fields)
    wrong = sorted(number for number in NPO_LAW_FIELDS if times[number] != 1)
    if wrong:
        listed = ", ".join(str(number) for number in wrong)
        raise Invalid(f"NPO法の別表の号は、どれか1つの分野に入れてください: {listed}")
