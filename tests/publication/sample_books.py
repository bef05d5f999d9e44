"""Sample books written through the real journal: groups, gifts, an award, allocations.

The rows of donors and gifts are inserted as the app role may insert them; what publication
must find (commitments, postings, details) is the same as after the real commands.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

import run_books
from sqlalchemy import text

from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.ledger.domain import Entry, Posting
from fund.platform.house import House, Transaction

BY = system("test")
NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 5, 20)

SETUP = """
INSERT INTO field (code, position, name_ja, name_en, mark, about_ja, about_en, npo_law_fields)
VALUES ('child', 1, '子ども・若者', 'Children', '子ど', 'about', 'about', '{13}'),
       ('env', 2, '環境・自然', 'Environment', '環境', 'about', 'about', '{7}')
ON CONFLICT DO NOTHING;
INSERT INTO programme (code, position, kind, name_ja, name_en, about_ja, about_en, first_fy)
VALUES ('start-up', 1, 'programme', 'スタートアップ助成', 'Start-up grant', 'a', 'a', 2024),
       ('river', 2, 'theme', '水辺の再生', 'Riverside', 'a', 'a', 2024)
ON CONFLICT DO NOTHING;
INSERT INTO civic_group (no, name, name_en, kind, fields, state, registered_on, sample)
VALUES ('0132', '見本・水辺の会', 'Sample Waterside Club', 'npo', '{env}', 'registered',
        '2024-04-01', true),
       ('0201', '見本・子ども食堂', 'Sample Kitchen', 'voluntary', '{child}', 'registered',
        '2024-04-01', true)
ON CONFLICT DO NOTHING;
INSERT INTO edition (code, effective_on, decided_on, decision_ref, title_ja, title_en, summary_ja,
                     summary_en, body, sha256, published_at)
VALUES ('2024-04', '2024-04-01', '2024-03-01', 'x', 't', 't', 's', 's', '{}', 'x', now())
ON CONFLICT DO NOTHING;
"""


@dataclass(frozen=True)
class Wish:
    """A share of a test gift."""

    kind: str
    target: str | None
    yen: int


def set_up(house: House) -> None:
    """Register two groups, two fields, a programme, a theme and an edition."""
    with house.transaction(by=BY, now=NOW) as tx:
        for statement in SETUP.split(";\n"):
            if statement.strip():
                tx.connection.execute(text(statement))


def smallest_cell(house: House, people: int) -> None:
    """The manual says how many people a published sum is about at least."""
    with house.transaction(by=BY, now=NOW) as tx:
        tx.connection.execute(
            text(
                "INSERT INTO clause (edition_code, id, position, chapter_ja, chapter_en, number,"
                " title_ja, title_en, text_ja, text_en)"
                " VALUES ('2024-04', 'anonymity', 99, 'c', 'c', '99', 't', 't', 't', 't')"
                " ON CONFLICT DO NOTHING"
            )
        )
        tx.connection.execute(
            text(
                "INSERT INTO parameter (edition_code, clause_id, name, value, label_ja, label_en,"
                " unit) VALUES ('2024-04', 'anonymity', 'disclosure.smallest_cell',"
                " to_jsonb(CAST(:people AS int)), 'l', 'l', 'people')"
            ),
            {"people": people},
        )


def gift_no(serial: int) -> str:
    """A gift number for tests."""
    digits = (
        hashlib.sha256(str(serial).encode())
        .hexdigest()
        .upper()
        .translate(str.maketrans("ILOU", "1111"))
    )
    return f"G-{digits[:8]}"


def pay(
    tx: Transaction, serial: int, wishes: list[Wish], *, method: str = "card", on: dt.date = DAY
) -> str:
    """A donor gives and the payment is booked; the gift waits for its acceptance."""
    no, yen = gift_no(serial), sum(wish.yen for wish in wishes)
    donor_id = tx.connection.execute(
        text(
            "INSERT INTO donor (kind, family_name, given_name, postal_code, address1, locale, created_at)"
            " VALUES ('individual', :name, '花子', '1440000', '見本区', 'ja', :now) RETURNING id"
        ),
        {"name": f"見本{serial}", "now": tx.now},
    ).scalar_one()
    tx.connection.execute(
        text(
            "INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256,"
            " secret_hash, edition_code, offered_at, paid_at, received_on, salt)"
            " VALUES (:no, :donor, :yen, 'received', :method, :no, 'x', :hash, '2024-04', :now,"
            " :now, :on, :salt)"
        ),
        {
            "no": no,
            "donor": donor_id,
            "yen": yen,
            "method": method,
            "hash": hashlib.sha256(no.encode()).digest(),
            "salt": hashlib.sha256(f"salt {no}".encode()).digest(),
            "on": on,
            "now": tx.now,
        },
    )
    journal.record(tx, facts.payment_received(f"P-{no}", no, Yen(yen), method, on))
    return no


def accept(
    tx: Transaction, serial: int, wishes: list[Wish], *, batch: str = "B2026-001", on: dt.date = DAY
) -> None:
    """The ward accepts a gift that was paid."""
    no = gift_no(serial)
    shares = tuple(
        facts.Share(
            f"{no}/{number}",
            wish.kind,
            wish.target,
            None if wish.kind == "anywhere" else "anywhere",
            "wish",
            Yen(wish.yen),
            {"levels": [{"uses": [_use(wish.kind, wish.target)]}]},
        )
        for number, wish in enumerate(wishes, 1)
    )
    gift = facts.Gift(no, Yen(sum(wish.yen for wish in wishes)), on, shares)
    journal.record(tx, facts.donation_received(gift, on, batch, ("acceptance@2024-04",)))


def _use(kind: str, target: str | None) -> str:
    """A wish in the words of the rule: a theme is a programme to it."""
    return f"{kind}:{target}".replace("theme:", "programme:") if target else "any"


def give(tx: Transaction, serial: int, wishes: list[Wish], **when: object) -> str:
    """Pay and accept at once."""
    no = pay(tx, serial, wishes)
    accept(tx, serial, wishes, **when)  # type: ignore[arg-type]
    return no


AWARD_ROWS = """
INSERT INTO person (email, name, password_hash, created_at)
VALUES ('mayor@example.jp', '見本の決裁者', 'x', now()) ON CONFLICT DO NOTHING;
INSERT INTO application (no, group_no, programme_code, theme_code, fy, title, fields,
                         requested_yen, state, registered_at)
VALUES ('AP-' || :no, :group, 'start-up', :theme, :fy, :title, :fields, :yen, 'decided', now());
INSERT INTO award (no, application_id, group_no, programme_code, theme_code, fy, title, fields,
                   yen, state, decided_by, decided_on, clause, sample)
SELECT :no, a.id, :group, 'start-up', :theme, :fy, :title, :fields, :yen, 'decided', p.id, :on,
       'decision@2024-04', true
FROM application a, person p WHERE a.no = 'AP-' || :no AND p.email = 'mayor@example.jp'
"""


def add_past_award(tx: Transaction, award: str, fy: int = 2013, yen: int | None = 150_000) -> None:
    """An award of the time before the ledger, as its source publishes it."""
    tx.connection.execute(
        text(
            "INSERT INTO award (no, group_no, programme_code, fy, title, fields, yen, state,"
            " historical, source_url) VALUES (:no, '0201', 'start-up', :fy, '昔の事業', '{child}',"
            " :yen, 'settled', true, 'https://example.jp/results')"
        ),
        {"no": award, "fy": fy, "yen": yen},
    )


def decide(
    tx: Transaction,
    award: str,
    group: str = "0132",
    fields: tuple[str, ...] = ("env",),
    ceiling: int = 100_000,
    *,
    on: dt.date = DAY,
    theme: str | None = None,
) -> None:
    """The mayor decides an award."""
    detail = {
        "award": award,
        "group": group,
        "programme": "start-up",
        "fields": list(fields),
        "title": f"川の観察会 {award}",
        "ceiling": ceiling,
    }
    for statement in AWARD_ROWS.split(";\n"):
        tx.connection.execute(
            text(statement),
            {
                "no": award,
                "group": group,
                "theme": theme,
                "fy": on.year,
                "title": detail["title"],
                "fields": list(fields),
                "yen": ceiling,
                "on": on,
            },
        )
    journal.record(tx, facts.award_decided(award, on, ("decision@2024-04",), detail))


def allocate(
    tx: Transaction, run: str, lines: list[tuple[int, int, str, str, int]], on: dt.date = DAY
) -> None:
    """Approve a run: lines of (gift serial, share number, pot, award, yen)."""
    total = sum(line[4] for line in lines)
    detail = {
        "run": run,
        "rule": "lex-flow/1",
        "problem_sha256": "a" * 64,
        "plan_sha256": "b" * 64,
        "total": total,
    }
    journal.record(tx, facts.allocation_approved(run, on, ("allocation-rule@2024-04",), detail))
    run_books.approved(tx, run, on, total)
    planned = []
    for number, (serial, share, pot, award, yen) in enumerate(lines, 1):
        no = gift_no(serial)
        use = _use(*pot.removeprefix("fund:").split(":")) if pot != "fund:general" else "any"
        planned.append(facts.Line(run, number, f"{no}/{share}", no, {pot: Yen(yen)}, award, 1, use))
    run_books.booked(tx, planned, on, ("wish-respected@2024-04",))


def disburse(tx: Transaction, award: str, yen: int, number: int = 1, on: dt.date = DAY) -> None:
    """Pay an instalment to the group; the bank is filled from the provider first."""
    no = f"{award}-{number}"
    journal.record(tx, facts.clearing_settled(f"po_{no}", "assets:clearing:stripe", Yen(yen), on))
    journal.record(tx, facts.disbursement_paid(no, award, Yen(yen), on))


def reverse(tx: Transaction, entry_id: int, on: dt.date = DAY, reason: str = "mistake") -> None:
    """Undo an entry that moved no pot (bank movements), naming it."""
    lines = tx.connection.execute(
        text("SELECT account, yen FROM posting WHERE entry_id = :id"), {"id": entry_id}
    ).all()
    journal.record(
        tx,
        Entry(
            kind="entry.reversed",
            fact_id=f"reverse-{entry_id}",
            on=on,
            postings=tuple(Posting(line.account, Yen(-line.yen)) for line in lines),
            reverses=entry_id,
            reason=reason,
        ),
    )


def small_story(house: House) -> None:
    """Three accepted gifts, one waiting, one award, an allocation and a payment to the group."""
    set_up(house)
    first = [Wish("group", "0132", 7_000), Wish("anywhere", None, 3_000)]
    second, third = [Wish("field", "child", 20_000)], [Wish("anywhere", None, 5_000)]
    with house.transaction(by=BY, now=NOW) as tx:
        for serial, wishes in enumerate((first, second, third, third), 1):
            pay(tx, serial, wishes, method="bank" if serial == 3 else "card")
    with house.transaction(by=BY, now=NOW) as tx:
        for serial, wishes in enumerate((first, second, third), 1):
            accept(tx, serial, wishes)
    with house.transaction(by=BY, now=NOW) as tx:
        decide(tx, "A2026-0001")
    with house.transaction(by=BY, now=NOW) as tx:
        allocate(
            tx,
            "RUN2026-001",
            [
                (1, 1, "fund:group:0132", "A2026-0001", 7_000),
                (3, 1, "fund:general", "A2026-0001", 2_000),
            ],
        )
    with house.transaction(by=BY, now=NOW) as tx:
        disburse(tx, "A2026-0001", 6_000)


def entries(house: House) -> list[dict[str, object]]:
    """The public log as parsed bodies."""
    with house.database.reading() as connection:
        bodies = connection.execute(text("SELECT body FROM public_entry ORDER BY no")).scalars()
        return [json.loads(bytes(body)) for body in bodies]
