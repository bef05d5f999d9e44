"""Words that several pages of the desk share, in the language of the page."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from fund.desk.reconciled import Reconciled
from fund.platform.web.context import locale
from fund.publication.queries import SixWords


def word_links(words: SixWords) -> list[dict[str, Any]]:
    """The words for ``d.six_words``; each links to exactly the entries that add up to it."""
    titles = {
        "in": (_("入った"), _("採納した寄附と利子")),
        "committed": (_("決まった"), _("助成が決まり、まだ渡していないお金")),
        "out": (_("渡した"), _("団体に渡したお金")),
        "spent": (_("使われた"), _("報告で確かめたお金")),
        "returned": (_("もどった"), _("使われずに返ってきたお金")),
        "left": (_("のこり"), _("まだ使いみちが決まっていないお金")),
    }
    return [
        {
            "word": titles[word.name][0],
            "gloss": titles[word.name][1],
            "yen": word.yen,
            "href": url_for("publication.ledger", **dict[str, Any](word.arguments)),
        }
        for word in words.words()
    ]


def books_line(books: Reconciled) -> dict[str, Any]:
    """The public line books = provider + bank: ``ok``, and words that claim no more than was."""
    said = [_provider_words(books)]
    if books.bank is None:
        said.append(_("銀行の明細とは、まだ照合していません。"))
    else:
        day = format_date(books.bank.as_of, _("y年M月d日"))
        said.append(_("銀行の明細は%(day)sまで照合しました。", day=day))
    if books.compared:
        said.append(_("未照合は%(n)s件です。", n=books.open_items))
    return {"ok": books.ok, "text": (" " if locale() == "en" else "").join(said)}


def _provider_words(books: Reconciled) -> str:
    title: str = _("帳簿＝決済会社＋銀行：")
    if books.provider.compared_at is None:
        words: str = _("決済会社とは、まだ照合していません。")
    elif books.matched_at is None:
        words = _("決済会社と照合しましたが、一致したことはまだありません。")
    else:
        day = format_datetime(books.matched_at, _("y年M月d日 H:mm"))
        words = _("決済会社と最後に一致したのは%(when)sです。", when=day)
    return f"{title} {words}" if locale() == "en" else title + words


def state_words() -> dict[str, str]:
    """States of a group in the register."""
    return {
        "registered": _("登録中"),
        "historical": _("過去に助成を受けた団体"),
        "suspended": _("停止中"),
        "removed": _("抹消"),
    }


def step_words() -> dict[str, tuple[str, str]]:
    """The steps of a gift: title and what happens there."""
    return {
        "offered": (_("申し込み"), _("希望を記録しました。記録した希望は変わりません。")),
        "paid": (_("入金"), _("お支払いは区がお預かりし、採納のあとで基金のお金になります。")),
        "accepted": (_("採納"), _("区が受け取りを決め、受領証明書を発行します。")),
        "allocated": (_("使いみちの決定"), _("希望とお金を、公開のきまりで助成に割り当てます。")),
        "disbursed": (_("団体へ"), _("出納の担当が団体に支払います。")),
        "reported": (_("報告"), _("使われたお金を確かめ、公開します。")),
        "declined": (_("受け取らない決定"), _("区が、この寄附を受け取らないと決めました。")),
        "returned": (_("お返し"), _("お金をお返しし、記録を残します。")),
    }
