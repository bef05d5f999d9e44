"""``/data``: everything that can be taken away, in which forms, how fresh and how large."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _

from fund.desk.views.blueprint import blueprint
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.publication import feeds, linked
from fund.publication import queries as publication
from fund.publication.queries import heads
from fund.publication.releases import LIVE

Links = tuple[tuple[str, str], ...]
"""The name of a form (CSV, JSON …) and its address."""


@dataclass(frozen=True)
class Dataset:
    """One thing to take away: what it is, its forms, how fresh it is, how large."""

    what: str
    forms: Links
    fresh: str
    size: str = ""


@dataclass(frozen=True)
class Shelf:
    """Data that belong together, under one heading."""

    id: str
    title: str
    about: str
    datasets: tuple[Dataset, ...]


@blueprint.get("/data")
@public
def data() -> ResponseReturnValue:
    """The catalogue of the open data, and under which licence it stands."""
    house = current_house()
    with house.database.reading() as connection:
        entries = publication.last_no(connection)
        head = heads.last_head(connection)
    release = house.settings.data_dir / LIVE
    shelves = (_views(entries), _programs(), _whole(release, head), _signed(head))
    return render_template(
        "desk/data.html",
        shelves=shelves,
        all_feeds=feeds.listed(),
        linked=[linked.whole_ledger(head.signed_at if head else None)],
    )


def _views(entries: int) -> Shelf:
    """What a page shows, as files of the same rows."""
    at_once = _("そのつど、いまの台帳から")
    return Shelf(
        "views",
        _("画面と同じデータ"),
        _("画面でしぼった条件のまま受け取れます。"),
        (
            Dataset(
                _("公開の台帳"),
                _twins("publication.ledger_{}", ("csv", "xlsx", "json")),
                at_once,
                _("%(many)s件", many=f"{entries:,}"),
            ),
            Dataset(_("助成"), _twins("publication.grants_{}", ("csv", "json")), at_once),
            Dataset(
                _("団体"),
                tuple((one.upper(), url_for("desk.groups_twin", form=one)) for one in _PLAIN),
                at_once,
            ),
            Dataset(
                _("承認された配分"),
                tuple((one.upper(), url_for("allocation.runs_twin", form=one)) for one in _PLAIN),
                at_once,
            ),
            Dataset(_("年度ごとの決算"), (("CSV", url_for("closing.years_csv")),), at_once),
            Dataset(_("ひと目での数字"), (("JSON", url_for("publication.glance_json")),), at_once),
            Dataset(
                _("手引き（版ごとの原文）"),
                ((_("手引き"), url_for("manual.manual")),),
                _("改定のとき"),
            ),
        ),
    )


_PLAIN = ("csv", "json")


def _programs() -> Shelf:
    """The API, and what every column means."""
    return Shelf(
        "api",
        _("プログラムから読む"),
        _("鍵も登録もいりません。画面と同じ数字です。"),
        (
            Dataset(
                _("台帳を読むAPI"),
                (
                    (_("説明"), url_for("publication.api_page")),
                    ("OpenAPI 3.1", url_for("publication.api_document")),
                ),
                _("そのつど、いまの台帳から"),
            ),
            Dataset(
                _("データ辞書（すべての列の意味）"),
                (
                    (_("画面"), url_for("publication.dictionary")),
                    ("CSV", url_for("publication.dictionary_csv")),
                    ("JSON", url_for("publication.dictionary_json")),
                    ("CSVW", url_for("publication.csv_metadata")),
                ),
                _("列がふえたとき"),
            ),
        ),
    )


def _whole(release: Path, head: heads.Head | None) -> Shelf:
    """The release: the whole ledger as a folder of plain files."""
    fresh = _("まだありません")
    if head is not None and release.exists():
        fresh = _("署名のつど（いちばん新しいもの：%(when)s）", when=_moment(head.signed_at))

    def files(*named: tuple[str, str]) -> Links:
        return tuple(
            (label, url_for("publication.release_file", path=path)) for label, path in named
        )

    return Shelf(
        "release",
        _("台帳のすべて（まとめ）"),
        _("画面を通さずに、台帳をまるごと受け取り、自分の計算機で確かめられます。"),
        (
            Dataset(
                _("表のまとめ（Frictionless Data Package）"),
                files(("JSON", "data/datapackage.json"), ("README", "README")),
                fresh,
                _package_size(release),
            ),
            Dataset(_("助成（360Giving の形）"), files(("JSON", "data/360giving.json")), fresh),
            Dataset(
                _("会計の仕訳帳"),
                files(("hledger", "data/ledger.journal"), ("Beancount", "data/ledger.beancount")),
                fresh,
            ),
            Dataset(_("改ざんの確かめ"), files(("HTML", "verify.html")), fresh),
        ),
    )


def _signed(head: heads.Head | None) -> Shelf:
    """The signed log for programs that check it."""
    size = "" if head is None else _("%(many)s件", many=f"{head.size:,}")
    links: Links = tuple(
        (label, url_for("publication.log_file", path=path))
        for label, path in (("checkpoint", "checkpoint"), ("keys.json", "keys.json"))
    )
    fresh = _("毎分") if head is None else _("毎分（%(when)s）", when=_moment(head.signed_at))
    return Shelf(
        "log",
        _("署名された記録"),
        _("書きかえがあれば、だれでも気づける形（C2SP tlog-tiles）です。"),
        (Dataset(_("木の先頭と鍵"), links, fresh, size),),
    )


def _twins(endpoint: str, forms: tuple[str, ...]) -> Links:
    return tuple((form.upper(), url_for(endpoint.format(form))) for form in forms)


def _package_size(release: Path) -> str:
    """How large the tables are together, as the package itself says; empty without one."""
    try:
        package = json.loads((release / "data/datapackage.json").read_bytes())
    except FileNotFoundError:
        return ""
    return size_text(sum(one["bytes"] for one in package["resources"]))


def size_text(size: int) -> str:
    """A number of bytes for people: 812 B, 64 KB, 1.4 MB."""
    if size < 1_000:
        return f"{size} B"
    unit, name = (1_000, "KB") if size < 1_000_000 else (1_000_000, "MB")
    tenths = size * 10 // unit
    return f"{tenths // 10} {name}" if tenths >= 100 else f"{tenths // 10}.{tenths % 10} {name}"


def _moment(at: dt.datetime) -> str:
    return str(format_datetime(at, _("y年M月d日 H:mm")))
