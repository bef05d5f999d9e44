"""Staff pages: read, propose, decide; each by the right person only."""

from __future__ import annotations

import csv
import io
import re

import pytest
from giving_books import ALL_CHECKED, HANAKO, NOW, offer, received, rows
from openpyxl import load_workbook
from test_giving_pages import text

from fund.giving import commands
from fund.giving.domain import Donor, Wish
from fund.kernel.actor import system
from fund.payments.commands import record_offline

BOX = {"checklist": sorted(ALL_CHECKED)}


@pytest.fixture
def gifts(house):
    return [received(house, system(), n, wish=Wish("group", "0132", "field")) for n in range(3)]


def propose(visitor, numbers):
    visitor.get("/staff/acceptance")
    answer = visitor.post("/staff/acceptance", {"gift": numbers, **BOX})
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_two_people_accept_a_batch(staff, gifts, app_dsn):
    officer, decider = staff("officer"), staff("decider")
    address = propose(officer, gifts[:2])
    page = text(officer.get(address))
    assert "起案した人は決定できません" in page
    assert 'name="decision"' not in page
    page = text(decider.get(address))
    assert 'name="decision"' in page
    assert "山田 花子" in page
    assert decider.post(address, {"decision": "accept"}).status_code == 303
    assert rows(app_dsn, "SELECT state FROM gift ORDER BY id") == [
        ("accepted",),
        ("accepted",),
        ("received",),
    ]
    assert "採納しました" in text(decider.get(address))
    assert decider.post(address, {"decision": "accept"}).status_code == 409
    assert "B2026" in text(decider.get("/staff/acceptance"))


def test_the_proposer_is_refused_even_without_the_form(staff, gifts, app_dsn):
    officer = staff("officer")
    address = propose(officer, gifts)
    answer = officer.post(address, {"decision": "accept"})
    assert answer.status_code == 403
    assert "起案した人は決定できません" in text(answer)
    assert rows(app_dsn, "SELECT DISTINCT state FROM gift") == [("received",)]


def test_what_is_missing_is_said_and_what_was_ticked_stays(staff, gifts):
    officer = staff("officer")
    officer.get("/staff/acceptance")
    answer = officer.post(
        "/staff/acceptance", {"gift": gifts[:1], "checklist": ["dispute"], "note": "確認中"}
    )
    page = text(answer)
    assert answer.status_code == 400
    assert "残り5件" in page
    ticked = re.findall(r'name="gift" value="([^"]+)"[^>]* checked', page)
    assert ticked == gifts[:1]
    assert 'value="dispute" checked' in page
    assert "確認中" in page
    assert officer.post("/staff/acceptance", BOX).status_code == 400


def test_a_batch_is_sent_back_only_with_a_reason(staff, gifts):
    officer, decider = staff("officer"), staff("decider")
    address = propose(officer, gifts)
    decider.get(address)
    assert decider.post(address, {}).status_code == 400
    assert decider.post(address, {"decision": "send_back"}).status_code == 400
    done = decider.post(address, {"decision": "send_back", "note": "住所を確認してください"})
    assert done.status_code == 303
    assert "住所を確認してください" in text(officer.get(address))


def test_looking_at_a_donor_is_written_down(staff, gifts, app_dsn):
    auditor = staff("auditor")
    page = text(auditor.get(f"/staff/gifts/{gifts[0].lower()}"))
    assert "山田 花子" in page
    assert "144-8621" in page
    seen = "SELECT label, subject FROM audit_trail WHERE act = 'donor.viewed'"
    assert rows(app_dsn, seen) == [("auditor 1", gifts[0])]
    assert "auditor 1" in text(auditor.get(f"/staff/gifts/{gifts[0]}"))
    assert auditor.get("/staff/gifts/G-00000000").status_code == 404
    assert auditor.get("/staff/gifts/'--").status_code == 404


def test_the_list_filters_and_finds(staff, gifts):
    officer = staff("officer")
    assert all(number in text(officer.get("/staff/gifts")) for number in gifts)
    assert gifts[0] not in text(officer.get("/staff/gifts?state=accepted"))
    found = officer.get(f"/staff/gifts?q={gifts[1].lower()}")
    assert found.headers["Location"] == f"/staff/gifts/{gifts[1]}"
    assert "当てはまる寄附はありません" in text(officer.get("/staff/gifts?q=G-ZZZZZZZZ"))
    assert officer.get("/staff/gifts?state=nonsense").status_code == 400
    assert officer.get("/staff/gifts?after=0x").status_code == 400


def test_the_register_is_safe_for_spreadsheets_and_its_export_is_written_down(
    staff, house, app_dsn
):
    evil = Donor(single_name="=HYPERLINK(1)", postal_code="0000001", address1="+1", email="a@b.jp")
    number = _received_from(house, evil)
    officer, decider = staff("officer"), staff("decider")
    address = propose(officer, [number])
    decider.get(address)
    decider.post(address, {"decision": "accept"})
    answer = officer.get("/staff/gifts.csv?fy=2026")
    (line,) = list(csv.DictReader(io.StringIO(text(answer))))
    assert (line["gift_no"], line["yen"], line["batch_no"][:1]) == (number, "10001", "B")
    assert (line["name"], line["address"]) == ("'=HYPERLINK(1)", "'+1")
    assert line["postal_code"] == "000-0001"
    exported = "SELECT count(*) FROM audit_trail WHERE act = 'register.exported'"
    assert rows(app_dsn, exported) == [(1,)]
    assert officer.get("/staff/gifts.csv?fy=abc").status_code == 400
    book = officer.client.get("/staff/gifts.xlsx?fy=2026").get_data()
    titles, *found = load_workbook(io.BytesIO(book)).worksheets[0].iter_rows(values_only=True)
    (register,) = (dict(zip(titles, row, strict=True)) for row in found)
    assert (register["個人・法人"], register["支払い方法"]) == ("個人", "窓口")
    assert (register["状態"], register["郵便番号"]) == ("採納済み", "000-0001")
    assert (register["金額"], register["受領日"].date()) == (10_001, NOW.date())
    assert register["氏名・名称"] == "'=HYPERLINK(1)"


def _received_from(house, donor):
    begun = commands.begin_donation(
        house, by=system(), now=NOW, offer=offer(donor=donor, method="counter")
    )
    record_offline(
        house,
        by=system(),
        now=NOW,
        gift_no=begun.gift_no,
        method="counter",
        received_on=NOW.date(),
    )
    return begun.gift_no


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("council", "/staff/gifts", 403),
        ("admin", "/staff/gifts", 403),
        ("group", "/staff/acceptance", 403),
        ("treasurer", "/staff/acceptance", 200),
        ("auditor", "/staff/gifts.csv", 200),
        ("council", "/staff/gifts.csv", 403),
    ],
)
def test_only_the_right_roles_read(staff, gifts, role, path, status):
    assert staff(role).get(path).status_code == status


def test_only_the_right_roles_act(staff, gifts, app_dsn):
    auditor, decider = staff("auditor"), staff("decider")
    for visitor in (auditor, decider):
        visitor.get("/staff/acceptance")
        assert visitor.post("/staff/acceptance", {"gift": gifts, **BOX}).status_code == 403
    address = propose(staff("officer"), gifts)
    assert auditor.post(address, {"decision": "accept"}).status_code == 403
    assert rows(app_dsn, "SELECT DISTINCT state FROM gift") == [("received",)]


def test_the_public_is_sent_to_sign_in(visit, gifts):
    for path in ("/staff/gifts", f"/staff/gifts/{gifts[0]}", "/staff/acceptance"):
        answer = visit().get(path)
        assert (answer.status_code, HANAKO.name in text(answer)) == (302, False)
