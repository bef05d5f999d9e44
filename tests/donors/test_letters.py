"""What every mail has in common: a frame, two languages, two forms, and a word for officers."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel

from fund.desk.views.mail import occasion_words
from fund.giving.domain.donor import addressee
from fund.platform.letters import _PAGES

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mail"
KINDS = sorted(
    {path.name.removesuffix(".ja.txt") for path in FOLDER.glob("*.ja.txt")} - {"_money", "_sign"}
)
OURS = SimpleNamespace(
    fund_name="みえる基金",
    fund_name_en="Mieru Fund",
    name="見本区",
    name_en="Sample City",
    department="担当課",
    department_en="the department",
    phone="03-0000-0000",
    mail="fund@example.jp",
)


def test_officers_read_a_word_for_every_kind_of_mail() -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        assert sorted(occasion_words()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_mail_stands_in_the_same_frame_as_text_and_html(kind: str, locale: str) -> None:
    text = (FOLDER / f"{kind}.{locale}.txt").read_text(encoding="utf-8")
    html = (FOLDER / f"{kind}.{locale}.html").read_text(encoding="utf-8")
    assert re.match(rf'{{% extends "_(letter|money\.{locale})\.html" %}}', html)
    assert "link" in text or "_money" in text
    assert "part.button(link" in html or "_money" in html


def test_the_frame_fits_a_phone_and_fetches_nothing() -> None:
    html = _PAGES.get_template("gift.received.ja.html").render(
        ours=OURS,
        lang="ja",
        stop_url="https://fund.example.jp/stop/x",
        addressee="<b>髙橋</b> & 見本 様",
        gift_no="G-7K3F92QX",
        yen=15_000,
        link="https://fund.example.jp/d/x?a=1&b=2",
    )
    assert "&lt;b&gt;髙橋&lt;/b&gt; &amp; 見本" in html
    assert 'href="https://fund.example.jp/d/x?a=1&amp;b=2"' in html
    assert "max-width:600px" in html
    assert 'name="viewport"' in html
    assert html.count("<h1") == 1
    for fetched in ("<img", "<link", "<script", "<style", "url(", "src="):
        assert fetched not in html
    assert "報告のメールを止める" in html


@pytest.mark.parametrize(
    ("kind", "locale", "said"),
    [
        ("individual", "ja", "見本 様"),
        ("organisation", "ja", "見本 御中"),
        ("individual", "en", "見本"),
        ("organisation", "en", "見本"),
    ],
)
def test_a_letter_begins_as_its_reader_expects(kind: str, locale: str, said: str) -> None:
    assert addressee("見本", kind, locale) == said


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_no_mail_chooses_the_form_of_address_itself(path: Path) -> None:
    assert not re.search(r"}}\s*(様|御中|さま|殿)", path.read_text(encoding="utf-8"))
