"""Every endpoint of the API: its address, what it may be asked, what it gives, who reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fund.publication.api import ledger, log, registers
from fund.publication.api import parameters as p
from fund.publication.api.answers import Reader
from fund.publication.api.parameters import Parameter
from fund.publication.dictionary import columns, glance, governance, records
from fund.publication.dictionary.fields import Sheet

PREFIX = "/api/v1"
TAGS = (
    ("ledger", "台帳", "The ledger"),
    ("grants", "助成・団体・配分", "Grants, groups, allocation"),
    ("manual", "手引き", "The manual"),
    ("log", "署名された記録", "The signed log"),
)


@dataclass(frozen=True)
class Endpoint:
    """A GET: ``path`` under the prefix, ``read`` gives rows of ``sheet`` (one, or a page)."""

    name: str
    path: str
    tag: str
    ja: str
    en: str
    sheet: Sheet
    read: Reader
    query: tuple[Parameter, ...] = ()
    place: tuple[Parameter, ...] = ()
    listed: bool = True

    @property
    def rule(self) -> str:
        """The address as Flask routes it."""
        return PREFIX + re.sub(r"\{(\w+)\}", r"<\1>", self.path)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Everything the query string may hold."""
        return (*self.query, p.LIMIT) if self.listed else self.query


def _one(
    name: str,
    path: str,
    tag: str,
    words: tuple[str, str],
    sheet: Sheet,
    read: Reader,
    *more: Parameter,
) -> Endpoint:
    """An endpoint that gives one object; ``more`` are the parts of its path."""
    return Endpoint(name, path, tag, *words, sheet, read, place=more, listed=False)


ENDPOINTS = (
    Endpoint(
        "entries",
        "/ledger/entries",
        "ledger",
        "記帳の一覧（/ledger と同じ条件）",
        "Entries, with the filters of /ledger",
        records.ENTRY,
        ledger.entries,
        (*p.LEDGER, p.ORDER, p.AFTER_NO),
    ),
    _one(
        "entry",
        "/ledger/entries/{no}",
        "ledger",
        (
            "1つの記帳と、署名された先頭の下にある証明",
            "One entry with its proof under a signed head",
        ),
        records.ENTRY_PROVED,
        ledger.entry,
        p.NO,
    ),
    Endpoint(
        "totals",
        "/ledger/totals",
        "ledger",
        "条件に合う記帳の合計",
        "Totals of exactly the entries a filter finds",
        records.TOTALS,
        ledger.totals,
        p.LEDGER,
        listed=False,
    ),
    Endpoint(
        "gifts",
        "/gifts",
        "ledger",
        "受け入れた寄附（だれからかは含まない）",
        "Accepted gifts, without who gave them",
        records.GIFT_RECORD,
        ledger.gifts,
        (p.FY, p.FIELD, p.GROUP, p.MIN, p.MAX, p.FROM, p.TO, p.AFTER_NO),
    ),
    _one(
        "gift",
        "/gifts/{gift}",
        "ledger",
        ("1つの寄附と、その後の記帳", "One gift and the entries that follow it"),
        records.GIFT_FOLLOWED,
        ledger.gift,
        p.GIFT,
    ),
    Endpoint(
        "allocations",
        "/allocations",
        "ledger",
        "どの寄附が、どの助成にいったか",
        "Which gift went to which grant",
        columns.ALLOCATIONS,
        ledger.allocations,
        (p.FY, p.FROM, p.TO, p.FIT, p.GIVEN_TO, p.USE, p.WAIT, p.AFTER_NO),
    ),
    Endpoint(
        "balances",
        "/balances",
        "ledger",
        "勘定の残高（0のものは除く）。to の日の終わりの残高も",
        "Balances of accounts that are not zero, or at the end of the day `to`",
        columns.BALANCES,
        ledger.balances,
        (p.TO, p.AFTER_ACCOUNT),
    ),
    Endpoint(
        "glance",
        "/glance",
        "ledger",
        "ひと目での数字（6つのことば、希望のとおりの割合、使われていないお金）",
        "The fund at a glance: six words, wish fidelity, unspent money",
        glance.GLANCE,
        registers.glance,
        (p.FY,),
        listed=False,
    ),
    Endpoint(
        "grants",
        "/grants",
        "grants",
        "助成の一覧",
        "Grants",
        records.GRANT,
        registers.grants,
        (p.FY, p.PROGRAMME, p.FIELD, p.GROUP, p.Q, p.AFTER_AWARD),
    ),
    _one(
        "grant",
        "/grants/{award}",
        "grants",
        ("1つの助成と、そのお金のもと", "One grant and where its money came from"),
        records.GRANT_FOLLOWED,
        registers.grant,
        p.AWARD,
    ),
    Endpoint(
        "groups",
        "/groups",
        "grants",
        "団体の一覧",
        "Groups",
        records.GROUP,
        registers.groups,
        (p.FIELD, p.STATE, p.Q, p.AFTER_GROUP),
    ),
    _one(
        "group",
        "/groups/{group}",
        "grants",
        ("1つの団体", "One group"),
        records.GROUP,
        registers.group,
        p.GROUP_NO,
    ),
    Endpoint(
        "runs",
        "/runs",
        "grants",
        "承認された配分の一覧",
        "Approved allocation runs",
        records.RUN_RECORD,
        registers.runs,
        (p.AFTER_RUN,),
    ),
    _one(
        "run",
        "/runs/{run}",
        "grants",
        (
            "1つの配分：問題と計画の指紋とアドレス",
            "One run: fingerprints and addresses of problem and plan",
        ),
        records.RUN_RECORD,
        registers.run,
        p.RUN,
    ),
    Endpoint(
        "run_lines",
        "/runs/{run}/lines",
        "grants",
        "1つの配分の行",
        "Lines of one run",
        columns.ALLOCATIONS,
        registers.run_lines,
        (p.AFTER_NO,),
        (p.RUN,),
    ),
    Endpoint(
        "fields",
        "/fields",
        "grants",
        "使いみちの分野",
        "Fields of use",
        governance.FIELD,
        registers.fields,
        (p.AFTER_CODE,),
    ),
    Endpoint(
        "programmes",
        "/programmes",
        "grants",
        "助成の種類とテーマ",
        "Programmes and themes",
        governance.PROGRAMME,
        registers.programmes,
        (p.AFTER_CODE,),
    ),
    Endpoint(
        "editions",
        "/manual",
        "manual",
        "手引きの版",
        "Editions of the manual",
        governance.EDITION,
        registers.editions,
        (p.AFTER_EDITION,),
    ),
    _one(
        "edition",
        "/manual/{edition}",
        "manual",
        ("1つの版", "One edition"),
        governance.EDITION,
        registers.edition,
        p.EDITION,
    ),
    Endpoint(
        "clauses",
        "/manual/{edition}/clauses",
        "manual",
        "1つの版の条",
        "Clauses of one edition",
        governance.CLAUSE,
        registers.clauses,
        (p.AFTER_CLAUSE,),
        (p.EDITION,),
    ),
    _one(
        "log",
        "/log",
        "log",
        (
            "いまの先頭、鍵、立会人（立会人の署名も checkpoint にある）",
            "The present head with keys and witnesses; cosignatures stand in the checkpoint",
        ),
        governance.LOG,
        log.log,
    ),
    Endpoint(
        "roots",
        "/log/roots",
        "log",
        "署名された根の一覧（to の日までに署名されたもの）",
        "Signed roots, newest first; those signed up to the day `to`",
        governance.ROOT,
        log.roots,
        (p.TO, p.AFTER_NO),
    ),
    _one(
        "root",
        "/log/roots/{size}",
        "log",
        ("1つの大きさで署名された根", "The root signed at one size"),
        governance.ROOT,
        log.root,
        p.SIZE,
    ),
)
