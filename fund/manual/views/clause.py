"""``/manual/clause/<id>``: one clause as it stands today, and as it stood before."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.manual import queries
from fund.manual.queries import ClauseVersion, EditionHead
from fund.manual.views import blueprint
from fund.manual.views.missing import missing
from fund.manual.views.speaking import Standing, clauses, speaker, standing, today
from fund.manual.words import ClauseWords
from fund.platform.web.access import public
from fund.platform.web.context import current_house


@dataclass(frozen=True)
class VersionView:
    """A clause in one edition; ``difference`` leads to the comparison with the one before."""

    head: EditionHead
    standing: Standing
    chapter: str
    words: ClauseWords
    citation: str
    changed: bool
    difference: str | None


@blueprint.get("/manual/clause/<clause_id>")
@public
def clause(clause_id: str) -> ResponseReturnValue:
    """A clause by the name that never changes."""
    with current_house().database.reading() as connection:
        versions = queries.clause_history(connection, clause_id)
        if not versions:
            lead = _("手引きに「%(name)s」という条はありません。", name=clause_id[:60])
            return missing(connection, lead, _near(connection, clause_id[:60]))
        all_of_them = queries.editions(connection)
    views = _views(versions, all_of_them)
    begun = [one for one in all_of_them if one.effective_on <= today()]
    in_force = next((one for one in views if begun and one.head.code == begun[0].code), None)
    return render_template(
        "manual/clause.html",
        shown=in_force or views[0],
        in_force=in_force is not None,
        versions=views,
        canonical=url_for("manual.clause", clause_id=clause_id),
    )


def _views(versions: list[ClauseVersion], all_of_them: list[EditionHead]) -> list[VersionView]:
    before = [*versions[1:], None]
    return [_view(one, old, all_of_them) for one, old in zip(versions, before, strict=True)]


def _view(
    version: ClauseVersion, old: ClauseVersion | None, all_of_them: list[EditionHead]
) -> VersionView:
    head, says = version.edition, speaker(version.parameters)
    pair = f"{old.edition.code}...{head.code}" if old and version.changed else None
    return VersionView(
        head=head,
        standing=standing(head, all_of_them),
        chapter=says.pick(version.chapter_ja, version.chapter_en),
        words=says.clause(version.clause),
        citation=f"{version.clause.id}@{head.code}",
        changed=version.changed,
        difference=pair and url_for("manual.difference", pair=pair, _anchor=version.clause.id),
    )


def _near(connection: Connection, clause_id: str) -> list[tuple[str, str]]:
    """Clauses of the newest edition whose names look like the one asked for."""
    heads = queries.editions(connection)
    newest = queries.edition(connection, heads[0].code) if heads else None
    titles = {one.id: one.title for one in clauses(newest)} if newest else {}
    return [(one, titles[one]) for one in get_close_matches(clause_id, titles, n=5, cutoff=0.5)]
