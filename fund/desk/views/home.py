"""The first page: what the fund holds, the way a gift takes, what was made possible."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.desk.views.blueprint import blueprint
from fund.desk.words import word_links
from fund.grants import queries as grants
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.manual.queries import Rules, rules_if_any
from fund.platform.web.access import public
from fund.platform.web.caching import dated
from fund.platform.web.context import current_house, now
from fund.platform.web.linked import donating
from fund.publication import feeds
from fund.publication import queries as publication
from fund.publication.charts import sum_line
from fund.registry import queries as registry

LATEST = 3


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """The home page; every number links to the entries that add up to it."""
    fy = fiscal_year(day_in_japan(now()))
    with current_house().database.reading() as connection:
        whole = publication.six_words(connection)
        names = registry.names(connection)
        awards = grants.awards(connection, state="settled", historical=False, limit=LATEST)
        as_of = publication.as_of(connection)
        rules = rules_if_any(connection, day_in_japan(now()))
    words = word_links(whole)
    by_name = {word.name: word for word in whole.words()}
    page = render_template(
        "desk/home.html",
        words=words,
        sum_line=sum_line(whole),
        as_of=as_of,
        fy=fy,
        steps=_steps(by_name),
        awards=awards,
        names=names,
        all_feeds=feeds.listed(),
        linked=[donating(_minimum(rules))],
    )
    return dated(page, as_of or now())


def _minimum(rules: Rules | None) -> int | None:
    """The smallest gift in yen; None while no edition in force names one."""
    named = "gift.minimum_yen"
    return rules.integer(named) if rules and named in rules.values else None


def _steps(words: dict[str, publication.Word]) -> list[dict[str, Any]]:
    """The way a gift takes, in five steps with the sums so far."""
    yen = {name: word.yen for name, word in words.items()}
    hrefs = {
        name: url_for("publication.ledger", **dict[str, Any](word.arguments))
        for name, word in words.items()
    }
    return [
        {
            "title": _("寄附"),
            "text": _("使いみちの希望をそえて申し込みます。"),
            "href": url_for("giving.landing"),
        },
        {
            "title": _("受け取り"),
            "text": _("区が受け取り（採納）を決め、受領証明書を発行します。"),
            "yen": yen["in"],
            "href": hrefs["in"],
        },
        {
            "title": _("ためる"),
            "text": _("希望ごとに分けてためます。"),
            "yen": yen["left"],
            "href": hrefs["left"],
        },
        {
            "title": _("助成"),
            "text": _("審査と決定をへて、団体に渡します。"),
            "yen": yen["out"],
            "href": hrefs["out"],
        },
        {
            "title": _("報告"),
            "text": _("使われたお金を確かめます。"),
            "yen": yen["spent"],
            "href": hrefs["spent"],
        },
    ]
