"""Keeping the register: the catalogue, fields, programmes and groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from fund.kernel.actor import Actor
from fund.kernel.canonical import Json
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.sentences import filled
from fund.platform.house import House, Transaction
from fund.registry import queries, store
from fund.registry.catalogue import read_catalogue
from fund.registry.domain import (
    Field,
    Group,
    Programme,
    check_field,
    check_programme,
    past_group,
    programme_code,
    tidy_group,
)

__all__ = [
    "import_groups",
    "load_catalogue",
    "programme_code",
    "put_field",
    "put_programme",
    "register_group",
]


def load_catalogue(house: House, *, by: Actor, now: dt.datetime) -> int:
    """Add the fields and programmes of the house that are missing; returns how many.

    What stands already stays as the staff left it, so a second call changes nothing.

    Raises:
        Invalid: if the catalogue's files are broken.
    """
    catalogue = read_catalogue()
    with house.transaction(by=by, now=now) as tx:
        added: list[Json] = [
            item.code for item in catalogue.items() if store.add_if_missing(tx, item)
        ]
        if added:
            tx.audit("registry.catalogue-loaded", "catalogue", added=added)
    return len(added)


def put_field(house: House, *, by: Actor, now: dt.datetime, field: Field) -> bool:
    """Add a field of use or change the one with its code; returns whether anything changed.

    Raises:
        Invalid: naming each column that cannot be.
    """
    check_field(field)
    with house.transaction(by=by, now=now) as tx:
        changed = store.put(tx, field)
        if changed:
            tx.audit("registry.field-put", field.code, name=field.name_ja, open=field.open)
    return changed


def put_programme(house: House, *, by: Actor, now: dt.datetime, programme: Programme) -> bool:
    """Add a programme or theme or change the one with its code; returns if anything changed.

    Raises:
        Invalid: naming each column that cannot be.
    """
    check_programme(programme)
    with house.transaction(by=by, now=now) as tx:
        changed = store.put(tx, programme)
        if changed:
            tx.audit("registry.programme-put", programme.code, name=programme.name_ja)
    return changed


def register_group(  # noqa: PLR0913 - one keyword for each column of the register
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    name: str,
    kind: str,
    fields: Iterable[str],
    registered_on: dt.date,
    registered_until: dt.date | None = None,
    kana: str = "",
    name_en: str = "",
    purpose_ja: str = "",
    purpose_en: str = "",
    corporate_no: str | None = None,
    website: str | None = None,
    source_url: str | None = None,
    sample: bool = False,
) -> str:
    """Register a group and return its new four-digit number; days are Japan's calendar.

    Raises:
        Invalid: naming each column that cannot be.
        Conflict: when a group has this name already, or no number is left.
    """
    group = Group(
        no="",
        name=name,
        kana=kana,
        name_en=name_en,
        kind=kind,
        purpose_ja=purpose_ja,
        purpose_en=purpose_en,
        fields=tuple(fields),
        state="registered",
        registered_on=registered_on,
        registered_until=registered_until,
        corporate_no=corporate_no,
        website=website,
        source_url=source_url,
        sample=sample,
    )
    with house.transaction(by=by, now=now) as tx:
        kept = _add(tx, group)
        tx.audit("group.registered", kept.no, name=kept.name, fields=list(kept.fields))
    return kept.no


def import_groups(
    house: House, *, by: Actor, now: dt.datetime, rows: Iterable[Mapping[str, str]]
) -> dict[str, str]:
    """Add the groups of published results as historical; returns each ``group_name``'s number.

    ``rows`` have ``group_name`` and ``source_url``. A name that stands already, in whatever
    state, is not added again.

    Raises:
        Invalid: naming the first row without a name or without its source; nothing is added.
        Conflict: when no number is left.
    """
    numbers: dict[str, str] = {}
    added: list[str] = []
    with house.transaction(by=by, now=now) as tx:
        store.lock_numbering(tx)
        codes = _codes(tx)
        for at, row in enumerate(rows, start=1):
            group = _past(row, at, codes)
            standing = queries.group_by_name(tx.connection, group.name)
            if standing is None:
                standing = _number(tx, group)
                added.append(standing.no)
            numbers[row["group_name"]] = standing.no
        if added:
            tx.audit("group.imported", added[0], count=len(added), last=added[-1])
    return numbers


def _past(row: Mapping[str, str], at: int, codes: Collection[str]) -> Group:
    """The row as a historical group; a refusal names the row."""
    try:
        return tidy_group(past_group(row), codes)
    except Invalid as error:
        raise Invalid(filled("%(at)s行目：%(why)s", at=at, why=str(error)), error.fields) from error


def _add(tx: Transaction, group: Group) -> Group:
    """The group tidied and kept under the next number."""
    store.lock_numbering(tx)
    tidy = tidy_group(group, _codes(tx))
    if queries.group_by_name(tx.connection, tidy.name) is not None:
        raise Conflict("この名前の団体は、すでにあります")
    return _number(tx, tidy)


def _number(tx: Transaction, group: Group) -> Group:
    numbered = replace(group, no=store.next_no(tx))
    store.add_group(tx, numbered)
    return numbered


def _codes(tx: Transaction) -> frozenset[str]:
    return frozenset(field.code for field in queries.fields(tx.connection))
