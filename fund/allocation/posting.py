"""Posting an approved run: the run as a fact, one entry for each line, and what follows."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Row

from fund.allocation import store
from fund.allocation.messages import RunApproved
from fund.allocation.problems import ORDINARY
from fund.giving import store as giving
from fund.giving.letters_taking_back import tell_filled_in
from fund.grants import store as grants
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.ledger import facts, journal
from fund.ledger import queries as ledger
from fund.ledger.domain import Entry
from fund.ledger.reversals import reinstatement_line
from fund.manual.queries import Rules
from fund.platform.house import Transaction

LedgerRows = Sequence[Mapping[str, Any]]


def post(tx: Transaction, row: Row[Any], ledger_rows: LedgerRows, rules: Rules) -> None:
    """Close the locked run ``row`` as approved and write every row of its plan's ledger.

    Raises:
        Conflict: when it was posted before, or when a lot no longer holds what a row takes.
        sqlalchemy.exc.IntegrityError: naming the law of the books that a row breaks.
    """
    today = day_in_japan(tx.now)
    store.close_run(tx, row, "approved", approved_by=tx.by.person_id, approved_at=tx.now)
    clauses = (rules.cite("allocation-rule"), rules.cite("wish-respected"))
    detail = {
        "run": row.no,
        "rule": row.rule,
        "problem_sha256": row.problem_sha256,
        "plan_sha256": row.plan_sha256,
        "total": int(row.total_yen),
    }
    approved = facts.allocation_approved(row.no, today, (*clauses, rules.cite("four-eyes")), detail)
    if journal.record(tx, approved) is None:
        raise Conflict(filled("すでに記帳されています: %(no)s", no=row.no))
    gifts = _post_lines(tx, row, ledger_rows, clauses)
    award_nos = sorted({one["grant"] for one in ledger_rows})
    if row.kind == ORDINARY:
        grants.note_allocated(tx, award_nos)
    else:
        for gift_no, yen in gifts.items():
            tell_filled_in(tx, gift_no, row.no, yen)
    gift_nos = sorted(gifts)
    giving.mark_allocated(tx, gift_nos)
    tx.audit("run.approved", row.no, plan=row.plan_sha256, lines=len(ledger_rows), unconnected=True)
    tx.announce(RunApproved(row.no, tuple(gift_nos), tuple(award_nos), today))


def _post_lines(
    tx: Transaction, row: Row[Any], ledger_rows: LedgerRows, clauses: tuple[str, ...]
) -> dict[str, Yen]:
    """Each line with its entry, some thousands at a time; the yen that each gift gave."""
    today = day_in_japan(tx.now)
    fact = facts.allocation_line if row.kind == ORDINARY else reinstatement_line
    standing = _Standing(tx, ledger_rows)
    gifts: dict[str, Yen] = defaultdict(lambda: Yen(0))
    booked: deque[facts.Line] = deque()

    def entries() -> Iterator[Entry]:
        for line in standing.lines(row.no, ledger_rows):
            booked.append(line)
            yield fact(line, today, clauses)

    def rows(entry_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for entry in entry_ids:
            one = booked.popleft()
            if one.gift_no:
                gifts[one.gift_no] += one.yen
            yield (
                row.id,
                one.line,
                one.share_id,
                one.award_no,
                int(one.yen),
                one.rank,
                one.use,
                entry,
            )

    recorded = journal.record_many(tx, entries())
    while entry_ids := list(islice(recorded, journal.IN_ONE_GO)):
        store.add_lines(tx, rows(entry_ids))
    return gifts


class _Standing:
    """What the lots of a plan hold, pot by pot, while its rows take from them."""

    def __init__(self, tx: Transaction, ledger_rows: LedgerRows) -> None:
        self._pots: dict[str, dict[str, Yen]] = {}
        self._gift_nos: dict[str, str | None] = {}
        for lot in ledger.standing(tx.connection, {row["donation"] for row in ledger_rows}):
            self._pots.setdefault(lot.share_id, {})[lot.pot] = lot.yen
            self._gift_nos[lot.share_id] = lot.gift_no

    def lines(self, number: str, ledger_rows: LedgerRows) -> Iterator[facts.Line]:
        """The plan's rows with the pots their lots stand in, one pot emptied after the other."""
        for at, row in enumerate(ledger_rows, start=1):
            share = row["donation"]
            yield facts.Line(
                run_no=number,
                line=at,
                share_id=share,
                gift_no=self._gift_nos.get(share),
                pots=self._take(share, Yen(row["amount"])),
                award_no=row["grant"],
                rank=row["rank"],
                use=row["use"],
            )

    def _take(self, share: str, wanted: Yen) -> dict[str, Yen]:
        standing = self._pots.get(share, {})
        taken = {}
        for pot in sorted(standing):
            part = min(standing[pot], wanted)
            if part:
                taken[pot] = part
                standing[pot] -= part
                wanted -= part
        if wanted:
            raise Conflict(
                filled("%(share)s の残りが足りません。何も記帳していません", share=share)
            )
        return taken
