"""Reading people and sessions as frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from fund.identity.domain import is_alive
from fund.identity.models import person, person_role, staff_session
from fund.identity.store import token_hash
from fund.kernel.actor import Actor


@dataclass(frozen=True)
class Person:
    """A member of staff with the roles held now."""

    id: int
    email: str
    name: str
    active: bool
    roles: frozenset[str]

    def actor(self) -> Actor:
        """This person as the hand of a command."""
        return Actor("person", self.id, self.name, self.roles)


_PEOPLE = (
    select(
        person.c.id,
        person.c.email,
        person.c.name,
        person.c.active,
        person.c.password_hash,
        func.array_remove(func.array_agg(person_role.c.role), None).label("roles"),
    )
    .outerjoin(person_role, person_role.c.person_id == person.c.id)
    .group_by(person.c.id)
)


def person_by_email(connection: Connection, email: str) -> tuple[Person, str] | None:
    """The person of an account and the password hash, or None."""
    row = connection.execute(_PEOPLE.where(person.c.email == email)).one_or_none()
    if row is None:
        return None
    return Person(row.id, row.email, row.name, row.active, frozenset(row.roles)), row.password_hash


def people(connection: Connection) -> list[Person]:
    """Everybody, by e-mail."""
    return [
        Person(row.id, row.email, row.name, row.active, frozenset(row.roles))
        for row in connection.execute(_PEOPLE.order_by(person.c.email))
    ]


def names(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Names of people by id, for pages that say who did what."""
    rows = connection.execute(select(person.c.id, person.c.name).where(person.c.id.in_(set(ids))))
    return {row.id: row.name for row in rows}


@dataclass(frozen=True)
class Session:
    """A living session: whose it is and when it was last seen (UTC)."""

    person: Person
    seen_at: dt.datetime


def living_session(connection: Connection, token: str, now: dt.datetime) -> Session | None:
    """The session behind a token if it lives and its person is active; roles as of now."""
    row = connection.execute(
        select(staff_session).where(
            staff_session.c.token_hash == token_hash(token), staff_session.c.ended_at.is_(None)
        )
    ).one_or_none()
    if row is None or not is_alive(row.created_at, row.seen_at, now):
        return None
    found = connection.execute(_PEOPLE.where(person.c.id == row.person_id)).one()
    if not found.active:
        return None
    who = Person(found.id, found.email, found.name, found.active, frozenset(found.roles))
    return Session(who, row.seen_at)
