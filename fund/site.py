"""What the frame of every page shows: names of the fund, menus, the six money words."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import g, request, url_for
from flask_babel import gettext as _

from fund.desk.reconciled import Reconciled, reconciled
from fund.desk.words import books_line, word_links
from fund.identity.queries import Person
from fund.platform.house import House
from fund.platform.web.context import locale
from fund.platform.web.locale import LOCALES, path_in
from fund.publication import queries as publication
from fund.publication.queries import SixWords

LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}
FRESH_SECONDS = 15.0
"""How old the band of money words under each page may be; the ledger itself is never cached."""


class WordsBand:
    """Words and books as of a few seconds ago, so that no page pays for the sums again."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: tuple[float, SixWords, Reconciled] | None = None

    def words(self) -> SixWords:
        """The words, read anew when those kept are too old."""
        return self._read()[1]

    def books(self) -> Reconciled:
        """Whether books, provider and bank agree, as old as the words at most."""
        return self._read()[2]

    def _read(self) -> tuple[float, SixWords, Reconciled]:
        moment = time.monotonic()
        if self._kept is None or moment - self._kept[0] > FRESH_SECONDS:
            with self._house.database.reading() as connection:
                words = publication.six_words(connection)
                self._kept = (moment, words, reconciled(connection))
        return self._kept


def frame(
    house: House, band: WordsBand, staff: Person | None, may: Callable[[str], bool]
) -> dict[str, Any]:
    """The ``site`` of a page's templates."""
    ours, english = house.settings.municipality, locale() == "en"
    on_staff_page = request.path.startswith("/staff")
    broken = g.get("fund_database_down", False)
    return {
        "name": ours.fund_name_en if english else ours.fund_name,
        "municipality": ours.name_en if english else ours.name,
        "department": ours.department_en if english else ours.department,
        "head": ours.head_en if english else ours.head,
        "phone": ours.phone,
        "mail": ours.mail,
        "demo": house.settings.demo,
        "locale": locale(),
        "prefix": "" if locale() == "ja" else f"/{locale()}",
        "path": request.path,
        "locales": [
            {
                "code": code,
                "label": LANGUAGE_NAMES[code],
                "url": path_in(code),
                "current": code == locale(),
            }
            for code in LOCALES
        ],
        "sign_out_url": url_for("identity.logout"),
        "staff_nav": _staff_nav(may) if staff else None,
        "words": None if on_staff_page or broken else word_links(band.words()),
        "books": None if on_staff_page or broken else books_line(band.books()),
    }


_BELOW = {
    "giving.staff_gifts": (
        "/staff/payments",
        "/staff/receipt-requests",
        "/staff/receipts-to-post",
        "/staff/pledges",
        "/staff/erasures",
    ),
    "taking_back.refund_list": ("/staff/disputes", "/staff/refusals"),
}
"""Pages that belong to an entry of the menu although their address does not begin with its."""


def _staff_nav(may: Callable[[str], bool]) -> list[dict[str, Any]]:
    """The work this person may open, in the order in which money travels, in three groups.

    Entries that follow each other with the same ``group`` stand together under its word.
    """
    money_in, money_out, checks = _("受ける"), _("渡す"), _("確かめる")
    entries = (
        ("signed-in", "", _("仕事"), "desk.inbox"),
        ("gift.read", money_in, _("寄附一覧"), "giving.staff_gifts"),
        ("intake.read", money_in, _("受け入れ"), "intake.batches"),
        ("gift.read", money_in, _("採納"), "giving.staff_acceptance"),
        ("one_stop.read", money_in, _("ワンストップ"), "one_stop.applications"),
        ("refund.read", money_in, _("返金・異議"), "taking_back.refund_list"),
        ("application.read", money_out, _("申請"), "grants.staff_applications"),
        ("application.read", money_out, _("助成一覧"), "grants.staff_awards"),
        ("run.read", money_out, _("配分"), "allocation.staff_runs"),
        ("disbursement.read", money_out, _("交付"), "grants.staff_disbursements"),
        ("reconciliation.read", checks, _("銀行"), "bank.desk"),
        ("reconciliation.read", checks, _("決済会社"), "reconciliation.overview"),
        ("year.read", checks, _("年度の締め"), "closing.staff_years"),
        ("mail.read", checks, _("メール"), "desk.mail"),
        ("board.read", checks, _("点検"), "desk.board"),
    )
    return [
        {
            "label": label,
            "href": url_for(endpoint),
            "group": group,
            "also": _BELOW.get(endpoint, ()),
        }
        for needed, group, label, endpoint in entries
        if needed == "signed-in" or may(needed)
    ]
