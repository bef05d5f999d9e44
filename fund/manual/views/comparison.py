"""``/manual/diff/<a>...<b>``: two editions side by side (新旧対照表)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.manual import queries
from fund.manual.comparison import compare
from fund.manual.views import blueprint
from fund.manual.views.missing import missing
from fund.manual.views.speaking import clauses
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.platform.web.query import Query


@blueprint.get("/manual/diff")
@public
def choose() -> ResponseReturnValue:
    """Lead the form with two selects to the comparison's own address."""
    query = Query(request.args)
    old, new = query.text("from"), query.text("to")
    if old and new:
        return redirect(url_for("manual.difference", pair=f"{old}...{new}"), 303)
    with current_house().database.reading() as connection:
        codes = [one.code for one in queries.editions(connection)]
        if not codes:
            return missing(connection, _("手引きは、まだ公表されていません。"))
    return redirect(
        url_for("manual.difference", pair=f"{codes[min(1, len(codes) - 1)]}...{codes[0]}"), 303
    )


@blueprint.get("/manual/diff/<pair>")
@public
def difference(pair: str) -> ResponseReturnValue:
    """The clauses of two editions, changed words marked; ``show=all`` adds unchanged clauses."""
    everything = Query(request.args).choice("show", ("all", "changed")) == "all"
    left, _dots, right = pair.partition("...")
    with current_house().database.reading() as connection:
        old, new = queries.edition(connection, left), queries.edition(connection, right)
        if old is None or new is None:
            return missing(
                connection,
                _("比べる版が見つかりません（%(pair)s）。", pair=pair[:60]),
            )
        codes = [one.code for one in queries.editions(connection)]
    pairs = compare(clauses(old), clauses(new))
    changed = [one for one in pairs if one.state != "same"]
    return render_template(
        "manual/comparison.html",
        old=old,
        new=new,
        codes=codes,
        shown=pairs if everything else changed,
        everything=everything,
        total=len(pairs),
        changed=len(changed),
    )
