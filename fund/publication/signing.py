"""Signing the log: entries become leaves, leaves become tiles, and the head is signed.

The order makes a crash harmless: tiles are on the disk before a head names them, and a head is
in the database before anybody is shown it. What was written twice is the same bytes; what was
signed once is never signed differently, because a new head must contain the last one.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.actor import Actor, system
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import canonical
from fund.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from fund.ledger import journal
from fund.ledger.domain import Entry
from fund.platform.house import House, Transaction
from fund.publication import queries
from fund.publication.commands import append_pending
from fund.publication.log.merkle import leaf_hash, root
from fund.publication.log.note import (
    COSIGNATURE,
    Checkpoint,
    Key,
    Note,
    cosigned_at,
    cosigned_message,
    read_checkpoint,
    read_note,
    read_vkey,
)
from fund.publication.log.tiles import WIDTH, TiledTree, bundles, grow, tile_path
from fund.publication.models import log_checkpoint, log_cosignature, log_key, log_witness
from fund.publication.ports import Notary, Shelf, Signer
from fund.publication.queries import heads

_HEADS_LOCK = 7_107_003
MOST_AT_ONCE = 64 * WIDTH
"""Leaves laid out at once: bounds memory, not the size of a signed step."""


def sign_log(house: House, *, now: dt.datetime) -> Checkpoint | None:
    """Sign what was appended since the last head and publish it; None if nothing was.

    Raises:
        Unavailable: while no signing key is configured.
        Conflict: when the key is not the log's, when the entries on the disk do not lead to
            the head that was signed last, or when the database does not know the head that was
            shown last. Then nothing is signed: somebody changed the past, or lost it.
    """
    signer = house.port(Signer)
    if signer.key is None:
        raise Unavailable("台帳の署名の鍵がありません（FUND_SIGNING_KEY）")
    hold_to_what_was_shown(house)
    with house.database.reading() as connection:
        head, size = heads.last_head(connection), queries.last_no(connection)
        known = heads.keys(connection)
    if known and known[-1].vkey != signer.key.vkey:
        raise Conflict("署名の鍵が、台帳に告げられた鍵と違います。鍵の交代は fund log rotate で")
    if size == (head.size if head else 0):
        publish_head(house)
        return None
    made = Checkpoint(origin(house), size, _lay_out(house, head, size))
    note = Note(made.text, (signer.sign(made.text),))
    with house.transaction(by=system("publication"), now=now) as tx:
        fresh = _hold_heads(tx, head)
        if fresh and not known:
            _add_key(tx, signer.key, 1)
        if fresh:
            _add_head(tx, made, note)
    publish_head(house)
    return made if fresh else None


FORGOTTEN = (
    "いちど公開した署名つきの台帳（%s）が、いまのデータベースにありません。古いバックアップに"
    "戻したときに起こります。署名と公開を止めました。より新しいバックアップかアーカイブログで"
    "戻してください。戻せないときは README の「After an older backup」を見てください"
)
"""Nothing is signed or shown: going on would be a fork, seen by all who kept the later head."""


def hold_to_what_was_shown(house: House) -> None:
    """Refuse to go on from a database that does not know the head on the shelf.

    The shelf is read first: a head is in the database before it is shown.

    Raises:
        Conflict: when the database is older than what was published.
    """
    try:
        shown = house.port(Shelf).read("checkpoint").decode()
    except FileNotFoundError:
        return
    with house.database.reading() as connection:
        if not heads.knows(connection, shown):
            raise Conflict(FORGOTTEN % "log/checkpoint")


def origin(house: House) -> str:
    """The log's name: the first line of every head, and the name of its keys.

    Raises:
        Unavailable: while no signing key is configured.
    """
    key = house.port(Signer).key
    if key is None:
        raise Unavailable("台帳の署名の鍵がありません（FUND_SIGNING_KEY）")
    return key.name


def _lay_out(house: House, head: heads.Head | None, size: int) -> bytes:
    """Write the tiles up to ``size`` and return the root; every older tile is left as it is."""
    shelf = house.port(Shelf)
    old = head.size if head else 0

    def read(level: int, number: int, width: int) -> bytes:
        return shelf.read(tile_path(level, number, width))

    try:
        _extend(house, old, size)
        tree = TiledTree(read, size)
        before = root(tree, old) if head else None
    except FileNotFoundError:
        # A shelf that was lost is laid out again from the entries, which are the truth.
        _extend(house, 0, size)
        tree = TiledTree(read, size)
        before = root(tree, old) if head else None
    if head is not None and before != head.root:
        raise Conflict(
            f"台帳の{head.size}番までが、署名したときと違います。署名を止めました（分岐）"
        )
    return root(tree, size)


def _extend(house: House, old: int, size: int) -> None:
    shelf = house.port(Shelf)
    while old < size:
        start = old // WIDTH * WIDTH
        end = min(size, start + MOST_AT_ONCE)
        with house.database.reading() as connection:
            entries = heads.bodies(connection, start, end)
        files = {
            tile_path("entries", number, width): data
            for number, width, data in bundles(start, entries)
        }
        leaves = [leaf_hash(entry) for entry in entries]
        fresh: dict[str, bytes] = {}

        def read(level: int, number: int, width: int, fresh: dict[str, bytes] = fresh) -> bytes:
            path = tile_path(level, number, width)
            return fresh[path] if path in fresh else shelf.read(path)

        for level, number, width, data in grow(read, old, leaves, end):
            fresh[tile_path(level, number, width)] = data
        shelf.write(files | fresh)
        old = end


def _hold_heads(tx: Transaction, before: heads.Head | None) -> bool:
    """Wait for whoever signs; False when somebody signed a further head meanwhile."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _HEADS_LOCK})
    return heads.last_head(tx.connection) == before


def _add_head(tx: Transaction, made: Checkpoint, note: Note) -> None:
    """Write a head; the database refuses one that does not grow the log."""
    tx.connection.execute(
        insert(log_checkpoint).values(
            size=made.size, root=made.root, note=note.spelled(), signed_at=tx.now
        )
    )
    tx.audit("log.signed", str(made.size), root=made.root.hex())


def _add_key(tx: Transaction, key: Key, from_size: int) -> None:
    tx.connection.execute(
        insert(log_key).values(vkey=key.vkey, from_size=from_size, added_at=tx.now)
    )


def publish_head(house: House) -> None:
    """Put the newest head, its cosignatures and the keys on the shelf.

    Asked again until nothing newer was signed meanwhile: two workers end with the same file.

    Raises:
        Conflict: when what lies there is a head this database never signed.
    """
    hold_to_what_was_shown(house)
    shelf, shown = house.port(Shelf), None
    while True:
        with house.database.reading() as connection:
            head = heads.last_head(connection)
            signatures = heads.witnessed(connection, head.size) if head else []
            known = heads.keys(connection)
        if head is None or (head, signatures, known) == shown:
            return
        listed = [key.as_listed() for key in known]
        shelf.write(
            {
                "keys.json": canonical({"keys": listed}) + b"\n",
                "vkey": f"{known[-1].vkey}\n".encode(),
                "checkpoint": (head.note + "".join(one.line for one in signatures)).encode(),
            }
        )
        shown = (head, signatures, known)


def rotate_key(house: House, *, by: Actor, now: dt.datetime, successor: Signer) -> Checkpoint:
    """Announce a new key in the log itself and sign the head that contains this with both keys.

    From the next head on only the new key signs: put it into the settings now.

    Raises:
        Conflict: when nothing was signed yet, or the key is known already.
        Invalid: when the new key does not carry the log's name.
    """
    old, new = house.port(Signer), successor.key
    if old.key is None or new is None:
        raise Unavailable("新旧ふたつの鍵が必要です")
    if new.name != old.key.name:
        raise Invalid("新しい鍵の名前は、台帳の名前（いまの鍵と同じ）にしてください")
    hold_to_what_was_shown(house)
    with house.transaction(by=by, now=now) as tx:
        known = heads.keys(tx.connection)
        if not known or new.vkey in {key.vkey for key in known}:
            raise Conflict("台帳にまだ署名がないか、この鍵はすでに使われています")
        detail = {"vkey": new.vkey}
        journal.record(tx, Entry("log.key", new.vkey, day_in_japan(now), detail=detail))
        tx.audit("log.key-announced", new.vkey)
    while append_pending(house, by=by, now=now):
        pass
    with house.database.reading() as connection:
        head, size = heads.last_head(connection), queries.last_no(connection)
    made = Checkpoint(origin(house), size, _lay_out(house, head, size))
    note = Note(made.text, (old.sign(made.text), successor.sign(made.text)))
    with house.transaction(by=by, now=now) as tx:
        if not _hold_heads(tx, head):
            raise Conflict("いま別の人が署名しています。もう一度お試しください")
        _add_head(tx, made, note)
        _add_key(tx, new, size + 1)
    publish_head(house)
    return made


def add_witness(house: House, *, by: Actor, now: dt.datetime, vkey: str, about: str) -> None:
    """Register somebody whose cosignatures are shown.

    Raises:
        Invalid: for a key that is none of a witness (algorithm 4).
        Conflict: when the name or the key is known.
    """
    key = read_vkey(vkey)
    if key.algorithm != COSIGNATURE:
        raise Invalid("立会人の鍵（cosignature/v1）ではありません")
    with house.transaction(by=by, now=now) as tx:
        if any(key.name == one.name for one in heads.witnesses(tx.connection)):
            raise Conflict("この名前の立会人は登録されています")
        tx.connection.execute(
            insert(log_witness).values(vkey=key.vkey, name=key.name, about=about, added_at=now)
        )
        tx.audit("log.witness-added", key.name)


def add_cosignature(house: House, *, now: dt.datetime, spelled: str) -> str:
    """Keep a witness's signature under a head of ours; returns the witness's name.

    Raises:
        Invalid: when the note is not a head with a witness's signature, or the signature is
            not the witness's.
        NotFound: when this head was never signed here, or the witness is not registered.
    """
    note = read_note(spelled)
    checkpoint = read_checkpoint(note.text)
    with house.database.reading() as connection:
        head = heads.head_of(connection, checkpoint.size)
        known = [read_vkey(one.vkey) for one in heads.witnesses(connection)]
    if head is None or read_note(head.note).text != note.text:
        raise NotFound("このチェックポイントは、この台帳のものではありません")
    for signature in note.signatures:
        key = next((k for k in known if (k.name, k.id) == (signature.name, signature.key_id)), None)
        if key is None:
            continue
        at, blob = cosigned_at(signature)
        if not house.port(Notary).is_signed(key, cosigned_message(note.text, at), blob):
            raise Invalid("立会人の署名が正しくありません")
        moment = dt.datetime.fromtimestamp(at, dt.UTC)
        with house.transaction(by=system("witness"), now=now) as tx:
            tx.connection.execute(
                upsert(log_cosignature)
                .values(size=checkpoint.size, vkey=key.vkey, line=signature.line, at=moment)
                .on_conflict_do_nothing()
            )
            tx.audit("log.witnessed", str(checkpoint.size), witness=key.name)
        publish_head(house)
        return key.name
    raise NotFound("登録された立会人の署名がありません")
