"""Refusals of the API: problem documents (RFC 9457) in Japanese and English."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import flask_babel
from flask import Response

from fund.kernel.canonical import Json, canonical
from fund.platform.web.locale import translated

API = "/api/"
KIND = "application/problem+json"

WORDS: Mapping[int, str] = {
    400: "この問い合わせは読めません。住所と引数を確認してください",
    404: "この住所には何もありません",
    405: "読むことだけができます（GET、HEAD、OPTIONS）",
    413: "送られたものが大きすぎます",
    500: "こちらの不具合です。記録しました。時間をおいてからもう一度お試しください",
    503: "データベースに接続できません。少し待ってからもう一度お試しください",
}
"""What to say when whoever refused said nothing."""


def bilingual_problem(status: int, detail: str, fields: Mapping[str, str]) -> Response:
    """The document; ``fields`` are parameters and what to do about each."""
    said = detail or WORDS.get(status, "")
    english = _in_english(said)
    errors: list[Json] = [
        {"parameter": name, "ja": str(wrong), "en": _in_english(wrong)}
        for name, wrong in fields.items()
    ]
    body: dict[str, Json] = {
        "type": "about:blank",
        "title": _phrase(status),
        "status": status,
        "detail": str(said),
        "detail_en": english,
        "errors": errors,
    }
    return Response(canonical(body), status, content_type=KIND)


def _in_english(sentence: str) -> str:
    with flask_babel.force_locale("en"):
        return translated(sentence)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
