"""The API's objects of rules and proofs: manual, signed log and registers."""

from __future__ import annotations

from dataclasses import replace

from fund.publication.dictionary.columns import FY
from fund.publication.dictionary.fields import Field, Sheet
from fund.publication.dictionary.pages import yen
from fund.publication.dictionary.records import (
    CHECKPOINT,
    EDITION_OF,
    NOTE,
    SIZE,
    URL,
    day,
    digest,
    moment,
    text,
)

_TITLE_JA = text("title_ja", "題名", "Title in Japanese", "manual", "採納")
_TITLE_EN = text("title_en", "題名（英語）", "Title in English", "manual", "Acceptance")
EDITION = Sheet(
    "edition",
    "手引きの版",
    "An edition of the manual",
    (
        EDITION_OF,
        day("effective_on", "効力の始まる日", "In force from", "manual"),
        day("decided_on", "決定の日", "Decided on", "manual"),
        text("decision_ref", "決定の番号", "Reference of the decision", "manual", "26-12"),
        replace(_TITLE_JA, example="基金の手引き"),
        replace(_TITLE_EN, example="Manual of the fund"),
        text("summary_ja", "変わったこと", "What changed, in Japanese", "manual", "はじめの版"),
        text("summary_en", "変わったこと（英語）", "What changed", "manual", "The first edition"),
        digest("sha256", "原文の指紋", "Fingerprint of its canonical JSON", "manual"),
        moment("published_at", "公表の時刻", "Published at", "manual"),
        text(
            "body_url",
            "原文のアドレス",
            "Address of its text",
            "manual",
            f"{URL}/manual/2026-04.json",
        ),
        text(
            "clauses_url",
            "条のアドレス",
            "Address of its clauses",
            "manual",
            f"{URL}/api/v1/manual/2026-04/clauses",
        ),
    ),
    ("edition",),
)
_PARAMETER = Sheet(
    "parameter",
    "条の数値",
    "A value the house decides by",
    (
        text("name", "名前", "Name", "manual", "gift.minimum"),
        Field("value", "any", "値", "Value", source="manual", example=1_000),
        text("unit", "単位", "Unit", "manual", "yen"),
        text("label_ja", "呼び名", "Label in Japanese", "manual", "寄附の最低額"),
        text("label_en", "呼び名（英語）", "Label in English", "manual", "Smallest gift"),
    ),
    ("name",),
)
CLAUSE = Sheet(
    "clause",
    "手引きの条",
    "A clause of the manual",
    (
        text(
            "clause", "条の名前（版が変わっても同じ）", "Its lasting name", "manual", "acceptance"
        ),
        EDITION_OF,
        text("number", "条の番号", "Number in this edition", "manual", "第5条"),
        text("chapter_ja", "章", "Chapter in Japanese", "manual", "寄附"),
        text("chapter_en", "章（英語）", "Chapter in English", "manual", "Gifts"),
        _TITLE_JA,
        _TITLE_EN,
        text(
            "text_ja",
            "本文（{ } は自治体の名前などに置きかわる）",
            "Text in Japanese; { } stand for names of the municipality and values",
            "manual",
            "{head}は、寄附を受け入れるかどうかを決める。",
        ),
        text("text_en", "本文（英語）", "Text in English", "manual", "The {head} decides."),
        text("plain_ja", "やさしい説明", "In plain Japanese", "manual", "区長が決めます。"),
        Field(
            "parameters", "string", "この条の数値", "Its values", source="manual", items=_PARAMETER
        ),
        text(
            "citation",
            "決定が引く書き方（条@版）",
            "How decisions cite it",
            "manual",
            "acceptance@2026-04",
        ),
    ),
    ("edition", "clause"),
)

ROOT = Sheet(
    "root",
    "署名された木の根",
    "A signed root of the log",
    (
        SIZE,
        digest("root", "根のハッシュ", "Root hash", "tlog"),
        moment("signed_at", "署名の時刻", "Signed at", "tlog"),
        CHECKPOINT,
    ),
    ("size",),
)
_KEY = Sheet(
    "key",
    "台帳の鍵",
    "A key of the log",
    (
        text("vkey", "確かめる鍵", "Verifier key", "tlog", "mieru.example/log+25ff69a7+AQ=="),
        Field("from", "integer", "ここから", "From this size", source="tlog", example=1),
        Field("until", "integer", "ここまで", "Up to this size", required=False, source="tlog"),
        text(
            "announced",
            "交代を告げた先頭",
            "The head that announced it",
            "tlog",
            NOTE,
            required=False,
        ),
    ),
    ("vkey",),
)
_WITNESS = Sheet(
    "witness",
    "立会人",
    "A witness",
    (
        text("name", "名前", "Name", "tlog", "council.example/1"),
        text("vkey", "確かめる鍵", "Verifier key", "tlog", "council.example/1+00000000+BA=="),
        text("about", "どういう人か", "Who that is", "tlog", "推進会議"),
        replace(
            SIZE,
            name="cosigned_size",
            ja="最後に立ち会った大きさ",
            en="Size of the head cosigned last",
            required=False,
        ),
        moment("cosigned_at", "最後に立ち会った時刻", "Cosigned last at", "tlog", required=False),
    ),
    ("name",),
)
LOG = Sheet(
    "log",
    "署名された記録の、いまの先頭",
    "The present head of the signed log",
    (
        *ROOT.fields,
        Field(
            "keys", "string", "鍵（古い順）", "Keys, the first one first", source="tlog", items=_KEY
        ),
        Field("witnesses", "string", "立会人", "Witnesses", source="tlog", items=_WITNESS),
    ),
    ("size",),
)

FIELD = Sheet(
    "field",
    "使いみちの分野",
    "A field of use",
    (
        text("code", "記号", "Code", "programmes", "children"),
        text("name_ja", "名前", "Name in Japanese", "programmes", "子ども・若者"),
        text(
            "name_en", "名前（英語）", "Name in English", "programmes", "Children and young people"
        ),
        text("mark", "しるし（1、2文字）", "Its mark, one or two characters", "programmes", "子ど"),
        text("about_ja", "説明", "About, in Japanese", "programmes", "子ども食堂など"),
        text("about_en", "説明（英語）", "About", "programmes", "Children's kitchens and the like"),
        Field(
            "open",
            "boolean",
            "いま希望を受け付けているか",
            "Whether wishes are taken now",
            source="programmes",
            example=True,
        ),
    ),
    ("code",),
)
PROGRAMME = Sheet(
    "programme",
    "助成の種類とテーマ",
    "A programme or theme",
    (
        text("code", "記号", "Code", "programmes", "challenge"),
        Field(
            "kind",
            "string",
            "助成の種類かテーマか",
            "Programme or theme",
            source="programmes",
            example="programme",
            choices=("programme", "theme"),
        ),
        text("name_ja", "名前", "Name in Japanese", "programmes", "チャレンジ助成"),
        text("name_en", "名前（英語）", "Name in English", "programmes", "Challenge grant"),
        text("about_ja", "説明", "About, in Japanese", "programmes", "新しい活動に"),
        text("about_en", "説明（英語）", "About", "programmes", "For new projects"),
        replace(
            FY, name="first_fy", ja="はじめの年度", en="First fiscal year", source="programmes"
        ),
        replace(
            FY,
            name="last_fy",
            ja="終わりの年度（続くものは空）",
            en="Last fiscal year; null while it goes on",
            required=False,
            source="programmes",
            example=None,
        ),
        replace(yen("cap_yen", "上限（円）", "Cap, yen", "programmes", 300_000), required=False),
        Field(
            "rate_percent",
            "integer",
            "助成の率（％）",
            "Rate in per cent",
            required=False,
            source="programmes",
            example=80,
        ),
        Field(
            "max_years",
            "integer",
            "続けられる年数",
            "Years it may be renewed",
            required=False,
            source="programmes",
            example=3,
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
    ("code",),
)
