"""The API's description (OpenAPI 3.1), made from the endpoints and the columns themselves."""

from __future__ import annotations

from typing import Any

from fund.platform.settings import Settings
from fund.publication.api.endpoints import ENDPOINTS, PREFIX, TAGS, Endpoint
from fund.publication.api.parameters import Parameter
from fund.publication.dictionary.fields import Record, Sheet

VERSION = "1.0.0"
LICENCE = {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"}

_DESCRIPTION = """\
台帳のすべてを読むための窓口です。鍵も登録もいりません。画面・CSV・リリースと同じ数字です。

- 読むだけ（GET、HEAD、OPTIONS）。どのサイトのスクリプトからも読めます（CORS `*`）。
- 一覧は `limit`（1000まで）行ずつ。続きは本文の `next`、または `Link: rel="next"` のアドレスへ。
  新しい記帳が増えても、読み進めるあいだに行が抜けたり重なったりしません。
- `Accept: text/csv` か、アドレスの末尾の `.csv` で、同じ行をCSVで受け取れます。
- `ETag` を `If-None-Match` で送ると、変わらないあいだは304です。
- 読めない引数は400で、どの引数をどう直すかを日本語と英語で返します（RFC 9457）。
- 寄附した人の情報はありません。寄附の日は月まで、名前は出すことをえらんだ人だけです。
- 回数の制限は、置く人のプロキシがします（このサービス自身は数えません）。429なら待ってください。

Everything the ledger holds, to be read; no key, no registration. The numbers are those of the
pages, the CSV files and the releases.

- Read only (GET, HEAD, OPTIONS), by scripts of any site (CORS `*`).
- Lists come `limit` (up to 1000) rows at a time; go on at the address in `next` or in the
  `Link: rel="next"` header. No row is skipped or repeated while the ledger grows.
- `Accept: text/csv`, or `.csv` at the end of the address, gives the same rows as CSV.
- Send the `ETag` as `If-None-Match`: 304 while nothing changed.
- What cannot be read is a 400 that names each parameter and what to do, in Japanese and English
  (RFC 9457).
- Nothing tells who gave: gifts have their month only, names are those donors chose to show.
- Requests are counted by the operator's proxy if at all, not by the service; on 429, wait.
- A breaking change would be `/api/v2`, announced twelve months before; new columns may come.
"""


def document(settings: Settings) -> dict[str, Any]:
    """The whole description for one installation."""
    ours, base = settings.municipality, settings.base_url
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{ours.name} {ours.fund_name} API / {ours.name_en} {ours.fund_name_en} API",
            "version": VERSION,
            "summary": "公開台帳を読むAPI / Read-only API of the public ledger",
            "description": _DESCRIPTION,
            "license": LICENCE,
            "termsOfService": f"{base}/data",
            "contact": {"name": ours.department, "email": ours.mail, "url": f"{base}/data/api"},
        },
        "servers": [
            {"url": f"{base}{PREFIX}", "description": "日本語の名前 / Japanese names"},
            {"url": f"{base}/en{PREFIX}", "description": "英語の名前 / English names"},
        ],
        "tags": [{"name": name, "description": f"{ja} / {en}"} for name, ja, en in TAGS],
        "externalDocs": {
            "url": f"{base}/data/dictionary",
            "description": "データ辞書 / Data dictionary",
        },
        "paths": {one.path: {"get": _operation(one, base)} for one in ENDPOINTS},
        "components": _components(),
    }


def _operation(one: Endpoint, base: str) -> dict[str, Any]:
    responses: dict[str, Any] = {
        "200": _answer(one, base),
        "304": {"$ref": "#/components/responses/NotModified"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "503": {"$ref": "#/components/responses/Unavailable"},
    }
    if one.place or one.name == "log":
        responses["404"] = {"$ref": "#/components/responses/NotFound"}
    asked = [_parameter(part, "path") for part in one.place]
    asked += [_parameter(part, "query") for part in one.parameters]
    return {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": f"{one.ja} / {one.en}",
        "parameters": asked,
        "responses": dict(sorted(responses.items())),
    }


def _parameter(one: Parameter, where: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.name,
        "in": where,
        "required": where == "path",
        "description": f"{one.ja} / {one.en}",
        "schema": one.schema(),
        "example": [one.example] if one.kind == "words" else one.example,
    }
    if one.kind == "words":
        told |= {"style": "form", "explode": False}
    return told


def _answer(one: Endpoint, base: str) -> dict[str, Any]:
    """The answer of an endpoint: its columns, an example, and its headers."""
    schema: dict[str, Any] = {"$ref": f"#/components/schemas/{schema_name(one.sheet)}"}
    example: Record = one.sheet.example()
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Last-Modified")}
    if not one.listed:
        content = {"application/json": {"schema": schema, "example": example}}
        return {"description": f"{one.ja} / {one.en}", "headers": headers, "content": content}
    page = {"as_of": "2026-06-01T03:00:00Z", "rows": [example], "next": example_url(one, base)}
    return {
        "description": f"{one.ja} / {one.en}",
        "headers": {**headers, "Link": {"$ref": "#/components/headers/Link"}},
        "content": {
            "application/json": {"schema": _page_schema(schema), "example": page},
            "text/csv": {
                "schema": {"type": "string", "description": "RFC 4180, UTF-8"},
                "example": ",".join(one.sheet.header) + "\n",
            },
        },
    }


def example_url(one: Endpoint, base: str) -> str:
    """An address of the endpoint as it may be asked, with its own examples in it."""
    path = one.path
    for part in one.place:
        path = path.replace(f"{{{part.name}}}", str(part.example))
    place = next((part for part in one.query if part.name == "after"), None)
    query = f"?limit=100&after={place.example}" if place else ""
    return f"{base}{PREFIX}{path}{query}"


def _page_schema(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "as_of": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "いちばん新しい記帳の時刻（記帳によらない一覧では空）"
                " / When the newest entry was appended; null where entries do not matter",
            },
            "rows": {"type": "array", "items": row},
            "next": {
                "type": ["string", "null"],
                "format": "uri",
                "description": "次のページのアドレス（最後は空）"
                " / Address of the next page; null on the last",
            },
        },
        "required": ["as_of", "rows", "next"],
        "additionalProperties": False,
    }


def schema_name(sheet: Sheet) -> str:
    """A table's name in the description: ``grant-followed`` is ``GrantFollowed``."""
    return "".join(part.capitalize() for part in sheet.name.split("-"))


def _components() -> dict[str, Any]:
    sheets = {schema_name(one.sheet): one.sheet.schema() for one in ENDPOINTS}
    return {
        "schemas": {**dict(sorted(sheets.items())), "Problem": _PROBLEM},
        "responses": {
            "NotModified": {"description": "変わっていない / Nothing changed"},
            "BadRequest": _problem("引数が読めない / A parameter cannot be read", 400),
            "NotFound": _problem("ない / There is none", 404),
            "Unavailable": _problem("いまは答えられない / Cannot answer now", 503),
        },
        "headers": {
            "ETag": _header("中身の指紋 / Fingerprint of the answer"),
            "Last-Modified": _header("いちばん新しい記帳の時刻 / Time of the newest entry"),
            "Link": _header("次のページ（rel=next） / The next page (rel=next)"),
        },
    }


def _header(words: str) -> dict[str, Any]:
    return {"description": words, "schema": {"type": "string"}}


def _problem(words: str, status: int) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status == 400:
        content["example"] = {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "引数を確認してください",
            "detail_en": "Please check the parameters",
            "errors": [
                {
                    "parameter": "limit",
                    "ja": "1から1000までの整数にしてください",
                    "en": "Give a whole number from 1 to 1000",
                }
            ],
        }
    return {"description": words, "content": {"application/problem+json": content}}


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "うまくいかなかったわけ（RFC 9457） / What went wrong (RFC 9457)",
    "properties": {
        "type": {"type": "string", "description": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "日本語 / Japanese"},
        "detail_en": {"type": "string", "description": "英語 / English"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "parameter": {"type": "string"},
                    "ja": {"type": "string"},
                    "en": {"type": "string"},
                },
                "required": ["parameter", "ja", "en"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "detail_en", "errors"],
    "additionalProperties": False,
}
