"""Every endpoint bears a permission, stamped on the view; the identity room enforces it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

PUBLIC = "public"
SIGNED_IN = "signed-in"


def public(view: View) -> View:
    """Anyone may ask for this."""
    return permission(PUBLIC)(view)


def signed_in(view: View) -> View:
    """Any active member of staff may ask for this."""
    return permission(SIGNED_IN)(view)


def permission(name: str) -> Callable[[View], View]:
    """Only people with a role that carries this permission (see ``identity.domain``)."""

    def stamp(view: View) -> View:
        view.fund_permission = name  # type: ignore[attr-defined]
        return view

    return stamp


def permission_of(view: object) -> str | None:
    """The permission stamped on a view, or None if somebody forgot it."""
    stamped = getattr(view, "fund_permission", None)
    return stamped if isinstance(stamped, str) else None
