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
    "イベント（自治体標準オープンデータセット「イベント一覧」の項目）",
    "Events, in the columns of the municipal standard open data set",
    (
        Field(
            "都道府県コード又は市区町村コード",
            "string",
            "主催する自治体のコード",
            "Code of the municipality",
            required=False,
        ),
        Field("NO", "string", "イベントの番号", "Number of the event"),
        Field("都道府県名", "string", "都道府県名", "Prefecture", required=False),
        Field("市区町村名", "string", "市区町村名", "Municipality", required=False),
        Field("イベント名", "string", "イベント名", "Name"),
        Field("イベント名_カナ", "string", "名前の読み（カナ）", "Reading in kana", required=False),
        Field("イベント名_英語", "string", "英語の名前", "English name", required=False),
        Field("開始日", "date", "開始日", "First day"),
        Field("終了日", "date", "終了日", "Last day", required=False),
        Field("開始時間", "string", "開始時間", "Begins at", required=False),
        Field("終了時間", "string", "終了時間", "Ends at", required=False),
        Field("開始日時特記事項", "string", "日時の補足", "Note on the time", required=False),
        Field("説明", "string", "説明", "Description", required=False),
        Field("料金(基本)", "string", "料金（円）", "Fee in yen", required=False),
        Field("料金(詳細)", "string", "料金の補足", "Note on the fee", required=False),
        Field("連絡先名称", "string", "連絡先", "Contact", required=False),
        Field("連絡先電話番号", "string", "連絡先の電話番号", "Contact's phone", required=False),
        Field("連絡先内線番号", "string", "連絡先の内線番号", "Extension", required=False),
        Field("主催者", "string", "主催者", "Organiser", required=False),
        Field("場所名称", "string", "場所の名前", "Place", required=False),
        Field("住所", "string", "場所の住所", "Address of the place", required=False),
        Field("方書", "string", "建物名・部屋など", "Building and room", required=False),
        Field("緯度", "number", "緯度（度）", "Latitude in degrees", required=False),
        Field("経度", "number", "経度（度）", "Longitude in degrees", required=False),
        Field("アクセス方法", "string", "行き方", "How to get there", required=False),
        Field("駐車場情報", "string", "駐車場", "Parking", required=False),
        Field("定員", "string", "定員（人）", "Places", required=False),
        Field("参加申込終了日", "date", "申し込みの最後の日", "Last day to apply", required=False),
        Field(
            "参加申込終了時間",
            "string",
            "申し込みの最後の時間",
            "Last time to apply",
            required=False,
        ),
        Field("参加申込方法", "string", "申し込み方法", "How to apply", required=False),
        Field("URL", "string", "案内のページ", "Address of its page", required=False),
        Field("備考", "string", "備考", "Remarks", required=False),
    ),
    ("NO",),
)
"""The columns other municipalities publish events in, under their own (Japanese) names: files of
several places can be put together. Nothing is listed until the fund holds events of its own."""

SHEETS = (ENTRIES, POSTINGS, GIFTS, AWARDS, ALLOCATIONS, BALANCES, GROUPS, EVENTS)
"""In the order in which the package lists them."""
