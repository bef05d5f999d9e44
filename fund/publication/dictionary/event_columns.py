"""The columns other municipalities publish events in, so that files of several fit together."""

from __future__ import annotations

from fund.publication.dictionary.fields import Field, Sheet

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
    source="standard",
)
"""The columns other municipalities publish events in, under their own (Japanese) names: files of
several places can be put together. Nothing is listed until the fund holds events of its own."""
