"""Reading the register: fields, programmes, themes, groups and their names."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Text,
    any_,
    bindparam,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from fund.kernel.calendar import fiscal_year
from fund.kernel.errors import Invalid
from fund.registry import models
from fund.registry.domain import (
    Field,
    Group,
    Programme,
    is_field_code,
    is_group_no,
    is_programme_code,
    is_storable,
)

__all__ = [
    "Field",
    "Group",
    "Names",
    "Programme",
    "field",
    "fields",
    "group",
    "group_by_name",
    "mark",
    "names",
    "programme",
    "programmes",
    "search_groups",
    "themes",
]

ANYWHERE = {"ja": "おまかせ", "en": "Wherever it is needed"}
"""How a gift without a wish is called."""

_KATAKANA = {kana: kana + 0x60 for kana in range(ord("ぁ"), ord("ゖ") + 1)}
"""Hiragana ぁ to ゖ; katakana stand in the same order 96 places further."""
_FIELD_COLUMNS = [models.field.c[name] for name in Field.__dataclass_fields__]
_PROGRAMME_COLUMNS = [models.programme.c[name] for name in Programme.__dataclass_fields__]
_GROUP_COLUMNS = [models.civic_group.c[name] for name in Group.__dataclass_fields__]


@dataclass(frozen=True)
class Names:
    """The register's names at one moment, usable after the connection is closed.

    What is unknown is called by its own code or number. ``locale`` is ``ja`` or ``en``.
    """

    fields: Mapping[str, tuple[str, str]]
    programmes: Mapping[str, tuple[str, str]]
    groups: Mapping[str, tuple[str, str]]
    marks: Mapping[str, str]

    def use(self, kind: str, target: str | None, locale: str) -> str:
        """A wish, pot or use by its name; kind is anywhere, field, group, theme or programme."""
        if kind == "anywhere" or target is None:
            return ANYWHERE["en" if locale == "en" else "ja"]
        if kind == "field":
            return self.field(target, locale)
        if kind == "group":
            return _choose(self.groups.get(target), target, locale)
        if kind in {"theme", "programme"}:
            return self.programme(target, locale)
        return target

    def group(self, no: str) -> str:
        """A group's own (Japanese) name."""
        return _choose(self.groups.get(no), no, "ja")

    def field(self, code: str, locale: str) -> str:
        """A field's name."""
        return _choose(self.fields.get(code), code, locale)

    def programme(self, code: str, locale: str) -> str:
        """The name of a programme or theme."""
        return _choose(self.programmes.get(code), code, locale)

    def mark(self, code: str) -> str:
        """A field's mark."""
        return self.marks.get(code, code)


def _choose(pair: tuple[str, str] | None, code: str, locale: str) -> str:
    if pair is None:
        return code
    return (pair[1] if locale == "en" else "") or pair[0]


_NAMES = """
SELECT 'field' AS kind, code, name_ja, name_en, mark, position FROM field
UNION ALL SELECT 'programme', code, name_ja, name_en, '', position FROM programme
UNION ALL SELECT 'group', no, name, name_en, '', 0 FROM civic_group{some}
ORDER BY kind, position, code
"""
_ALL_NAMES, _SOME_NAMES = (
    text(_NAMES.format(some=some)) for some in ("", " WHERE no = ANY(:groups)")
)


def names(connection: Connection, groups: Collection[str] | None = None) -> Names:
    """The register's names in one read, in the order they are shown.

    ``groups`` are the numbers of the groups that will be named, when they are known: a page of
    the ledger names a few of the thousands there may be. None means all of them.
    """
    if groups is None:
        rows = connection.execute(_ALL_NAMES)
    else:
        rows = connection.execute(_SOME_NAMES, {"groups": list(groups)})
    found: dict[str, dict[str, tuple[str, str]]] = {"field": {}, "programme": {}, "group": {}}
    marks: dict[str, str] = {}
    for kind, code, name, name_en, mark, _position in rows:
        found[kind][code] = (name, name_en)
        if kind == "field":
            marks[code] = mark
    return Names(found["field"], found["programme"], found["group"], marks)


_MARK = text("""
SELECT md5(string_agg(version, ' ')) FROM (
  SELECT xmin::text || ctid::text AS version FROM field
  UNION ALL SELECT xmin::text || ctid::text FROM programme
  UNION ALL SELECT xmin::text || ctid::text FROM civic_group
) AS versions
""")


def mark(connection: Connection) -> str:
    """What tells this state of the register from any other.

    The database itself numbers every version of every row: nobody can change a name and forget
    to say so. The same names may come back under another mark, never others under the same.
    """
    return str(connection.execute(_MARK).scalar_one())


def fields(connection: Connection) -> list[Field]:
    """Every field of use in the order it is shown, closed ones included."""
    table = models.field
    rows = connection.execute(
        select(*_FIELD_COLUMNS).order_by(table.c.position, table.c.code)
    ).mappings()
    return [_as_field(row) for row in rows]


def field(connection: Connection, code: str) -> Field | None:
    """One field by its code."""
    if not is_field_code(code):
        return None
    row = (
        connection.execute(select(*_FIELD_COLUMNS).where(models.field.c.code == code))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _as_field(row)


def programmes(connection: Connection) -> list[Programme]:
    """Every programme and theme of every year, in the order it is shown."""
    table = models.programme
    rows = connection.execute(
        select(*_PROGRAMME_COLUMNS).order_by(table.c.position, table.c.code)
    ).mappings()
    return [Programme(**row) for row in rows]


def programme(connection: Connection, code: str) -> Programme | None:
    """One programme or theme by its code."""
    if not is_programme_code(code):
        return None
    row = (
        connection.execute(select(*_PROGRAMME_COLUMNS).where(models.programme.c.code == code))
        .mappings()
        .one_or_none()
    )
    return None if row is None else Programme(**row)


def themes(connection: Connection, on: dt.date) -> list[Programme]:
    """The themes that take gifts in the fiscal year of this day (Japan's calendar)."""
    table, year = models.programme, fiscal_year(on)
    rows = connection.execute(
        select(*_PROGRAMME_COLUMNS)
        .where(
            table.c.kind == "theme",
            table.c.first_fy <= year,
            or_(table.c.last_fy.is_(None), table.c.last_fy >= year),
        )
        .order_by(table.c.position, table.c.code)
    ).mappings()
    return [Programme(**row) for row in rows]


def group(connection: Connection, no: str) -> Group | None:
    """One group by its four-digit number."""
    if not is_group_no(no):
        return None
    row = (
        connection.execute(select(*_GROUP_COLUMNS).where(models.civic_group.c.no == no))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _as_group(row)


def group_by_name(connection: Connection, name: str) -> Group | None:
    """One group by its exact name."""
    if not is_storable(name):
        return None
    row = (
        connection.execute(select(*_GROUP_COLUMNS).where(models.civic_group.c.name == name))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _as_group(row)


def search_groups(
    connection: Connection,
    q: str | None = None,
    field: str | None = None,
    state: str | None = "registered",
    limit: int = 50,
    after: str | None = None,
) -> list[Group]:
    """At most ``limit`` groups by number, those after the number ``after``.

    Every word of ``q`` must occur in the name, the kana or the English name; width, case and
    kind of kana do not matter, and any text is allowed. ``state`` None means every state.

    Words are compared here and not by the database: a register holds some thousand names at
    most, and how a server folds case depends on the locale it was made with.

    Raises:
        Invalid: for an ``after`` that is no group's number.
    """
    table = models.civic_group
    if field is not None and not is_field_code(field):
        return []
    if state is not None and not is_storable(state):
        return []
    if after is not None and not is_group_no(after):
        raise Invalid("続きの位置が正しくありません", {"after": "団体の番号（4けた）です"})
    asked = [
        None if field is None else table.c.fields.contains([field]),
        None if state is None else table.c.state == state,
        None if after is None else table.c.no > after,
    ]
    conditions = [condition for condition in asked if condition is not None]
    if words := _fold(q or "").split():
        numbers = islice(_matching(connection, conditions, words), max(limit, 0))
        conditions = [table.c.no == any_(bindparam(None, list(numbers), ARRAY(Text)))]
    rows = connection.execute(
        select(*_GROUP_COLUMNS).where(*conditions).order_by(table.c.no).limit(max(limit, 0))
    ).mappings()
    return [_as_group(row) for row in rows]


def _matching(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], words: Sequence[str]
) -> Iterator[str]:
    """The numbers, in order, of groups whose names hold every word."""
    table = models.civic_group
    rows = connection.execute(
        select(table.c.no, table.c.name, table.c.kana, table.c.name_en)
        .where(*conditions)
        .order_by(table.c.no)
    )
    for no, *texts in rows:
        folded = _fold("\n".join(texts))
        if all(word in folded for word in words):
            yield no


def _fold(text: str) -> str:
    """One spelling for every width, case and kana, for comparing only."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA)


def _as_field(row: RowMapping) -> Field:
    return Field(**{**row, "npo_law_fields": tuple(row["npo_law_fields"])})


def _as_group(row: RowMapping) -> Group:
    return Group(**{**row, "fields": tuple(row["fields"])})
