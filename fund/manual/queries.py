"""Frozen reads of the rule book: the rules of a day, whole editions, a clause through time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from fund.kernel.errors import NotFound
from fund.manual import models
from fund.manual.domain import Chapter, Clause, Edition, Parameter, Value


@dataclass(frozen=True)
class Rules:
    """What the edition in force on a day lets the house decide by."""

    edition: str
    effective_on: dt.date
    values: Mapping[str, tuple[str, Value]]
    """Parameter name → (clause id, value)."""
    clause_ids: frozenset[str]

    def integer(self, name: str) -> int:
        """A parameter that counts something (yen, per cent, years …).

        Raises:
            LookupError: if this edition has no such parameter.
            TypeError: if it is a word.
        """
        value = self._held(name)[1]
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} of {self.edition} is not a whole number")
        return value

    def text(self, name: str) -> str:
        """A parameter that is a word.

        Raises:
            LookupError: if this edition has no such parameter.
            TypeError: if it is a number.
        """
        value = self._held(name)[1]
        if not isinstance(value, str):
            raise TypeError(f"{name} of {self.edition} is not a word")
        return value

    def clause(self, name: str) -> str:
        """The clause that holds a parameter, as ``<clause-id>@<edition>``.

        Raises:
            LookupError: if this edition has no such parameter.
        """
        return f"{self._held(name)[0]}@{self.edition}"

    def cite(self, clause_id: str) -> str:
        """A clause as decisions cite it: ``<clause-id>@<edition>``.

        Raises:
            LookupError: if this edition has no such clause.
        """
        if clause_id not in self.clause_ids:
            raise LookupError(f"edition {self.edition} has no clause {clause_id}")
        return f"{clause_id}@{self.edition}"

    def _held(self, name: str) -> tuple[str, Value]:
        if name not in self.values:
            raise LookupError(f"edition {self.edition} has no parameter {name}")
        return self.values[name]


@dataclass(frozen=True)
class EditionHead:
    """An edition without its clauses; ``sha256`` is lower-case hex of its canonical JSON."""

    code: str
    effective_on: dt.date
    decided_on: dt.date
    decision_ref: str
    title_ja: str
    title_en: str
    summary_ja: str
    summary_en: str
    sha256: str
    published_at: dt.datetime


@dataclass(frozen=True)
class ClauseVersion:
    """A clause as it stands in one edition, with the chapter above it.

    ``parameters`` are all of the edition, for its text may name any of them; ``changed`` tells
    whether words or values differ from the edition before.
    """

    edition: EditionHead
    chapter_ja: str
    chapter_en: str
    clause: Clause
    parameters: Mapping[str, Parameter]
    changed: bool = False


def rules_on(connection: Connection, day: dt.date) -> Rules:
    """The rules in force on a day (Japan's calendar).

    Raises:
        NotFound: for a day before the first edition.
    """
    code, effective_on = _in_force(connection, day)
    held = connection.execute(
        select(
            models.parameter.c.name, models.parameter.c.clause_id, models.parameter.c.value
        ).where(models.parameter.c.edition_code == code)
    )
    ids = connection.scalars(select(models.clause.c.id).where(models.clause.c.edition_code == code))
    return Rules(
        edition=code,
        effective_on=effective_on,
        values={row.name: (row.clause_id, row.value) for row in held},
        clause_ids=frozenset(ids),
    )


def rules_if_any(connection: Connection, day: dt.date) -> Rules | None:
    """The rules in force on a day; None before the first edition, as in a new installation."""
    try:
        return rules_on(connection, day)
    except NotFound:
        return None


def code_on(connection: Connection, day: dt.date) -> str:
    """The code of the edition in force on a day.

    Raises:
        NotFound: for a day before the first edition.
    """
    return _in_force(connection, day)[0]


def editions(connection: Connection) -> list[EditionHead]:
    """Every edition, the newest first."""
    rows = connection.execute(_heads().order_by(models.edition.c.effective_on.desc()))
    return [_head(row) for row in rows]


def head(connection: Connection, code: str) -> EditionHead | None:
    """One edition without its clauses."""
    row = connection.execute(_heads().where(models.edition.c.code == code)).first()
    return None if row is None else _head(row)


def edition(connection: Connection, code: str) -> Edition | None:
    """A whole edition as it was decided."""
    found = head(connection, code)
    if found is None:
        return None
    rows, held = _clause_rows(connection, [code]), _parameters(connection, [code])
    chapters = [
        Chapter(ja, en, tuple(_clause(row, held) for row in under))
        for (ja, en), under in groupby(rows, key=lambda row: (row.chapter_ja, row.chapter_en))
    ]
    return Edition(
        code=found.code,
        effective_on=found.effective_on,
        decided_on=found.decided_on,
        decision_ref=found.decision_ref,
        title_ja=found.title_ja,
        title_en=found.title_en,
        summary_ja=found.summary_ja,
        summary_en=found.summary_en,
        chapters=tuple(chapters),
    )


def body(connection: Connection, code: str) -> bytes | None:
    """The canonical JSON of an edition, byte for byte as it was hashed."""
    found = connection.scalar(select(models.edition.c.body).where(models.edition.c.code == code))
    return None if found is None else bytes(found)


def clause_history(connection: Connection, clause_id: str) -> list[ClauseVersion]:
    """A clause in every edition that has it, the newest first; empty for an unknown id."""
    heads = {one.code: one for one in editions(connection)}
    rows = {
        row.edition_code: row
        for row in connection.execute(select(models.clause).where(models.clause.c.id == clause_id))
    }
    held = _parameters(connection, list(rows))
    versions: list[ClauseVersion] = []
    for code, of in sorted(heads.items(), key=lambda item: item[1].effective_on):
        if code not in rows:
            continue
        row, before = rows[code], versions[-1] if versions else None
        names = {one.name: one for ones in held.get(code, {}).values() for one in ones}
        now = ClauseVersion(of, row.chapter_ja, row.chapter_en, _clause(row, held), names)
        changed = before is not None and _said(before) != _said(now)
        versions.append(
            ClauseVersion(of, now.chapter_ja, now.chapter_en, now.clause, names, changed)
        )
    return versions[::-1]


def clause_titles(
    connection: Connection, stamps: Collection[str]
) -> dict[str, tuple[str, str, str]]:
    """Number and title (Japanese, English) of clauses by stamp (``wish-respected@2024-04``)."""
    clause = models.clause.c
    named = [(code, clause_id) for clause_id, _at, code in (s.partition("@") for s in stamps)]
    rows = connection.execute(
        select(
            clause.edition_code, clause.id, clause.number, clause.title_ja, clause.title_en
        ).where(tuple_(clause.edition_code, clause.id).in_(named))
    )
    return {
        f"{row.id}@{row.edition_code}": (row.number, row.title_ja, row.title_en) for row in rows
    }


def clause_in_force(connection: Connection, clause_id: str, day: dt.date) -> ClauseVersion | None:
    """A clause as the edition in force on a day has it; None if that edition lacks it.

    Raises:
        NotFound: for a day before the first edition.
    """
    code = code_on(connection, day)
    versions = clause_history(connection, clause_id)
    return next((one for one in versions if one.edition.code == code), None)


def _said(version: ClauseVersion) -> tuple[object, ...]:
    clause = version.clause
    return (
        clause.title_ja,
        clause.title_en,
        clause.text_ja,
        clause.text_en,
        clause.plain_ja,
        clause.parameters,
    )


def _in_force(connection: Connection, day: dt.date) -> tuple[str, dt.date]:
    row = connection.execute(
        select(models.edition.c.code, models.edition.c.effective_on)
        .where(models.edition.c.effective_on <= day)
        .order_by(models.edition.c.effective_on.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(f"{day.isoformat()}に使われていた手引きはありません（最初の版より前です）")
    return row.code, row.effective_on


def _heads() -> Any:
    of = models.edition.c
    return select(
        of.code,
        of.effective_on,
        of.decided_on,
        of.decision_ref,
        of.title_ja,
        of.title_en,
        of.summary_ja,
        of.summary_en,
        of.sha256,
        of.published_at,
    )


def _head(row: Row[Any]) -> EditionHead:
    given = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row's columns
    return EditionHead(**{**given, "sha256": bytes(row.sha256).hex()})


def _clause_rows(connection: Connection, codes: Sequence[str]) -> Sequence[Row[Any]]:
    return connection.execute(
        select(models.clause)
        .where(models.clause.c.edition_code.in_(codes))
        .order_by(models.clause.c.edition_code, models.clause.c.position)
    ).all()


Held = dict[str, dict[str, list[Parameter]]]
"""Edition code → clause id → its parameters."""


def _parameters(connection: Connection, codes: Sequence[str]) -> Held:
    held: Held = {}
    rows = connection.execute(
        select(models.parameter)
        .where(models.parameter.c.edition_code.in_(codes))
        .order_by(models.parameter.c.name)
    )
    for row in rows:
        one = Parameter(row.name, row.value, row.label_ja, row.label_en, row.unit)
        held.setdefault(row.edition_code, {}).setdefault(row.clause_id, []).append(one)
    return held


def _clause(row: Row[Any], held: Held) -> Clause:
    return Clause(
        id=row.id,
        number=row.number,
        title_ja=row.title_ja,
        title_en=row.title_en,
        text_ja=row.text_ja,
        text_en=row.text_en,
        plain_ja=row.plain_ja,
        parameters=tuple(held.get(row.edition_code, {}).get(row.id, ())),
    )
