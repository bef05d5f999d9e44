"""The proofs behind a lack and a surplus, each in one plain sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from fund.allocation import queries
from fund.allocation.domain.wishes import Preference, choice, preference_of
from fund.allocation.queries import RunView
from fund.allocation.views.wording import yen_words
from fund.platform.web.context import locale
from fund.registry.queries import Names

SHOWN = 3


@dataclass(frozen=True)
class Named:
    """What things are called: titles of awards, and the register's names."""

    titles: Mapping[str, str]
    names: Names

    def awards(self, wanted: Sequence[str], grants: Sequence[Mapping[str, Any]]) -> str:
        """A set of awards in as few words as are true: all, those of a field, or titles."""
        chosen = [grant for grant in grants if grant["id"] in set(wanted)]
        if len(chosen) == len(grants) > 1:
            return str(_("この配分のすべての助成（%(n)s件）", n=len(chosen)))
        shared = set.intersection(*(set(grant["fields"]) for grant in chosen)) if chosen else set()
        for field in sorted(shared):
            if sum(field in grant["fields"] for grant in grants) == len(chosen) > 1:
                name = self.names.field(field, locale())
                return str(_("分野「%(name)s」の助成（%(n)s件）", name=name, n=len(chosen)))
        titles = [self.titles.get(grant["id"], grant["id"]) for grant in chosen]
        listed = ("" if locale() == "ja" else ", ").join(
            str(_("「%(title)s」", title=title)) for title in titles[:SHOWN]
        )
        if len(titles) > SHOWN:
            return str(_("%(titles)sなど%(n)s件の助成", titles=listed, n=len(titles)))
        return listed


def shortage_sentence(
    problem: Mapping[str, Any], plan: Mapping[str, Any], named: Named
) -> str | None:
    """The certificate of a shortage in one plain sentence, if money was short."""
    short = plan["shortage_set"]
    if not short["grants"]:
        return None
    facts = {
        "awards": named.awards(short["grants"], problem["grants"]),
        "asked": yen_words(short["requested_yen"]),
        "money": yen_words(short["permitted_yen"]),
    }
    if not short["permitted_yen"]:
        return _begun(
            _("%(awards)sは%(asked)sを求めましたが、使ってよいお金がありませんでした。", **facts)
        )
    said = _begun(
        _(
            "%(awards)sが求めた額は%(asked)sです。そこに使ってよいお金は全部で%(money)sで、"
            "1円のこらずそこに使いました。",
            **facts,
        )
    )
    before = _decided_before(problem, short["grants"])
    if not before:
        return said
    aside = _(
        "手動で決めた分と前の配分の%(before)sは、どちらの額にも入っていません。",
        before=yen_words(before),
    )
    return ("" if locale() == "ja" else " ").join((said, str(aside)))


def _decided_before(problem: Mapping[str, Any], awards: Sequence[str]) -> int:
    """Yen of these awards about which the rule had nothing to decide any more."""
    rows = (*problem.get("previous", ()), *problem.get("fixed", ()))
    return sum(row["amount"] for row in rows if row["grant"] in awards)


def _begun(sentence: str) -> str:
    """A sentence that may begin with a set of awards, its first letter in upper case."""
    return f"{sentence[:1].upper()}{sentence[1:]}"


def surplus_sentence(run: RunView, named: Named) -> str | None:
    """The certificate of a surplus: where only those yen may go, and that nothing is left to fill.

    Yen that no open award permits are said to wait for an award of their kind.
    """
    surplus = run.plan_document["surplus_set"]
    if not surplus["donations"]:
        return None
    takers, homeless = _takers(run, set(surplus["donations"]))
    money, room = surplus["money_yen"] - homeless, surplus["absorbable_yen"]
    said = []
    if takers:
        said.append(
            _(
                "%(money)sの寄附は、希望により%(awards)sにだけ使えます。求められた%(room)sはすべて満たし、"
                "のこる%(rest)sは、どこもいっぱいなので次を待ちます。",
                money=yen_words(money),
                awards=named.awards(takers, run.problem_document["grants"]),
                room=yen_words(room),
                rest=yen_words(money - room),
            )
        )
    if homeless:
        said.append(
            _(
                "%(money)sは、希望に合う助成がこの配分にないため、次を待ちます。",
                money=yen_words(homeless),
            )
        )
    return ("" if locale() == "ja" else " ").join(map(str, said))


def _takers(run: RunView, wanted: set[str]) -> tuple[list[str], int]:
    """Awards that at least one of these donations may pay, cancelled ones left out.

    And the yen among these donations that no such award permits.
    """
    problem = queries.problem_of(run)
    closed = {
        name
        for name, reason in run.plan_document["reasons"]["grants"].items()
        if reason["code"] == "closed"
    }
    dropped = closed | set(run.plan_document["dropped"])
    open_awards = [grant for grant in problem.grants if grant.id not in dropped]
    spent: Counter[str] = Counter()
    for row in run.problem_document.get("previous", []):
        spent[row["donation"]] += row["amount"]
    permitted: dict[Preference, frozenset[str]] = {}
    homeless = 0
    for gift in problem.donations:
        if gift.id not in wanted:
            continue
        preference = preference_of(gift, problem.run_date)
        if preference not in permitted:
            permitted[preference] = frozenset(
                grant.id for grant in open_awards if choice(preference, grant) is not None
            )
        if not permitted[preference]:
            homeless += gift.amount - gift.refunded - spent[gift.id]
    takers = frozenset[str]().union(*permitted.values())
    return [grant.id for grant in open_awards if grant.id in takers], homeless
