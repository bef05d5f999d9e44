"""Reading for the API what is no entry: grants, groups, runs, manual, registers, figures."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from fund.allocation import queries as allocation
from fund.allocation.queries import RunHead
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.errors import NotFound
from fund.manual import queries as manual
from fund.manual.domain import Clause
from fund.manual.queries import EditionHead
from fund.platform.house import House
from fund.platform.web.context import now
from fund.platform.web.query import Query
from fund.publication import queries
from fund.publication.api.answers import Found, Rows, cut, day, no_such_place, of_registers, utc
from fund.publication.api.ledger import FOLLOWING, entry_numbers, line_records
from fund.publication.api.parameters import Asked
from fund.publication.breakdowns import origin as origin_of
from fund.publication.dictionary.fields import Record
from fund.publication.figures import figures
from fund.publication.forms import GrantsView, read_grants
from fund.publication.glance_json import glance_content
from fund.publication.grant_rows import grant_page, grant_row, row_json
from fund.publication.group_records import group_record
from fund.registry import queries as registry


@of_registers
def grants(connection: Connection, asked: Asked) -> Rows:
    """A page of grants, newest first."""
    own = {name: value for name, value in asked.values.items() if name in _GRANT_FILTER}
    view = read_grants(Query(MultiDict(own)))
    place = GrantsView(
        view.fy, view.programme, view.field, view.words, asked.text("after"), asked.limit
    )
    rows, following = grant_page(connection, place, asked.text("group"))
    return [row_json(row) for row in rows], following


_GRANT_FILTER = frozenset({"fy", "programme", "field", "q"})


@of_registers
def grant(connection: Connection, asked: Asked) -> Rows:
    """One grant with the origin of its money and its entries."""
    row = grant_row(connection, asked["award"])
    if row is None:
        raise NotFound("この番号の助成はありません")
    number = row.award.no
    found, _more = queries.related(connection, column="award_no", value=number, limit=FOLLOWING)
    origin = origin_of(connection, number, day_in_japan(now()))
    by_wish: list[Json] = [
        {"wish": wish, "yen": int(yen)} for wish, yen in sorted(origin.by_wish.items())
    ]
    record = {
        **row_json(row),
        "gifts": origin.gifts,
        "origin": by_wish,
        "from_gifts": int(origin.yen),
        "others": int(origin.others),
        "entries": entry_numbers(found),
    }
    return [record], None


@of_registers
def groups(connection: Connection, asked: Asked) -> Rows:
    """A page of groups by number."""
    found = registry.search_groups(
        connection,
        q=asked.text("q"),
        field=asked.text("field"),
        state=asked.text("state"),
        limit=asked.limit + 1,
        after=asked.text("after"),
    )
    shown = found[: asked.limit]
    following = shown[-1].no if len(found) > asked.limit else None
    return [group_record(one) for one in shown], following


@of_registers
def group(connection: Connection, asked: Asked) -> Rows:
    """One group."""
    found = registry.group(connection, asked["group"])
    if found is None:
        raise NotFound("この番号の団体はありません")
    return [group_record(found)], None


@of_registers
def runs(connection: Connection, asked: Asked) -> Rows:
    """A page of approved runs, newest first."""
    after = asked.text("after")
    if after is not None and allocation.run_head(connection, after) is None:
        raise no_such_place()
    found = allocation.runs(connection, state="approved", after=after, limit=asked.limit + 1)
    shown = found[: asked.limit]
    following = shown[-1].no if len(found) > asked.limit else None
    return [_run_record(one, asked.base) for one in shown], following


@of_registers
def run(connection: Connection, asked: Asked) -> Rows:
    """One approved run."""
    return [_run_record(_approved(connection, asked), asked.base)], None


@of_registers
def run_lines(connection: Connection, asked: Asked) -> Rows:
    """A page of a run's lines in the order posted, as their entries say them."""
    found, more = queries.related(
        connection,
        column="run_no",
        value=_approved(connection, asked).no,
        limit=asked.limit,
        after=asked.integer("after") or 0,
        kind="allocation.line",
    )
    return line_records(found), found[-1].no if more else None


def _approved(connection: Connection, asked: Asked) -> RunHead:
    found = allocation.run_head(connection, asked["run"])
    if found is None or found.state != "approved":
        raise NotFound("この番号の配分はありません")
    return found


def _run_record(run: RunHead, base: str) -> Record:
    return {
        "run": run.no,
        "fy": run.fy,
        "kind": run.kind,
        "date": day(run.run_date),
        "rule": run.rule,
        "edition": run.edition_code,
        "total": int(run.total_yen),
        "approved_on": day(None if run.approved_at is None else day_in_japan(run.approved_at)),
        "problem_sha256": run.problem_sha256,
        "plan_sha256": run.plan_sha256,
        "problem_url": f"{base}/runs/{run.no}/problem.json",
        "plan_url": f"{base}/runs/{run.no}/plan.json",
        "lines_url": f"{base}/api/v1/runs/{run.no}/lines",
    }


@of_registers
def editions(connection: Connection, asked: Asked) -> Rows:
    """Editions of the manual, newest first."""
    shown, following = cut(manual.editions(connection), lambda one: one.code, asked)
    return [_edition_record(one, asked.base) for one in shown], following


@of_registers
def edition(connection: Connection, asked: Asked) -> Rows:
    """One edition without its clauses."""
    found = manual.head(connection, asked["edition"])
    if found is None:
        raise NotFound("この版の手引きはありません")
    return [_edition_record(found, asked.base)], None


def _edition_record(head: EditionHead, base: str) -> Record:
    return {
        "edition": head.code,
        "effective_on": day(head.effective_on),
        "decided_on": day(head.decided_on),
        "decision_ref": head.decision_ref,
        "title_ja": head.title_ja,
        "title_en": head.title_en,
        "summary_ja": head.summary_ja,
        "summary_en": head.summary_en,
        "sha256": head.sha256,
        "published_at": utc(head.published_at),
        "body_url": f"{base}/manual/{head.code}.json",
        "clauses_url": f"{base}/api/v1/manual/{head.code}/clauses",
    }


@of_registers
def clauses(connection: Connection, asked: Asked) -> Rows:
    """The clauses of an edition, in their order."""
    found = manual.edition(connection, asked["edition"])
    if found is None:
        raise NotFound("この版の手引きはありません")
    placed = [
        ((chapter.title_ja, chapter.title_en), clause)
        for chapter in found.chapters
        for clause in chapter.clauses
    ]
    shown, following = cut(placed, lambda one: one[1].id, asked)
    return [_clause_record(found.code, *one) for one in shown], following


def _clause_record(edition_code: str, chapter: tuple[str, str], clause: Clause) -> Record:
    return {
        "clause": clause.id,
        "edition": edition_code,
        "number": clause.number,
        "chapter_ja": chapter[0],
        "chapter_en": chapter[1],
        "title_ja": clause.title_ja,
        "title_en": clause.title_en,
        "text_ja": clause.text_ja,
        "text_en": clause.text_en,
        "plain_ja": clause.plain_ja,
        "parameters": [
            {
                "name": one.name,
                "value": one.value,
                "unit": one.unit,
                "label_ja": one.label_ja,
                "label_en": one.label_en,
            }
            for one in clause.parameters
        ],
        "citation": f"{clause.id}@{edition_code}",
    }


@of_registers
def fields(connection: Connection, asked: Asked) -> Rows:
    """Fields of use in the order they are shown."""
    shown, following = cut(registry.fields(connection), lambda one: one.code, asked)
    return [_named(one, _FIELD) for one in shown], following


@of_registers
def programmes(connection: Connection, asked: Asked) -> Rows:
    """Programmes and themes in the order they are shown."""
    shown, following = cut(registry.programmes(connection), lambda one: one.code, asked)
    return [_named(one, _PROGRAMME) for one in shown], following


_FIELD = ("code", "name_ja", "name_en", "mark", "about_ja", "about_en", "open")
_PROGRAMME = (
    *("code", "kind", "name_ja", "name_en", "about_ja", "about_en", "first_fy", "last_fy"),
    *("cap_yen", "rate_percent", "max_years", "sample"),
)


def _named(thing: object, names: Sequence[str]) -> Record:
    return {name: getattr(thing, name) for name in names}


def glance(house: House, asked: Asked) -> Found:
    """The figures at a glance, of all time or of a fiscal year."""
    with house.database.reading() as connection:
        shown = figures(connection, asked.integer("fy"), day_in_japan(now()))
    moment = shown.as_of or now()
    return Found([glance_content(shown, moment)], as_of=shown.as_of)
