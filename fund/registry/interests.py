"""Declared interests: which groups a member of staff is connected with, and since when.

Everybody declares for oneself. What was declared is never deleted, it only ends; an interest that
ended still counts for everything that was already waiting while it stood, so that nobody can end
one to decide about what is on the table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Select, insert, or_, select, update

from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.sentences import filled
from fund.platform.house import House
from fund.registry.domain import is_group_no, is_storable
from fund.registry.models import civic_group, interest

RELATIONS = ("officer", "member", "employee", "business", "family", "other")
"""Board member, member, employee, contractor or customer, close relative works there, other."""
MAX_NOTE = 200


@dataclass(frozen=True)
class Interest:
    """One declaration: moments in UTC; ``ended_at`` is None while it stands."""

    id: int
    person_id: int
    group_no: str
    group_name: str
    relation: str
    note: str
    declared_at: dt.datetime
    ended_at: dt.datetime | None


def declare(
    house: House, *, by: Actor, now: dt.datetime, group_no: str, relation: str, note: str = ""
) -> int:
    """Declare that the one who acts is connected with a group; returns the declaration's id.

    Raises:
        Forbidden: when no person acts.
        Invalid: for a group or relation that does not exist, or a note that is too long.
        Conflict: when the same stands already.
    """
    if by.person_id is None:
        raise Forbidden("利害関係は、サインインした本人だけが申告できます")
    written = note.strip()
    problems = {}
    if relation not in RELATIONS:
        problems["relation"] = "一覧から選んでください"
    if len(written) > MAX_NOTE or not is_storable(written):
        problems["note"] = filled("%(longest)s文字までで入力してください", longest=MAX_NOTE)
    with house.transaction(by=by, now=now) as tx:
        known = (
            is_group_no(group_no)
            and tx.connection.execute(
                select(civic_group.c.no).where(civic_group.c.no == group_no)
            ).one_or_none()
        )
        if not known:
            problems["group_no"] = "団体の番号（4けた）を確認してください"
        if problems:
            raise Invalid("申告の内容を確認してください", problems)
        if standing(tx.connection, by.person_id, [group_no]):
            raise Conflict("この団体との関係は、すでに申告されています")
        made: int = tx.connection.execute(
            insert(interest)
            .values(
                person_id=by.person_id,
                group_no=group_no,
                relation=relation,
                note=written,
                declared_at=now,
            )
            .returning(interest.c.id)
        ).scalar_one()
        tx.audit("interest.declared", f"group {group_no}", relation=relation)
    return made


def end(house: House, *, by: Actor, now: dt.datetime, interest_id: int) -> None:
    """Say that one's own connection with a group has ended.

    Raises:
        NotFound: for a declaration that is not one's own or has ended.
    """
    with house.transaction(by=by, now=now) as tx:
        row = tx.connection.execute(
            update(interest)
            .where(
                interest.c.id == interest_id,
                interest.c.person_id == by.person_id,
                interest.c.ended_at.is_(None),
            )
            .values(ended_at=now)
            .returning(interest.c.group_no)
        ).one_or_none()
        if row is None:
            raise NotFound("その申告はありません")
        tx.audit("interest.ended", f"group {row.group_no}")


def standing(
    connection: Connection,
    person_id: int,
    group_nos: Collection[str],
    since: dt.datetime | None = None,
) -> list[Interest]:
    """A person's interests in these groups that stand, or stood at ``since`` (UTC) or later."""
    open_now = interest.c.ended_at.is_(None)
    stands = open_now if since is None else or_(open_now, interest.c.ended_at >= since)
    return _found(
        connection,
        _INTERESTS.where(
            interest.c.person_id == person_id, interest.c.group_no.in_(set(group_nos)), stands
        ),
    )


def of_person(connection: Connection, person_id: int) -> list[Interest]:
    """Everything a person declared, what stands first."""
    return _found(connection, _INTERESTS.where(interest.c.person_id == person_id))


def everybodys(connection: Connection) -> list[Interest]:
    """Everything anybody declared, what stands first."""
    return _found(connection, _INTERESTS)


_INTERESTS = select(interest, civic_group.c.name).join(
    civic_group, civic_group.c.no == interest.c.group_no
)


def _found(connection: Connection, query: Select[tuple[object, ...]]) -> list[Interest]:
    ordered = query.order_by(interest.c.ended_at.desc().nulls_first(), interest.c.id.desc())
    return [
        Interest(
            id=row.id,
            person_id=row.person_id,
            group_no=row.group_no,
            group_name=row.name,
            relation=row.relation,
            note=row.note,
            declared_at=row.declared_at,
            ended_at=row.ended_at,
        )
        for row in connection.execute(ordered)
    ]
