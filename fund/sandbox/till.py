"""The till every part of the sandbox works at: settings, state, its own clock, ids and events.

Objects are made from blank official forms (``specimens*.json``), so each carries every field the
real API shows; an unknown field is refused here, at the moment it is written.
"""

from __future__ import annotations

import json
import secrets
import string
import time
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from fund.sandbox.errors import missing
from fund.sandbox.settings import SandboxSettings
from fund.sandbox.store import Store, Thing

_SPECIMENS = json.loads((Path(__file__).parent / "specimens.json").read_text("utf-8"))
_BILLING = json.loads((Path(__file__).parent / "specimens_billing.json").read_text("utf-8"))
_FORMS = {
    name: json.dumps(form) for name, form in (_SPECIMENS["objects"] | _BILLING["objects"]).items()
}
_ALPHABET = string.ascii_letters + string.digits
_DICE = secrets.SystemRandom()


@dataclass(frozen=True)
class Cause:
    """The API request that causes events; both None for what happens on pages or by itself."""

    request: str | None = None
    idempotency_key: str | None = None


ITSELF = Cause()
cause: ContextVar[Cause] = ContextVar("cause", default=ITSELF)
moment: ContextVar[int | None] = ContextVar("moment", default=None)
"""The time at which something that was due is being done (Unix seconds), else None."""


def blank(form: str, **fields: object) -> Thing:
    """A fresh object (or part of one) from its official form, with these fields filled in.

    Raises:
        KeyError: for a form or a field that the official object does not have.
    """
    thing: Thing = json.loads(_FORMS[form])
    spare = _SPECIMENS["absent_when_empty"].get(form, ())
    for name, value in fields.items():
        if name not in thing and name not in spare:
            raise KeyError(f"{form} has no field {name}")
        if value is not None or name not in spare:
            thing[name] = value
    return thing


def may_lack(form: str, name: str) -> bool:
    """Whether objects of this form have the field only when there is something in it."""
    return name in _SPECIMENS["absent_when_empty"].get(form, ())


def new_id(prefix: str, length: int = 24) -> str:
    """A random id in Stripe's manner: ``pi_`` and 24 letters and digits."""
    return f"{prefix}_{''.join(_DICE.choices(_ALPHABET, k=length))}"


@dataclass(frozen=True)
class Till:
    """Settings and state together with what everyone needs: the time, new objects, events."""

    settings: SandboxSettings
    store: Store

    def now(self) -> int:
        """The sandbox's time in Unix seconds: real time plus what was advanced by control.

        While something that fell due is being done, it is the time at which it was due.
        """
        due = moment.get()
        if due is not None:
            return due
        return int(time.time()) + int(self.store.switch("clock_ahead", 0))

    def make(self, form: str, prefix: str, hidden: Thing | None = None, **fields: object) -> Thing:
        """Create and keep a new object of this form, stamped with an id and the time."""
        stamp = {"id": new_id(prefix), "created": self.now()}
        return self.store.add(blank(form, **(stamp | fields)), hidden)

    def get(self, kind: str, identifier: str, param: str = "id") -> Thing:
        """The object of this kind and id.

        Raises:
            ApiError: 404 if there is none.
        """
        found = self.store.find(identifier, kind)
        if found is None:
            raise missing(kind, identifier, param)
        return found

    def emit(self, kind: str, thing: Thing, previous: Thing | None = None) -> str:
        """Record an event with a snapshot of the object; returns the event's id.

        The courier delivers it after the act is committed; ``previous`` holds the former values
        of changed fields in ``*.updated`` events.
        """
        origin = cause.get()
        data: Thing = {"object": thing}
        if previous is not None:
            data["previous_attributes"] = previous
        event = blank(
            "event",
            id=new_id("evt"),
            created=self.now(),
            type=kind,
            api_version=self.settings.api_version,
            data=data,
            request={"id": origin.request, "idempotency_key": origin.idempotency_key},
        )
        self.store.rows(
            "INSERT INTO event (id, type, created, body, state) VALUES (?, ?, ?, ?, 'pending')",
            (event["id"], kind, event["created"], json.dumps(event, ensure_ascii=False)),
        )
        return str(event["id"])

    def remind(self, seconds: int, name: str, subject: str) -> None:
        """Have an errand done on an object after so many seconds of the sandbox's time."""
        self.store.rows(
            "INSERT INTO errand (due, name, subject) VALUES (?, ?, ?)",
            (self.now() + seconds, name, subject),
        )
