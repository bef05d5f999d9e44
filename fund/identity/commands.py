"""Signing in and out, adding people, and taking access away."""

from __future__ import annotations

import datetime as dt
import secrets

from fund.identity import passwords as keeping
from fund.identity import queries, store
from fund.identity.domain import check_email, check_password, check_roles
from fund.kernel.actor import Actor, system
from fund.kernel.errors import Conflict, Forbidden, NotFound
from fund.kernel.sentences import filled
from fund.platform.house import House, Transaction


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


def change_roles(
    house: House, *, by: Actor, now: dt.datetime, email: str, roles: frozenset[str]
) -> None:
    """Give a person exactly these roles; open sessions have them from the next page on.

    Raises:
        Invalid: for a role that does not exist, or none at all.
        NotFound: for an account nobody has.
        Conflict: when nobody would be administrator any more.
    """
    check_roles(roles)
    with house.transaction(by=by, now=now) as tx:
        found = _locked(tx, email)
        if "admin" not in roles:
            _check_admin_remains(tx, found)
        for role in sorted(roles - found.roles):
            store.add_role(tx, found.id, role)
        store.take_roles(tx, found.id, found.roles - roles)
        tx.audit(
            "person.roles-changed",
            f"person:{found.id}",
            before=sorted(found.roles),
            roles=sorted(roles),
        )


def end_access(house: House, *, by: Actor, now: dt.datetime, email: str) -> int:
    """Close a person's account and end its sessions; returns how many were open.

    What the person did stays theirs: the row remains, for every decision names its hand. Adding
    the same address again opens the account anew.

    Raises:
        NotFound: for an account nobody has.
        Conflict: when nobody would be administrator any more.
    """
    with house.transaction(by=by, now=now) as tx:
        found = _locked(tx, email)
        _check_admin_remains(tx, found)
        store.deactivate(tx, found.id)
        store.take_roles(tx, found.id, found.roles)
        ended = store.end_sessions(tx, found.id)
        tx.audit(
            "person.access-ended", f"person:{found.id}", before=sorted(found.roles), sessions=ended
        )
    return ended


def _locked(tx: Transaction, email: str) -> queries.Person:
    account = email.strip().lower()[:254]
    store.lock_people(tx)
    found = queries.person_by_email(tx.connection, account)
    if found is None:
        raise NotFound(filled("そのアカウントはありません: %(email)s", email=account))
    return found[0]


def _check_admin_remains(tx: Transaction, leaving: queries.Person) -> None:
    others = (one for one in queries.people(tx.connection) if one.id != leaving.id)
    if "admin" in leaving.roles and not any(one.active and "admin" in one.roles for one in others):
        raise Conflict("最後の管理者です。先に、ほかの人を管理者にしてください")


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
