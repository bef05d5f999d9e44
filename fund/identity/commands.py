"""Signing in and out, and adding people."""

from __future__ import annotations

import datetime as dt
import secrets

from fund.identity import passwords as keeping
from fund.identity import queries, store
from fund.identity.domain import check_email, check_password, check_roles
from fund.kernel.actor import Actor, system
from fund.kernel.errors import Forbidden
from fund.platform.house import House


class TooManyAttempts(Forbidden):
    """This account or address must wait before it may try again."""


def add_user(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    email: str,
    name: str,
    password: str,
    roles: frozenset[str],
) -> int:
    """Add a person with roles, or renew an existing account's password; returns the id.

    Raises:
        Invalid: for an address, password or role that cannot be.
    """
    address = check_email(email)
    check_roles(roles)
    digest = keeping.passwords.hash(check_password(password, address))
    with house.transaction(by=by, now=now) as tx:
        person_id = store.add_person(tx, address, name.strip() or address, digest)
        for role in sorted(roles):
            store.add_role(tx, person_id, role)
        tx.audit("person.added", f"person:{person_id}", roles=sorted(roles))
    return person_id


def sign_in(house: House, *, now: dt.datetime, email: str, password: str, address: str) -> str:
    """Open a session and return its token.

    Raises:
        TooManyAttempts: after too many failures of the account or the address.
        Forbidden: for a wrong account or password; which of the two is not said.
    """
    account = email.strip().lower()[:254]
    marked = store.account_hash(account)
    with house.database.reading() as connection:
        if store.too_many_failures(connection, marked, address, now):
            raise TooManyAttempts("しばらく待ってから、もう一度お試しください")
        found = queries.person_by_email(connection, account)
    right = keeping.passwords.right(found[1] if found else None, password)
    token = secrets.token_urlsafe(32)
    with house.transaction(by=system("sign-in"), now=now) as tx:
        succeeded = right and found is not None and found[0].active
        store.add_attempt(tx, marked, address, succeeded=succeeded)
        if succeeded and found is not None:
            store.open_session(tx, token, found[0].id)
            tx.audit("person.signed-in", f"person:{found[0].id}")
    if not succeeded:
        raise Forbidden("メールアドレスまたはパスワードが違います")
    return token


def sign_out(house: House, *, by: Actor, now: dt.datetime, token: str) -> None:
    """End a session on the server."""
    with house.transaction(by=by, now=now) as tx:
        store.end_session(tx, token)
        tx.audit("person.signed-out", f"person:{by.person_id}")


def keep_alive(house: House, *, by: Actor, now: dt.datetime, token: str) -> None:
    """Note that a session is in use, so that the idle limit counts from now."""
    with house.transaction(by=by, now=now) as tx:
        store.touch_session(tx, token)
