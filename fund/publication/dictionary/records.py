"""The objects of the API: the same columns as in the files, and what only an object can hold."""

from __future__ import annotations

from dataclasses import replace

from fund.publication.dictionary.columns import (
    ENTRIES,
    FY,
    GIFT,
    GIFTS,
    GROUPS,
    NO,
    RUN,
)
from fund.publication.dictionary.fields import Field, Sheet
from fund.publication.dictionary.pages import GRANTS, POSTED, SOURCE_URL, SUMS, yen

HEX = "[0-9a-f]{64}"
NOTE = "mieru.example/log\n1204\nBase64Root=\n\n— mieru.example/log Signature\n"
URL = "https://fund.example.jp"


def text(name: str, ja: str, en: str, source: str, example: str = "", **more: bool) -> Field:
    """A column of text."""
    return Field(name, "string", ja, en, source=source, example=example or None, **more)  # type: ignore[arg-type]


def digest(name: str, ja: str, en: str, source: str) -> Field:
    """A SHA-256 in lower-case hexadecimal."""
    return Field(
        name, "string", ja, en, unit="hex", source=source, example="9f86d081" * 8, pattern=HEX
    )


def day(name: str, ja: str, en: str, source: str, *, required: bool = True) -> Field:
    """A day in Japan."""
    return Field(name, "date", ja, en, required, "day", source, "2026-06-01")


def moment(name: str, ja: str, en: str, source: str, *, required: bool = True) -> Field:
    """A moment in UTC."""
    return Field(name, "datetime", ja, en, required, "", source, "2026-06-01T03:00:00Z")


SIZE = Field(
    "size",
    "integer",
    "先頭がふくむ記帳の数",
    "Entries under the head",
    unit="entries",
    source="tlog",
    example=1204,
)
CHECKPOINT = text(
    "checkpoint", "署名された先頭（署名つきの文）", "The signed head, as a note", "tlog", NOTE
)

EDITION_OF = text("edition", "手引きの版", "Edition of the manual", "manual", "2026-04")

ENTRY = Sheet(
    "entry",
    "台帳の記帳",
    "An entry of the ledger",
    (
        *(ENTRIES.field(name) for name in ("no", "kind", "fy", "on")),
        POSTED,
        ENTRIES.field("reverses"),
        replace(
            ENTRIES.field("reverses"),
            name="reversed_by",
            ja="この記帳を取り消した番号",
            en="Number of the entry that reversed this one",
        ),
        ENTRIES.field("reason"),
        ENTRIES.field("clauses"),
        ENTRIES.field("facts"),
        *SUMS,
        digest("sha256", "記帳の指紋", "Fingerprint of the entry's bytes", "log"),
    ),
    ("no",),
)
_PROOF = Sheet(
    "proof",
    "記帳が署名された先頭の下にある証明",
    "Proof that the entry stands under a signed head",
    (
        Field(
            "index",
            "integer",
            "葉の位置（番号−1）",
            "Leaf index (number − 1)",
            source="tlog",
            example=0,
        ),
        SIZE,
        digest("leaf", "葉のハッシュ（RFC 6962）", "Leaf hash (RFC 6962)", "tlog"),
        Field(
            "hashes",
            "string",
            "葉から根までのハッシュ",
            "Hashes from the leaf to the root",
            unit="hex",
            source="tlog",
            example=[],
            words=True,
        ),
        digest("root", "根のハッシュ", "Root hash", "tlog"),
        CHECKPOINT,
    ),
    ("index",),
)
ENTRY_PROVED = replace(
    ENTRY,
    name="entry-proved",
    ja="台帳の記帳と、その証明",
    en="An entry of the ledger with its proof",
    fields=(
        *ENTRY.fields,
        text(
            "body",
            "記帳そのもの（RFC 8785 の綴り。指紋と葉のハッシュはこの文から）",
            "The entry itself, spelled by RFC 8785: fingerprint and leaf hash are of this text",
            "log",
            "{…}",
        ),
        Field(
            "proof",
            "string",
            "証明（署名の前は空）",
            "The proof; null until a head is signed over the entry",
            required=False,
            source="tlog",
            part=_PROOF,
        ),
    ),
)
TOTALS = Sheet(
    "totals",
    "条件に合う記帳の合計",
    "Totals of exactly the entries a filter finds",
    (
        *(
            replace(one, ja=ja, en=en)
            for one, ja, en in zip(
                SUMS,
                ("入った", "決まった", "渡した", "使われた", "もどった", "のこり"),
                ("Came in", "Committed", "Paid out", "Spent", "Returned", "Left"),
                strict=True,
            )
        ),
        yen("kept", "のこりと決まった", "Left and committed together", "words", 10_000),
        yen(
            "moved",
            "動いた額（条件が一部を問うなら、その分）",
            "What the entries move, or the part the filter asks for",
            "words",
            10_000,
        ),
        Field("entries", "integer", "記帳の数", "Entries", unit="entries", source="log", example=1),
    ),
    (),
)

_SHARE = Sheet(
    "share",
    "寄附の内訳",
    "A share of a gift",
    tuple(GIFTS.field(name) for name in ("share", "kind", "target", "fallback", "yen")),
    ("share",),
)
GIFT_RECORD = Sheet(
    "gift",
    "受け入れた寄附（だれからかは含まない）",
    "An accepted gift, without who gave it",
    (
        GIFT,
        NO,
        FY,
        GIFTS.field("month"),
        yen("yen", "金額（円）", "Yen", "acceptance", 10_000),
        Field(
            "shares",
            "string",
            "内訳（希望ごと）",
            "Shares, one for each wish",
            source="wish",
            items=_SHARE,
        ),
        text(
            "name",
            "出すことをえらんだ人の名前（ほかは空。取り下げると消える）",
            "Name, only of donors who chose to show it; gone once they withdraw it",
            "anonymity",
            required=False,
        ),
    ),
    ("gift",),
)
ENTRY_NUMBERS = Field(
    "entries",
    "string",
    "この件の記帳の番号（古い順、はじめの1,000件まで）",
    "Numbers of its entries, oldest first, the first 1,000",
    source="log",
    items=Sheet("entry-no", "記帳の番号", "Number of an entry", (NO,), ("no",)),
)
GIFT_FOLLOWED = replace(
    GIFT_RECORD,
    name="gift-followed",
    ja="受け入れた寄附と、その後の記帳",
    en="An accepted gift and the entries that follow it",
    fields=(*GIFT_RECORD.fields, ENTRY_NUMBERS),
)

_BY_WISH = Sheet(
    "by-wish",
    "もとになった希望ごとの額",
    "Yen by the wish it waited under",
    (
        text(
            "wish",
            "希望の種類（まとめたものはコンマ区切り）",
            "Kind of wish; several with commas where they stand together",
            "wish",
            "field",
        ),
        yen("yen", "金額（円）", "Yen", "allocation", 10_000),
    ),
    ("wish",),
)
GRANT = GRANTS
GRANT_FOLLOWED = replace(
    GRANT,
    name="grant-followed",
    ja="助成と、そのお金のもと",
    en="A grant and where its money came from",
    fields=(
        *GRANT.fields,
        Field(
            "gifts",
            "integer",
            "もとの寄附の数（人数が少ないときは空）",
            "Gifts behind it; null where too few people gave them",
            required=False,
            source="anonymity",
            example=12,
        ),
        yen("from_gifts", "寄附からの額（円）", "Yen from gifts", "allocation", 60_000),
        Field(
            "origin",
            "string",
            "寄附からの額の内訳（少ない人数の希望はまとめる）",
            "Yen from gifts by wish, those of few people together",
            source="anonymity",
            items=_BY_WISH,
        ),
        yen("others", "寄附でないお金から（円）", "From money that was no gift, yen", "allocation"),
        ENTRY_NUMBERS,
    ),
)
GROUP = replace(
    GROUPS,
    name="group",
    fields=(
        *GROUPS.fields,
        text("purpose_ja", "目的", "Purpose in Japanese", "registration", required=False),
        text("purpose_en", "目的（英語）", "Purpose in English", "registration", required=False),
        day("registered_on", "登録の日", "Registered on", "registration", required=False),
        day("registered_until", "登録の期限", "Registered until", "registration", required=False),
        text("corporate_no", "法人番号", "Corporate number", "registration", required=False),
        text("website", "ウェブサイト", "Web site", "registration", required=False),
        replace(SOURCE_URL, source="registration"),
    ),
)
RUN_RECORD = Sheet(
    "run",
    "承認された配分",
    "An approved allocation run",
    (
        RUN,
        FY,
        text("kind", "種類", "Kind", "allocation", "ordinary"),
        day("date", "基準の日", "Day of reference", "allocation"),
        text("rule", "きまりの名前", "Name of the rule", "allocation", "lex-flow/1"),
        EDITION_OF,
        yen("total", "合計（円）", "In all, yen", "allocation", 1_250_000),
        day("approved_on", "承認の日", "Approved on", "allocation"),
        digest("problem_sha256", "問題の指紋", "Fingerprint of the problem", "allocation"),
        digest("plan_sha256", "計画の指紋", "Fingerprint of the plan", "allocation"),
        text(
            "problem_url",
            "問題のアドレス",
            "Address of the problem",
            "allocation",
            f"{URL}/runs/RUN2026-001/problem.json",
        ),
        text(
            "plan_url",
            "計画のアドレス",
            "Address of the plan",
            "allocation",
            f"{URL}/runs/RUN2026-001/plan.json",
        ),
        text(
            "lines_url",
            "割り当ての行のアドレス",
            "Address of its lines",
            "allocation",
            f"{URL}/api/v1/runs/RUN2026-001/lines",
        ),
    ),
    ("run",),
)
