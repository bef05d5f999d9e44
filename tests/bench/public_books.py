"""Synthetic public books of any size (見本), put straight into the public tables.

No journal stands behind them and nobody gave these gifts: they exist to measure reading. Every
entry is lawful all the same: canonical bytes, postings that sum to zero, no pot ever overdrawn.
A block of 400 entries is one award's story: a sum of payments, 266 gifts of ¥3,000 to ¥100,000
over 30 fields and 500 groups, the decision, the allocation of 128 of the gifts, payout, payment,
settlement. Five years, in the order of time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from fund.kernel.calendar import fiscal_year
from fund.kernel.canonical import canonical

BLOCK, GIFTS, LINES = 400, 266, 128
GROUPS, FIELDS = 500, 30
FIRST, DAYS = dt.date(2021, 4, 1), 1_800
YEN = (3_000, 3_000, 5_000, 5_000, 10_000, 10_000, 10_000, 12_000, 30_000, 100_000)
COLUMNS = (
    *("no", "kind", "fy", "on_text", "first_day", "reason", "gift_no", "award_no", "run_no"),
    *("groups", "fields", "size_yen", "in_yen", "out_yen", "left_yen", "committed_yen"),
    *("spent_yen", "returned_yen", "search_text", "body", "appended_at"),
)
NOW = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)


@dataclass
class Entry:
    """One public entry before it has a number."""

    kind: str
    on: dt.date
    postings: list[tuple[str, int]]
    own: dict[str, Any] = field(default_factory=dict)
    month: bool = False
    groups: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    means: dict[str, int] = field(default_factory=dict)

    def row(self, no: int) -> tuple[Any, ...]:
        """The columns of ``public_entry``."""
        first = self.on.replace(day=1) if self.month else self.on
        spelled = f"{self.on:%Y-%m}" if self.month else self.on.isoformat()
        fy = fiscal_year(self.on)
        lines = [{"account": account, "yen": yen} for account, yen in self.postings]
        body = canonical(
            {
                **self.own,
                "v": 1,
                "no": no,
                "kind": self.kind,
                "fy": fy,
                "on": spelled,
                "postings": lines,
            }
        )
        words = [self.kind, spelled, *(a for a, _ in self.postings), *self.groups, *self.fields]
        words += [value for value in self.own.values() if isinstance(value, str)]
        left = -sum(yen for account, yen in self.postings if account.startswith("fund:"))
        due = -sum(yen for account, yen in self.postings if account.startswith("committed:"))
        return (
            *(no, self.kind, fy, spelled, first, None),
            *(self.own.get("gift"), self.own.get("award"), self.own.get("run")),
            *(self.groups, self.fields),
            sum(yen for _, yen in self.postings if yen > 0),
            *(self.means.get("in", 0), self.means.get("out", 0), left, due),
            *(self.means.get("spent", 0), 0, " ".join(words).lower(), body, NOW),
        )


def entries(size: int) -> Iterator[Entry]:
    """At least ``size`` entries in the order of time, in whole blocks."""
    blocks = -(-size // BLOCK)
    for block in range(blocks):
        yield from _story(block, FIRST + dt.timedelta(days=block * DAYS // blocks))


def _story(block: int, on: dt.date) -> Iterator[Entry]:
    gifts = [_gift(block, number, on) for number in range(GIFTS)]
    paid = sum(-gift.postings[1][1] for gift in gifts)
    held = [("assets:clearing:stripe", paid), ("held:unaccepted", -paid)]
    batch = {"batch": f"B{block:06}", "count": GIFTS, "yen": paid}
    yield Entry("payments.received", on, held, batch, month=True)
    yield from gifts
    award, run = f"A{on.year}-{block:06}", f"RUN{on.year}-{block:06}"
    group, use = f"{block % GROUPS + 1:04}", f"f{block % FIELDS + 1:02}"
    told = {"award": award, "group": group, "programme": "start-up", "fields": [use]}
    told |= {"title": f"見本の事業 {block}", "ceiling": 10_000_000}
    tags: dict[str, Any] = {"groups": [group], "fields": [use]}
    yield Entry("award.decided", on, [], told, **tags)
    given = 0
    for number, gift in enumerate(gifts[:LINES], 1):
        pot, yen = gift.postings[1]
        given -= yen
        own = {"run": run, "gift": gift.own["gift"], "share": f"{gift.own['gift']}/1"}
        own |= {"award": award, "yen": -yen, "rank": 1 + number % 9 // 8, "use": "any"}
        moved = [(pot, -yen), (f"committed:{award}", yen)]
        both = {
            "groups": sorted({group, *gift.groups}),
            "fields": sorted({use, *gift.fields}),
        }
        yield Entry("allocation.line", on, moved, own, **both)
    bank = [("assets:bank", given), ("assets:clearing:stripe", -given)]
    yield Entry("payout.arrived", on, bank)
    out = [(f"committed:{award}", given), ("assets:bank", -given)]
    own = {"award": award, "yen": given, "disbursement": f"{award}-1"}
    yield Entry("disbursement.paid", on, out, own, means={"out": given}, **tags)
    spent = {"award": award, "spent": given, "returned": 0}
    yield Entry("settlement.confirmed", on, [], spent, means={"spent": given}, **tags)
    fee = [("assets:due-from-ward", 3600), ("assets:clearing:stripe", -3600)]
    yield Entry("fee.charged", on, fee)


def _gift(block: int, number: int, on: dt.date) -> Entry:
    turn = (block * 7 + number * 13) % 1009
    yen, gift = YEN[turn % len(YEN)], f"G-{block:05}{number:03}"
    group, use = f"{turn % GROUPS + 1:04}", f"f{turn % FIELDS + 1:02}"
    kind, target, pot = (
        ("group", group, f"fund:group:{group}"),
        ("field", use, f"fund:field:{use}"),
        ("anywhere", None, "fund:general"),
    )[turn % 3]
    share = {"share": f"{gift}/1", "kind": kind, "target": target, "fallback": None, "yen": yen}
    own = {
        "gift": gift,
        "shares": [share],
        "commitment": hashlib.sha256(gift.encode()).hexdigest(),
    }
    return Entry(
        "donation.received",
        on,
        [("held:unaccepted", yen), (pot, -yen)],
        own,
        month=True,
        groups=[group] if kind == "group" else [],
        fields=[use] if kind == "field" else [],
        means={"in": yen},
    )


def fill(connection: psycopg.Connection, size: int) -> int:
    """Fill the empty public tables of a scratch database; returns how many entries."""
    names = [(f"{number:04}", f"見本の会 {number}") for number in range(1, GROUPS + 1)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO civic_group (no, name, kind, fields, state, registered_on, sample)"
            " VALUES (%s, %s, 'voluntary', '{}', 'registered', '2021-04-01', true) ON CONFLICT DO NOTHING",
            names,
        )
        # No journal stands behind these entries: keys and laws between them are not asked.
        cursor.execute("SET session_replication_role = replica")
        with cursor.copy(f"COPY public_entry ({', '.join(COLUMNS)}) FROM STDIN") as rows:
            for no, entry in enumerate(entries(size), 1):
                rows.write_row(entry.row(no))
        with cursor.copy("COPY public_posting (no, line, account, yen) FROM STDIN") as rows:
            for no, entry in enumerate(entries(size), 1):
                for line, (account, yen) in enumerate(entry.postings, 1):
                    rows.write_row((no, line, account, yen))
        cursor.execute("SET session_replication_role = origin")
        connection.commit()
    connection.autocommit = True
    connection.execute("ANALYZE public_entry, public_posting")
    return no
