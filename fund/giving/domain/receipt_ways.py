"""How the receipt comes to the donor: by post, by a link, or not at all. It is always issued."""

from __future__ import annotations

from fund.kernel.errors import Invalid

POST, LINK, NO_COPY = "post", "link", "none"
WAYS = (POST, LINK, NO_COPY)
"""``none`` sends nothing; the receipt still waits on the donor's page."""


def check_way(way: str) -> str:
    """One of the ways.

    Raises:
        Invalid: with the field ``receipt_way``.
    """
    if way not in WAYS:
        message = "領収書の受け取り方を選んでください"
        raise Invalid(message, {"receipt_way": message})
    return way
