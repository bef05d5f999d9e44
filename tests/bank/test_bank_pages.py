"""The bank's pages as people use them: look first, take in, match many, match one, take back."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable

import pytest
from bank_books import bank_lines, open_lines, state_of, waiting_gift
from flask.testing import FlaskClient
from giving_books import rows

from fund.app import create_app
from fund.identity.commands import add_user
from fund.kernel.actor import system
from fund.payments.bank.formats import anser
from fund.platform.house import House
from fund.worker import drain

PASSWORD = "correct horse 見本"
TODAY = dt.datetime.now(dt.UTC).date()


class Desk:
    """A signed-in person's browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.token, self.page = client, "", ""

    def get(self, path: str) -> str:
        return self._kept(self.client.get(path, follow_redirects=True))

    def post(self, path: str, status: int = 200, **fields: object) -> str:
        body = {"csrf_token": self.token, **fields}
        answer = self.client.post(
            path, data=body, follow_redirects=True, content_type="multipart/form-data"
        )
        return self._kept(answer, status)

    def _kept(self, answer, status: int = 200) -> str:
        self.page = answer.get_data(as_text=True)
        assert answer.status_code == status, self.page
        if found := re.search(r'name="csrf_token" value="([^"]+)"', self.page):
            self.token = found[1]
        return self.page

    def upload(self, body: bytes, profile: str = "anser") -> str:
        self.get("/staff/bank/statements")
        page = self.post(
            "/staff/bank/statements", profile=profile, file=(io.BytesIO(body), "六月.csv")
        )
        found = re.search(r'action="(/staff/bank/files/[^"]+)"', page)
        return found[1] if found else ""


@pytest.fixture
def desk(house: House) -> Callable[[str], Desk]:
    app = create_app(house)

    def sign_in(role: str) -> Desk:
        email = f"{role}@example.jp"
        add_user(
            house,
            by=system(),
            now=dt.datetime.now(dt.UTC),
            email=email,
            name=role,
            password=PASSWORD,
            roles=frozenset({role}),
        )
        person = Desk(app.test_client())
        person.get("/staff/login")
        person.client.post(
            "/staff/login",
            data={"email": email, "password": PASSWORD, "csrf_token": person.token},
        )
        return person

    return sign_in


def test_a_look_writes_nothing_and_the_same_file_twice_adds_nothing(
    house: House, desk: Callable[[str], Desk], app_dsn: str
) -> None:
    gift = waiting_gift(house, 1, "ヤマダ ハナコ")
    person = desk("treasurer")
    assert "まだ明細がありません" in person.get("/staff/bank/statements")
    body = anser.write("X", bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ"), (500, "ﾌﾒｲ")))
    there = person.upload(body)
    assert "ヤマダ" not in person.page or "ﾔﾏﾀﾞ ﾊﾅｺ" in person.page
    assert rows(app_dsn, "SELECT count(*) FROM bank_line") == [(0,)]
    assert "新しい行2件を取り込み、1件を自動で照合しました" in person.post(there, act="all")
    assert state_of(app_dsn, gift) == "received"
    assert rows(app_dsn, "SELECT body IS NULL, state FROM bank_import") == [(True, "done")]
    there = person.upload(body)
    assert "新しい行0件を取り込み" in person.post(there, act="all")
    assert rows(app_dsn, "SELECT count(*) FROM bank_line") == [(2,)]
    assert person.client.get("/staff/bank/statements.csv").text.count("\n") == 2
    assert person.client.get("/staff/bank/statements.xlsx").data[:2] == b"PK"
    assert person.client.get("/staff/bank/open.csv").text.count("\n") == 2
    assert "Bank" in person.get("/en/staff/bank")


def test_bad_rows_are_named_and_only_an_explicit_choice_takes_the_good_ones(
    house: House, desk: Callable[[str], Desk], app_dsn: str
) -> None:
    body = anser.write("X", bank_lines((100, "ｱ"), (200, "ｲ"))).replace(b'"200"', b'"2x0"')
    person = desk("treasurer")
    there = person.upload(body)
    assert "2行目 19列目「入金金額(円)」" in person.page
    assert "2x0" in person.page
    person.post(there, act="all")
    assert rows(app_dsn, "SELECT count(*) FROM bank_line") == [(0,)]
    number = there.rsplit("/", 1)[1]
    assert "2x0" in person.client.get(f"/staff/bank/files/{number}/problems.csv").text
    person.get(there)
    assert "新しい行1件を取り込み" in person.post(there, act="good_rows")
    assert rows(app_dsn, "SELECT problems, new_rows FROM bank_statement") == [(1, 1)]


def test_one_submit_matches_many_and_one_line_is_taken_back(
    house: House, desk: Callable[[str], Desk], app_dsn: str
) -> None:
    gifts = [waiting_gift(house, n, f"ヤマダ ハナコ{k}") for n, k in ((1, "ミ"), (2, "ヨ"))]
    person = desk("treasurer")
    lines = bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺﾄ"), (777, "ﾌﾒｲ"))
    person.post(person.upload(anser.write("X", lines)), act="all")
    page = person.get("/staff/bank")
    assert all(gift in page for gift in gifts)
    line, unknown = open_lines(house)
    person.post("/staff/bank", status=400)
    page = person.post(
        "/staff/bank", **{f"line-{line.id}": f"gift:{gifts[1]}", f"line-{unknown.id}": ""}
    )
    assert "1件を照合しました" in page
    assert state_of(app_dsn, gifts[1]) == "received"
    where = f"/staff/bank/lines/{line.statement_no}/{line.row}"
    (match,) = rows(app_dsn, "SELECT id FROM bank_match")[0]
    person.get(where)
    person.post(where, status=400, act="undo", match=str(match), reason="")
    assert "理由を400文字まで" in person.page
    assert "記録しました" in person.post(where, act="undo", match=str(match), reason="別の人")
    assert "別の人" in person.page
    assert state_of(app_dsn, gifts[1]) == "awaiting_payment"
    assert gifts[0] in person.get(f"{where}?q={gifts[0]}")
    for typed in ("１万円", "一万", "10,000"):
        assert gifts[0] in person.get(f"{where}?q={typed}")
    assert "「山田」に合う相手は見つかりません" in person.get(f"{where}?q=山田")
    person.post(where, act="match", fact=f"gift:{gifts[0]}")
    assert state_of(app_dsn, gifts[0]) == "received"
    there = f"/staff/bank/lines/{unknown.statement_no}/{unknown.row}"
    person.get(there)
    person.post(there, status=409, act="book", what="counter")
    person.post(there, act="ignore", reason="区の別の口座あて")
    assert open_lines(house) == []
    assert "わけの分からない差" in person.get("/staff/bank")


def test_a_file_that_was_taken_in_before_says_so(desk: Callable[[str], Desk]) -> None:
    person, body = desk("treasurer"), anser.write("X", bank_lines((777, "ﾌﾒｲ")))
    person.post(person.upload(body), act="all")
    person.upload(body)
    assert re.search(
        r"このファイルは、明細 <a [^>]+>BS-\w+</a> として取り込み済みです", person.page
    )
    person.upload(body + b"\r\n")
    assert "新しい行はありません" in person.page


def test_who_may_not_import_or_match_cannot(house: House, desk: Callable[[str], Desk]) -> None:
    auditor, officer = desk("auditor"), desk("officer")
    auditor.get("/staff/bank")
    auditor.get("/staff/bank/statements")
    assert 'type="file"' not in auditor.page
    for path in ("/staff/bank", "/staff/bank/statements", "/staff/bank/lines/BS-1/1"):
        assert auditor.client.post(path, data={"csrf_token": auditor.token}).status_code == 403
    assert officer.client.get("/staff/bank/profiles").status_code == 403
    assert auditor.client.get("/staff/bank/lines/BS-1/1").status_code == 404


def test_a_profile_of_any_csv_is_saved_and_read_by(
    house: House, desk: Callable[[str], Desk], app_dsn: str
) -> None:
    person = desk("treasurer")
    person.get("/staff/bank/profiles/new")
    fields = {
        "code": "post",
        "title": "ゆうちょ",
        "format": "csv",
        "account": "post",
        "day": "取引日",
        "came": "受入",
        "went": "払出",
        "balance": "現在高",
        "name": "内容",
        "heading": "2",
        "rows_before": "2",
        "dates": "era6",
    }
    person.post("/staff/bank/profiles", status=400, **{**fields, "code": "郵便", "day": ""})
    assert "日付の列を入力してください" in person.page
    assert "ゆうちょ" in person.post("/staff/bank/profiles", **fields)
    body = '明細,,,,\n取引日,受入,払出,現在高,内容\n080611,"1,000",,1000,ﾐﾎﾝ\n'.encode("cp932")
    assert "新しい行1件" in person.post(person.upload(body, "post"), act="all")
    assert rows(app_dsn, "SELECT day::text, yen, name, account FROM bank_line") == [
        ("2026-06-11", 1000, "ミホン", "post")
    ]
    assert "取引日" in person.get("/staff/bank/profiles/post")


def test_a_large_file_is_taken_in_by_the_worker_with_progress(
    house: House, desk: Callable[[str], Desk], app_dsn: str
) -> None:
    person = desk("treasurer")
    lines = bank_lines(*((1 + n % 7, f"ｱｲｳ{n}") for n in range(2_100)))
    there = person.upload(anser.write("X", lines))
    assert "取り込んでいます" in person.post(there, act="all")
    assert person.client.get(there).headers["Refresh"] == "2"
    assert rows(app_dsn, "SELECT state FROM bank_import") == [("queued",)]
    drain(house)
    assert "取り込みました" in person.get(there)
    assert "Refresh" not in person.client.get(there).headers
    assert rows(app_dsn, "SELECT count(*) FROM bank_line") == [(2_100,)]
