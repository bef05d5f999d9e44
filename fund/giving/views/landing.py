"""The first page of giving: what the fund is and what it holds, before anybody decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.giving import methods
from fund.giving.views import drafts
from fund.giving.views.blueprint import blueprint
from fund.kernel.money import Yen
from fund.ledger import queries as ledger
from fund.ledger.accounts import GENERAL, pot_of
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale
from fund.platform.web.linked import donating
from fund.registry import queries as registry

WISHES = ("group", "field", "theme")


@dataclass(frozen=True)
class Held:
    """What the fund holds now for one use, in yen."""

    name: str
    yen: Yen
    mark: str = ""
    tone: int = 0


@dataclass(frozen=True)
class Holdings:
    """What the fund holds: by field, for groups and themes together, and without a wish."""

    fields: tuple[Held, ...]
    groups: Yen
    themes: Yen
    general: Yen

    @property
    def total(self) -> Yen:
        """All of it."""
        fields = sum((field.yen for field in self.fields), Yen(0))
        return fields + self.groups + self.themes + self.general


def holdings(connection: Connection) -> Holdings:
    """The balances of the pots, turned to natural signs (the ledger's credits are negative)."""
    held = {account: -yen for account, yen in ledger.balances(connection, "fund:").items()}

    def together(prefix: str) -> Yen:
        return sum((yen for account, yen in held.items() if account.startswith(prefix)), Yen(0))

    fields = tuple(
        Held(
            field.name_en if locale() == "en" else field.name_ja,
            held.get(pot_of("field", field.code), Yen(0)),
            field.mark,
            position if position <= 6 else 0,
        )
        for position, field in enumerate(registry.fields(connection), start=1)
    )
    return Holdings(
        fields, together("fund:group:"), together("fund:theme:"), held.get(GENERAL, Yen(0))
    )


def wished() -> dict[str, Any]:
    """The wish that the address names (``?group=0132``), short enough to be one."""
    return {name: value[:60] for name in WISHES if (value := request.args.get(name, ""))}


@blueprint.get("/give")
@public
def landing() -> ResponseReturnValue:
    """What the fund is, three things to know, what it holds, and the way in."""
    with current_house().database.reading() as connection:
        draft, rules = drafts.load(connection), drafts.rules(connection)
        minimum = rules.integer("gift.minimum_yen")
        return render_template(
            "giving/landing.html",
            holdings=holdings(connection),
            minimum=minimum,
            edition=rules.edition,
            linked=[donating(minimum)],
            today=drafts.today(),
            year_end=methods.year_end(drafts.today()),
            resume=draft is not None and draft.gift_no is None and bool(draft.steps),
            start_url=url_for("giving.use", start=1, **wished()),
        )


@blueprint.get("/give/")
@public
def landing_with_slash() -> ResponseReturnValue:
    """The address as some type it."""
    return redirect(url_for("giving.landing", **wished()), 301)
