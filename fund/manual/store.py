"""Writing an edition: once, as a whole, never again."""

from __future__ import annotations

from sqlalchemy import insert, text

from fund.kernel.canonical import Json
from fund.manual.domain import Edition
from fund.manual.models import clause, edition, parameter
from fund.platform.house import Transaction

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('manual.edition'))")


def lock_publishing(tx: Transaction) -> None:
    """Let one edition be published at a time, so that the checks before it hold."""
    tx.connection.execute(_LOCK)


def add_edition(tx: Transaction, new: Edition, body: bytes, sha256: bytes) -> None:
    """Write an edition with its clauses and parameters; ``body`` is its canonical JSON."""
    tx.connection.execute(
        insert(edition).values(
            code=new.code,
            effective_on=new.effective_on,
            decided_on=new.decided_on,
            decision_ref=new.decision_ref,
            title_ja=new.title_ja,
            title_en=new.title_en,
            summary_ja=new.summary_ja,
            summary_en=new.summary_en,
            body=body,
            sha256=sha256,
            published_at=tx.now,
        )
    )
    tx.connection.execute(insert(clause), _clause_rows(new))
    tx.connection.execute(insert(parameter), _parameter_rows(new))


def _clause_rows(new: Edition) -> list[dict[str, Json]]:
    return [
        {
            "edition_code": new.code,
            "id": one.id,
            "position": int(one.number),
            "chapter_ja": chapter.title_ja,
            "chapter_en": chapter.title_en,
            "number": one.number,
            "title_ja": one.title_ja,
            "title_en": one.title_en,
            "text_ja": one.text_ja,
            "text_en": one.text_en,
            "plain_ja": one.plain_ja,
        }
        for chapter in new.chapters
        for one in chapter.clauses
    ]


def _parameter_rows(new: Edition) -> list[dict[str, Json]]:
    return [
        {
            "edition_code": new.code,
            "clause_id": one.id,
            "name": parameter.name,
            "value": parameter.value,
            "label_ja": parameter.label_ja,
            "label_en": parameter.label_en,
            "unit": parameter.unit,
        }
        for one in new.clauses
        for parameter in one.parameters
    ]
