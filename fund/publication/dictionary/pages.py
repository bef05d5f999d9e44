"""The columns of the files that stand beside the pages: ledger, grants, groups, runs."""

from __future__ import annotations

from dataclasses import replace

from fund.publication.dictionary.columns import (
    AWARD,
    AWARDS,
    ENTRIES,
    FIELDS,
    FY,
    GROUP,
    GROUPS,
    POSTINGS,
    PROGRAMME,
    RUN,
    THEME,
)
from fund.publication.dictionary.fields import Field, Sheet


def yen(
    name: str, ja: str, en: str, source: str, example: int = 0, *, required: bool = True
) -> Field:
    """A column of whole yen."""
    return Field(name, "integer", ja, en, required, "yen", source, example)


_POSTING = Sheet(
    "posting",
    "仕訳の1行",
    "One posting",
    (POSTINGS.field("account"), POSTINGS.field("yen")),
    ("account",),
)
POSTED = Field(
    "postings",
    "string",
    "仕訳（JSON、和は0）",
    "Postings as JSON; they sum to zero",
    source="books",
    items=_POSTING,
)
SUMS = (
    yen("in", "「入った」に加わる額（円）", "Added to what came in, yen", "words", 10_000),
    yen("committed", "「決まった」に加わる額（円）", "Added to what is committed, yen", "words"),
    yen("out", "「渡した」に加わる額（円）", "Added to what was paid out, yen", "words"),
    yen("spent", "「使われた」に加わる額（円）", "Added to what was spent, yen", "words"),
    yen("returned", "「もどった」に加わる額（円）", "Added to what was returned, yen", "words"),
    yen("left", "「のこり」に加わる額（円）", "Added to what is left, yen", "words", 10_000),
)
"""What an entry adds to each of the six money words."""

LEDGER = Sheet(
    "ledger",
    "公開の台帳（画面の行）",
    "The public ledger, as its page shows it",
    (
        ENTRIES.field("no", short="番号"),
        ENTRIES.field("on", short="日付"),
        ENTRIES.field("kind", short="種類"),
        replace(POSTED, short="仕訳"),
        ENTRIES.field("reverses", short="取り消した番号"),
        ENTRIES.field("reason", short="理由"),
    ),
    ("no",),
)
LEDGER_WITH_SUMS = replace(
    LEDGER,
    name="ledger-sums",
    ja="公開の台帳と、お金のことばごとの額（sums=yes）",
    en="The public ledger with the yen of each money word (sums=yes)",
    fields=(
        *LEDGER.fields,
        *SUMS,
        yen(
            "moved",
            "動いた額（条件が一部を問うなら、その分。円）",
            "What the entry moves, or the part the filter asks for, yen",
            "words",
            10_000,
        ),
    ),
)

SOURCE_URL = Field(
    "source_url",
    "string",
    "出典のアドレス",
    "Address of the source",
    required=False,
    source="decision",
)
GRANTS = Sheet(
    "grants",
    "助成（台帳の前のものも）",
    "Grants, those of the time before the ledger too",
    (
        replace(AWARD, name="no"),
        FY,
        Field(
            "state",
            "string",
            "いまの段階",
            "Stage",
            source="decision",
            example="decided",
            choices=("decided", "disbursed", "settled", "cancelled"),
        ),
        replace(GROUP, required=True),
        Field(
            "group_name",
            "string",
            "団体の名前（/en では英語の名前があればそれ）",
            "Name of the group; under /en the English one if it has one",
            source="registration",
            example="水辺の会",
        ),
        replace(PROGRAMME, required=True),
        THEME,
        FIELDS,
        AWARDS.field("title"),
        AWARDS.field(
            "ceiling",
            ja="決定額（円。もとの資料にないときは空）",
            en="Awarded, yen; empty where the source names none",
            required=False,
        ),
        *(AWARDS.field(name) for name in ("allocated", "disbursed", "spent", "returned")),
        replace(AWARDS.field("on"), name="decided_on", required=False),
        Field(
            "clause",
            "string",
            "もとの条（条@版）",
            "Clause it was decided under",
            required=False,
            source="manual",
            example="decision@2026-04",
        ),
        Field(
            "historical",
            "boolean",
            "この台帳をはじめる前の助成か",
            "Whether it is of the time before this ledger",
            source="decision",
            example=False,
        ),
        SOURCE_URL,
        GROUPS.field("sample"),
    ),
    ("no",),
)

GROUPS_PAGE = Sheet(
    "groups-page",
    "団体（画面の行）",
    "Groups, as their page lists them",
    (
        GROUPS.field("no"),
        GROUPS.field("name"),
        GROUPS.field("kana"),
        GROUPS.field("state"),
        GROUPS.field("fields"),
        Field(
            "sample",
            "string",
            "見本なら「見本」",
            "「見本」 for sample data",
            required=False,
            source="sample",
        ),
        replace(SOURCE_URL, source="registration"),
    ),
    ("no",),
)

RUNS_PAGE = Sheet(
    "runs-page",
    "承認された配分（画面の行）",
    "Approved allocation runs, as their page lists them",
    (
        RUN,
        Field(
            "date",
            "date",
            "基準の日",
            "Day of reference",
            unit="day",
            source="allocation",
            example="2026-06-15",
        ),
        yen("yen", "合計（円）", "In all, yen", "allocation", 1_250_000),
        yen(
            "designated", "希望のある寄附から（円）", "From gifts with a wish, yen", "wish", 900_000
        ),
        yen("first_wish", "第1希望のとおり（円）", "At the first wish, yen", "wish", 870_000),
        yen(
            "undesignated", "おまかせから（円）", "From gifts without a wish, yen", "wish", 350_000
        ),
    ),
    ("run",),
)

PAGES = (LEDGER, LEDGER_WITH_SUMS, GRANTS, GROUPS_PAGE, RUNS_PAGE)
"""In the order in which the dictionary lists them."""
