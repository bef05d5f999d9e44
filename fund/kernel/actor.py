"""Who acts: every command names the hand, and the audit trail keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """A person (with database id), a donor behind a secret link, or the house itself.

    ``label`` is what the audit trail shows; it never holds a donor's name.
    """

    kind: str
    person_id: int | None = None
    label: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)

    def is_person(self) -> bool:
        """Whether a signed-in member of staff stands behind the act."""
        return self.kind == "person" and self.person_id is not None


def system(label: str = "system") -> Actor:
    """The house itself, acting from a task or a command line."""
    return Actor("system", None, label)


def donor(gift_no: str) -> Actor:
    """A donor, known only by the public number of the gift."""
    return Actor("donor", None, gift_no)
