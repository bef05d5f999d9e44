"""``/ledger/<no>``: one entry in full, the way of its gift, and how to check its fingerprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.kernel.errors import NotFound
from fund.manual import queries as manual
from fund.platform.web.access import public
from fund.platform.web.caching import dated, last_changed
from fund.platform.web.context import current_house, locale
from fund.publication import queries
from fund.publication.forms import MAX_NO
from fund.publication.lines import Line, context_of, line
from fund.publication.phrases import gettext as _
from fund.publication.queries import LedgerRow
from fund.publication.views import blueprint
from fund.publication.wording import Context, pot_text, sentence

WAY = 30


@blueprint.get("/ledger/<no>")
@public
def entry(no: str) -> ResponseReturnValue:
    """One entry of the public ledger.

    Raises:
        NotFound: with how many entries there are, when there is none of this number.
    """
    with current_house().database.reading() as connection:
        row = _found(connection, no)
        ways = [way for way in (_way(connection, row, kind) for kind in _WAYS) if way]
        context = context_of(connection, [row])
        clauses = clause_links(connection, row.clauses)
        newest, moment = queries.last_no(connection), queries.as_of(connection)
        gift_no = row.text("gift") if row.kind == "donation.received" else None
        # The name is no part of the entry: it stands here as long as its donor agrees.
        name = giving.published_names(connection, [gift_no]).get(gift_no) if gift_no else None
    page = render_template(
        "publication/entry.html",
        row=row,
        line=line(row, context),
        said=sentence(row, context).plain(),
        postings=[_posting(account, yen, context) for account, yen in row.postings],
        clauses=clauses,
        ways=ways,
        name=name,
        newest=newest,
        as_of=row.appended_at,
    )
    return dated(page, moment or row.appended_at)


@blueprint.get("/ledger/<no>.json")
@public
def entry_json(no: str) -> ResponseReturnValue:
    """The entry's canonical bytes themselves: what the log holds and the fingerprint covers."""
    with current_house().database.reading() as connection:
        row = _found(connection, no)
    return last_changed(Response(row.body, mimetype="application/json"), row.appended_at)


def _found(connection: Connection, no: str) -> LedgerRow:
    plain = no.isascii() and no.isdigit() and len(no) <= 16 and no == str(int(no))
    row = queries.entry(connection, int(no)) if plain and int(no) <= MAX_NO else None
    if row is None:
        newest = queries.last_no(connection)
        if newest == 0:
            raise NotFound(_("台帳には、まだ記帳がありません。"))
        raise NotFound(
            _(
                "この番号の記帳はありません。台帳の番号は 1 から%(newest)sまでです。",
                newest=newest,
            )
        )
    return row


_WAYS: Mapping[str, str] = {"gift": "gift_no", "award": "award_no", "run": "run_no"}


def _way(connection: Connection, row: LedgerRow, kind: str) -> dict[str, object] | None:
    """The entries of the same gift, award or run, oldest first; nothing if this one is alone."""
    value = row.text(kind)
    if value is None:
        return None
    rows, more = queries.related(connection, column=_WAYS[kind], value=value, limit=WAY)
    if len(rows) < 2:
        return None
    context = context_of(connection, rows)
    titles = {
        "gift": _("この寄附の道すじ（%(no)s）", no=value),
        "award": _("この助成の記帳（%(no)s）", no=value),
        "run": _("この割り当ての記帳（%(no)s）", no=value),
    }
    lines: list[Line] = [line(other, context) for other in rows]
    return {
        "id": kind,
        "title": titles[kind],
        "lines": lines,
        "more": url_for("publication.ledger", q=value) if more else None,
    }


def _posting(account: str, yen: int, context: Context) -> dict[str, object]:
    return {"account": account, "words": account_words(account, context), "yen": yen}


def account_words(account: str, context: Context) -> str:
    """What an account is, for people."""
    fixed = {
        "assets:bank": _("銀行の口座"),
        "assets:fund-deposit": _("積み立てた基金"),
        "assets:clearing:stripe": _("決済会社にあるお金"),
        "assets:clearing:counter": _("窓口で受け取ったお金"),
        "assets:clearing:disputed": _("カード会社が確認しているお金"),
        "assets:due-from-ward": _("基金に補われるお金（手数料など）"),
        "held:unaccepted": _("受け入れる前の預り金"),
        "fund:general": _("基金（おまかせ）"),
    }
    if account in fixed:
        return str(fixed[account])
    head, _colon, rest = account.partition(":")
    if head == "committed":
        return _("助成%(no)sに決まったお金", no=rest)
    pot = pot_text(account, context)
    return _("基金（%(use)s）", use=pot if isinstance(pot, str) else getattr(pot, "text", rest))


def clause_links(connection: Connection, stamps: Sequence[str]) -> list[dict[str, str]]:
    """Clauses by their stamps, each with its number, its title and the address of its text."""
    titles = manual.clause_titles(connection, stamps)
    return [_clause_link(stamp, titles.get(stamp)) for stamp in stamps]


def _clause_link(stamp: str, title: tuple[str, str, str] | None) -> dict[str, str]:
    clause, _at, edition = stamp.partition("@")
    path = f"{request.script_root}/manual/{edition}#{clause}" if edition else ""
    number, japanese, english = title or ("", clause, clause)
    words = english if locale() == "en" else japanese
    return {
        "stamp": stamp,
        "href": path or f"{request.script_root}/manual/clause/{clause}",
        "clause": f"{number} {words}".strip(),
        "edition": edition,
    }
