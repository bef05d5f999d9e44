"""Which part of the ledger adds up to a place of the flow diagram."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection

from fund.publication import queries
from fund.publication.domain.flow import Picture
from fund.publication.queries import LedgerFilter

_BACK = "donation.refunded,dispute.lost,entry.reversed"
_PLACES = {
    "gifts": f"donation.received,{_BACK}",
    "interest": "interest.earned",
    "opening": "opening.balance",
    "returned": "grant.returned",
    "out": "disbursement.paid,entry.reversed",
}


def flow_links(
    connection: Connection, fy: int | None, drawn: Picture
) -> dict[str, Mapping[str, str]]:
    """For places of the diagram, the part of the ledger that adds up to exactly their sum.

    A place that is a mixture (money carried over, small groups together) has no such part.
    """
    sums = dict(place_sums(drawn))
    year = {} if fy is None else {"fy": str(fy)}
    found: dict[str, Mapping[str, str]] = {}
    for key, yen in sums.items():
        if key in _PLACES:
            arguments = {**year, "kind": _PLACES[key]}
        elif key.isdigit():
            arguments = {**year, "given-to": key}
        else:
            continue
        kinds = tuple(arguments.get("kind", "").split(",")) if "kind" in arguments else ()
        wanted = LedgerFilter(fy=fy, kinds=kinds, to=arguments.get("given-to"))
        told = queries.totals(connection, wanted)
        if yen in {told.came_in, told.out, told.returned, told.left, told.moved}:
            found[key] = arguments
    return found


def place_sums(drawn: Picture) -> dict[str, int]:
    """Yen at each source, group and end of the diagram."""
    sums: dict[str, int] = defaultdict(int)
    for (source, _wish), yen in drawn.sources.items():
        sums[source] += yen
    for (_wish, group), yen in drawn.wishes.items():
        sums[group] += yen
    for (_group, place), yen in drawn.ends.items():
        if place == "out":
            sums[place] += yen
    return dict(sums)
