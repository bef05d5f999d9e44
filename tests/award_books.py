"""Books for tests of awards and runs: a manual, a register, people, a house and its pages."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import psycopg
from flask.testing import FlaskClient

from fund.grants import commands
from fund.grants.domain import Claim, Opinion, Verdict
from fund.kernel.actor import Actor
from fund.kernel.money import Yen
from fund.platform.database import Database
from fund.platform.house import House, Message, Reaction
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue

NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse 見本"
EDITION = "2024-04"
CLAUSES = {
    "recommendation": {},
    "decision": {},
    "four-eyes": {},
    "disbursement": {},
    "settlement": {},
    "wish-respected": {},
    "acceptance": {},
    "allocation-rule": {
        "allocation.order": "funding_first",
        "allocation.spend_order": "flex,vintage",
        "allocation.vintage": "fy",
        "allocation.within": "prorata",
    },
    "wish-term": {"wish.term_years": 2},
    "pass-on-share": {
        "pass_on.group_percent": 70,
        "pass_on.field_percent": 100,
        "pass_on.theme_percent": 100,
    },
}
OURS = Municipality(
    code="",
    name="見本区",
    name_en="Sample City",
    fund_name="みえる基金",
    fund_name_en="Mieru Fund",
    head="区長",
    head_en="Mayor",
    department="協働課",
    department_en="Collaboration",
    address="",
    phone="03-0000-0000",
    mail="fund@example.jp",
    corporate_no="",
)
CLAIM = Claim(
    group_no="0132",
    programme_code="challenge",
    theme_code=None,
    fy=2026,
    title="こども食堂をひらく",
    summary="週に1回、だれでも来られる夕食の場をひらく。",
    fields=("children",),
    requested_yen=Yen(300_000),
)
YES = Opinion(recommended=True, yen=Yen(300_000), score=80, comment="準備ができている")
ACCEPT = Verdict(accepted=True, yen=Yen(300_000), min_yen=Yen(0), tier=1, reason="")


def make_house(
    app_dsn: str, data_dir: Path, reactions: dict[type[Message], tuple[Reaction, ...]] | None = None
) -> House:
    """A house over this test's own database; nothing outside answers."""
    settings = Settings(
        database_url=app_dsn,
        owner_database_url="",
        data_dir=data_dir,
        base_url="http://localhost",
        secret_key="k" * 40,
        stripe_secret_key="sk_test_x",
        stripe_webhook_secret="whsec_x",
        stripe_api_base="http://127.0.0.1:9",
        smtp_url="smtp://localhost:1",
        municipality=OURS,
    )
    return House(settings, Database(app_dsn), TaskQueue(app_dsn), {}, reactions or {})


def write_books(dsn: str) -> None:
    """One edition, three fields, three groups, two programmes and a theme."""
    with psycopg.connect(dsn) as connection:
        _write_manual(connection)
        for position, (code, ja, en) in enumerate(
            [
                ("children", "子ども", "Children"),
                ("nature", "みどり", "Nature"),
                ("arts", "文化", "Arts"),
            ]
        ):
            connection.execute(
                "INSERT INTO field (code, position, name_ja, name_en, mark, about_ja, about_en,"
                " npo_law_fields) VALUES (%s,%s,%s,%s,%s,'','','{}')",
                (code, position, ja, en, ja[:2]),
            )
        for no, name, fields, state in [
            ("0132", "見本こども食堂の会", ["children"], "registered"),
            ("0133", "見本みどりの会", ["nature"], "registered"),
            ("0001", "むかしの会", ["nature"], "historical"),
        ]:
            connection.execute(
                "INSERT INTO civic_group (no, name, kind, fields, state, sample)"
                " VALUES (%s,%s,'任意団体',%s,%s,true)",
                (no, name, fields, state),
            )
        for position, (code, kind, ja, cap, last) in enumerate(
            [
                ("challenge", "programme", "チャレンジ助成", None, None),
                ("startup", "programme", "スタートアップ助成", 200_000, None),
                ("flood-2026", "theme", "水害からの復旧", None, None),
                ("old-theme", "theme", "むかしのテーマ", None, 2021),
            ]
        ):
            connection.execute(
                "INSERT INTO programme (code, position, kind, name_ja, name_en, about_ja,"
                " about_en, first_fy, last_fy, cap_yen) VALUES (%s,%s,%s,%s,%s,'','',2020,%s,%s)",
                (code, position, kind, ja, code.title(), last, cap),
            )


def _write_manual(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO edition (code, effective_on, decided_on, decision_ref, title_ja, title_en,"
        " summary_ja, summary_en, body, sha256, published_at)"
        " VALUES (%s,'2020-04-01','2020-03-01','見本','手引き','Manual','','','{}',%s,now())",
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


def person(dsn: str, name: str, role: str) -> Actor:
    """A member of staff, as the hand of a command."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "INSERT INTO person (email, name, password_hash, created_at)"
            " VALUES (%s,%s,'x',now()) RETURNING id",
            (f"{name}@example.jp", name),
        ).fetchone()
    assert row is not None
    return Actor("person", row[0], name, frozenset({role}))


class People:
    """One person for each role; ``second`` is another officer."""

    def __init__(self, dsn: str) -> None:
        self.officer = person(dsn, "担当", "officer")
        self.second = person(dsn, "担当2", "officer")
        self.council = person(dsn, "協議会", "council")
        self.decider = person(dsn, "決定", "decider")
        self.treasurer = person(dsn, "出納", "treasurer")


def awarded(
    house: House,
    people: People,
    claim: Claim = CLAIM,
    opinion: Opinion = YES,
    verdict: Verdict = ACCEPT,
) -> str:
    """An application that went the whole way; returns the award's number."""
    number = commands.register_application(house, by=people.officer, now=NOW, claim=claim)
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=opinion)
    award = commands.decide(
        house, by=people.decider, now=NOW, application_no=number, verdict=verdict
    )
    assert award is not None
    return award


def rows(dsn: str, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of a query in a connection of its own."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql, values).fetchall()


class Visitor:
    """A browser without JavaScript: keeps cookies, sends the CSRF token of the last page."""

    def __init__(self, client: FlaskClient, prefix: str = "") -> None:
        self.client, self.prefix, self.token = client, prefix, ""

    def get(self, path: str, **more: object):
        answer = self.client.get(self.prefix + path, **more)
        self._remember(answer.get_data().decode(errors="replace"))
        return answer

    def post(self, path: str, fields: dict[str, object] | None = None, **more: object):
        body = {"csrf_token": self.token, **(fields or {})}
        answer = self.client.post(self.prefix + path, data=body, **more)
        self._remember(answer.get_data().decode(errors="replace"))
        return answer

    def sign_in(self, email: str) -> None:
        self.get("/staff/login")
        answer = self.post("/staff/login", {"email": email, "password": PASSWORD})
        assert answer.status_code == 303

    def _remember(self, page: str) -> None:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', page):
            self.token = found[1]
