"""Public entries in plain sentences, from their own facts and the register's names.

A sentence is a translated template and its values; it becomes HTML with links, or plain text
for files. Nothing here knows a person: there is none in a public entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from babel.dates import format_date
from flask import request, url_for

from fund.platform.web.context import current_house, locale
from fund.publication.domain.entries import shares_of
from fund.publication.domain.kinds import KIND_WORDS
from fund.publication.phrases import Link, Phrase, Piece, Say, escape_percent, joined, spoken
from fund.publication.phrases import gettext as _
from fund.publication.queries import AwardFacts, LedgerRow
from fund.registry.queries import Names


@dataclass(frozen=True)
class Context:
    """What sentences of one page may look up: names, gifts' entries, awards' facts.

    Language and the path before all addresses are those of the request it is made in.
    """

    names: Names
    gifts: Mapping[str, int]
    awards: Mapping[str, AwardFacts]
    language: str = field(default_factory=locale)
    root: str = field(default_factory=lambda: request.script_root)
    say: Say = field(default_factory=spoken)

    def yen(self, yen: int) -> str:
        """An amount."""
        sign, _ = "−" if yen < 0 else "", self.say
        return sign + _("%(yen)s円", yen=f"{abs(int(yen)):,}")

    def day(self, on: str) -> str:
        """An entry's day, or its month where only the month is public."""
        return _day(on, self.say, self.language)

    def entry(self, no: int) -> str:
        """The address of an entry, as ``url_for`` would build it; a page needs hundreds."""
        return f"{self.root}/ledger/{no}"

    def kind(self, kind: str) -> str:
        """The kind's name."""
        words = KIND_WORDS.get(kind, (kind, kind))
        return words[1] if self.language == "en" else words[0]


def sentence(row: LedgerRow, context: Context) -> Phrase:
    """What happened in an entry, as one sentence."""
    tell = _TELLING.get(row.kind)
    return tell(row, context) if tell else Phrase(escape_percent(context.kind(row.kind)))


def kind_word(kind: str) -> str:
    """The kind's name in the page's language."""
    words = KIND_WORDS.get(kind, (kind, kind))
    return words[1] if locale() == "en" else words[0]


def yen_text(yen: int) -> str:
    """An amount in the page's language."""
    sign = "−" if yen < 0 else ""
    return sign + _("%(yen)s円", yen=f"{abs(int(yen)):,}")


def day_text(on: str) -> str:
    """An entry's day, or its month where only the month is public, in the page's language."""
    return _day(on, _, locale())


def _day(on: str, _: Say, language: str) -> str:
    if len(on) == 7:
        return _spelled(f"{on}-01", _("y年M月"), language)
    return _spelled(on, _("y年M月d日"), language)


@lru_cache(maxsize=4096)
def _spelled(day: str, pattern: str, language: str) -> str:
    return format_date(dt.date.fromisoformat(day), pattern, locale=language)


def wish_text(kind: object, target: object, context: Context) -> Piece:
    """A wish, a pot or a use by its name, linked to its group or its part of the ledger."""
    _ = context.say
    code = str(target or "")
    if kind == "group":
        return group_link(code, context)
    if kind == "field":
        name = context.names.use("field", code, context.language)
        return Link(name, f"{context.root}/ledger?field={quote(code)}")
    if kind in {"theme", "programme"}:
        return context.names.use("theme", code, context.language)
    return _("おまかせ")


def pot_text(account: str, context: Context) -> Piece:
    """An account of the fund as the use it waits for."""
    kind, _colon, code = account.removeprefix("fund:").partition(":")
    return wish_text(kind, code, context)


def ledger_url(arguments: Mapping[str, str]) -> str:
    """The part of the ledger that adds up to a figure."""
    return url_for("publication.ledger", **arguments)  # type: ignore[arg-type]


def group_link(no: str, context: Context) -> Link:
    """A group by its name."""
    return Link(context.names.use("group", no, context.language), f"{context.root}/groups/{no}")


def award_link(no: str, context: Context) -> Link:
    """An award by its number."""
    return Link(no, f"{context.root}/grants/{quote(no)}")


def _gift(row: LedgerRow, context: Context) -> Piece:
    no = row.text("gift") or ""
    entry_no = context.gifts.get(no)
    return Link(no, context.entry(entry_no)) if entry_no else no


def _award(row: LedgerRow, context: Context) -> Piece:
    no = row.text("award") or ""
    return award_link(no, context) if no in context.awards else no


def _group(row: LedgerRow, context: Context) -> Piece:
    _ = context.say
    facts = context.awards.get(row.text("award") or "")
    return group_link(facts.group_no, context) if facts and facts.group_no else _("団体")


def _donation(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    wishes = [
        Phrase(
            "%(use)s %(yen)s",
            {
                "use": wish_text(share.get("kind"), share.get("target"), context),
                "yen": context.yen(int(str(share.get("yen") or 0))),
            },
        )
        for share in shares_of(row.facts)
    ]
    return Phrase(
        _("寄附%(gift)sを受け入れました。使いみちの希望は、%(wishes)sです。"),
        {"gift": _gift(row, context), "wishes": joined(wishes, _("、"))},
    )


def _payments(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    values: dict[str, Piece] = {
        "n": str(row.number("count")),
        "yen": context.yen(row.number("yen")),
    }
    if row.reason == "dispute":
        if row.kind == "payments.returned":
            return Phrase(
                _("受け入れた寄附%(n)s件の支払いに異議があり、%(yen)sが引かれました。"), values
            )
        return Phrase(
            _("受け入れた寄附%(n)s件の支払いの異議が解決し、%(yen)sがもどりました。"), values
        )
    if row.kind == "payments.returned":
        return Phrase(_("受け入れた寄附について払いすぎなど%(n)s件、%(yen)sを返しました。"), values)
    return Phrase(_("受け入れた寄附%(n)s件ぶんの入金です。あわせて%(yen)s。"), values)


def _redirected(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    pots = [account for account, _yen in row.postings if account.startswith("fund:")]
    old, new = row.text("from") or pots[0], row.text("to") or pots[-1]
    return Phrase(
        _("寄附%(gift)sの%(yen)sの使いみちを、%(old)sから%(new)sに変えました。"),
        {
            "gift": _gift(row, context),
            "yen": context.yen(row.size),
            "old": pot_text(old, context),
            "new": pot_text(new, context),
        },
    )


def _decided(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    return Phrase(
        _("%(group)sの「%(title)s」への助成%(award)sを決めました。上限は%(yen)sです。"),
        {
            "group": _group(row, context),
            "title": row.text("title") or "",
            "award": _award(row, context),
            "yen": context.yen(row.number("ceiling")),
        },
    )


def _approved(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    return Phrase(
        _("割り当て%(run)sを、起案した人とは別の人が承認しました。全部で%(yen)sです。"),
        {"run": row.text("run") or "", "yen": context.yen(row.number("total"))},
    )


def _line(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    values: dict[str, Piece] = {
        "yen": context.yen(row.size),
        "group": _group(row, context),
        "award": _award(row, context),
        "fit": fit_text(row, context),
    }
    if row.text("gift") is None:
        template = _(
            "使いみちの決まっていないお金%(yen)sを、%(group)sへの助成%(award)sにあてました。"
        )
        return Phrase(template, values)
    return Phrase(
        _("寄附%(gift)sの%(yen)sを、%(group)sへの助成%(award)sにあてました。%(fit)s"),
        {**values, "gift": _gift(row, context)},
    )


def fit_text(row: LedgerRow, context: Context) -> str:
    """How well an allocation line meets its gift's wish."""
    _ = context.say
    if any(account == "fund:general" for account, _yen in row.postings):
        return _("使いみちは、おまかせです。")
    if row.number("rank") == 1:
        return _("希望のとおりです。")
    return _("第%(rank)s希望にあたります。", rank=row.number("rank"))


def _settled(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    return Phrase(
        _("助成%(award)sの実績を確かめました。使われたのは%(spent)s、返すのは%(returned)s。"),
        {
            "award": _award(row, context),
            "spent": context.yen(row.number("spent")),
            "returned": context.yen(row.number("returned")),
        },
    )


def _reversed(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    no = row.reverses or 0
    link = Link(_("番号 %(no)s", no=no), context.entry(no))
    return Phrase(_("%(entry)sの記帳を取り消しました。"), {"entry": link})


def _edition(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    code = row.text("edition") or ""
    effective = row.text("effective_on")
    return Phrase(
        _("手引きの%(edition)s版を公表しました。%(day)sから使います。"),
        {
            "edition": Link(code, f"{context.root}/manual/{code}"),
            "day": context.day(effective or row.on),
        },
    )


def _fee(row: LedgerRow, context: Context) -> Phrase:
    _ = context.say
    values: dict[str, Piece] = {"yen": context.yen(row.size), "owner": _owner(context)}
    if row.kind == "fee.reimbursed":
        return Phrase(_("決済の手数料%(yen)sを、%(owner)sの予算から基金に補いました。"), values)
    return Phrase(_("決済の手数料%(yen)sです。%(owner)sが負担し、寄附からは引きません。"), values)


def _owner(context: Context) -> str:
    ours = current_house().settings.municipality
    return ours.name_en if context.language == "en" else ours.name


def _moved(template: Callable[[Say], str]) -> Callable[[LedgerRow, Context], Phrase]:
    """A sentence that names only what every entry has; translated when it is asked for."""

    def tell(row: LedgerRow, context: Context) -> Phrase:
        words = template(context.say)
        values: dict[str, Callable[[], Piece]] = {
            "yen": lambda: context.yen(row.size),
            "gift": lambda: _gift(row, context),
            "award": lambda: _award(row, context),
            "group": lambda: _group(row, context),
            "year": lambda: str(row.fy),
        }
        return Phrase(
            words, {name: make() for name, make in values.items() if f"%({name})" in words}
        )

    return tell


_TELLING: Mapping[str, Callable[[LedgerRow, Context], Phrase]] = {
    "donation.received": _donation,
    "payments.received": _payments,
    "payments.returned": _payments,
    "designation.redirected": _redirected,
    "award.decided": _decided,
    "allocation.approved": _approved,
    "allocation.line": _line,
    "settlement.confirmed": _settled,
    "entry.reversed": _reversed,
    "manual.edition": _edition,
    "fee.charged": _fee,
    "fee.reimbursed": _fee,
    "opening.balance": _moved(lambda _: _("台帳をはじめた日に、基金にあったお金%(yen)sです。")),
    "interest.earned": _moved(lambda _: _("基金の運用で%(yen)sの収益がありました。")),
    "donation.refunded": _moved(lambda _: _("寄附%(gift)sのうち%(yen)sを返しました。")),
    "donation.disputed": _moved(lambda _: _("寄附%(gift)sの支払いに異議がありました。")),
    "dispute.won": _moved(lambda _: _("寄附%(gift)sの支払いの異議は、寄附のままで解決しました。")),
    "dispute.lost": _moved(
        lambda _: _("寄附%(gift)sの支払いの異議が認められ、%(yen)sを取り消しました。")
    ),
    "disbursement.paid": _moved(lambda _: _("%(group)sに、助成%(award)sの%(yen)sを渡しました。")),
    "grant.returned": _moved(
        lambda _: _("%(group)sから、助成%(award)sの使わなかった%(yen)sがもどりました。")
    ),
    "award.reduced": _moved(
        lambda _: _("助成%(award)sを%(yen)s減らし、もとの使いみちにもどしました。")
    ),
    "award.cancelled": _moved(
        lambda _: _("助成%(award)sを取り消し、%(yen)sをもとの使いみちにもどしました。")
    ),
    "fund.deposited": _moved(lambda _: _("%(yen)sを基金に積み立てました。")),
    "fund.withdrawn": _moved(lambda _: _("%(yen)sを基金から取り崩しました。")),
    "clearing.settled": _moved(lambda _: _("窓口で受け取った%(yen)sを銀行に入れました。")),
    "payout.arrived": _moved(lambda _: _("決済会社から%(yen)sが銀行に届きました。")),
    "log.key": _moved(lambda _: _("台帳の署名に使う新しい鍵を告げました。")),
    "period.closed": _moved(lambda _: _("%(year)s年度の帳簿を締めました。")),
}
