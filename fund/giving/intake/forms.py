"""The form of one row: which fields a kind of batch asks for, and what a ditto mark repeats."""

from __future__ import annotations

from collections.abc import Mapping

_PERSON = (
    "name",
    "kana",
    "postal_code",
    "address1",
    "address2",
    "phone",
    "email",
    "kind",
    "contact_person",
    "wish",
    "fallback",
    "display_name",
    "receipt",
    "one_stop",
    "note",
)
FIELDS: dict[str, tuple[str, ...]] = {
    "counter": ("amount", "received_on", *_PERSON, "gift_no"),
    "slip": ("gift_no", "amount", "received_on", *_PERSON),
    "bank": ("gift_no", "amount", "received_on", *_PERSON),
    "portal": ("order_no", "source", "amount", "received_on", *_PERSON),
    "box": ("amount", "received_on", "note"),
}
"""The fields in the order of the paper; the first one is where the next row begins."""

DITTO = frozenset({"〃", '"', "”", "″", "々"})
"""What people write for "the same as above"."""

SLIP_FIELDS = ("amount", *_PERSON)
"""What a donor who asks for a slip by telephone tells."""


def with_dittos(typed: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What was typed, each ditto mark replaced by what the row before says there."""
    return {
        name: before.get(name, "") if text.strip() in DITTO else text
        for name, text in typed.items()
    }
