"""A gallery of every part of the look: run it to see screenshots, tests walk it with axe.

``python tests/web_kit/specimen.py DIR`` writes PNG files at 1280 and 320 CSS pixels.
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, render_template
from flask_babel import Babel
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server
from wtforms import (
    Form,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from fund.kernel.calendar import format_day
from fund.kernel.money import format_yen
from fund.platform.web import assets
from fund.platform.web.charts import Bar, Segment, proportion_bar, stacked_bars
from fund.platform.web.locale import translated
from fund.platform.web.sankey import Column, Flow, Node, sankey

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("home", "ledger", "detail", "form", "done", "glance", "staff", "error")
NOW = dt.datetime(2026, 7, 1, 0, 0, tzinfo=dt.UTC)
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'"
)

WORDS = (
    ("入ったお金", 48_316_500, "区が受け取りを決めた寄附と利息。返した寄附は引いてあります。"),
    ("決まったお金", 3_450_000, "助成が決まり、まだ渡していないお金。"),
    ("渡したお金", 31_902_000, "団体に渡した助成金。"),
    ("使われたお金", 27_118_420, "団体の報告で、使ったことを確かめたお金。"),
    ("もどったお金", 412_580, "使わずに団体がもどしたお金。"),
    ("のこり", 13_377_080, "まだ使いみちが決まっていないお金。"),
)


class GiftForm(Form):
    """One field of each kind, so that WTForms wiring is seen too."""

    family_name = StringField("姓", [InputRequired("姓を入力してください")])
    wish = RadioField(
        "使いみちの希望",
        [InputRequired("使いみちを選んでください")],
        choices=[
            SelectChoice("anywhere", "区におまかせ"),
            SelectChoice("field", "分野を選ぶ"),
            SelectChoice("group", "団体を選ぶ"),
        ],
    )
    amount = RadioField(
        "寄附する金額",
        [InputRequired("金額を選んでください")],
        choices=[
            SelectChoice("3000", "3,000円"),
            SelectChoice("5000", "5,000円"),
            SelectChoice("10000", "10,000円"),
            SelectChoice("30000", "30,000円"),
            SelectChoice("other", "その他の金額"),
        ],
    )
    own_amount = StringField("その他の金額")
    prefecture = SelectField(
        "都道府県", choices=[SelectChoice("13", "東京都"), SelectChoice("14", "神奈川県")]
    )
    age = IntegerField("人数")
    message = TextAreaField("団体へのことば")


def flow_picture() -> Any:
    """A flow with rest bands, in the columns the service uses."""
    columns = [
        Column(
            "出どころ",
            [
                Node("p", "個人", 6_200_000, 1, "#p"),
                Node("c", "法人", 2_400_000, 2),
                Node("b", "前年度からの残り", 1_400_000, 0),
            ],
        ),
        Column(
            "使いみちの希望",
            [
                Node("g", "団体を指定", 3_100_000, 1),
                Node("f", "分野を指定", 2_900_000, 3),
                Node("a", "区におまかせ", 4_000_000, 2),
            ],
        ),
        Column(
            "使われ方",
            [
                Node("s", "スタートアップ", 1_900_000, 4),
                Node("u", "ステップアップ", 4_300_000, 5),
                Node("r", "のこり", 3_800_000, 0),
            ],
        ),
    ]
    flows = [
        Flow("p", "g", 2_600_000, "#pg"),
        Flow("p", "f", 1_700_000),
        Flow("p", "a", 1_900_000),
        Flow("c", "g", 500_000),
        Flow("c", "f", 1_200_000),
        Flow("c", "a", 700_000),
        Flow("b", "a", 1_400_000),
        Flow("g", "u", 2_100_000),
        Flow("g", "r", 1_000_000),
        Flow("f", "s", 900_000),
        Flow("f", "u", 1_200_000),
        Flow("f", "r", 800_000),
        Flow("a", "s", 1_000_000),
        Flow("a", "u", 1_000_000),
        Flow("a", "r", 2_000_000),
    ]
    return sankey(
        columns,
        flows,
        ident="flow",
        title="寄附の4割は、ステップアップ助成に使われました",
        summary="左から右へ、お金の出どころ、希望、使われ方です。",
    )


def charts() -> dict[str, Any]:
    """The pictures of the glance page."""
    months = [
        Bar(
            f"{month}月",
            [
                Segment("寄附", 300_000 * (month % 5 + 1), 1, mark="寄"),
                Segment("利息・返還", 40_000 * (month % 3), 2, mark="他"),
            ],
        )
        for month in (4, 5, 6, 7, 8, 9)
    ]
    fields = [
        Segment("福祉・健康", 5_200_000, 1, "#f", "福"),
        Segment("こども", 3_900_000, 2, None, "子"),
        Segment("環境", 1_700_000, 3, None, "環"),
        Segment("文化", 1_100_000, 5, None, "文"),
        Segment("そのほか", 420_000, 0, None, "他"),
    ]
    return {
        "flow": flow_picture(),
        "months": stacked_bars(
            "寄附は6月と9月に多く入りました",
            months,
            ident="months",
            summary="2026年4月から9月まで、受け取りを決めた月で数えています。",
        ),
        "fields": proportion_bar("助成の4割は、福祉・健康に使われました", fields, ident="fields"),
    }


def site(path: str, locale: str = "ja") -> dict[str, Any]:
    """What the application gives every page."""
    return {
        "locale": locale,
        "prefix": "",
        "name": "みえる基金",
        "municipality": "見本区",
        "department": "地域力推進課",
        "phone": "03-0000-0000",
        "mail": "mieru@example.jp",
        "path": path,
        "demo": True,
        "locales": [
            {"code": "ja", "label": "日本語", "url": path, "current": locale == "ja"},
            {"code": "en", "label": "English", "url": "/en" + path, "current": locale == "en"},
        ],
        "words": [
            {"word": word, "yen": yen, "href": "#w", "gloss": gloss} for word, yen, gloss in WORDS
        ],
        "words_as_of": NOW,
        "checked": {"ok": True, "at": NOW},
        "sign_out_url": "/staff/logout",
        "staff_nav": [
            {"label": label, "href": href}
            for label, href in (
                ("仕事", "/staff"),
                ("寄附", "/staff/gifts"),
                ("採納", "/staff/acceptances"),
                ("助成", "/staff/awards"),
                ("配分", "/staff/runs"),
                ("交付", "/staff/disbursements"),
                ("点検", "/staff/check"),
            )
        ],
    }


def create_specimen() -> Flask:
    """The gallery as a small application with the service's own templates and static files."""
    app = Flask("specimen", template_folder=None)
    app.static_folder = None
    app.config.update(
        SECRET_KEY="specimen", BABEL_DEFAULT_LOCALE="ja", BABEL_DEFAULT_TIMEZONE="Asia/Tokyo"
    )
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "templates"), FileSystemLoader(Path(__file__).parent / "pages")]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.add_template_filter(format_yen, "yen")
    app.add_template_filter(format_day, "day")
    app.add_template_filter(translated)
    app.jinja_env.globals.update(csrf_token=lambda: "specimen", page_field=lambda: "")
    app.jinja_env.globals.update(absolute=str, place=lambda _place: None, trail=lambda _items: None)
    Babel(app)
    assets.install(app)

    @app.get("/<page>")
    def show(page: str) -> str:
        if page not in PAGES:
            abort(404)
        form = GiftForm(data={"prefecture": "13", "own_amount": "12"})
        if page == "form":
            form.validate()
        at = "/staff/gifts" if page == "staff" else f"/{page}"
        person = type("Person", (), {"name": "見本 花子", "roles": frozenset({"officer"})})()
        extra = {"status": 404, "detail": "", "fields": {}} if page == "error" else {}
        name = "_layout/error.html" if page == "error" else f"{page}.html"
        return render_template(
            name,
            site=site(at),
            staff=person if page == "staff" else None,
            may=lambda _name: True,
            day=dt.date(2026, 4, 1),
            now=NOW,
            **({"form": form} if page == "form" else {}),
            **(charts() if page == "glance" else {}),
            **extra,
        )

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


@contextmanager
def served() -> Iterator[str]:
    """The gallery on a free loopback port; gives its address."""
    server = make_server("127.0.0.1", 0, create_specimen(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            yield chromium
        finally:
            chromium.close()


def main(out: Path, pages: tuple[str, ...] = PAGES) -> None:
    """Write a screenshot of every page and width into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    with served() as address, browser() as chromium:
        for width in (1280, 320):
            page = chromium.new_page(viewport={"width": width, "height": 900})
            for name in pages:
                page.goto(f"{address}/{name}")
                page.screenshot(path=str(out / f"{name}-{width}.png"), full_page=True)
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or PAGES)
