"""Pages of the One-Stop exception: the form's tick, the own page, the officers' desk, strangers."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
from collections.abc import Callable

import lxml.html
import openpyxl
import pytest
from flask.testing import FlaskClient
from giving_books import HANAKO
from whole_fund import PASSWORD, Fund

from fund.giving import commands as giving
from fund.giving.commands import secret_of
from fund.giving.domain import Donor
from fund.kernel.actor import donor as donor_hand
from fund.receipts.one_stop import queries

COMPANY = Donor(
    kind="organisation",
    single_name="見本社",
    contact_person="見本 一郎",
    postal_code="1448621",
    address1="東京都大田区蒲田五丁目13番14号",
    email="a@example.jp",
)
IN_OTA = Donor(
    family_name="山田",
    given_name="花子",
    kana="ヤマダ ハナコ",
    postal_code="1448621",
    address1="東京都大田区蒲田五丁目13番14号",
    email=HANAKO.email,
)


class Visitor:
    """A browser without JavaScript: keeps cookies and the token of the last page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.fields = client, {}

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return self._read(answer)

    def post(self, path: str, status: int = 303, **fields: object) -> str:
        answer = self.client.post(path, data={**self.fields, **fields})
        assert answer.status_code == status, (path, answer.status_code, self._read(answer)[:3000])
        return self._read(answer) if status != 303 else str(answer.location)

    def _read(self, answer) -> str:
        text = html.unescape(answer.get_data(as_text=True))
        for name in ("csrf_token", "page"):
            if found := re.search(rf'name="{name}" value="([^"]+)"', text):
                self.fields[name] = found[1]
        return text


@pytest.fixture
def visitor(fund: Fund) -> Visitor:
    fund.donor = IN_OTA
    return Visitor(fund.app.test_client())


@pytest.fixture
def staff(fund: Fund) -> Callable[[str], Visitor]:
    def sign_in(role: str) -> Visitor:
        who = Visitor(fund.app.test_client())
        who.get("/staff/login")
        number = {"officer": 0, "council": 2, "decider": 3, "treasurer": 4, "auditor": 5}[role]
        who.post("/staff/login", email=f"{role}{number}@example.jp", password=PASSWORD)
        return who

    return sign_in


def own(fund: Fund, gift_no: str) -> str:
    return f"/d/{secret_of(fund.house, gift_no)}"


def state(fund: Fund, gift_no: str) -> str:
    with fund.house.database.reading() as connection:
        found = queries.application_of(connection, gift_no)
    return found.state if found else "none"


def to_consents(visitor: Visitor, *, kind: str = "individual", where: str = "japan") -> str:
    visitor.get("/give/use")
    visitor.post("/give/use", wish="anywhere")
    visitor.post("/give/amount", amount="5000", kind=kind)
    facts = {
        "family_name": "山田",
        "given_name": "花子",
        "kana": "やまだ はなこ",
        "organisation": "見本社",
        "contact_person": "見本 一郎",
        "where": where,
        "postal_code": "1448621",
        "address1": "東京都大田区蒲田五丁目13番14号",
        "country": "France",
        "foreign_address": "1 rue de Paris",
        "email": "hanako@example.jp",
    }
    visitor.post("/give/donor", **facts)
    return visitor.get("/give/consents")


AGREED = {"publish": "no", "method": "counter", "purpose_of_use": "y"}


def test_the_tick_asks_for_the_day_of_birth_and_keeps_what_was_typed(
    visitor: Visitor, fund: Fund
) -> None:
    page = to_consents(visitor)
    assert 'value="link" checked' in page
    assert "ワンストップ特例の申請書がほしい" in page
    page = visitor.post("/give/consents", 400, **AGREED, one_stop="y", born_on="きのう")
    assert 'value="きのう"' in page
    assert "生年月日を入力してください（例" in page
    visitor.post(
        "/give/consents", **AGREED, one_stop="y", born_on="昭和40年1月2日", receipt_way="post"
    )
    page = visitor.get("/give/check")
    for said in ("郵送（紙）", "1965年1月2日", "ワンストップ特例"):
        assert said in page
    visitor.post("/give/check")
    assert fund.rows(
        "SELECT gift.receipt_way, one_stop.state, one_stop.born_on FROM one_stop"
        " JOIN gift ON gift.no = one_stop.gift_no"
    ) == [("post", "requested", dt.date(1965, 1, 2))]
    assert fund.rows("SELECT count(*) FROM gift_draft WHERE data::text LIKE '%%昭和%%'") == [(0,)]


def test_without_the_tick_no_day_of_birth_is_kept(visitor: Visitor, fund: Fund) -> None:
    to_consents(visitor)
    visitor.post("/give/consents", **AGREED, born_on="昭和40年1月2日")
    visitor.post("/give/check")
    assert fund.rows("SELECT receipt_way FROM gift") == [("link",)]
    assert fund.rows("SELECT count(*) FROM one_stop") == [(0,)]


@pytest.mark.parametrize(("kind", "where"), [("organisation", "japan"), ("individual", "abroad")])
def test_companies_and_people_abroad_are_not_asked(
    visitor: Visitor, fund: Fund, kind: str, where: str
) -> None:
    page = to_consents(visitor, kind=kind, where=where)
    assert "ワンストップ特例" not in page
    assert 'name="receipt_way"' in page
    visitor.post("/give/consents", **AGREED, one_stop="y", born_on="昭和40年1月2日")
    visitor.post("/give/check")
    assert fund.rows("SELECT count(*) FROM one_stop") == [(0,)]


def test_a_my_number_in_a_name_is_refused_with_the_rest_kept(visitor: Visitor) -> None:
    visitor.get("/give/use")
    visitor.post("/give/use", wish="anywhere")
    visitor.post("/give/amount", amount="5000", kind="individual")
    page = visitor.post(
        "/give/donor",
        400,
        family_name="山田",
        given_name="花子",
        kana="ヤマダ",
        where="japan",
        postal_code="1448621",
        address1="東京都大田区蒲田 1234-5678-9018",
        email="hanako@example.jp",
    )
    assert "マイナンバー（個人番号）と思われる12けたの数字" in page
    assert 'value="山田"' in page


def test_asked_for_later_printed_and_taken_back_on_the_own_page(
    visitor: Visitor, fund: Fund
) -> None:
    no = fund.paid()
    address = own(fund, no)
    assert "ワンストップ特例を申し込む" in visitor.get(address)
    visitor.get(f"{address}/one-stop")
    page = visitor.post(f"{address}/one-stop", 400, born_on="3000-01-01")
    assert 'value="3000-01-01"' in page
    assert visitor.post(f"{address}/one-stop", born_on="1965-01-02").endswith("#one-stop")
    page = visitor.get(address)
    assert "申請書（PDF）を開く" in page
    answer = visitor.client.get(f"{address}/one-stop.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert state(fund, no) == "sent"
    visitor.post(f"{address}/one-stop/withdraw")
    assert state(fund, no) == "withdrawn"
    assert visitor.client.get(f"{address}/one-stop.pdf").status_code == 404


@pytest.mark.parametrize("act", ["", "/withdraw"])
def test_a_link_that_is_not_the_donors_opens_nothing(
    visitor: Visitor, fund: Fund, act: str
) -> None:
    fund.paid()
    visitor.get("/give")
    for path in ("/d/" + "x" * 32 + "/one-stop", "/d/G-7K3F92QX/one-stop"):
        answer = visitor.client.post(path + act, data={**visitor.fields, "born_on": "1965-01-02"})
        assert answer.status_code in {400, 404}
        assert visitor.client.get(path + ".pdf").status_code == 404
    assert fund.rows("SELECT count(*) FROM one_stop") == [(0,)]


def test_after_a_refund_and_for_a_company_the_own_page_offers_nothing(
    visitor: Visitor, fund: Fund
) -> None:
    no = fund.accepted()
    fund.refund(no, 10_000)
    assert "ワンストップ特例を申し込む" not in visitor.get(own(fund, no))
    visitor.get(f"{own(fund, no)}/one-stop")
    page = visitor.post(f"{own(fund, no)}/one-stop", 400, born_on="1965-01-02")
    assert "申請できません" in page
    fund.donor = COMPANY
    no = fund.paid()
    assert "ワンストップ特例を申し込む" not in visitor.get(own(fund, no))
    assert visitor.client.get(f"{own(fund, no)}/one-stop").status_code == 404


def test_the_way_of_the_receipt_is_changed_with_one_tap(visitor: Visitor, fund: Fund) -> None:
    no = fund.accepted()
    visitor.get(own(fund, no))
    visitor.post(f"{own(fund, no)}/receipt-way", receipt_way="none")
    page = visitor.get(own(fund, no))
    assert "お送りしません" in page
    assert "受領証明書（PDF）を開く" in page
    visitor.post(f"{own(fund, no)}/receipt-way", receipt_way="pigeon")
    assert "領収書の受け取り方を選んでください" in visitor.get(own(fund, no))
    assert fund.rows("SELECT receipt_way FROM gift") == [("none",)]


def test_an_officer_marks_one_paper_after_the_other(
    visitor: Visitor, fund: Fund, staff: Callable[[str], Visitor]
) -> None:
    officer = staff("officer")
    assert "まだありません" in officer.get("/staff/one-stop")
    first = fund.paid()
    day = fund.today.isoformat()
    assert "autofocus" in officer.get("/staff/one-stop")
    page = officer.post(
        "/staff/one-stop/mark", 400, gift_no="とんぼ", arrived_on=day, act="received"
    )
    assert 'value="とんぼ"' in page
    officer.get("/staff/one-stop")
    onward = officer.post(
        "/staff/one-stop/mark", gift_no=first.lower(), arrived_on=day, act="received"
    )
    assert f"on={day}" in onward
    assert f"{first} を受け付けました。次の番号を入力できます" in officer.get(onward)
    page = officer.post("/staff/one-stop/mark", 400, gift_no=first, arrived_on=day, act="received")
    assert "受付" in page
    assert state(fund, first) == "received"


def test_what_is_wrong_is_ticked_and_a_mark_can_be_taken_back(
    visitor: Visitor, fund: Fund, staff: Callable[[str], Visitor]
) -> None:
    officer, day = staff("officer"), fund.today.isoformat()
    first, second = fund.paid(), fund.paid()
    officer.get("/staff/one-stop")
    officer.post("/staff/one-stop/mark", gift_no=first, arrived_on=day, act="received")
    officer.get("/staff/one-stop")
    onward = officer.post("/staff/one-stop/mark", gift_no=second, arrived_on=day, act="defective")
    assert f"/staff/one-stop/{second}" in onward
    officer.get(onward)
    page = officer.post(f"/staff/one-stop/{second}/defective", 400, arrived_on=day)
    assert "不備の内容を選んでください" in page
    officer.post(f"/staff/one-stop/{second}/defective", arrived_on=day, reasons="boxes")
    assert (state(fund, first), state(fund, second)) == ("received", "defective")
    page = officer.get("/staff/one-stop?state=defective")
    assert second in page
    assert first not in page
    assert "確認の欄（2か所）にしるしがありません" in page
    officer.get(f"/staff/one-stop/{first}")
    officer.post(f"/staff/one-stop/{first}/birth", born_on="S40.1.2")
    officer.get(f"/staff/one-stop/{first}")
    officer.post(f"/staff/one-stop/{first}/unmark")
    assert state(fund, first) == "sent"
    looks = fund.rows("SELECT count(*) FROM audit_trail WHERE act = 'donor.viewed'")
    assert looks[0][0] >= 3


def _check_workbook(officer: Visitor, year: int, home: str) -> None:
    """The list bears everything but the My Number, and says where that comes from."""
    answer = officer.client.get(f"/staff/one-stop/notices.xlsx?year={year}")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    rows = {row[1]: dict(zip(titles, row, strict=True)) for row in sheet.values}
    assert rows[home]["市区町村"] == "東京都大田区"
    assert rows[home]["寄附金額"] == 7_000
    assert rows[home]["個人番号（外で記入）"] is None
    assert "個人番号は、紙の申請書から" in str([list(one.values) for one in book.worksheets])


def test_the_list_of_notices_leaves_room_for_the_number_and_forgets_afterwards(
    visitor: Visitor, fund: Fund, staff: Callable[[str], Visitor]
) -> None:
    officer = staff("officer")
    year = fund.today.year
    home, lost = fund.paid(7_000), fund.paid(3_000)
    for no in (home, lost):
        officer.get("/staff/one-stop")
        officer.post(
            "/staff/one-stop/mark",
            gift_no=no,
            arrived_on=fund.today.isoformat(),
            born_on="1965-01-02",
            act="received",
        )
    # The same hand by which the donor is corrected says what the notice names.
    giving.correct_donor(
        fund.house,
        by=donor_hand(lost),
        now=fund.now,
        gift_no=lost,
        facts=Donor(
            family_name="山田",
            given_name="花子",
            kana="ヤマダ ハナコ",
            postal_code="1448621",
            address1="大阪府大阪市北区梅田",
            email=HANAKO.email,
        ),
    )
    officer.get(f"/staff/one-stop/{lost}")
    officer.post(f"/staff/one-stop/{lost}/changed", arrived_on=fund.today.isoformat())
    page = officer.get(f"/staff/one-stop/notices?year={year}")
    assert "東京都大田区" in page
    assert "（郵便番号とご住所が合わない）" in page
    _check_workbook(officer, year, home)
    csv = officer.client.get(f"/staff/one-stop/notices.csv?year={year}").get_data(as_text=True)
    assert "1965-01-02" in csv
    officer.get(f"/staff/one-stop/notices?year={year}")
    officer.post(f"/staff/one-stop/notices?year={year}", home="東京都大田区")
    assert (state(fund, home), state(fund, lost)) == ("notified", "received")
    officer.get(f"/staff/one-stop/notices?year={year}")
    officer.post(f"/staff/one-stop/notices?year={year}", gift=lost, municipality="大阪府大阪市")
    assert fund.rows("SELECT municipality FROM one_stop ORDER BY id") == [
        ("東京都大田区",),
        ("大阪府大阪市",),
    ]
    left = officer.client.get(f"/staff/one-stop/notices.csv?year={year}").get_data(as_text=True)
    assert "1965" not in left
    assert fund.rows("SELECT count(*) FROM audit_trail WHERE act = 'one-stop.exported'") == [(3,)]


def test_receipts_go_by_post_once_and_each_print_is_written_down(
    visitor: Visitor, fund: Fund, staff: Callable[[str], Visitor]
) -> None:
    officer = staff("officer")
    assert "印刷を待つ受領証明書はありません" in officer.get("/staff/receipts-to-post")
    posted, linked = fund.accepted(), fund.accepted()
    officer.get(f"/staff/gifts/{posted}")
    officer.post(f"/staff/gifts/{posted}/receipt-way", receipt_way="post")
    page = officer.get("/staff/receipts-to-post")
    assert posted in page
    assert linked not in page
    assert "郵送する受領証明書" in officer.get("/staff")
    officer.get("/staff/receipts-to-post")
    onward = officer.post("/staff/receipts-to-post", gift=posted)
    answer = officer.client.get(onward)
    assert answer.mimetype == "application/pdf"
    assert posted not in officer.get("/staff/receipts-to-post")
    assert fund.rows("SELECT way FROM receipt_copy") == [("post",)]
    # A corrected receipt is another paper: it waits again.
    fund.refund(posted, 1_000)
    assert posted in officer.get("/staff/receipts-to-post")


@pytest.mark.parametrize("role", ["council", "treasurer", "auditor"])
def test_others_neither_mark_nor_take_lists_away(
    fund: Fund, staff: Callable[[str], Visitor], role: str
) -> None:
    no = fund.paid()
    who = staff(role)
    who.get("/staff")
    for path in ("/staff/one-stop/notices.csv", f"/staff/one-stop/forms.pdf?gift={no}"):
        assert who.client.get(path).status_code == 403
    answer = who.client.post(
        "/staff/one-stop/mark",
        data={**who.fields, "gift_no": no, "arrived_on": fund.today.isoformat(), "act": "received"},
    )
    assert answer.status_code in {400, 403}
    assert state(fund, no) == "none"


def test_in_december_the_pages_say_until_when_a_gift_counts(visitor: Visitor, fund: Fund) -> None:
    page = visitor.get("/give")
    year = f"{fund.today.year}年の寄附にするには"
    assert (year in page) is (fund.today.month == 12)


def visible_needs(page: str) -> int:
    """How many fields a page asks for that are shown without a tick."""
    tree = lxml.html.fromstring(page)
    return sum(
        1
        for need in tree.find_class("need-must")
        if not any("reveal" in (one.get("class") or "").split() for one in need.iterancestors())
    )


def test_no_more_than_fourteen_things_are_asked_for(visitor: Visitor) -> None:
    """What is shown only after a tick or for another kind of name is left out."""
    pages = [visitor.get("/give/use")]
    visitor.post("/give/use", wish="anywhere")
    pages.append(visitor.get("/give/amount"))
    pages.append(to_consents(visitor))
    named = {"family_name", "given_name", "kana", "postal_code", "address1", "email"}
    donor_page = visitor.get("/give/donor")
    assert all(f'name="{name}"' in donor_page for name in named)
    counted = [visible_needs(page) for page in pages]
    assert sum(counted) + len(named) <= 14, counted
