"""Journeys over the pages of intake: typing, checking, files, slips, goods, choosing the use."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from giving_books import rows
from intake_books import PAPER, csv_file, row

from fund.giving.intake.deliveries import DELIVERIES
from fund.giving.intake.reading import MAX_CELL
from fund.worker import drain

OPENING = {
    "kind": "counter",
    "day": "R8.6.1",
    "place": "窓口1",
    "expected_count": "２",
    "expected_yen": "1万5千円",
}


def text(answer) -> str:
    return answer.get_data(as_text=True)


def opened(visitor, **changes) -> str:
    visitor.get("/staff/intake")
    answer = visitor.post("/staff/intake", {**OPENING, **changes})
    assert answer.status_code == 303, text(answer)
    return answer.headers["Location"]


def type_in(visitor, address, **typed):
    visitor.get(address)
    return visitor.post(f"{address}/rows", {**PAPER, **typed})


def test_a_batch_is_typed_handed_in_and_booked_by_another(staff, app_dsn):
    typist, checker = staff("officer"), staff("treasurer")
    address = opened(typist)
    assert type_in(typist, address).status_code == 303
    answer = type_in(typist, address, amount="1.5")
    assert answer.status_code == 400
    assert "見本 花子" in text(answer)
    assert 'aria-invalid="true"' in text(answer)
    assert (
        type_in(typist, address, amount="1万", name="見本 次郎", kana="じろう").status_code == 303
    )
    page = text(typist.get(address))
    assert "控えと合っています" in page
    assert typist.post(f"{address}/hand-in").status_code == 303
    assert "あなたが関わった束です" in text(typist.get(address))
    assert typist.post(f"{address}/check", {"decision": "confirm"}).status_code == 403
    assert "職員" in text(checker.get(address))
    assert checker.post(f"{address}/check", {"decision": "confirm"}).status_code == 303
    assert rows(app_dsn, "SELECT state, method, yen, received_on::text FROM gift ORDER BY yen") == [
        ("received", "counter", 5000, "2026-06-01"),
        ("received", "counter", 10000, "2026-06-01"),
    ]
    assert rows(app_dsn, "SELECT state FROM intake_batch") == [("booked",)]
    assert "G-" in text(checker.get(address))


def test_a_difference_must_be_explained_and_a_sent_back_batch_can_be_corrected(staff, app_dsn):
    typist, checker = staff("officer"), staff("officer")
    address = opened(typist)
    type_in(typist, address)
    answer = typist.post(f"{address}/hand-in")
    assert answer.status_code == 400
    assert "1件、10,000円" in text(answer)
    assert typist.post(f"{address}/hand-in", {"reason": "1枚は別の基金宛て"}).status_code == 303
    checker.get(address)
    assert checker.post(f"{address}/check", {"decision": "send_back"}).status_code == 400
    note = {"decision": "send_back", "note": "1行めの金額は6,000円です"}
    assert checker.post(f"{address}/check", note).status_code == 303
    assert "1行めの金額は6,000円です" in text(typist.get(f"{address}?row=1"))
    assert (
        typist.post(f"{address}/rows", {**PAPER, "amount": "6000", "row": "1"}).status_code == 303
    )
    assert rows(app_dsn, "SELECT yen, count(*) OVER () FROM intake_row") == [(6000, 1)]
    typist.post(f"{address}/hand-in", {"reason": "1枚は別の基金宛て"})
    checker.get(address)
    assert checker.post(f"{address}/check", {"decision": "confirm"}).status_code == 303
    assert rows(app_dsn, "SELECT sum(yen)::int FROM gift") == [(6000,)]


def test_ditto_marks_repeat_the_row_above(staff, app_dsn):
    typist = staff("officer")
    address = opened(typist)
    type_in(typist, address)
    ditto = {
        "name": "見本 次郎",
        "kana": "〃",
        "postal_code": "〃",
        "address1": "〃",
        "amount": "〃",
    }
    assert type_in(typist, address, **ditto).status_code == 303
    assert (
        rows(app_dsn, "SELECT facts->'donor'->>'address1', yen FROM intake_row ORDER BY id")
        == [(PAPER["address1"], 5000)] * 2
    )


def test_a_row_typed_twice_is_shown_beside_the_first_and_decided(staff, app_dsn):
    typist = staff("officer")
    address = opened(typist)
    type_in(typist, address)
    type_in(typist, address, received_on="2026-06-03")
    page = text(typist.get(address))
    assert "重なりかもしれない行（1件）" in page
    assert typist.post(f"{address}/hand-in", {"reason": "重なり"}).status_code == 409
    where = re.search(r'action="(/staff/intake/doubts/\d+)"', page)
    assert where
    assert "見本 花子" in text(typist.get("/staff/intake/doubts"))
    typist.post(where[1], {"decision": "same", "batch": address.rsplit("/", 1)[1]})
    assert rows(app_dsn, "SELECT state FROM intake_row ORDER BY id") == [
        ("entered",),
        ("left_out",),
    ]
    assert rows(app_dsn, "SELECT decision FROM intake_doubt") == [("same",)]


def test_the_collection_box_needs_no_person(staff, app_dsn):
    typist, checker = staff("officer"), staff("officer")
    address = opened(typist, kind="box", expected_count="1", expected_yen="1234", place="図書館")
    typist.get(address)
    assert typist.post(f"{address}/rows", {"amount": "1234"}).status_code == 303
    typist.post(f"{address}/hand-in")
    checker.get(address)
    checker.post(f"{address}/check", {"decision": "confirm"})
    assert rows(app_dsn, "SELECT kind, single_name, address1 FROM donor") == [("anonymous", "", "")]
    assert rows(app_dsn, "SELECT facts->>'note' FROM intake_row") == [("図書館",)]
    assert rows(app_dsn, "SELECT count(*) FROM use_invitation") == [(0,)]
    assert rows(app_dsn, "SELECT count(*) FROM consent") == [(0,)]


def test_a_slip_asked_for_by_telephone_is_printed_and_paid_on_the_scanned_day(staff, app_dsn):
    typist, checker = staff("officer"), staff("officer")
    page = text(typist.get("/staff/intake/slips/new"))
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key
    asked = {**PAPER, "form_key": key[1], "phone": "03-5744-1111"}
    answer = typist.post("/staff/intake/slips/new", asked)
    assert answer.status_code == 400
    assert "読み上げ" in text(answer)
    for _twice in range(2):
        typist.get("/staff/intake/slips/new")
        assert typist.post("/staff/intake/slips/new", {**asked, "agreed": "y"}).status_code == 303
    [(no,)] = rows(app_dsn, "SELECT no FROM gift")
    assert "144-8621" in text(typist.get("/staff/intake/slips.csv?new=1"))
    typist.get("/staff/intake/slips")
    typist.post("/staff/intake/slips", {"gift": no})
    assert no not in text(typist.get("/staff/intake/slips.csv?new=1"))
    address = opened(typist, kind="slip", expected_count="1", expected_yen="5000")
    typist.get(address)
    wrong = {"gift_no": no, "amount": "5001", "received_on": "2026-05-31"}
    assert "申し込みの金額とちがいます" in text(typist.post(f"{address}/rows", wrong))
    assert typist.post(f"{address}/rows", {**wrong, "amount": "5000"}).status_code == 303
    typist.post(f"{address}/hand-in")
    checker.get(address)
    assert checker.post(f"{address}/check", {"decision": "confirm"}).status_code == 303
    assert rows(app_dsn, "SELECT state, method, received_on::text FROM gift") == [
        ("received", "slip", "2026-05-31")
    ]


def test_a_file_is_examined_shown_and_imported_by_the_worker(staff, house, app_dsn):
    clerk = staff("officer")
    clerk.get("/staff/intake/files")
    body = csv_file([row(1), row(2, 寄附金額="?"), row(3, フリガナ="ア" * 2001)], "cp932")
    answer = clerk.post(
        "/staff/intake/files",
        {"file": (io.BytesIO(body), "明細.csv"), "source": "見本ポータル"},
        content_type="multipart/form-data",
    )
    address = answer.headers["Location"]
    assert "読み取り中" in text(clerk.get(address))
    drain(house)
    page = text(clerk.get(address))
    assert "CP932" in page
    assert "寄附金額" in page
    assert f"{MAX_CELL}文字をこえています" in page
    assert f"Longer than {MAX_CELL} characters" in text(clerk.get(f"/en{address}"))
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(0,)]
    assert clerk.post(address, {"decision": "all"}).status_code == 409
    clerk.get(address)
    assert clerk.post(address, {"decision": "good"}).status_code == 303
    drain(house)
    assert "取り込み済み" in text(clerk.get(address))
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]
    assert rows(app_dsn, "SELECT state, length(body) FROM gift_import") == [("done", 0)]
    DELIVERIES["giving.import_file"](house, now=_later(), number=address.rsplit("/", 1)[1])
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]


def _later():
    return dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def test_a_file_of_several_megabytes_passes_and_nothing_else_does(staff):
    clerk = staff("officer")
    clerk.get("/staff/intake/files")
    big = b"x" * (5 * 1024 * 1024)
    sent = b"--x\r\nContent-Disposition: form-data; name=csrf_token\r\n\r\n" + clerk.token.encode()
    sent += b'\r\n--x\r\nContent-Disposition: form-data; name=file; filename="big.csv"\r\n\r\n'
    sent += big + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    answer = clerk.client.post("/staff/intake/files", data=sent, content_type=kind)
    assert answer.status_code == 303
    kind = "application/x-www-form-urlencoded"
    assert clerk.client.post("/staff/intake", data=big, content_type=kind).status_code == 413


def test_goods_are_registered_and_decided_by_another_and_never_money(staff, app_dsn):
    clerk, other = staff("officer"), staff("officer")
    page = text(clerk.get("/staff/intake/goods"))
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key
    said = {
        "form_key": key[1],
        "received_on": "2026-06-01",
        "description": "絵本 50冊",
        "estimated_yen": "5万",
        "donor_name": "見本書店",
    }
    address = clerk.post("/staff/intake/goods", said).headers["Location"]
    clerk.get(address)
    assert clerk.post(address, {"decision": "accept"}).status_code == 403
    other.get(address)
    assert other.post(address, {"decision": "decline"}).status_code == 400
    other.get(address)
    assert other.post(address, {"decision": "accept"}).status_code == 303
    assert rows(app_dsn, "SELECT state, estimated_yen FROM gift_in_kind") == [("accepted", 50000)]
    assert rows(app_dsn, "SELECT count(*) FROM posting") == [(0,)]
    assert "絵本 50冊" in text(clerk.get("/staff/intake/goods.csv"))


@pytest.mark.parametrize("page", ["intake", "intake/slips", "intake/goods", "intake/choices"])
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json"])
def test_every_list_has_its_twins(staff, page, suffix):
    answer = staff("officer").client.get(f"/staff/{page}.{suffix}")
    assert answer.status_code == 200
    assert answer.data


def test_who_may_read_may_not_enter(staff, visit):
    auditor = staff("auditor")
    for page in ("", "/doubts", "/slips", "/files", "/goods", "/choices"):
        assert auditor.get(f"/staff/intake{page}").status_code == 200
    assert auditor.post("/staff/intake", OPENING).status_code == 403
    assert auditor.get("/staff/intake/choices.csv").status_code == 403
    assert visit().get("/staff/intake").status_code in {302, 303}
