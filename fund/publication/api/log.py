"""Reading the signed log for the API: its present head, its keys and witnesses, earlier roots."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from fund.kernel.calendar import ZONE
from fund.kernel.canonical import Json
from fund.kernel.errors import NotFound
from fund.publication.api.answers import Rows, of_ledger, utc
from fund.publication.api.parameters import Asked
from fund.publication.dictionary.fields import Record
from fund.publication.forms import MAX_NO
from fund.publication.queries import heads


@of_ledger
def log(connection: Connection, asked: Asked) -> Rows:
    """The newest signed head with everything needed to check it."""
    del asked
    head = heads.last_head(connection)
    if head is None:
        raise NotFound("署名された台帳は、まだありません")
    cosigned = {one.name: one for one in heads.witnessed(connection)}
    keys: list[Json] = [
        {
            "vkey": key.vkey,
            "from": key.from_size,
            "until": key.until_size,
            "announced": key.announced,
        }
        for key in heads.keys(connection)
    ]
    witnesses: list[Json] = [
        {
            "name": one.name,
            "vkey": one.vkey,
            "about": one.about,
            "cosigned_size": cosigned[one.name].size if one.name in cosigned else None,
            "cosigned_at": utc(cosigned[one.name].at) if one.name in cosigned else None,
        }
        for one in heads.witnesses(connection)
    ]
    signatures = "".join(one.line for one in heads.witnessed(connection, head.size))
    told = {**_root_record(head), "checkpoint": head.note + signatures}
    return [{**told, "keys": keys, "witnesses": witnesses}], None


@of_ledger
def roots(connection: Connection, asked: Asked) -> Rows:
    """A page of signed roots, newest first; with ``to`` those signed up to that day (Japan)."""
    day = asked.day("to")
    until = None
    if day is not None and day < dt.date.max:
        until = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZONE)
    found = heads.heads_below(connection, asked.integer("after"), asked.limit + 1, until)
    shown = found[: asked.limit]
    following = shown[-1].size if len(found) > asked.limit else None
    return [_root_record(one) for one in shown], following


@of_ledger
def root(connection: Connection, asked: Asked) -> Rows:
    """The root that was signed at a size."""
    size = int(asked["size"])
    found = heads.head_of(connection, size) if size <= MAX_NO else None
    if found is None:
        raise NotFound("この大きさの木に署名した先頭はありません")
    return [_root_record(found)], None


def _root_record(head: heads.Head) -> Record:
    return {
        "size": head.size,
        "root": head.root.hex(),
        "signed_at": utc(head.signed_at),
        "checkpoint": head.note,
    }
