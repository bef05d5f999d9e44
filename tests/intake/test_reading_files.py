"""Files as people save them: any encoding, any order, any content; good rows come back as written."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_books import HEADER, TODAY, csv_file, row
from openpyxl import Workbook

from fund.giving.intake.columns import COLUMNS, read_header
from fund.giving.intake.files import read_sheet, template_csv, template_xlsx
from fund.giving.intake.reading import Setting, read_day, read_row
from fund.giving.intake.uses import Uses
from fund.kernel.errors import Invalid

USES = Uses()
USES.add("field", "children", "children", "子ども", "Children")
USES.add("group", "0132", "0132", "見本こども食堂の会")
USES.group_fields["0132"] = ("children",)
SETTING = Setting(TODAY, "portal", source="見本")
NAMES = [column.name for column in COLUMNS]


@given(st.dictionaries(st.sampled_from([*NAMES, "gift_no"]), st.text(max_size=80)))
@settings(max_examples=400)
def test_any_cells_are_facts_or_a_list_of_what_to_change(cells):
    facts, said = None, {}
    try:
        facts = read_row(cells, USES, SETTING)
    except Invalid as refused:
        said = refused.fields
    assert (facts is None) == bool(said)
    assert set(said) <= {*NAMES, "gift_no"}
    if facts is not None:
        assert facts.yen > 0
        assert facts.received_on <= TODAY
        assert "\x00" not in str(facts.as_json())


@given(
    st.binary(max_size=400) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))
)
@settings(max_examples=400)
def test_any_bytes_are_a_sheet_or_one_sentence(body):
    sheet, said = None, ""
    try:
        sheet = read_sheet(body)
    except Invalid as refused:
        said = str(refused)
    assert (sheet is None) == bool(said)
    assert sheet is None or sheet.header.places


@given(st.binary(max_size=200))
def test_a_broken_workbook_is_one_sentence(tail):
    with pytest.raises(Invalid):
        read_sheet(b"PK\x03\x04" + tail)


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Zs", "Zl", "Zp"]),
    max_size=30,
).map(lambda marks: f"山{marks}")  # marks alone show nothing, and are refused


@given(
    name=_TEXT,
    address=_TEXT,
    yen=st.integers(1, 10**9),
    day=st.dates(dt.date(2000, 1, 1), TODAY),
    comma=st.booleans(),
)
@settings(max_examples=200)
def test_good_rows_come_back_as_written(name, address, yen, day, comma):
    cells = row(1, 氏名=name, 住所=address, 受領日=f"{day:%Y/%m/%d}")
    cells["寄附金額"] = f"{yen:,}" if comma else str(yen)
    [line] = read_sheet(csv_file([cells])).lines
    facts = read_row(line.cells, USES, SETTING)
    assert facts.donor.single_name == name
    assert facts.donor.address1 == address
    assert (int(facts.yen), facts.received_on) == (yen, day)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp932", "CP932"), ("utf-16", "UTF-16")],
)
def test_every_encoding_that_programs_write_is_read(encoding, said):
    sheet = read_sheet(csv_file([row(1, 氏名="髙橋 﨑子")], encoding))
    assert sheet.encoding == said
    assert sheet.lines[0].cells["name"] == "髙橋 﨑子"


def test_a_file_that_no_encoding_fits_names_its_line():
    body = csv_file([row(1)]) + b"P-2,\xff\xfe\xa0,1\r\n"
    with pytest.raises(Invalid, match="3行め"):
        read_sheet(body)


def test_an_open_quote_names_its_line():
    with pytest.raises(Invalid, match="行めの引用符"):
        read_sheet(csv_file([row(1)]) + '"開いたまま,1,2'.encode())


def test_columns_stand_in_any_order_under_either_name_below_titles():
    body = "見本ポータル 明細,,\n\nAmount,氏名,received on,ふしぎな列\n1000,見本,2026-06-01,x\n"
    sheet = read_sheet(body.encode())
    assert sheet.header.unknown == ("ふしぎな列",)
    assert sheet.lines[0].number == 4
    assert sheet.lines[0].cells == {"amount": "1000", "name": "見本", "received_on": "2026-06-01"}


def test_a_file_without_the_needed_columns_says_which():
    with pytest.raises(Invalid, match="受領日」「寄附金額"):
        read_sheet("氏名,住所\na,b\n".encode())


def test_a_workbook_brings_days_numbers_and_codes_as_they_are():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADER))
    sheet.append(
        [
            "W-1",
            dt.datetime(2026, 6, 1, 9, 30),  # noqa: DTZ001 - a workbook knows no zone
            10000.0,
            "見本",
            None,
            "1448621",
            "住所",
            None,
            "子ども",
        ]
    )
    sheet.append([None] * 9)
    out = io.BytesIO()
    book.save(out)
    read = read_sheet(out.getvalue())
    [line] = read.lines
    facts = read_row(line.cells, USES, SETTING)
    assert (int(facts.yen), facts.received_on.isoformat()) == (10000, "2026-06-01")
    assert facts.wish.target == "children"


def test_templates_have_every_column_and_import_nothing():
    assert next(csv.reader([template_csv()])) == [column.title for column in COLUMNS]
    for body in (template_csv().encode(), template_xlsx()):
        sheet = read_sheet(body)
        assert sheet.lines == []
        assert sheet.header.unknown == ()
        assert set(sheet.header.places) == set(NAMES)


def test_no_column_is_called_by_two_names():
    for column in COLUMNS:
        for called in (column.name, column.title, column.english, *column.called):
            assert list(read_header([called]).places) == [column.name], called


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/6/1", "2026-06-01"),
        ("２０２６年６月１日（月）", "2026-06-01"),
        ("R8.6.1", "2026-06-01"),
        ("令和元年5月1日", "2019-05-01"),
        ("20260601", "2026-06-01"),
        ("2026-06-01 12:34:56", "2026-06-01"),
        ("2026-06-01T12:34+09:00", "2026-06-01"),
    ],
)
def test_days_are_read_in_any_form(text, day):
    assert read_day(text).isoformat() == day


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", None), ("なし", None), ("おまかせ", "anywhere"), ("子ども", "field"), ("分野：children", "field"),
     ("０１３２", "group"), ("見本 こども食堂の会", "group")],
)  # fmt: skip
def test_uses_are_read_by_code_number_or_name(text, kind):
    wish, stated = USES.read(text)
    assert stated == (kind is not None)
    assert wish.kind == (kind or "anywhere")


def test_an_unknown_use_is_never_taken_for_anywhere():
    with pytest.raises(ValueError, match="受け付けていません"):
        USES.read("うちゅう")


@pytest.mark.parametrize(
    "title", ["個人番号", "マイナンバー", "My Number", "個人番号（マイナンバー）"]
)
def test_a_file_with_a_column_of_my_numbers_is_not_taken(title):
    text = f"受領日,寄附金額,氏名,郵便番号,住所,{title}\n2026-04-01,1000,見本,1448621,見本区,1\n"
    with pytest.raises(Invalid, match="マイナンバー"):
        read_sheet(text.encode())


@pytest.mark.parametrize(
    ("receipt", "one_stop", "way", "asked"),
    [
        ("", "", "post", False),
        ("リンク", "希望する", "link", True),
        ("不要", "希望しない", "none", False),
        ("ＰＤＦ", "１", "link", True),
    ],
)
def test_a_row_says_how_its_papers_go_out(receipt, one_stop, way, asked):
    facts = read_row(
        {
            "received_on": "2026-04-01",
            "amount": "1000",
            "name": "見本 花子",
            "postal_code": "1448621",
            "address1": "見本区",
            "receipt": receipt,
            "one_stop": one_stop,
        },
        USES,
        SETTING,
    )
    assert (facts.receipt_way, facts.one_stop) == (way, asked)


@pytest.mark.parametrize("row", [{"kind": "法人"}, {"country": "France"}])
def test_one_stop_of_companies_and_people_abroad_is_a_bad_row(row):
    base = {"received_on": "2026-04-01", "amount": "1000", "name": "見本", "address1": "見本区"}
    said = {**base, "postal_code": "1448621", **row, "one_stop": "はい"}
    with pytest.raises(Invalid) as refusal:
        read_row(said, USES, SETTING)
    assert "one_stop" in refusal.value.fields
