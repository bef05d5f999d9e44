"""What closing a year is called on pages: states, what is unfinished, accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import url_for

from fund.kernel.money import Yen
from fund.publication.closing.domain import Finding
from fund.publication.phrases import gettext as _


@dataclass(frozen=True)
class Told:
    """A finding for people: what is so, what to know about it, and where it is done.

    ``count`` is None where a thing is so or not so.
    """

    title: str
    about: str
    href: str | None
    blocks: bool
    count: int | None
    yen: Yen | None
    day: dt.date | None


def states() -> dict[str, tuple[str, str]]:
    """What the states of a year and of its closing are called, with the tones of their chips."""
    return {
        "open": (_("まだ締めていません"), "neutral"),
        "proposed": (_("締めの決定を待っています"), "info"),
        "closed": (_("締めました"), "success"),
        "sent_back": (_("差し戻し"), "warning"),
    }


def told(finding: Finding) -> Told:
    """The finding in words."""
    title, about, href = _FINDINGS[finding.code]()
    count = None if finding.code in _ALONE else finding.count
    return Told(title, about, href, finding.blocks, count, finding.yen, finding.day)


_ALONE = frozenset({"year-runs", "cash-period", "bank-behind", "provider-behind"})
"""Findings that are there or not: a count would say nothing."""


def _at(endpoint: str, **values: str) -> str:
    return url_for(endpoint, **values)  # type: ignore[arg-type]


_FINDINGS: Mapping[str, Callable[[], tuple[str, str, str | None]]] = {
    "year-runs": lambda: (
        _("年度がまだ終わっていません"),
        _("年度の最後の日が過ぎてから締めます。"),
        None,
    ),
    "earlier-year": lambda: (
        _("前の年度がまだ締まっていません"),
        _("年度は、古いものから順に締めます。"),
        _at("closing.staff_years"),
    ),
    "bank-lines": lambda: (
        _("照合していない銀行の明細"),
        _("年度内の入出金が帳簿にあるかどうか、わかりません。先に照合します。"),
        _at("bank.desk"),
    ),
    "provider-items": lambda: (
        _("決済会社との照合で残ったもの"),
        _("年度内のお金の動きが帳簿と合っていません。先に解消します。"),
        _at("reconciliation.overview"),
    ),
    "cash-period": lambda: (
        _("出納整理期間がまだ終わっていません"),
        _(
            "この日までに届くお金があるときは、待ってから締めます。締めたあとに届いたものは、"
            "次の年度に記帳されます。"
        ),
        None,
    ),
    "bank-behind": lambda: (
        _("銀行の明細が、年度の最後の日まで届いていません"),
        _("明細を取り込むと、帳簿と銀行の残高をくらべられます。"),
        _at("bank.desk"),
    ),
    "bank-entries": lambda: (
        _("銀行の明細にまだ出てこない記帳"),
        _("年度末に銀行が処理しているものなら、そのままで締められます。"),
        _at("bank.desk"),
    ),
    "provider-behind": lambda: (
        _("年度が終わってから、決済会社の残高とまだ合っていません"),
        _("毎晩の照合が済むと、ここから消えます。"),
        _at("reconciliation.overview"),
    ),
    "gifts-waiting": lambda: (
        _("年度内に受け取り、採納を待っている寄附"),
        _("預り金として次の年度へ持ち越します。採納した日の年度に受け入れます。"),
        _at("giving.staff_acceptance"),
    ),
    "awards-unsettled": lambda: (
        _("この年度の助成で、精算していないもの"),
        _("精算と返還は、確認した日の年度に記帳されます。"),
        _at("grants.staff_awards"),
    ),
    "payments-asked": lambda: (
        _("支払いを待つ交付"),
        _("支払った日の年度に記帳されます。"),
        _at("grants.staff_disbursements"),
    ),
    "refunds-waiting": lambda: (
        _("済んでいない返金"),
        _("返した日の年度に記帳されます。"),
        _at("taking_back.refund_list"),
    ),
    "runs-drafted": lambda: (
        _("承認を待つ配分案"),
        _("承認した日の年度に記帳されます。"),
        _at("allocation.staff_runs"),
    ),
}
