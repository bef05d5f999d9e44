"""The donor's account in plain sentences: each says how much, for what, why, and what became of it.

The yen at the head of the sentences are the parts of ``desk.account``: they sum to the gift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup

from fund.desk.account import Account, Used
from fund.desk.account_queries import Awaiting
from fund.grants.queries import AwardView
from fund.kernel.money import Yen
from fund.ledger.reasons import reason_words
from fund.ledger.redirections import RedirectionView
from fund.platform.web.context import locale
from fund.publication.phrases import Link, Phrase
from fund.registry.queries import Names


@dataclass(frozen=True)
class Told:
    """One part of the gift: its yen, where it is in a word, and the sentences about it."""

    yen: Yen
    state: str
    tone: str
    sentences: tuple[Markup, ...]


@dataclass(frozen=True)
class Lookup:
    """What the sentences may look up: awards, names, and redirections by their new share."""

    awards: Mapping[str, AwardView]
    names: Names
    moved: Mapping[str, RedirectionView]
    kept: frozenset[str]
    """Shares that the manual's pass-on share keeps for the whole fund."""


def told(parts: Account, waits: Sequence[Awaiting], lookup: Lookup) -> list[Told]:
    """Every part of an accepted gift; the yen of all parts are the gift's."""
    return [
        *(_used(part, lookup) for part in parts.used if part.yen),
        *(_waiting(one, lookup) for one in waits),
        *([_refunded(parts.refunded)] if parts.refunded else []),
    ]


def _used(part: Used, lookup: Lookup) -> Told:
    award = lookup.awards[part.award_no]
    state, tone = _progress(award)
    names = lookup.names
    decided = Phrase(
        _("%(day)s、%(group)sの「%(award)s」に使うと決まりました。"),
        {
            "day": day_words(part.on),
            "group": Link(
                names.use("group", award.group_no, locale()),
                url_for("desk.group", no=award.group_no),
            ),
            "award": Link(award.title, url_for("publication.grant", no=award.no)),
        },
    )
    because = Phrase(
        _("%(why)s%(rule)sにもとづいています。"),
        {
            "why": _because(part, lookup),
            "rule": Link(_("配分のきまり"), f"{request.script_root}/manual/clause/allocation-rule"),
        },
    )
    became = _became(part, award)
    return Told(part.yen, state, tone, (decided.html(), because.html(), became.html()))


def _because(part: Used, lookup: Lookup) -> str:
    kind, _colon, target = part.use.partition(":")
    name = lookup.names.use({"programme": "theme"}.get(kind, kind), target or None, locale())
    why: str = {
        "group": _("この団体のためにとのご希望だったからです。"),
        "field": _("%(use)sの分野のためにとのご希望にあう助成だからです。", use=name),
        "programme": _("%(use)sのためにとのご希望にあう助成だからです。", use=name),
        "award": _("この事業のためにとのご希望だったからです。"),
        "any": _("使いみちをおまかせいただいた分で、お金を必要としている助成だからです。"),
    }[kind]
    if part.rank > 1:
        first = _("はじめのご希望には使えなかったため、次のご希望に使いました。")
        return f"{first} {why}" if locale() == "en" else first + why
    return why


def _progress(award: AwardView) -> tuple[str, str]:
    """How far the award has come, in a word."""
    if award.state == "settled":
        return _("使われました"), "success"
    if award.disbursed:
        return _("団体に渡しました"), "info"
    return _("使いみちが決まりました"), "info"


def _became(part: Used, award: AwardView) -> Phrase:
    """What the group did with the award's money, of which these yen are a part."""
    values: dict[str, str | Link | Phrase] = {
        "paid": yen_words(award.disbursed),
        "spent": yen_words(award.spent),
        "returned": yen_words(award.returned),
        "mine": yen_words(part.came_back),
        "report": Link(_("団体の報告"), url_for("publication.grant", no=award.no)),
    }
    if award.state == "settled" and part.came_back:
        return Phrase(
            _(
                "団体は受け取った%(paid)sのうち%(spent)sを使い、%(returned)sを返しました。"
                "そのうち%(mine)sは、あなたの寄附にもどりました（%(report)s）。"
            ),
            values,
        )
    if award.state == "settled":
        return Phrase(
            _("団体は受け取った%(paid)sのうち%(spent)sを使いました（%(report)s）。"), values
        )
    if award.disbursed:
        return Phrase(
            _("この助成には、いままでに%(paid)sを団体に渡しました。報告を待っています。"), values
        )
    return Phrase(_("まだ団体には渡していません。"))


def _waiting(one: Awaiting, lookup: Lookup) -> Told:
    share = one.lot.share_id
    sentences = []
    if share in lookup.moved:
        moved = lookup.moved[share]
        why = reason_words(moved.reason, locale())
        sentences.append(Phrase(_("使いみちが変わりました。理由：%(why)s。"), {"why": why}))
    if share in lookup.kept:
        sentences.append(
            Phrase(
                _("ご希望の一部を基金全体のために使うという%(rule)sによる分です。"),
                {
                    "rule": Link(
                        _("手引きの定め"), f"{request.script_root}/manual/clause/pass-on-share"
                    )
                },
            )
        )
    sentences += [_for_what(one, lookup), Phrase(_idle_words()[one.code])]
    if one.until is not None:
        sentences.append(_until(one, lookup))
    return Told(
        one.lot.open_yen, _("待っています"), "neutral", tuple(part.html() for part in sentences)
    )


def _for_what(one: Awaiting, lookup: Lookup) -> Phrase:
    if one.lot.pot == "fund:general":
        return Phrase(_("基金全体のなかで、必要としている助成を待っています。"))
    _fund, kind, target = one.lot.pot.split(":")
    use = lookup.names.use(kind, target, locale())
    return Phrase(_("「%(use)s」のために待っています。"), {"use": use})


def _idle_words() -> dict[str, str]:
    return {
        "next-run": _("使える助成があり、次の配分で割り当てられます。"),
        "all-full": _("使える助成は、いまはすべて必要な額に届いています。"),
        "no-award": _("使える助成が、まだ決まっていません。"),
    }


def _until(one: Awaiting, lookup: Lookup) -> Phrase:
    kind, _colon, target = (one.then or "any").partition(":")
    until = {"day": day_words(one.until or dt.date.max)}
    if kind == "any":
        return Phrase(
            _("%(day)sまで待ち、そのあとは、選んでいただいたとおり基金全体のために使います。"),
            until,
        )
    use = lookup.names.use({"programme": "theme"}.get(kind, kind), target, locale())
    return Phrase(
        _("%(day)sまで待ち、そのあとは、選んでいただいたとおり「%(use)s」の分野のために使います。"),
        {**until, "use": use},
    )


def _refunded(yen: Yen) -> Told:
    return Told(
        yen, _("お返ししました"), "neutral", (Phrase(_("あなたにお返しした分です。")).html(),)
    )


def day_words(day: dt.date) -> str:
    """A day in the page's language."""
    return str(format_date(day, _("y年M月d日")))


def yen_words(yen: int) -> str:
    """An amount in the page's language."""
    return str(_("%(yen)s円", yen=f"{int(yen):,}"))
