"""The tables of the release: every column once, with its type and its words.

Tables of pages and objects of the API take their columns from here (``Sheet.field``) and say only
what differs there.
"""

from __future__ import annotations

from fund.publication.dictionary.event_columns import EVENTS
from fund.publication.dictionary.fields import Field, Sheet
from fund.publication.domain.kinds import KIND_WORDS

NO = Field(
    "no",
    "integer",
    "公開台帳の番号（1から、欠番なし）",
    "Number in the public log, from 1 without gaps",
    source="log",
    example=1204,
)
YEN = Field(
    "yen",
    "integer",
    "金額（円、借方が正）",
    "Yen, debit positive",
    unit="yen",
    source="books",
    example=-10000,
)
GIFT = Field(
    "gift",
    "string",
    "寄附番号（乱数。人とも受領証明書とも結びつかない）",
    "Gift number: random, tied to no person and no receipt",
    source="log",
    example="G-7K3M9QX2",
)
SHARE = Field(
    "share",
    "string",
    "寄附の内訳の番号（寄附番号/順）",
    "Share of a gift: the gift's number and its place",
    source="log",
    example="G-7K3M9QX2/1",
)
AWARD = Field(
    "award", "string", "助成番号", "Award number", source="decision", example="A2026-0007"
)
GROUP = Field(
    "group",
    "string",
    "団体番号（4けた）",
    "Group number, four digits",
    required=False,
    source="registration",
    example="0132",
)
RUN = Field(
    "run",
    "string",
    "配分の番号",
    "Number of the allocation run",
    source="allocation",
    example="RUN2026-001",
)
FY = Field(
    "fy",
    "integer",
    "会計年度（4月から3月）",
    "Fiscal year (April to March)",
    unit="year",
    source="log",
    example=2026,
)
FIELDS = Field(
    "fields",
    "string",
    "分野の記号（空白区切り）",
    "Codes of its fields of use",
    required=False,
    source="decision",
    example=["children"],
    words=True,
)
PROGRAMME = Field(
    "programme",
    "string",
    "助成の種類の記号",
    "Code of the programme",
    required=False,
    source="programmes",
    example="challenge",
)
THEME = Field(
    "theme",
    "string",
    "テーマの記号",
    "Code of the theme",
    required=False,
    source="programmes",
)


def _yen(name: str, ja: str, en: str, source: str, example: int) -> Field:
    return Field(name, "integer", ja, en, unit="yen", source=source, example=example)


ENTRIES = Sheet(
    "entries",
    "台帳のすべての記帳",
    "Every entry of the ledger",
    (
        NO,
        Field(
            "kind",
            "string",
            "種類",
            "Kind",
            source="log",
            example="donation.received",
            choices=tuple(KIND_WORDS),
        ),
        FY,
        Field(
            "on",
            "string",
            "日（寄附は月）",
            "Day; for gifts the month",
            unit="day",
            source="anonymity",
            example="2026-05",
            pattern="[0-9]{4}-[0-9]{2}(-[0-9]{2})?",
        ),
        Field(
            "reverses",
            "integer",
            "取り消した番号",
            "Number this entry reverses",
            required=False,
            source="log",
        ),
        Field(
            "reason",
            "string",
            "理由の記号",
            "Reason code",
            required=False,
            source="log",
        ),
        Field(
            "clauses",
            "string",
            "手引きの条（条@版、空白区切り）",
            "Clauses of the manual applied (clause@edition)",
            required=False,
            source="manual",
            example=["acceptance@2026-04"],
            words=True,
        ),
        Field(
            "facts",
            "string",
            "その種類だけの事実（JSON）",
            "Facts of its kind, as JSON",
            source="log",
            example={"commitment": "9f86…", "gift": "G-7K3M9QX2", "shares": []},
            json=True,
        ),
    ),
    ("no",),
)
POSTINGS = Sheet(
    "postings",
    "記帳の仕訳",
    "Postings of the entries",
    (
        NO,
        Field("line", "integer", "行", "Line", source="books", example=1),
        Field(
            "account",
            "string",
            "勘定",
            "Account",
            source="books",
            example="fund:field:children",
        ),
        YEN,
    ),
    ("no", "line"),
    (("no", "entries", "no"),),
)
GIFTS = Sheet(
    "gifts",
    "寄附の内訳（希望ごと）",
    "Shares of gifts, one for each wish",
    (
        SHARE,
        GIFT,
        NO,
        FY,
        Field(
            "month",
            "string",
            "採納した月",
            "Month of acceptance",
            source="anonymity",
            example="2026-05",
            pattern="[0-9]{4}-[0-9]{2}",
        ),
        Field(
            "kind",
            "string",
            "希望の種類",
            "Kind of wish",
            source="wish",
            example="field",
        ),
        Field(
            "target",
            "string",
            "希望のあて先（団体番号、分野やテーマの記号）",
            "What was wished: a group's number, a field's or theme's code",
            required=False,
            source="wish",
            example="children",
        ),
        Field(
            "fallback",
            "string",
            "かなわないとき",
            "If it cannot be met",
            required=False,
            source="wish",
            example="anywhere",
        ),
        _yen("yen", "金額（円）", "Yen", "acceptance", 10000),
    ),
    ("share",),
    (("no", "entries", "no"),),
)
AWARDS = Sheet(
    "awards",
    "助成の決定と、これまでのお金",
    "Awards and their money so far",
    (
        AWARD,
        NO,
        Field(
            "on",
            "date",
            "決定の日",
            "Day of the decision",
            unit="day",
            source="decision",
            example="2026-06-01",
        ),
        GROUP,
        PROGRAMME,
        THEME,
        FIELDS,
        Field("title", "string", "事業の名前", "Project", source="decision", example="川の観察会"),
        _yen("ceiling", "決定額（円）", "Awarded, yen", "decision", 300000),
        _yen("allocated", "割り当てた額（円）", "Allocated, yen", "allocation", 300000),
        _yen("disbursed", "渡した額（円）", "Disbursed, yen", "disbursement", 200000),
        _yen("spent", "使われた額（円）", "Spent, yen", "settlement", 0),
        _yen("returned", "もどった額（円）", "Returned, yen", "settlement", 0),
    ),
    ("award",),
    (("no", "entries", "no"),),
)
ALLOCATIONS = Sheet(
    "allocations",
    "割り当ての1行ずつ",
    "Every allocation line",
    (
        NO,
        RUN,
        Field("on", "date", "日", "Day", unit="day", source="allocation", example="2026-06-15"),
        Field(
            "gift",
            "string",
            "寄附番号（寄附でないお金は空）",
            "Gift number; empty for money that came from no gift",
            required=False,
            source="log",
            example="G-7K3M9QX2",
        ),
        SHARE,
        AWARD,
        _yen("yen", "金額（円）", "Yen", "allocation", 10000),
        Field(
            "rank",
            "integer",
            "かなった希望の順位",
            "Rank of the wish it met",
            source="wish",
            example=1,
        ),
        Field("use", "string", "使いみち", "Use", source="allocation", example="field:children"),
    ),
    ("no",),
    (("no", "entries", "no"), ("award", "awards", "award")),
)
BALANCES = Sheet(
    "balances",
    "勘定の残高（借方が正。決済会社の勘定が負なら、決済会社が立て替えている額）",
    "Balance of every account, debit positive; a negative clearing account is owed to the provider",
    (POSTINGS.field("account"), YEN),
    ("account",),
)
GROUPS = Sheet(
    "groups",
    "登録された団体",
    "Registered groups",
    (
        Field(
            "no",
            "string",
            "団体番号（4けた）",
            "Group number, four digits",
            source="registration",
            example="0132",
            pattern="[0-9]{4}",
        ),
        Field("name", "string", "名前", "Name", source="registration", example="水辺の会"),
        Field(
            "kana",
            "string",
            "ふりがな",
            "Reading",
            required=False,
            source="registration",
            example="ミズベノカイ",
        ),
        Field(
            "name_en",
            "string",
            "英語の名前",
            "English name",
            required=False,
            source="registration",
            example="Waterside Club",
        ),
        Field(
            "kind",
            "string",
            "種類",
            "Kind",
            required=False,
            source="registration",
            example="区民活動団体",
        ),
        Field(
            "fields",
            "string",
            "分野の記号（空白区切り）",
            "Codes of its fields of activity",
            required=False,
            source="registration",
            example=["environment"],
            words=True,
        ),
        Field(
            "state",
            "string",
            "登録の状態",
            "State",
            source="registration",
            example="registered",
            choices=("historical", "registered", "suspended", "removed"),
        ),
        Field(
            "sample",
            "boolean",
            "見本かどうか",
            "Whether it is sample data",
            source="sample",
            example=False,
        ),
    ),
    ("no",),
)
SHEETS = (ENTRIES, POSTINGS, GIFTS, AWARDS, ALLOCATIONS, BALANCES, GROUPS, EVENTS)
"""In the order in which the package lists them."""
