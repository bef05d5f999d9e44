"""Public entries as lines of a table or a file: words, links and amounts, ready to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape
from sqlalchemy import Connection

from fund.kernel.canonical import Json, canonical
from fund.ledger.reasons import reason_words
from fund.platform.web.context import locale
from fund.platform.web.twins import Cell, Column
from fund.publication import queries
from fund.publication.dictionary.pages import LEDGER
from fund.publication.domain.entries import shares_of
from fund.publication.phrases import Phrase, Piece, joined
from fund.publication.phrases import gettext as _
from fund.publication.queries import LedgerRow
from fund.publication.wording import (
    Context,
    pot_text,
    sentence,
    wish_text,
)
from fund.registry import queries as registry

_ACCEPTED, _POT_OF_GROUP = "donation.received", "fund:group:"
_MARKS: Mapping[str, tuple[str, str]] = {
    "donation.received": ("＋", "success"),
    "interest.earned": ("＋", "success"),
    "opening.balance": ("＋", "success"),
    "allocation.line": ("→", "info"),
    "disbursement.paid": ("→", "info"),
    "grant.returned": ("←", "success"),
    "award.decided": ("◇", "neutral"),
    "allocation.approved": ("◇", "neutral"),
    "manual.edition": ("◇", "neutral"),
    "period.closed": ("◇", "neutral"),
    "settlement.confirmed": ("◇", "neutral"),
    "log.key": ("◇", "neutral"),
    "entry.reversed": ("↺", "warning"),
    "donation.refunded": ("↺", "warning"),
    "dispute.lost": ("↺", "warning"),
    "designation.redirected": ("↺", "warning"),
    "award.reduced": ("↺", "warning"),
    "award.cancelled": ("↺", "warning"),
}
"""Kind → a sign and a tone for its chip; kinds that only move money between accounts have ⇄."""

_VALUES: Mapping[str, Callable[[LedgerRow], Cell]] = {
    "no": lambda row: row.no,
    "on": lambda row: row.on,
    "kind": lambda row: row.kind,
    "postings": lambda row: canonical(postings_json(row)).decode(),
    "reverses": lambda row: row.reverses,
    "reason": lambda row: row.reason,
}
COLUMNS: tuple[Column[LedgerRow], ...] = tuple(
    Column(field.name, field.title, _VALUES[field.name]) for field in LEDGER.fields
)
"""The columns of the machine twins, in the order of the public contract."""


class Line(NamedTuple):
    """One entry for a page; amounts are yen it adds to 入, 出 and のこり (zero: it adds none).

    Everything is a number, a word of the program or ``Markup``, so that the table of lines, which
    has thousands of places, writes them as they are.
    """

    no: int
    href: Markup
    day: Markup
    word: Markup
    mark: str
    tone: str
    sentence: Markup
    uses: Markup
    came_in: int
    out: int
    left: int
    came_in_text: Markup
    out_text: Markup
    left_text: Markup
    undone_by: int | None
    undone_for: str | None
    undoes: int | None
    reason: Markup | None


def postings_json(row: LedgerRow) -> list[Json]:
    """The postings as the public contract spells them."""
    return [{"account": account, "yen": yen} for account, yen in row.postings]


def row_json(row: LedgerRow) -> dict[str, Json]:
    """One row of ``/ledger.json``."""
    return {
        "no": row.no,
        "on": row.on,
        "kind": row.kind,
        "postings": postings_json(row),
        "reverses": row.reverses,
        "reason": row.reason,
    }


def context_of(
    connection: Connection, rows: Sequence[LedgerRow], groups: Iterable[str] = ()
) -> Context:
    """What the sentences of these rows look up, read at once; names of further ``groups`` too."""
    # Where a gift was accepted is asked only of those whose own entry is not among the rows.
    gifts = {gift: row.no for row in rows if row.kind == _ACCEPTED and (gift := row.text("gift"))}
    others = {gift for row in rows if (gift := row.text("gift")) and gift not in gifts}
    awards = queries.award_facts(
        connection, sorted({award for row in rows if (award := row.text("award"))})
    )
    named = {*groups, *(facts.group_no for facts in awards.values())}
    for row in rows:
        named.update(_groups_of(row))
    return Context(
        registry.names(connection, sorted(named)),
        gifts | queries.gift_entries(connection, sorted(others)),
        awards,
    )


def _groups_of(row: LedgerRow) -> Iterator[str]:
    """Every group that anything said of an entry may name: by its tags, pots or shares."""
    yield from row.groups
    accounts = [account for account, _yen in row.postings]
    accounts += [account for end in ("from", "to") if (account := row.text(end))]
    for account in accounts:
        if account.startswith(_POT_OF_GROUP):
            yield account.removeprefix(_POT_OF_GROUP)
    for share in shares_of(row.facts):
        if share.get("kind") == "group":
            yield str(share.get("target"))


def line(row: LedgerRow, context: Context) -> Line:
    """A row as a page shows it."""
    mark, tone = _MARKS.get(row.kind, ("⇄", "neutral"))
    reason = reason_word(row.reason)
    return Line(
        no=row.no,
        href=escape(context.entry(row.no)),
        day=escape(context.day(row.on)),
        word=escape(context.kind(row.kind)),
        mark=mark,
        tone=tone,
        sentence=sentence(row, context).html(),
        uses=uses(row, context).html(),
        came_in=row.came_in,
        out=row.out,
        left=row.left,
        came_in_text=_amount(row.came_in, context),
        out_text=_amount(row.out, context),
        left_text=_amount(row.left, context),
        undone_by=row.reversed_by,
        undone_for=reason_word(row.reversed_for),
        undoes=row.reverses,
        reason=None if reason is None else escape(reason),
    )


_NOTHING = Markup()


def _amount(yen: int, context: Context) -> Markup:
    return escape(context.yen(yen)) if yen else _NOTHING


def uses(row: LedgerRow, context: Context) -> Phrase:
    """What the money of an entry is for: its award's fields, or the pots it moves."""
    named: list[Piece] = [wish_text("field", code, context) for code in row.fields]
    if not named:
        pots = (account for account, _yen in row.postings if account.startswith("fund:"))
        named = [pot_text(account, context) for account in dict.fromkeys(pots)]
    return joined(named, context.say("、"))


def reason_word(reason: str | None) -> str | None:
    """A published reason code in words."""
    return None if reason is None else reason_words(reason, locale())


def sheet_columns(context: Context) -> tuple[Column[LedgerRow], ...]:
    """The columns of the workbook: the contract's, and the same in words for people."""
    english = locale() == "en"
    titles = {column.name: column.name if english else column.title for column in COLUMNS}
    contract = tuple(Column(c.name, titles[c.name], c.value) for c in COLUMNS)
    words: tuple[Column[LedgerRow], ...] = (
        Column("kind_word", _("種類の名前"), lambda row: context.kind(row.kind)),
        Column("sentence", _("内容"), lambda row: sentence(row, context).plain()),
        Column("uses", _("使いみち"), lambda row: uses(row, context).plain()),
        Column("in", _("入った"), lambda row: int(row.came_in)),
        Column("out", _("渡した"), lambda row: int(row.out)),
        Column("left", _("のこりの増減"), lambda row: int(row.left)),
    )
    return contract + words
