"""The pages of fiscal years: for the staff who close them and for everybody, in two languages."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from contextlib import contextmanager

import pytest
from award_books import PASSWORD, Visitor
from click.testing import CliRunner
from closing_books import close, publish_all
from openpyxl import load_workbook

from fund.app import create_app
from fund.cli import commands as fund
from fund.cli import years as cli
from fund.identity.commands import add_user
from fund.kernel.actor import system
from fund.platform.web import context
from fund.publication.dictionary.years import ACCOUNTS


@pytest.fixture
def staff(house, monkeypatch, june):
    """A signed-in member of staff in June 2026; ask twice for two people."""
    app = create_app(house)
    monkeypatch.setattr(context, "moment", lambda: june)

    def sign_in(role, prefix=""):
        email = f"{role}@example.jp"
        add_user(
            house,
            by=system(),
            now=dt.datetime.now(dt.UTC),
            email=email,
            name=f"見本 {role}",
            password=PASSWORD,
            roles=frozenset({role}),
        )
        visitor = Visitor(app.test_client(), prefix)
        visitor.sign_in(email)
        return visitor

    return sign_in


@pytest.fixture
def citizen(house):
    return create_app(house).test_client()


def told(answer, status=200):
    assert answer.status_code == status, answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_two_people_close_a_year_on_the_pages(books, june, staff, prefix) -> None:
    publish_all(books, june)
    treasurer, decider = staff("treasurer", prefix), staff("decider", prefix)
    path = "/staff/years/2025"
    assert 'href="' + f"{prefix}{path}" in treasurer.get("/staff/years").get_data(as_text=True)
    page = treasurer.get(path)
    assert f'action="{prefix}{path}/proposal"' in page.get_data(as_text=True)
    assert f'action="{prefix}{path}/proposal"' not in decider.get(path).get_data(as_text=True)
    long = treasurer.post(f"{path}/proposal", {"note": "見" * 1_001})
    assert "見" * 1_001 in long.get_data(as_text=True)
    assert long.status_code == 400
    assert treasurer.post(f"{path}/proposal", {"note": "持ち越し"}).status_code == 303
    own = treasurer.get(path).get_data(as_text=True)
    assert f'action="{prefix}{path}/decision"' not in own
    assert treasurer.post(f"{path}/decision", {"decision_no": "1"}).status_code == 403
    page = decider.get(path)
    assert "持ち越し" in page.get_data(as_text=True)
    empty = decider.post(f"{path}/decision", {"decision_no": " "})
    assert empty.status_code == 400
    assert decider.post(f"{path}/decision", {"decision_no": "8大協第1号"}).status_code == 303
    closed = decider.get(path).get_data(as_text=True)
    assert "/decision" not in closed
    assert "/proposal" not in treasurer.get(path).get_data(as_text=True)
    words = {"": "この年度の帳簿は締めてあります", "/en": "The books of this year are closed"}
    assert words[prefix] in closed


def test_what_must_be_done_first_stands_on_the_page(books, june, staff) -> None:
    publish_all(books, june)
    page = told(staff("treasurer").get("/staff/years/2026"))
    assert "年度がまだ終わっていません" in page
    assert "前の年度がまだ締まっていません" in page
    assert "先に終える" in page


def test_everybody_reads_the_accounts_of_a_year(books, people, june, citizen) -> None:
    publish_all(books, june)
    assert "まだ締めていません" in told(citizen.get("/years/2025"))
    close(books, people, june)
    page = told(citizen.get("/years/2025"))
    for words in ("2025年度の決算", "70,000円", "前年度末", "出納閉鎖後", "締めた記帳"):
        assert words in page
    english = told(citizen.get("/en/years/2025"))
    assert "Accounts of FY2025" in english
    assert not re.search(r"[぀-ヿ]", english.split("Accounts of FY2025", 1)[1].split("Contact")[0])
    listed = told(citizen.get("/years"))
    assert "令和7年度" in listed
    assert told(citizen.get("/years/1999"), 404).count("この年度の決算はありません")
    assert told(citizen.get("/years/99999999999999"), 404)
    assert citizen.get("/years/2025.pdf").status_code == 404


def test_files_of_a_year_are_the_pages_rows_and_sum_to_zero(books, people, june, citizen) -> None:
    close(books, people, june)
    rows = list(csv.DictReader(io.StringIO(citizen.get("/years/2025.csv").get_data(as_text=True))))
    assert list(rows[0]) == ACCOUNTS.header
    for name in ("opening_yen", "closing_yen", "may_yen"):
        assert sum(int(row[name]) for row in rows) == 0
    assert sum(int(row["debit_yen"]) - int(row["credit_yen"]) for row in rows) == 0
    body = citizen.get("/years/2025.json").get_json()
    assert [{k: str(v) for k, v in row.items()} for row in body["rows"]] == rows
    assert rows[0]["closed_no"] == str(body["closed"]["no"])
    book = load_workbook(io.BytesIO(citizen.get("/years/2025.xlsx").get_data()))
    assert book.worksheets[0].max_row == len(rows) + 1
    every = list(csv.DictReader(io.StringIO(citizen.get("/years.csv").get_data(as_text=True))))
    assert [row for row in every if row["fy"] == "2025"] == rows
    assert {row["closed_no"] for row in every if row["fy"] != "2025"} == {""}


def test_before_the_first_entry_the_pages_say_so(house, citizen) -> None:
    assert "まだ、どの年度の帳簿もありません" in told(citizen.get("/years"))
    assert "まだ記帳がありません" in told(citizen.get("/years/2025"), 404)
    assert citizen.get("/years.csv").get_data(as_text=True).strip() == ",".join(ACCOUNTS.header)


def test_a_closing_is_seen_in_ledger_entry_and_feed(books, people, june, citizen) -> None:
    close(books, people, june)
    listed = told(citizen.get("/ledger?kind=period.closed"))
    assert "2025年度の帳簿を締めました" in listed
    number = citizen.get("/years/2025.json").get_json()["closed"]["no"]
    entry = citizen.get(f"/ledger/{number}").get_data(as_text=True)
    assert 'href="/years/2025"' in entry
    assert 'href="/en/years/2025"' in citizen.get(f"/en/ledger/{number}").get_data(as_text=True)
    assert "2025年度の帳簿を締めました" in citizen.get("/feeds/ledger.atom").get_data(as_text=True)
    assert 'href="/years/2025"' in citizen.get("/glance?fy=2025").get_data(as_text=True)
    assert 'href="/years"' in citizen.get("/glance").get_data(as_text=True)


def test_the_shell_reads_years_and_does_not_close_them(books, people, june, monkeypatch) -> None:
    @contextmanager
    def opened(_data=None):
        yield books

    monkeypatch.setattr(cli, "open_house", opened)
    publish_all(books, june)
    run = CliRunner().invoke
    assert "2025\topen\t-\t-" in run(fund, ["year", "list"]).output
    assert run(fund, ["year", "check", "2025"]).exit_code == 0
    late = run(fund, ["year", "check", "2026", "--json"])
    assert late.exit_code == 1
    assert '"earlier-year"' in late.output
    close(books, people, june)
    assert "2025\tclosed\t" in run(fund, ["year", "list"]).output
    rows = list(csv.DictReader(io.StringIO(run(fund, ["year", "accounts", "2025"]).output)))
    assert sum(int(row["closing_yen"]) for row in rows) == 0
    assert run(fund, ["year", "accounts", "1999"]).exit_code == 1
