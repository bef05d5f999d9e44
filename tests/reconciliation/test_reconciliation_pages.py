"""The officer's page with its twins, the treasurer's form, and the line on every public page."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from counter_till import Till
from playwright.sync_api import sync_playwright

from fund.identity.commands import add_user
from fund.kernel.actor import system
from fund.payments.reconciliation import commands

PASSWORD = "correct horse 見本"
PICTURES = os.environ.get("FUND_PICTURES", "")


class Visitor:
    """Keeps cookies and sends the CSRF token of the last page."""

    def __init__(self, till: Till) -> None:
        self.client, self.token = till.app.test_client(), ""

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
        return self._read(answer)

    def post(self, path: str, status: int = 303, **fields: object) -> str:
        answer = self.client.post(path, data={"csrf_token": self.token, **fields})
        assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
        return self._read(answer)

    def _read(self, answer) -> str:
        page = answer.get_data().decode(errors="replace")
        if found := re.search(r'name="csrf_token" value="([^"]+)"', page):
            self.token = found[1]
        return page


@pytest.fixture
def sign_in(till: Till) -> Callable[[str], Visitor]:
    def as_role(role: str) -> Visitor:
        email = add(till, role)
        visitor = Visitor(till)
        visitor.get("/staff/login")
        visitor.post("/staff/login", email=email, password=PASSWORD)
        return visitor

    return as_role


def add(till: Till, role: str) -> str:
    email = f"{role}@example.jp"
    add_user(
        till.house,
        by=system("tests"),
        now=till.now,
        email=email,
        name=role,
        password=PASSWORD,
        roles=frozenset({role}),
    )
    return email


def lived(till: Till, paid) -> str:
    """A payout in the bank, one on its way, an open item; returns the first payout."""
    paid(10_000)
    paid(3_000, method="paypay")
    payout = till.control("payouts", fees=330)["id"]
    gift_no = paid(7_000)
    charge = till.rows("SELECT charge_id FROM payment WHERE gift_no = %s", gift_no)[0][0]
    till.control("refunds", charge=charge, amount=1_000)
    till.deliver()
    till.control("payouts", arrived=False)
    with till.house.database.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO provider_movement (id, type, category, currency, gross, fee, net,"
            " created_at, available_at, fetched_at) VALUES ('txn_odd', 'topup', 'topup', 'jpy',"
            " 50, 0, 50, now(), now(), now())"
        )
    commands.reconcile(till.house, now=till.now)
    return str(payout)


def test_the_page_says_when_nothing_was_compared_yet(sign_in):
    page = sign_in("officer").get("/staff/reconciliation")
    assert "まだ一度も照合していません" in page
    assert "説明のつかない差" not in page


def test_both_sides_and_every_open_item_stand_on_the_page(till, paid, sign_in):
    payout = lived(till, paid)
    officer = sign_in("officer")
    page = officer.get("/staff/reconciliation")
    for words in (payout, "txn_odd", "知らない種類の動きです", "未照合が", "記帳済み"):
        assert words in page
    assert "銀行へ向かっています" in page
    assert "補てんを記帳する" not in page, "an officer does not handle the ward's money"
    english = officer.get("/en/staff/reconciliation")
    assert "A kind of movement we do not know" in english
    assert "決済会社との照合で残ったもの" in officer.get("/staff")
    only = officer.get("/staff/reconciliation?show=open")
    assert only.count("<code>txn_") == 2, "in the list of open items and in the movements"


def test_a_refund_after_the_payout_is_explained_in_words(till, paid, sign_in):
    gift_no = paid(10_000)
    till.control("payouts", fees=330)
    officer = sign_in("officer")
    commands.reconcile(till.house, now=till.now)
    assert "立て替えて" not in officer.get("/staff/reconciliation")
    charge = till.rows("SELECT charge_id FROM payment WHERE gift_no = %s", gift_no)[0][0]
    till.control("refunds", charge=charge, amount=1_000)
    till.deliver()
    commands.reconcile(till.house, now=till.now)
    page = officer.get("/staff/reconciliation")
    assert "帳簿：決済会社が立て替えているお金" in page
    assert "決済会社が 1,000円 を立て替えています" in page
    assert "帳簿と決済会社の残高が合っています" in page
    assert "the payment company has advanced" in officer.get("/en/staff/reconciliation")


def test_what_came_after_the_last_comparison_is_no_difference(till, paid, sign_in):
    paid(10_000)
    commands.reconcile(till.house, now=till.now)
    till.pass_time(minutes=20)
    paid(7_000)
    officer = sign_in("officer")
    page = officer.get("/staff/reconciliation")
    assert "帳簿と決済会社の残高が合っています" in page
    assert "未照合はありません" in page
    books = json.loads(officer.get("/staff/reconciliation.json"))["books"]
    assert books["booked_since_comparison"] == 7_000
    assert books["difference"] == 0
    with till.house.database.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO provider_movement (id, type, category, currency, gross, fee, net,"
            " created_at, available_at, fetched_at, match_kind, match_no) VALUES ('txn_off',"
            " 'topup', 'topup', 'jpy', -1, 0, -1, now(), now(), now(), 'fee', 'txn_off')"
        )
    books = json.loads(officer.get("/staff/reconciliation.json"))["books"]
    assert (books["booked_since_comparison"], books["difference"]) == (0, 7_001)
    assert "未照合が1件あります" in officer.get("/staff/reconciliation")


def test_the_twins_hold_the_rows_of_the_view(till, paid, sign_in):
    lived(till, paid)
    auditor = sign_in("auditor")
    rows = list(csv.DictReader(io.StringIO(auditor.get("/staff/reconciliation.csv"))))
    (total,) = till.rows("SELECT count(*), sum(net)::bigint FROM provider_movement")
    assert (len(rows), sum(int(row["net"]) for row in rows)) == total
    body = json.loads(auditor.get("/staff/reconciliation.json?show=open"))
    assert [row["id"] for row in body["rows"]] == ["txn_odd"]
    assert body["books"]["difference"] == -50
    assert auditor.get("/staff/reconciliation.xlsx").startswith("PK")
    assert auditor.get("/staff/reconciliation.json?day=1999-01-01") != ""
    auditor.get("/staff/reconciliation?day=gestern", 400)
    auditor.get("/staff/reconciliation.csv?show=all", 400)


def test_only_who_may_sees_it(till, sign_in):
    for path in ("", ".csv", ".json", ".xlsx"):
        assert till.app.test_client().get(f"/staff/reconciliation{path}").status_code in {302, 303}
    council = sign_in("council")
    council.get("/staff/reconciliation", 403)
    officer = sign_in("officer")
    officer.get("/staff/reconciliation")
    officer.post("/staff/reconciliation/fees", 403, yen="1", on="2026-04-01", reference="x")


def test_the_treasurer_books_what_the_ward_paid_back(till, paid, sign_in):
    paid(10_000)
    till.control("payouts")
    commands.reconcile(till.house, now=till.now)
    treasurer = sign_in("treasurer")
    assert "360円" in treasurer.get("/staff/reconciliation")
    today = till.now.date().isoformat()
    back = treasurer.post(
        "/staff/reconciliation/fees", 400, yen="千円？", on="いつか", reference="伝票 7"
    )
    assert "金額を数字で入力してください" in back
    assert "伝票 7" in back
    assert "千円？" in back
    back = treasurer.post(
        "/staff/reconciliation/fees", 400, yen="361", on=today, reference="伝票 7"
    )
    assert "まだ補われていない額まで" in back
    treasurer.post("/staff/reconciliation/fees", yen="３６０円", on=today, reference="伝票 7")
    page = treasurer.get("/staff/reconciliation")
    assert "手数料の補てんを記帳しました" in page
    assert "補てんを記帳する" not in page
    treasurer.post("/staff/reconciliation/fees", 400, yen="1", on=today, reference="伝票 7")


def test_every_public_page_says_when_books_and_provider_last_agreed(till, paid, monkeypatch):
    monkeypatch.setattr("fund.site.FRESH_SECONDS", -1.0)
    visitor = Visitor(till)
    for path in ("/", "/give", "/ledger"):
        page = visitor.get(path)
        assert "決済会社とは、まだ照合していません。" in page
        assert "銀行の明細とは、まだ照合していません。" in page
    paid(5_000)
    commands.reconcile(till.house, now=till.now)
    for path in ("/", "/give", "/ledger"):
        page = visitor.get(path)
        assert "決済会社と最後に一致したのは" in page
        assert "check-off" in page, "half a promise is not green"
    assert "Books = provider + bank: last matched with the provider on" in visitor.get("/en/")


@pytest.mark.journey
def test_the_page_in_a_browser(till, paid, sign_in):
    lived(till, paid)
    sign_in("treasurer")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("FUND_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"],
        )
        for width in (1280, 320):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(f"http://127.0.0.1:{till.door.server_port}/staff/login")
            page.fill("#email", "treasurer@example.jp")
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.goto(f"http://127.0.0.1:{till.door.server_port}/staff/reconciliation")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"reconciliation-{width}.png", full_page=True)
        browser.close()
