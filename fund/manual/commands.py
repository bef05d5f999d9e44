"""Publishing an edition of the rule book, in the books and in the public log at once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.manual import queries, store
from fund.manual.domain import Edition, document_bytes, document_sha256, read_edition
from fund.manual.messages import EditionPublished
from fund.platform.house import House, Transaction

EDITIONS = Path(__file__).parent / "editions"


def published_documents() -> list[dict[str, Any]]:
    """The editions that come with the service, the oldest first; all of them are 見本."""
    documents = [json.loads(path.read_text("utf-8")) for path in EDITIONS.glob("*.json")]
    return sorted(documents, key=lambda document: str(document["effective_on"]))


def publish_edition(
    house: House, *, by: Actor, now: dt.datetime, document: Mapping[str, Any]
) -> str:
    """Publish an edition and tell the ledger, which records it; returns its code.

    The same content again changes nothing.

    Raises:
        Invalid: naming every place of the document that is wrong.
        Conflict: when the code or the day stands for other content already, or when the
            edition would change rules of the past.
    """
    edition = read_edition(document)
    sha256 = document_sha256(document)
    with house.transaction(by=by, now=now) as tx:
        store.lock_publishing(tx)
        if _is_published(tx, edition, sha256):
            return edition.code
        store.add_edition(tx, edition, document_bytes(document), bytes.fromhex(sha256))
        tx.announce(EditionPublished(edition.code, edition.effective_on, sha256))
        tx.audit("manual.published", edition.code, sha256=sha256)
    return edition.code


def _is_published(tx: Transaction, new: Edition, sha256: str) -> bool:
    """Whether exactly this edition stands already; refuses what would contradict it."""
    today = day_in_japan(tx.now)
    published = queries.editions(tx.connection)
    same = next((old for old in published if old.code == new.code), None)
    if same is not None and same.sha256 == sha256:
        return True
    if same is not None:
        raise Conflict(f"{new.code}版は、別の内容ですでに公表されています")
    for old in published:
        if old.effective_on == new.effective_on:
            raise Conflict(f"{new.effective_on}から使う版は、すでにあります（{old.code}版）")
        if new.effective_on < old.effective_on <= today:
            raise Conflict(
                f"{old.code}版がすでに使われています。さかのぼって決まりを変えることはできません"
            )
    return False
