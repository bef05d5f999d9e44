"""The figures at a glance as the API's object."""

from __future__ import annotations

from dataclasses import replace

from fund.publication.dictionary.columns import AWARDS, FY
from fund.publication.dictionary.fields import Field, Sheet
from fund.publication.dictionary.pages import RUNS_PAGE, SUMS, yen
from fund.publication.dictionary.records import TOTALS, day, moment, text


def _part(name: str, ja: str, en: str, part: Sheet) -> Field:
    return Field(name, "string", ja, en, source="words", part=part)


def _list(name: str, ja: str, en: str, items: Sheet) -> Field:
    return Field(name, "string", ja, en, source="words", items=items)


_WORD_NAMES = tuple(field.name for field in SUMS)
_WORDS = Sheet(
    "six-words",
    "6つのお金のことば（円）",
    "The six money words, yen",
    tuple(TOTALS.field(name) for name in _WORD_NAMES),
    (),
)
_PARTS = Sheet(
    "word-ledger",
    "それぞれのことばの内訳になる台帳のアドレス",
    "Addresses of the entries that add up to each word",
    tuple(
        text(
            name,
            f"{TOTALS.field(name).ja}の内訳",
            f"Entries of: {TOTALS.field(name).en}",
            "words",
            "/ledger?kind=donation.received",
        )
        for name in _WORD_NAMES
    ),
    (),
)
_PERIOD = Sheet(
    "period",
    "月または年度の入りと出",
    "In and out of a month or a fiscal year",
    (
        day("from", "はじめの日", "First day", "words"),
        day("to", "おわりの日（少ない人数の月はまとめる）", "Last day", "anonymity"),
        SUMS[0],
        SUMS[2],
    ),
    ("from",),
)
_USE = Sheet(
    "use",
    "分野ごとの割り当て",
    "Allocated by field",
    (
        text(
            "field",
            "分野の記号（まとめたものはコンマ区切り）",
            "Code of the field; several with commas where they stand together",
            "anonymity",
            "children",
        ),
        AWARDS.field("allocated"),
    ),
    ("field",),
)
_REDIRECTED = Sheet(
    "redirected",
    "変えた希望",
    "Wishes redirected",
    (
        text(
            "reason",
            "理由の記号（まとめたものはコンマ区切り）",
            "Reason code; several with commas where they stand together",
            "anonymity",
            "donor-choice",
        ),
        Field("count", "integer", "件数", "How many", unit="entries", source="wish", example=2),
        yen("yen", "金額（円）", "Yen", "wish", 3_000),
    ),
    ("reason",),
)
_FIT = Sheet(
    "fit",
    "希望とのちがいごとの割り当て",
    "Allocated by how the wish was met",
    (
        text(
            "fit",
            "first・other・open（まとめたものはコンマ区切り）",
            "first, other or open; several with commas where they stand together",
            "anonymity",
            "first",
        ),
        yen("yen", "金額（円）", "Yen", "wish", 87_000),
    ),
    ("fit",),
)
_FIDELITY = Sheet(
    "fidelity",
    "希望のとおりになった割合のもと（円）",
    "What the wish-fidelity rate is made of, yen",
    (
        *(
            RUNS_PAGE.field(name, required=False)
            for name in ("designated", "first_wish", "undesignated")
        ),
        _list("allocated", "希望とのちがいごと", "By how the wish was met", _FIT),
        _list("redirected", "変えた希望", "Wishes redirected", _REDIRECTED),
    ),
    (),
)
_AGE = Sheet(
    "unspent",
    "年度ごとの使われていないお金",
    "Unspent money by the year it came in",
    (
        FY,
        replace(
            FY,
            name="last_fy",
            ja="終わりの年度（少ない人数の年度はまとめる）",
            en="Last fiscal year, where years of few people stand together",
            source="anonymity",
        ),
        yen("yen", "金額（円）", "Yen", "words", 10_000),
    ),
    ("fy",),
)


def _months(name: str, ja: str, en: str) -> Field:
    return Field(name, "integer", ja, en, required=False, unit="month", source="words", example=4)


_WAITS = Sheet(
    "waits",
    "寄附から割り当てまでの月数",
    "Months from a gift to its allocation",
    (
        _months("median", "まんなか", "Median"),
        _months("longest", "下限の人数が待った長さ", "The longest that so many people waited"),
        _months("quarter", "4分の1", "First quartile"),
        _months("three_quarters", "4分の3", "Third quartile"),
    ),
    (),
)
_FEES = Sheet(
    "fees",
    "決済の手数料（円）",
    "Card fees, yen",
    (
        yen("charged", "かかった", "Charged", "words", 360),
        yen("reimbursed", "区の予算で補った", "Paid back by the municipality", "words", 360),
        yen("taken_from_gifts", "寄附から引いた（いつも0）", "Taken from gifts: always 0", "words"),
    ),
    (),
)
_FLOW = Sheet(
    "flow",
    "流れの図の1本（1：どこから希望へ、2：希望から団体へ、3：団体からその先へ）",
    "One flow of the diagram: 1 source to wish, 2 wish to group, 3 group to end",
    (
        Field("step", "integer", "段", "Step", source="words", example=1),
        text("from", "もと", "From", "words", "gifts"),
        text("to", "さき", "To", "words", "field:children"),
        yen("yen", "金額（円）", "Yen", "words", 10_000),
    ),
    ("step", "from", "to"),
)
GLANCE = Sheet(
    "glance",
    "ひと目での数字",
    "The fund at a glance",
    (
        moment("as_of", "いつの台帳か", "Moment of the newest entry", "log"),
        replace(
            FY, required=False, ja="会計年度（空は全期間）", en="Fiscal year; null for all time"
        ),
        yen("before", "はじめにあった額（円）", "What was there before, yen", "words"),
        _part("words", "6つのことば", "The six words", _WORDS),
        _part("ledger", "内訳", "Their entries", _PARTS),
        _list("periods", "月または年度ごと", "By month or fiscal year", _PERIOD),
        _list("fields", "分野ごと", "By field", _USE),
        _part("fidelity", "希望", "Wish fidelity", _FIDELITY),
        _list("unspent_by_year", "使われていないお金", "Unspent money", _AGE),
        _part("months_to_allocation", "待った月数", "Waits", _WAITS),
        _part("fees", "手数料", "Fees", _FEES),
        _list("flows", "流れ", "Flows", _FLOW),
        Field(
            "smallest_cell",
            "integer",
            "まとめずに示す人数の下限",
            "Fewest people a row is about; rows of fewer stand together",
            source="anonymity",
            example=3,
        ),
        Field(
            "withheld",
            "string",
            "人数が少なく、分けて示さない表",
            "Tables that are not divided, because too few people are behind them",
            source="anonymity",
            example=["reasons"],
            words=True,
        ),
    ),
    (),
)
