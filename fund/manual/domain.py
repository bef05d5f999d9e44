"""An edition of the rule book as a document: read, checked as a whole, numbered and hashed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

from fund.kernel.canonical import canonical, sha256_hex
from fund.kernel.errors import Invalid
from fund.manual.requirements import CHOICES, CLAUSES, PARAMETERS

Value: TypeAlias = "int | str"

NAMES = ("municipality", "head", "department", "fund")
"""Placeholders that each installation fills with its own names when a clause is shown."""

UNITS = ("yen", "percent", "years", "days", "people", "count", "choice")
"""What a parameter's value counts; ``choice`` is a word, everything else a whole number."""

_CODE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_CLAUSE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PARAMETER_NAME = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UNSTORABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_MAX_TEXT = 4_000


@dataclass(frozen=True)
class Parameter:
    """A number or word the house decides by; it stands under the clause that explains it."""

    name: str
    value: Value
    label_ja: str
    label_en: str
    unit: str


@dataclass(frozen=True)
class Clause:
    """One article; ``id`` stays through all editions, ``number`` follows its place in this one.

    ``parameters`` come in the order of their names.
    """

    id: str
    number: str
    title_ja: str
    title_en: str
    text_ja: str
    text_en: str
    plain_ja: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """Clauses under one heading, in order."""

    title_ja: str
    title_en: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Edition:
    """A whole rule book as decided; in force from ``effective_on`` until the next one."""

    code: str
    effective_on: dt.date
    decided_on: dt.date
    decision_ref: str
    title_ja: str
    title_en: str
    summary_ja: str
    summary_en: str
    chapters: tuple[Chapter, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause in order."""
        return tuple(clause for chapter in self.chapters for clause in chapter.clauses)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its name."""
        return {one.name: one for clause in self.clauses for one in clause.parameters}


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """The canonical JSON of a document: what is stored, served and hashed."""
    return canonical(dict(document))


def document_sha256(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, lower-case hex; anyone can compute it from the download."""
    return sha256_hex(dict(document))


def placeholders(text: str) -> list[str]:
    """The names in braces that a text waits to be filled with."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, words: Mapping[str, str]) -> str:
    """The text with its placeholders filled; a name without words stays as it is written."""
    return _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), text)


def read_edition(document: Mapping[str, Any], *, complete: bool = True) -> Edition:
    """Read a document and check it as a whole.

    ``complete=False`` reads an edition of the past, which may lack what the house has come to
    need since.

    Raises:
        Invalid: naming every place that is wrong, such as ``chapters[2].clauses[0].text_ja``.
    """
    reader = _Reader({})
    edition = reader.edition(document)
    if complete and not reader.errors:
        reader.whole(edition)
    if reader.errors:
        places = "; ".join(f"{place}: {why}" for place, why in reader.errors.items())
        raise Invalid(f"手引きの版を読めません。{places}", reader.errors)
    return edition


@dataclass
class _Reader:
    """Walks a document and keeps what is wrong, by place."""

    errors: dict[str, str]

    def edition(self, document: Mapping[str, Any]) -> Edition:
        texts = ("title_ja", "title_en", "summary_ja", "summary_en", "decision_ref")
        self._keys("", document, {"code", "effective_on", "decided_on", "chapters", *texts})
        numbers = iter(range(1, 1_000))
        code = self._matching(document, "", "code", _CODE)
        return Edition(
            code=code,
            effective_on=self._day(document, "effective_on"),
            decided_on=self._day(document, "decided_on"),
            chapters=tuple(
                self._chapter(place, item, numbers)
                for place, item in self._items(document, "", "chapters")
            ),
            **{name: self._text(document, "", name) for name in texts},
        )

    def _chapter(self, place: str, item: Mapping[str, Any], numbers: Iterator[int]) -> Chapter:
        self._keys(place, item, {"title_ja", "title_en", "clauses"})
        return Chapter(
            title_ja=self._text(item, place, "title_ja"),
            title_en=self._text(item, place, "title_en"),
            clauses=tuple(
                self._clause(inner, clause, next(numbers))
                for inner, clause in self._items(item, place, "clauses")
            ),
        )

    def _clause(self, place: str, item: Mapping[str, Any], number: int) -> Clause:
        texts = ("title_ja", "title_en", "text_ja", "text_en")
        self._keys(place, item, {"id", *texts}, {"plain_ja", "parameters"})
        listed = self._items(item, place, "parameters") if "parameters" in item else ()
        return Clause(
            id=self._matching(item, place, "id", _CLAUSE_ID),
            number=str(number),
            plain_ja=self._text(item, place, "plain_ja") if "plain_ja" in item else "",
            parameters=tuple(
                sorted(
                    (self._parameter(inner, one) for inner, one in listed),
                    key=lambda one: one.name,
                )
            ),
            **{name: self._text(item, place, name) for name in texts},
        )

    def _parameter(self, place: str, item: Mapping[str, Any]) -> Parameter:
        self._keys(place, item, {"name", "value", "label_ja", "label_en", "unit"})
        unit = self._text(item, place, "unit")
        if unit not in UNITS:
            self._wrong(place, "unit", f"{', '.join(UNITS)} のどれかにします")
        return Parameter(
            name=self._matching(item, place, "name", _PARAMETER_NAME),
            value=self._value(item, place, unit),
            label_ja=self._text(item, place, "label_ja"),
            label_en=self._text(item, place, "label_en"),
            unit=unit,
        )

    def _value(self, item: Mapping[str, Any], place: str, unit: str) -> Value:
        if unit == "choice":
            return self._text(item, place, "value")
        value, most = item.get("value"), 100 if unit == "percent" else 2**53 - 1
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            self._wrong(place, "value", f"0から{most}までの整数にします")
            return 0
        return value

    def whole(self, edition: Edition) -> None:
        """What can only be seen of the whole: doubles, gaps, words that point nowhere."""
        if edition.decided_on > edition.effective_on:
            self.errors["decided_on"] = "使い始める日より後に決定することはできません"
        ids = [clause.id for clause in edition.clauses]
        names = [one.name for clause in edition.clauses for one in clause.parameters]
        for doubled in sorted({one for one in ids + names if (ids + names).count(one) > 1}):
            self.errors[doubled] = "2回あります"
        for missing in sorted((CLAUSES - set(ids)) | (set(PARAMETERS) - set(names))):
            self.errors[missing] = "ありません。この仕組みが判断に使うので必要です"
        for parameter in edition.parameters.values():
            self._check_required(parameter)
        for clause in edition.clauses:
            self._check_placeholders(clause, {*NAMES, *names})

    def _check_placeholders(self, clause: Clause, known: AbstractSet[str]) -> None:
        for text in (clause.title_ja, clause.title_en, clause.text_ja, clause.text_en):
            for name in placeholders(text + clause.plain_ja):
                if name not in known:
                    self.errors[clause.id] = f"{{{name}}} にあてはまる言葉がありません"

    def _check_required(self, parameter: Parameter) -> None:
        unit = PARAMETERS.get(parameter.name, parameter.unit)
        if parameter.unit != unit:
            self.errors[parameter.name] = f"単位は {unit} にします"
        allowed = CHOICES.get(parameter.name)
        if allowed and parameter.value not in allowed:
            self.errors[parameter.name] = f"{' / '.join(sorted(allowed))} のどれかにします"

    def _keys(
        self,
        place: str,
        item: Mapping[str, Any],
        needed: AbstractSet[str],
        free: AbstractSet[str] = frozenset(),
    ) -> None:
        for name in sorted(set(item) - needed - free):
            self._wrong(place, name, "知らない項目です")
        for name in sorted(needed - set(item)):
            self._wrong(place, name, "ありません")

    def _items(
        self, item: Mapping[str, Any], place: str, name: str
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        listed = item.get(name)
        if not isinstance(listed, list) or not listed:
            self._wrong(place, name, "1つ以上のならびにします")
            return
        for position, one in enumerate(listed):
            inner = f"{_join(place, name)}[{position}]"
            if isinstance(one, Mapping):
                yield inner, one
            else:
                self.errors[inner] = "項目の組にします"

    def _text(self, item: Mapping[str, Any], place: str, name: str) -> str:
        value = item.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT:
            self._wrong(place, name, f"1文字以上、{_MAX_TEXT}文字以下の文にします")
            return ""
        if _UNSTORABLE.search(value):
            self._wrong(place, name, "文字として使えない記号が入っています")
        return value

    def _matching(
        self, item: Mapping[str, Any], place: str, name: str, pattern: re.Pattern[str]
    ) -> str:
        value = self._text(item, place, name)
        if value and not pattern.fullmatch(value):
            self._wrong(place, name, f"{value!r} は形が違います")
        return value

    def _day(self, item: Mapping[str, Any], name: str) -> dt.date:
        try:
            return dt.date.fromisoformat(str(item.get(name)))
        except ValueError:
            self._wrong("", name, "日付を 2026-04-01 の形で書きます")
            return dt.date.min

    def _wrong(self, place: str, name: str, why: str) -> None:
        self.errors.setdefault(_join(place, name), why)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
