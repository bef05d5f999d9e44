"""The six ways a request can be refused; one table in the web kit maps them to pages."""

from __future__ import annotations

from collections.abc import Mapping


class DomainError(Exception):
    """Base of every refusal the house makes on purpose; the message may be shown to people."""


class Invalid(DomainError):  # noqa: N818 - the kinds read as adjectives everywhere
    """The input cannot be accepted; ``fields`` maps a field's name to what to do about it."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class NotFound(DomainError):  # noqa: N818
    """There is no such thing, or nothing this person may know of."""


class Forbidden(DomainError):  # noqa: N818
    """This person may not do this, whatever the state of the thing."""


class Conflict(DomainError):  # noqa: N818
    """The thing is no longer (or not yet) in a state that allows this."""


class Unavailable(DomainError):  # noqa: N818
    """Something outside (provider, mail, disk) does not answer; trying again may help."""


class TooMany(DomainError):  # noqa: N818
    """Too often in a short time; nothing is lost, ``seconds`` from now it may be tried again."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds
