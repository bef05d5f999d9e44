"""Feeds of what is public: entries of the ledger, decisions, editions and signed heads.

An item's ``updated`` is when its batch was published, never when anybody gave: the sentences are
those of the ledger's pages, where a gift has its month only. Names that donors show by consent
stay out, because a feed that was read cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import request
from sqlalchemy import Connection

from fund.kernel.calendar import day_in_japan
from fund.manual import queries as manual
from fund.manual.queries import EditionHead
from fund.platform.web.addresses import absolute
from fund.platform.web.atom import Feed, Item, Link, tag_uri
from fund.platform.web.context import current_house, locale
from fund.publication.lines import context_of, reason_word, uses
from fund.publication.phrases import gettext as _
from fund.publication.queries import LedgerRow, heads
from fund.publication.queries.heads import Head
from fund.publication.wording import Context, day_text, kind_word, sentence, yen_text

MANY = 50
LICENCE = "CC BY 4.0 https://creativecommons.org/licenses/by/4.0/"


def titles() -> dict[str, str]:
    """Every feed under ``/feeds/``, by the name in its address, in the page's language."""
    return {
        "ledger": _("台帳の新しい記帳"),
        "grants": _("決まった助成"),
        "allocations": _("承認された配分"),
        "manual": _("手引きの改定"),
        "checkpoints": _("署名した台帳の頭（チェックポイント）"),
    }


def feed_url(name: str) -> str:
    """The path of a feed in the page's language."""
    return f"{request.script_root}/feeds/{name}.atom"


def listed() -> list[tuple[str, str]]:
    """Every feed as its title and its path, for pages that offer them all."""
    return [(title, feed_url(name)) for name, title in titles().items()]


def made(title: str, path: str, page: str, items: list[Item], *, older: str | None = None) -> Feed:
    """A feed at ``path`` of what stands on ``page``; ``older`` is where it goes on."""
    house, english = current_house(), locale() == "en"
    ours, other = house.settings.municipality, "ja" if english else "en"
    elsewhere = ("" if english else "/en") + path.removeprefix(request.script_root)
    owner = ours.name_en if english else ours.name
    fund = ours.fund_name_en if english else ours.fund_name
    here = absolute(house.settings, path)
    links = [
        Link("self", here, "application/atom+xml"),
        Link("alternate", absolute(house.settings, page), "text/html", locale()),
        Link("alternate", absolute(house.settings, elsewhere), "application/atom+xml", other),
    ]
    if older:
        links.append(Link("next", absolute(house.settings, older), "application/atom+xml"))
    return Feed(
        id=here,
        title=f"{fund} {title}",
        author=f"{owner} {fund}",
        language=locale(),
        links=tuple(links),
        items=items,
        rights=LICENCE,
    )


def entry_items(connection: Connection, rows: list[LedgerRow]) -> list[Item]:
    """Entries of the ledger as items."""
    context = context_of(connection, rows)
    return [_entry(row, context) for row in rows]


def _entry(row: LedgerRow, context: Context) -> Item:
    path = f"/ledger/{row.no}"
    links = [*_page(path), Link("alternate", _own(f"{path}.json"), "application/json")]
    told = [sentence(row, context).plain()]
    if reason := reason_word(row.reason):
        told.append(_("理由：%(why)s", why=reason))
    if use := uses(row, context).plain():
        told.append(_("使いみち：%(use)s", use=use))
    if row.reverses:
        links.append(Link("related", _own(f"/ledger/{row.reverses}"), "text/html"))
    told.append(_("日付：%(day)s", day=day_text(row.on)))
    amount = f" {yen_text(row.size)}" if row.size else ""
    return Item(
        id=_id(row, f"ledger/{row.no}"),
        title=_("番号 %(no)s %(what)s", no=row.no, what=f"{kind_word(row.kind)}{amount}"),
        updated=row.appended_at,
        links=tuple(links),
        summary="\n".join(told),
        category=(row.kind, kind_word(row.kind)),
    )


def grant_items(connection: Connection, rows: list[LedgerRow]) -> list[Item]:
    """Decisions of awards as items, each leading to its award."""
    context = context_of(connection, rows)
    return [
        Item(
            id=_id(row, f"grants/{row.text('award')}"),
            title=_(
                "%(group)s「%(title)s」 %(yen)s",
                group=context.names.use("group", row.text("group"), locale()),
                title=row.text("title") or "",
                yen=yen_text(row.number("ceiling")),
            ),
            updated=row.appended_at,
            links=(*_page(f"/grants/{row.text('award')}"), _entry_of(row)),
            summary=sentence(row, context).plain(),
            category=_programme(row, context),
        )
        for row in rows
    ]


def _programme(row: LedgerRow, context: Context) -> tuple[str, str] | None:
    code = row.text("programme")
    return (code, context.names.programme(code, locale())) if code else None


def run_items(connection: Connection, rows: list[LedgerRow]) -> list[Item]:
    """Approved allocation runs as items, each leading to its run."""
    context = context_of(connection, rows)
    return [
        Item(
            id=_id(row, f"runs/{row.text('run')}"),
            title=_(
                "配分%(run)s 全部で%(yen)s",
                run=row.text("run") or "",
                yen=yen_text(row.number("total")),
            ),
            updated=row.appended_at,
            links=(*_page(f"/runs/{row.text('run')}"), _entry_of(row)),
            summary=sentence(row, context).plain(),
        )
        for row in rows
    ]


LedgerItems = Callable[[Connection, list[LedgerRow]], list[Item]]
BY_KIND: Mapping[str, tuple[tuple[str, ...], str, LedgerItems]] = {
    "ledger": ((), "/ledger", entry_items),
    "grants": (("award.decided",), "/grants", grant_items),
    "allocations": (("allocation.approved",), "/runs", run_items),
}
"""Feeds of the ledger: the kinds of their entries (all if none), their page, their items."""


def manual_items(connection: Connection) -> list[Item]:
    """Editions of the manual, the last published first."""
    found = sorted(manual.editions(connection), key=lambda one: one.published_at, reverse=True)
    return [_edition(head) for head in found[:MANY]]


def _edition(head: EditionHead) -> Item:
    english, settings = locale() == "en", current_house().settings
    day = day_in_japan(head.published_at)
    return Item(
        id=tag_uri(settings.base_url, day, f"manual/{head.code}"),
        title=_(
            "%(title)s（%(code)s版）",
            title=head.title_en if english else head.title_ja,
            code=head.code,
        ),
        updated=head.published_at,
        links=_page(f"/manual/{head.code}"),
        summary="\n".join(
            (
                head.summary_en if english else head.summary_ja,
                _("%(day)sから使います。", day=day_text(head.effective_on.isoformat())),
                f"SHA-256: {head.sha256}",
            )
        ),
    )


def head_items(connection: Connection, below: int | None) -> tuple[list[Item], int | None]:
    """Signed heads, the newest first, and the size below which the older ones are.

    Each holds the note itself as it was signed: whoever keeps one item can prove later whether
    the ledger still contains what it was then.
    """
    found = heads.newest(connection, MANY + 1, below)
    items = [_head(head) for head in found[:MANY]]
    return items, found[MANY - 1].size if len(found) > MANY else None


def _head(head: Head) -> Item:
    day = day_in_japan(head.signed_at)
    links = (*_page("/verify"), Link("related", _own("/log/checkpoint"), "text/plain"))
    return Item(
        id=tag_uri(current_house().settings.base_url, day, f"log/{head.size}"),
        title=_("台帳の頭：%(size)s件", size=f"{head.size:,}"),
        updated=head.signed_at,
        links=links,
        summary=_(
            "下の文を保存しておくと、あとで台帳が書きかえられていないことを確かめられます"
            "（fund verify --since）。"
        ),
        content=head.note,
    )


def _id(row: LedgerRow, name: str) -> str:
    """The id of something in the ledger: its batch was published here on that day."""
    settings = current_house().settings
    return tag_uri(settings.base_url, day_in_japan(row.appended_at), name)


def _own(path: str) -> str:
    return absolute(current_house().settings, path)


def _page(path: str) -> tuple[Link, ...]:
    """A page, in the feed's language first."""
    other = "ja" if locale() == "en" else "en"
    here, there = (f"/{code}" if code == "en" else "" for code in (locale(), other))
    return (
        Link("alternate", _own(here + path), "text/html", locale()),
        Link("alternate", _own(there + path), "text/html", other),
    )


def _entry_of(row: LedgerRow) -> Link:
    return Link("related", _own(f"{request.script_root}/ledger/{row.no}"), "text/html")
