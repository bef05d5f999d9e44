"""A run for machines: its lines in three forms, and a workbook of everything it says."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.allocation.domain.comparison import fidelity
from fund.allocation.queries import RunView
from fund.allocation.views.certificates import Named, shortage_sentence, surplus_sentence
from fund.allocation.views.comparison import FORMS
from fund.allocation.views.presentation import (
    AwardRow,
    LotRow,
    award_rows,
    award_titles,
    lot_rows,
)
from fund.allocation.views.wording import (
    award_codes,
    idle_codes,
    percent,
    policy_value,
    policy_word,
    rank_word,
    role_words,
    run_words,
)
from fund.platform.web.twins import (
    Column,
    Page,
    csv_response,
    json_response,
    workbook_response,
    xlsx_response,
)
from fund.registry import queries as registry

__all__ = ["FORMS", "planned_lines", "workbook"]


def planned_lines(run: RunView, form: str) -> ResponseReturnValue:
    """The lines as the plan has them, numbered as they are (or will be) posted."""
    rows = _lines(run)
    if form == "json":
        table = [{column.name: column.value(row) for column in _columns()} for row in rows]
        return json_response({"run": run.no, "total": int(run.total_yen), "rows": table})
    if form == "xlsx":
        notes = [run.no, run.rule, run_words()[run.state]]
        return xlsx_response(f"{run.no}-lines", _columns(), rows, notes)
    return csv_response(f"{run.no}-lines", _columns(), rows)


def workbook(connection: Connection, run: RunView) -> ResponseReturnValue:
    """Totals, awards, gifts, lines, manual payments and the rule, each a sheet."""
    plan, problem = run.plan_document, run.problem_document
    titles, names = award_titles(connection), registry.names(connection)
    named = Named(titles, names)
    pages: list[Page[Any]] = [
        Page(str(_("合計")), _pairs(_("項目"), _("円")), _totals(plan)),
        Page(
            str(_("助成")), _award_columns(len(plan["rank_yen"])), award_rows(plan, problem, titles)
        ),
        Page(str(_("寄附")), _lot_columns(), lot_rows(plan, problem)),
        Page(str(_("行")), _columns(), _lines(run)),
        Page(str(_("手動の決定")), _override_columns(), problem.get("fixed", [])),
        Page(str(_("きまり")), _pairs(_("きまり"), _("値")), _policy(problem)),
    ]
    notes = [
        run.no,
        run_words()[run.state],
        run.run_date.isoformat(),
        str(_("希望どおりに使われた割合 %(percent)s", percent=percent(fidelity(plan)))),
        shortage_sentence(problem, plan, named) or "",
        surplus_sentence(run, named) or "",
        f"{run.rule} / {run.edition_code}",
        f"problem SHA-256 {run.problem_sha256}",
        f"plan SHA-256 {run.plan_sha256}",
    ]
    return workbook_response(f"{run.no}", pages, [note for note in notes if note])


def _lines(run: RunView) -> list[dict[str, Any]]:
    return [
        {"run": run.no, "line": at, **row}
        for at, row in enumerate(run.plan_document["ledger"], start=1)
    ]


def _totals(plan: Any) -> list[tuple[str, int]]:
    found = [(str(_("合計")), plan["total"])]
    found += [(rank_word(rank), yen) for rank, yen in enumerate(plan["rank_yen"], start=1)]
    found.append((str(_("おまかせの寄附から")), plan["undesignated_yen"]))
    return found


def _policy(problem: Any) -> list[tuple[str, str]]:
    return [
        (policy_word(key), policy_value(key, value))
        for key, value in sorted(problem["policy"].items())
    ]


def _pairs(first: str, second: str) -> list[Column[tuple[str, Any]]]:
    return [
        Column("what", first, lambda row: row[0]),
        Column("value", second, lambda row: row[1]),
    ]


def _columns() -> list[Column[dict[str, Any]]]:
    return [
        Column("run", _("配分"), lambda row: str(row["run"])),
        Column("line", _("行"), lambda row: int(row["line"])),
        Column("share", _("寄附の内訳"), lambda row: str(row["donation"])),
        Column("award", _("助成"), lambda row: str(row["grant"])),
        Column("yen", _("金額（円）"), lambda row: int(row["amount"])),
        Column("rank", _("希望の順位"), lambda row: int(row["rank"])),
        Column("use", _("合った希望"), lambda row: str(row["use"])),
    ]


def _award_columns(depth: int) -> list[Column[AwardRow]]:
    codes = award_codes()
    ranks: list[Column[AwardRow]] = [
        Column(f"rank{at + 1}", rank_word(at + 1), lambda row, at=at: row.ranks[at])  # type: ignore[misc]
        for at in range(depth)
    ]
    return [
        Column("award", _("助成"), lambda row: row.no),
        Column("title", _("助成の名前"), lambda row: row.title),
        Column("group", _("団体"), lambda row: row.group_no),
        Column("asked", _("求めた額"), lambda row: int(row.asked)),
        Column("gets", _("この配分"), lambda row: int(row.gets)),
        Column("short", _("まだ足りない額"), lambda row: int(row.short)),
        *ranks,
        Column("undesignated", _("おまかせの寄附から"), lambda row: row.free),
        Column("why", _("わけ"), lambda row: codes.get(row.code, row.code)),
    ]


def _lot_columns() -> list[Column[LotRow]]:
    codes = idle_codes()
    return [
        Column("share", _("寄附の内訳"), lambda row: row.share_id),
        Column("free", _("配分の前"), lambda row: int(row.free)),
        Column("used", _("使った額"), lambda row: int(row.used)),
        Column("rest", _("残り"), lambda row: int(row.rest)),
        Column("why", _("残るわけ"), lambda row: codes.get(row.idle or "", "")),
    ]


def _override_columns() -> list[Column[dict[str, Any]]]:
    roles = role_words()
    return [
        Column("share", _("寄附の内訳"), lambda row: str(row["donation"])),
        Column("award", _("助成"), lambda row: str(row["grant"])),
        Column("yen", _("金額（円）"), lambda row: int(row["amount"])),
        Column("reason", _("理由"), lambda row: str(row["reason"])),
        Column("role", _("だれが"), lambda row: roles.get(row["by_role"], str(row["by_role"]))),
    ]
