"""Workbooks that officers open: real days and numbers, leading zeros kept, never a formula."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from fund.platform.web.twins import Column, csv_text, xlsx_response

ROW = {
    "no": "0132",
    "on": "2026-04-01",
    "yen": 1_234_567,
    "fy": 2026,
    "name": '=HYPERLINK("http://x")',
    "phone": "+81312345678",
    "odd": "2026-13-01",
    "kind": "individual",
}
COLUMNS = [
    Column("no", "番号", lambda row: row["no"]),
    Column("received_on", "受領日", lambda row: row["on"]),
    Column("kept_yen", "金額", lambda row: row["yen"]),
    Column("fy", "年度", lambda row: row["fy"]),
    Column("name", "氏名", lambda row: row["name"]),
    Column("phone", "電話番号", lambda row: row["phone"]),
    Column("odd", "メモ", lambda row: row["odd"]),
    Column("kind", "個人・法人の区分（長い見出し）", lambda row: row["kind"], lambda _: "個人"),
]


def test_a_workbook_holds_real_days_and_numbers_and_words() -> None:
    answer = xlsx_response("x", COLUMNS, [ROW], ["説明"])
    sheet = load_workbook(io.BytesIO(answer.get_data())).worksheets[0]
    cells = next(iter(sheet.iter_rows(min_row=2)))
    no, day, yen, fy, name, phone, odd, kind = cells
    assert (no.value, no.data_type) == ("0132", "s")
    assert day.is_date
    assert (str(day.value), day.number_format) == ("2026-04-01 00:00:00", "yyyy-mm-dd")
    assert (yen.value, yen.number_format) == (1_234_567, "#,##0")
    assert (fy.value, fy.number_format) == (2026, "General")
    assert (name.data_type, phone.data_type) == ("s", "s")
    assert str(name.value).startswith("'=")
    assert odd.value == "2026-13-01"
    assert kind.value == "個人"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["H"].width > sheet.column_dimensions["A"].width


def test_the_csv_keeps_the_codes_that_programs_read() -> None:
    head, row = csv_text(COLUMNS, [ROW]).splitlines()
    assert head == "no,received_on,kept_yen,fy,name,phone,odd,kind"
    assert row.startswith("0132,2026-04-01,1234567,2026,")
    assert row.endswith(",individual")
