"""Writing people, roles, sessions and attempts in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.identity.domain import FAILURE_WINDOW, FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS
from fund.identity.models import person, person_role, sign_in_attempt, staff_session
from fund.platform.house import Transaction


def add_person(tx: Transaction, email: str, name: str, password_hash: str) -> int:
    """Insert a person, or give an existing one this name and password; returns the id."""
    row = {
        "email": email,
        "name": name,
        "password_hash": password_hash,
        "active": True,
        "created_at": tx.now,
    }
    statement = (
        upsert(person)
        .values(row)
        .on_conflict_do_update(
            index_elements=["email"],
            set_={"name": name, "password_hash": password_hash, "active": True},
        )
        .returning(person.c.id)
    )
    return int(tx.connection.execute(statement).scalar_one())


def add_role(tx: Transaction, person_id: int, role: str) -> None:
    """Give a person a role; having it already changes nothing."""
    tx.connection.execute(
        upsert(person_role)
        .values(person_id=person_id, role=role, granted_at=tx.now, granted_by=tx.by.label)
        .on_conflict_do_nothing()
    )


def lock_people(tx: Transaction) -> None:
    """Let changes of people's access follow each other: two cannot both take the last admin."""
    tx.connection.execute(select(person.c.id).order_by(person.c.id).with_for_update()).all()


def take_roles(tx: Transaction, person_id: int, roles: Collection[str]) -> None:
    """Take roles from a person; what is not held stays not held."""
    tx.connection.execute(
        delete(person_role).where(
            person_role.c.person_id == person_id, person_role.c.role.in_(set(roles))
        )
    )


def deactivate(tx: Transaction, person_id: int) -> None:
    """Close an account: it signs in no more, and its sessions read nothing."""
    tx.connection.execute(update(person).where(person.c.id == person_id).values(active=False))


def end_sessions(tx: Transaction, person_id: int) -> int:
    """End a person's sessions on the server; returns how many were open."""
    ended = tx.connection.execute(
        update(staff_session)
        .where(staff_session.c.person_id == person_id, staff_session.c.ended_at.is_(None))
        .values(ended_at=tx.now)
        .returning(staff_session.c.person_id)
    )
    return len(ended.all())


def account_hash(email: str) -> bytes:
    """What the attempt log keeps of an account name, known or not."""
    return hashlib.sha256(email.encode()).digest()


def too_many_failures(
    connection: Connection, account: bytes, address: str, now: dt.datetime
) -> bool:
    """Whether this account or this address has failed too often within the window."""
    recent = select(
        func.count().filter(sign_in_attempt.c.account_hash == account),
        func.count().filter(sign_in_attempt.c.address == address),
    ).where(
        sign_in_attempt.c.at > now - FAILURE_WINDOW,
        ~sign_in_attempt.c.succeeded,
        or_(sign_in_attempt.c.account_hash == account, sign_in_attempt.c.address == address),
    )
    by_account, by_address = connection.execute(recent).one()
    return bool(by_account >= FAILURES_PER_ACCOUNT or by_address >= FAILURES_PER_ADDRESS)


def add_attempt(tx: Transaction, account: bytes, address: str, *, succeeded: bool) -> None:
    """Write down an attempt to sign in."""
    tx.connection.execute(
        insert(sign_in_attempt).values(
            at=tx.now, account_hash=account, address=address, succeeded=succeeded
        )
    )


def open_session(tx: Transaction, token: str, person_id: int) -> None:
    """Begin a session; only the hash of its token is kept."""
    tx.connection.execute(
        insert(staff_session).values(
            token_hash=token_hash(token),
            person_id=person_id,
            created_at=tx.now,
            seen_at=tx.now,
        )
    )


def end_session(tx: Transaction, token: str) -> None:
    """End a session on the server: its cookie is worth nothing from now on."""
    tx.connection.execute(
        update(staff_session)
        .where(staff_session.c.token_hash == token_hash(token), staff_session.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )


def touch_session(tx: Transaction, token: str) -> None:
    """Note that the session is in use."""
    tx.connection.execute(
        update(staff_session)
        .where(staff_session.c.token_hash == token_hash(token))
        .values(seen_at=tx.now)
    )


def token_hash(token: str) -> bytes:
    """SHA-256 of a session token."""
    return hashlib.sha256(token.encode()).digest()
