"""One table from refusals to pages: helpful HTML for people, problem+json for machines."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, Response, g, render_template, request
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, InternalServerError

from fund.kernel.canonical import Json, canonical
from fund.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unavailable,
)
from fund.platform.web.locale import translated
from fund.platform.web.problems import API, bilingual_problem

STATUS: dict[type[DomainError], int] = {
    Invalid: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
}
_MACHINE_SUFFIXES = (".json", ".csv", ".xlsx", ".atom", ".ics")
log = structlog.get_logger("fund.web")


def install(app: Flask) -> None:
    """Answer every refusal and every failure with a page that says what to do next."""
    app.add_template_filter(translated)
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(InterfaceError, _database_down)
    app.register_error_handler(NoConnectionFree, _database_down)
    app.register_error_handler(IntegrityError, _law_broken)
    app.register_error_handler(Exception, _failed)


def failure_response(status: int, detail: str, fields: dict[str, str] | None = None) -> Response:
    """The page or problem document for a status; ``detail`` may be empty.

    ``detail`` and ``fields`` (field → what to do) are sentences of the domain, shown in the
    page's language.
    """
    if request.path.startswith(API):
        return bilingual_problem(status, detail, fields or {})
    detail = translated(detail)
    fields = {name: translated(text) for name, text in (fields or {}).items()}
    if _machine():
        body: dict[str, Json] = {
            "type": "about:blank",
            "title": _titles().get(status, "error"),
            "status": status,
            "detail": detail,
        }
        if fields:
            body["fields"] = dict(fields)
        return Response(canonical(body), status, content_type="application/problem+json")
    page = render_template("_layout/error.html", status=status, detail=detail, fields=fields)
    return Response(page, status)


def _titles() -> dict[int, str]:
    return {
        400: "Bad request",
        403: "Forbidden",
        404: "Not found",
        405: "Method not allowed",
        409: "Conflict",
        413: "Too large",
        429: "Too many requests",
        500: "Internal error",
        503: "Unavailable",
    }


def _machine() -> bool:
    path = request.path
    return path.startswith("/webhooks/") or path.endswith(_MACHINE_SUFFIXES)


def _refused(error: DomainError) -> Response:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    response = failure_response(status, str(error), getattr(error, "fields", None))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "30"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or (error.code or 500) < 400:
        return error
    response = failure_response(error.code or 500, "")
    for name, value in error.get_headers(request.environ):
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _database_down(error: Exception) -> Response:
    log.error("database unavailable", error=type(error).__name__)
    g.fund_database_down = True
    response = failure_response(503, "")
    response.headers["Retry-After"] = "5"
    return response


def _rule() -> str:
    """The address as it was drawn, without what stands in it: donors' addresses are secrets."""
    return request.url_rule.rule if request.url_rule else "no such address"


def _law_broken(error: IntegrityError) -> Response:
    """The database kept a law that the command had not foreseen: nothing was written."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    log.warning("refused by the database", constraint=name, path=_rule())
    return failure_response(409, "")


def _failed(error: Exception) -> Response:
    # The traceback's values could hold personal data: only its place is logged.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown"
    log.error("failed", error=type(error).__name__, where=where, path=_rule())
    return failure_response(InternalServerError.code, "")
