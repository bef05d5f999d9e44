"""What giving needs below it: an edition of the manual, fields, groups, themes and people."""

from __future__ import annotations

import datetime as dt
import json

import psycopg

from fund.giving import commands
from fund.giving.domain import CHECKLIST, Consents, Donor, Offer, Wish
from fund.kernel.actor import Actor, system
from fund.kernel.money import Yen
from fund.payments.commands import record_offline
from fund.platform.house import House

EDITION = "2024-04"
NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
PUBLIC = system("public")
ALL_CHECKED = frozenset(item.code for item in CHECKLIST)
AGREED = Consents(purpose_of_use=True)
HANAKO = Donor(
    family_name="山田",
    given_name="花子",
    kana="ヤマダ ハナコ",
    postal_code="1448621",
    address1="東京都見本区中央一丁目1番1号",
    email="hanako@example.jp",
)
CLAUSES = {
    "minimum-gift": {"gift.minimum_yen": 1000, "gift.maximum_yen": 1_000_000},
    "pass-on-share": {
        "pass_on.group_percent": 70,
        "pass_on.field_percent": 100,
        "pass_on.theme_percent": 100,
    },
    "wish-term": {"wish.term_years": 2},
    "wish-fallback": {"fallback.order": "field,anywhere"},
    "wish-respected": {},
    "no-refund": {},
    "acceptance": {},
    "acceptance-grounds": {},
    "receipt": {},
    "anonymity": {},
}


def write_books(dsn: str) -> None:
    """One edition with its clauses and parameters; two fields, three groups, two themes."""
    with psycopg.connect(dsn) as connection:
        _write_manual(connection)
        for position, (code, ja, en, is_open) in enumerate(
            [
                ("children", "子ども", "Children", True),
                ("nature", "みどり", "Nature", True),
                ("closed-field", "閉じた分野", "Closed", False),
            ]
        ):
            connection.execute(
                "INSERT INTO field (code, position, name_ja, name_en, mark, about_ja, about_en,"
                " npo_law_fields, open) VALUES (%s,%s,%s,%s,%s,%s,%s,'{}',%s)",
                (code, position, ja, en, ja[:2], ja + "の活動", "About " + en, is_open),
            )
        for no, name, fields, state in [
            ("0132", "見本こども食堂の会", ["children"], "registered"),
            ("0133", "見本みどりの会", [], "registered"),
            ("0001", "むかしの会", ["nature"], "historical"),
        ]:
            connection.execute(
                "INSERT INTO civic_group (no, name, kind, fields, state, sample)"
                " VALUES (%s,%s,'任意団体',%s,%s,true)",
                (no, name, fields, state),
            )
        for position, (code, first, last) in enumerate(
            [("flood-2026", 2026, None), ("old-theme", 2020, 2021)]
        ):
            connection.execute(
                "INSERT INTO programme (code, position, kind, name_ja, name_en, about_ja,"
                " about_en, first_fy, last_fy) VALUES (%s,%s,'theme','水害からの復旧',"
                "'Flood relief','','',%s,%s)",
                (code, position, first, last),
            )


def _write_manual(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO edition (code, effective_on, decided_on, decision_ref, title_ja, title_en,"
        " summary_ja, summary_en, body, sha256, published_at)"
        " VALUES (%s,'2024-04-01','2024-03-01','見本','手引き','Manual','','','{}',%s,now())",
        (EDITION, b"0" * 32),
    )
    for position, (clause, parameters) in enumerate(CLAUSES.items(), start=1):
        connection.execute(
            "INSERT INTO clause (edition_code, id, position, chapter_ja, chapter_en, number,"
            " title_ja, title_en, text_ja, text_en)"
            " VALUES (%s,%s,%s,'章','Chapter',%s,%s,%s,'文','Text')",
            (EDITION, clause, position, str(position), clause, clause),
        )
        for name, value in parameters.items():
            connection.execute(
                "INSERT INTO parameter (edition_code, clause_id, name, value, label_ja,"
                " label_en, unit) VALUES (%s,%s,%s,%s,%s,%s,'')",
                (EDITION, clause, name, json.dumps(value), name, name),
            )


def person(dsn: str, name: str, role: str = "officer") -> Actor:
    """A member of staff, as the hand of a command."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "INSERT INTO person (email, name, password_hash, created_at)"
            " VALUES (%s,%s,'x',now()) RETURNING id",
            (f"{name}@example.jp", name),
        ).fetchone()
    assert row is not None
    return Actor("person", row[0], name, frozenset({role}))


def offer(key: str = "k" * 32, yen: int = 10_001, **changes: object) -> Offer:
    """An offer of Hanako's; ``changes`` replace its facts."""
    facts = {"form_key": key, "yen": Yen(yen), "donor": HANAKO, "consents": AGREED} | changes
    return Offer(**facts)  # type: ignore[arg-type]


def received(
    house: House, by: Actor, number: int = 1, yen: int = 10_001, wish: Wish | None = None
) -> str:
    """A gift whose money came over the counter; returns its number."""
    begun = commands.begin_donation(
        house,
        by=by,
        now=NOW,
        offer=offer(f"form-key-{number:020d}", yen, wish=wish or Wish(), method="counter"),
    )
    record_offline(
        house, by=by, now=NOW, gift_no=begun.gift_no, method="counter", received_on=NOW.date()
    )
    return begun.gift_no


def rows(dsn: str, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of a query in a connection of its own."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql, values).fetchall()
