"""Approving a run: every line of a plan posted in one transaction, with all its laws.

    python tests/bench/posting_bench.py [--scale 1] [--awards 1000] [--group-by 10000000]

``--scale 1`` (the default) posts about 100,000 lines: gifts with wishes for groups, fields, themes and
anywhere, in books made by the ledger's own writer on a durable PostgreSQL. The figure is what
the approving person waits for: recheck, the problem frozen anew, entries, postings, lots, lines,
gifts, awards, audit. Memory is the process' own peak. ``--group-by N`` compares the rule on N
gifts (arrays in memory) with PostgreSQL's GROUP BY over N rows, the least anybody must do; 0
leaves it out. The last result is kept in ``results/posting.md``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass

import arena as place
import award_books
import psycopg
from allocation_bench import lex_flow, sample
from arena import Arena
from results import Figures, Ratio, keep

from fund.allocation import commands, queries
from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.ledger.domain import Entry
from fund.platform.cluster import APP, OWNER, Cluster, create_database
from fund.platform.house import House
from fund.platform.migrate import upgrade
from fund.platform.settings import read_settings
from fund.wiring import build_house

LINES = 100_000
GROUPS = 500
YEN = 10_000
DAY = dt.date(2026, 5, 20)
FIELDS = ("children", "nature", "arts")

LIBERAPAY = 1_750.0  # transfers a second of its payday, recorded (performance rows, 6)
APPROVE, TRANSFERS = "approve, seconds", "transfers a second"
PEAK_BEFORE, PEAK_AFTER = "peak after drafting, MB", "peak after posting, MB"
RULE, GROUPED = "the rule on all gifts, seconds", "GROUP BY over as many rows, seconds"
RATIOS = (
    Ratio("6", "transfers over Liberapay's payday (recorded)", TRANSFERS, LIBERAPAY, 10),
    Ratio("posting", "approval over 20 seconds (≤ 1)", APPROVE, 20.0, None),
    Ratio("posting", "peak after posting over peak after drafting", PEAK_AFTER, PEAK_BEFORE, None),
    Ratio("rule", "the rule over a GROUP BY (≤ 3)", RULE, GROUPED, None),
)

_REGISTER = """
INSERT INTO civic_group (no, name, kind, fields, state, sample)
SELECT lpad(n::text, 4, '0'), '見本の会 ' || n, '任意団体', ARRAY[(%(fields)s::text[])[n %% 3 + 1]],
       'registered', true
FROM generate_series(1000, 999 + %(groups)s) AS n
"""
_GIFTS = """
WITH one AS (
  INSERT INTO donor (kind, family_name, given_name, address1, locale, created_at)
  VALUES ('individual', '見本', '花子', '見本', 'ja', now()) RETURNING id
)
INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256, secret_hash,
                  edition_code, offered_at, paid_at, received_on, accepted_on, accepted_yen, salt)
SELECT 'G-' || lpad(n::text, 8, '0'), one.id, %(yen)s, 'accepted', 'counter', 'bench-' || n,
       sha256(n::text::bytea), sha256(n::text::bytea), %(edition)s, %(day)s, %(day)s, %(day)s,
       %(day)s, %(yen)s, sha256(n::text::bytea)
FROM one, generate_series(1, %(count)s) AS n
"""
_AWARDS = """
WITH applied AS (
  INSERT INTO application (no, group_no, programme_code, fy, title, fields, requested_yen, state,
                           registered_by, registered_at)
  SELECT 'AP2026-' || lpad(n::text, 5, '0'), lpad((1000 + n %% %(groups)s)::text, 4, '0'),
         'challenge', 2026, '見本の事業 ' || n, ARRAY[(%(fields)s::text[])[n %% 3 + 1]], %(yen)s,
         'decided', %(officer)s, now()
  FROM generate_series(1, %(count)s) AS n RETURNING id, no, group_no, title, fields
)
INSERT INTO award (no, application_id, group_no, programme_code, fy, title, fields, yen, tier,
                   score, state, decided_by, decided_on, clause)
SELECT replace(no, 'AP', 'A'), id, group_no, 'challenge', 2026, title, fields, %(yen)s, 1 + id %% 3,
       id %% 100, 'decided', %(decider)s, %(day)s, 'decision@bench'
FROM applied
"""


@dataclass(frozen=True)
class Books:
    """A house whose books wait for one large run, and the people who act on it."""

    house: House
    people: award_books.People
    superuser: str


def wishes(count: int) -> Iterator[facts.Gift]:
    """Gifts (見本): of ten four name a group, three a field, one a theme, two are for anything."""
    for number in range(1, count + 1):
        no = place.gift_no(number)
        kind, target, levels = _wish(number)
        wish = {"levels": levels, "on_exhausted": "any"}
        share = facts.Share(f"{no}/1", kind, target, None, "wish", Yen(YEN), wish)
        yield facts.Gift(no, Yen(YEN), DAY, (share,))


def _wish(number: int) -> tuple[str, str | None, list[dict[str, list[str]]]]:
    field, group = FIELDS[number % 3], f"{1000 + number * 7 % GROUPS:04d}"
    match number % 10:
        case 0 | 1 | 2 | 3:
            return "group", group, [{"uses": [f"group:{group}"]}, {"uses": ["any"]}]
        case 4 | 5 | 6:
            return "field", field, [{"uses": [f"field:{field}"]}]
        case 7:
            theme = "flood-2026"
            return "theme", theme, [{"uses": [f"programme:{theme}"]}, {"uses": ["any"]}]
        case _:
            return "anywhere", None, [{"uses": ["any"]}]


def entries(count: int) -> Iterator[Entry]:
    """Money received and accepted, gift by gift."""
    for gift in wishes(count):
        yield facts.payment_received(f"P-{gift.no}", gift.no, gift.yen, "counter", DAY)
    for gift in wishes(count):
        yield facts.donation_received(gift, DAY, "B2026-001", ())


def seeded(cluster: Cluster, name: str, gifts: int, awards: int) -> Books:
    """A new database with the whole composition over it, ``gifts`` accepted, ``awards`` decided."""
    create_database(cluster, name)
    owner = cluster.dsn(OWNER, name)
    upgrade(owner)
    award_books.write_books(owner)
    people = award_books.People(owner)
    environment = {
        **place.ENVIRONMENT,
        "DATABASE_URL": cluster.dsn(APP, name),
        "FUND_DATA_DIR": str(cluster.data_dir),
    }
    house = build_house(read_settings(environment))
    given = {"yen": YEN, "edition": award_books.EDITION, "day": DAY, "fields": list(FIELDS)}
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(_REGISTER, {**given, "groups": GROUPS})
        connection.execute(_GIFTS, {**given, "count": gifts})
        ceiling = {"yen": max(1, gifts * YEN // awards * 11 // 10), "count": awards}
        hands = {"officer": people.second.person_id, "decider": people.decider.person_id}
        connection.execute(_AWARDS, {**given, **ceiling, **hands, "groups": GROUPS})
    with house.transaction(by=system("bench"), now=award_books.NOW) as tx:
        for _ in journal.record_many(tx, entries(gifts)):
            pass
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return Books(house, people, cluster.dsn(place.SUPERUSER, name))


def post(books: Books) -> dict[str, float]:
    """Draft and approve one run over everything; seconds of each, lines, peaks in MB."""
    began = time.perf_counter()
    number = commands.draft_run(books.house, by=books.people.officer, now=award_books.NOW)
    drafted = time.perf_counter() - began
    with books.house.database.reading() as connection:
        run = queries.run(connection, number)
        assert run is not None
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began = time.perf_counter()
    commands.approve_run(
        books.house,
        by=books.people.treasurer,
        now=award_books.NOW,
        run_no=number,
        plan_sha256=run.plan_sha256,
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with psycopg.connect(books.superuser) as connection:
        found = connection.execute("SELECT count(*), sum(yen) FROM allocation_line").fetchone()
    assert found is not None
    assert found[1] == run.total_yen
    return {
        "lines": found[0],
        "draft, seconds": drafted,
        APPROVE: seconds,
        TRANSFERS: found[0] / seconds,
        PEAK_BEFORE: before,
        PEAK_AFTER: after,
    }


_PREFERENCES = """
CREATE UNLOGGED TABLE bench_gift AS
SELECT (random() * 4000)::int AS preference, 2022 + (random() * 4)::int AS vintage,
       3000 + (random() * 97)::int * 1000::bigint AS yen
FROM generate_series(1, %(count)s)
"""
_GROUPED = "SELECT preference, vintage, sum(yen) FROM bench_gift GROUP BY 1, 2"


def beside_group_by(arena: Arena, gifts: int, awards: int) -> tuple[float, float]:
    """Seconds of the rule on ``gifts`` and of a GROUP BY over as many rows (best of three)."""
    with arena.superuser() as connection:
        connection.execute(_PREFERENCES, {"count": gifts})
        connection.execute("VACUUM ANALYZE bench_gift")
        times = []
        for _ in range(3):
            began = time.perf_counter()
            connection.execute(_GROUPED).fetchall()
            times.append(time.perf_counter() - began)
        connection.execute("DROP TABLE bench_gift")
    lex_flow(*sample(50, 5))
    given = sample(gifts, awards)
    began = time.perf_counter()
    lex_flow(*given)
    return time.perf_counter() - began, min(times)


def main() -> None:
    """Run what the command line names and print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--awards", type=int, default=1_000)
    parser.add_argument("--group-by", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    with place.opened() as cluster:
        figures = Figures(place.machine(cluster), asked.rounds)
        for at in range(asked.rounds):
            gifts = int(LINES * asked.scale * 0.99)
            books = seeded(cluster, f"posting{at}", gifts, max(1, int(asked.awards * asked.scale)))
            for name, value in post(books).items():
                figures.rates.setdefault(name, []).append(value)
            books.house.database.close()
            if asked.group_by:
                with place.arena(cluster, f"grouping{at}") as arena:
                    ours, least = beside_group_by(arena, asked.group_by, 5 * asked.awards)
                figures.rates.setdefault(RULE, []).append(ours)
                figures.rates.setdefault(GROUPED, []).append(least)
        figures.notes["gifts grouped"] = f"{asked.group_by:,}"
        keep("posting", figures, RATIOS)


if __name__ == "__main__":
    main()
