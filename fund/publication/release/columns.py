"""The tables of the open data: every column once, with its type and its words.

Files, schemas and the data dictionary are all made from these definitions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A column: name, Frictionless type, and what it means in both languages."""

    name: str
    type: str
    ja: str
    en: str
    required: bool = True


@dataclass(frozen=True)
class Sheet:
    """A table of the data package; ``key`` is its primary key, ``refers`` (field, sheet, field)."""

    name: str
    ja: str
    en: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str, str], ...] = ()

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [field.name for field in self.fields]


NO = Field("no", "integer", "公開台帳の番号", "Number in the public log")
YEN = Field("yen", "integer", "金額（円、借方が正）", "Yen, debit positive")
GIFT = Field("gift", "string", "寄附番号", "Gift number")
AWARD = Field("award", "string", "助成番号", "Award number")
GROUP = Field("group", "string", "団体番号", "Group number", required=False)

ENTRIES = Sheet(
    "entries",
    "台帳のすべての記帳",
    "Every entry of the ledger",
    (
        NO,
        Field("kind", "string", "種類", "Kind"),
        Field("fy", "integer", "会計年度（4月から3月）", "Fiscal year (April to March)"),
        Field("on", "string", "日（寄附は月）", "Day; for gifts the month"),
        Field(
            "reverses", "integer", "取り消した番号", "Number this entry reverses", required=False
        ),
        Field("reason", "string", "理由の記号", "Reason code", required=False),
        Field("clauses", "string", "手引きの条（空白区切り）", "Clauses applied", required=False),
        Field("facts", "string", "その種類だけの事実（JSON）", "Facts of its kind, as JSON"),
    ),
    ("no",),
)
POSTINGS = Sheet(
    "postings",
    "記帳の仕訳",
    "Postings of the entries",
    (
        NO,
        Field("line", "integer", "行", "Line"),
        Field("account", "string", "勘定", "Account"),
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
        Field("share", "string", "内訳の番号", "Share id"),
        GIFT,
        NO,
        Field("fy", "integer", "会計年度", "Fiscal year"),
        Field("month", "string", "採納した月", "Month of acceptance"),
        Field("kind", "string", "希望の種類", "Kind of wish"),
        Field("target", "string", "希望のあて先", "What was wished", required=False),
        Field("fallback", "string", "かなわないとき", "If it cannot be met", required=False),
        Field("yen", "integer", "金額（円）", "Yen"),
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
        Field("on", "date", "決定の日", "Day of the decision"),
        GROUP,
        Field("programme", "string", "助成の種類", "Programme", required=False),
        Field("theme", "string", "テーマ", "Theme", required=False),
        Field("fields", "string", "分野（空白区切り）", "Fields", required=False),
        Field("title", "string", "事業の名前", "Project"),
        Field("ceiling", "integer", "決定額（円）", "Awarded, yen"),
        Field("allocated", "integer", "割り当てた額（円）", "Allocated, yen"),
        Field("disbursed", "integer", "渡した額（円）", "Disbursed, yen"),
        Field("spent", "integer", "使われた額（円）", "Spent, yen"),
        Field("returned", "integer", "もどった額（円）", "Returned, yen"),
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
        Field("run", "string", "割り当ての番号", "Run"),
        Field("on", "date", "日", "Day"),
        Field("gift", "string", "寄附番号", "Gift number", required=False),
        Field("share", "string", "内訳の番号", "Share id"),
        AWARD,
        Field("yen", "integer", "金額（円）", "Yen"),
        Field("rank", "integer", "かなった希望の順位", "Rank of the wish it met"),
        Field("use", "string", "使いみち", "Use"),
    ),
    ("no",),
    (("no", "entries", "no"), ("award", "awards", "award")),
)
BALANCES = Sheet(
    "balances",
    "勘定の残高（借方が正。決済会社の勘定が負なら、決済会社が立て替えている額）",
    "Balance of every account, debit positive; a negative clearing account is owed to the provider",
    (Field("account", "string", "勘定", "Account"), YEN),
    ("account",),
)
GROUPS = Sheet(
    "groups",
    "登録された団体",
    "Registered groups",
    (
        Field("no", "string", "団体番号", "Group number"),
        Field("name", "string", "名前", "Name"),
        Field("kana", "string", "ふりがな", "Reading", required=False),
        Field("name_en", "string", "英語の名前", "English name", required=False),
        Field("kind", "string", "種類", "Kind", required=False),
        Field("fields", "string", "分野（空白区切り）", "Fields", required=False),
        Field("state", "string", "登録の状態", "State"),
        Field("sample", "boolean", "見本かどうか", "Whether it is sample data"),
    ),
    ("no",),
)
EVENTS = Sheet(
    "events",
    "イベント（自治体標準オープンデータセットの項目から）",
    "Events, after the municipal standard open data set",
    (
        Field("id", "string", "ID", "Id"),
        Field("name", "string", "イベント名", "Name"),
        Field("start_date", "date", "開始日", "First day"),
        Field("end_date", "date", "終了日", "Last day", required=False),
        Field("place", "string", "場所名称", "Place", required=False),
        Field("organiser", "string", "主催者", "Organiser", required=False),
        Field("url", "string", "URL", "Address", required=False),
    ),
    ("id",),
)

SHEETS = (ENTRIES, POSTINGS, GIFTS, AWARDS, ALLOCATIONS, BALANCES, GROUPS, EVENTS)
"""In the order in which the package lists them."""
