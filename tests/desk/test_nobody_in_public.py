"""Marks of people, put wherever the house keeps them, stand in nothing that the public can read."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import database as testing
import psycopg
import pytest
from houses import wired_house

from fund.app import create_app
from fund.giving import commands
from fund.kernel.actor import Actor, system
from fund.platform.cluster import APP, SUPERUSER, Cluster
from fund.platform.house import House
from fund.publication import counting, releases, signing
from fund.publication.commands import append_pending
from fund.sample.plot import plant

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2034, 4, 2, 3, 0, tzinfo=dt.UTC)
BY = system("test")
SHOWN = "名前を出すと決めた会"
STARTS = ("/", "/en/", "/sitemap.xml", "/data", "/robots.txt", "/api/v1/openapi.json", "/verify")
SAME_KIND = 3
"""So many addresses that differ in numbers and values only are read."""
LINK = re.compile(
    r"""(?:href|src|action)="([^"#]+)|<loc>([^<]+)|"((?:http://localhost|/)[^"\s]*)\""""
)
DONOR = ("family_name", "given_name", "kana", "contact_person", "address1", "address2", "email")
STAFF = ("name", "email")
BORN = "1911-03-07"
"""A day of birth that nobody alive has: where it is read, it comes from an application."""
INTERNAL = """
SELECT no FROM receipt UNION SELECT no FROM payment UNION SELECT intent_id FROM payment
UNION SELECT charge_id FROM payment UNION SELECT session_id FROM payment
UNION SELECT customer_id FROM payment UNION SELECT encode(salt, 'hex') FROM gift
UNION SELECT encode(salt, 'base64') FROM gift
"""
"""Numbers that only the donor, the house and the provider know: they lead to a person."""


@dataclass(frozen=True)
class Stage:
    house: House
    superuser: str
    gift: str
    entry: int


@pytest.fixture
def stage(cluster: Cluster, template: str, tmp_path: Path) -> Iterator[Stage]:
    with testing.fresh_database(cluster, template, "nobody") as name:
        house = wired_house(cluster.dsn(APP, name), tmp_path)
        plant(house, now=NOW - dt.timedelta(days=400), gifts=24)
        superuser = cluster.dsn(SUPERUSER, name)
        gift = mark_everybody(superuser)
        commands.change_consent(
            house, by=BY, now=NOW, gift_no=gift, purpose="publish_name", given=True, name=SHOWN
        )
        append_pending(house, by=BY, now=NOW)
        while counting.count(house, by=BY, now=NOW):
            pass
        signing.sign_log(house, now=NOW)
        releases.publish_live(house)
        with psycopg.connect(superuser) as connection:
            entry = connection.execute(
                "SELECT no FROM public_entry WHERE gift_no = %s AND kind = 'donation.received'",
                (gift,),
            ).fetchone()[0]
        yield Stage(house, superuser, gift, entry)
        house.database.close()


def mark_everybody(superuser: str) -> str:
    """Give every donor and every member of staff marks of their own; a gift that is accepted."""
    with psycopg.connect(superuser) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, columns in (("donor", DONOR), ("person", STAFF)):
            for column in columns:
                connection.execute(
                    f"UPDATE {table} SET {column} = %s || id || '終'", (mark(table, column),)
                )
        connection.execute(
            "UPDATE one_stop SET born_on = CASE WHEN born_on IS NULL THEN NULL ELSE %s::date END,"
            " facts = CASE WHEN facts IS NULL THEN NULL ELSE jsonb_build_object("
            "'name', %s::text, 'kana', %s::text, 'postal_code', '', 'address', '[]'::jsonb,"
            " 'phone', '') END",
            (BORN, mark("one_stop", "name"), mark("one_stop", "kana")),
        )
        kept = connection.execute("SELECT count(born_on), count(facts) FROM one_stop").fetchone()
        assert min(kept) > 0
        connection.execute("UPDATE donor SET phone = '099' || lpad((id * 7919)::text, 8, '5')")
        return connection.execute(
            "SELECT gift.no FROM gift JOIN donor ON donor.id = donor_id"
            " WHERE accepted_on IS NOT NULL AND donor.kind = 'individual' ORDER BY gift.id LIMIT 1"
        ).fetchone()[0]


def mark(table: str, column: str) -> str:
    return f"ひみつ{table}{column}"


def secrets_of(superuser: str) -> set[str]:
    """Everything that must not be read in public."""
    with psycopg.connect(superuser) as connection:
        found = {row[0] for row in connection.execute(INTERNAL) if row[0]}
        found |= {row[0] for row in connection.execute("SELECT phone FROM donor WHERE phone <> ''")}
    assert len(found) > 60
    return (
        found
        | {mark("donor", column) for column in DONOR}
        | {mark("person", column) for column in STAFF}
        | {mark("one_stop", column) for column in ("name", "kana")}
        | {BORN, "1911年3月7日", "明治44年3月7日", "19110307"}
    )


def crawl(stage: Stage) -> dict[str, str]:
    """Every kind of public answer, head and body, by its address; files of the folders too."""
    client = create_app(stage.house).test_client()
    own = (f"/ledger/{stage.entry}", f"/api/v1/gifts/{stage.gift}", f"/ledger?q={stage.gift}")
    starts = [*STARTS, *own, *(f"/en{path}" for path in own)]
    waiting, seen, kinds = deque(starts), set(starts), Counter[str]()
    place = Path(stage.house.settings.data_dir)
    for folder in ("release", "log"):
        files = (place / folder).resolve()
        found = [f"/{folder}/{one.relative_to(files)}" for one in files.rglob("*") if one.is_file()]
        assert found, folder
        waiting.extend(one for one in found if one not in seen)
        seen.update(found)
    answers: dict[str, str] = {}
    while waiting:
        address = waiting.popleft()
        with client.get(address) as answer:
            text = read(answer.data)
            answers[address] = f"{answer.headers}\n{text}"
            assert answer.status_code < 500, address
        for link in links(text, address):
            kind = re.sub(r"[A-Z]*-?[0-9][0-9A-Z-]*|=[^&]*", "*", link)
            if link not in seen and kinds[kind] < SAME_KIND:
                kinds[kind] += 1
                seen.add(link)
                waiting.append(link)
    return answers


def read(body: bytes) -> str:
    """The words of an answer; a workbook is read part by part."""
    if body[:4] != b"PK\x03\x04":
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def links(text: str, address: str) -> Iterator[str]:
    """Addresses of this site in a page, a feed, a sitemap or a JSON document."""
    if urlsplit(address).path.endswith((".js", ".css", ".py", ".csv", ".journal", ".beancount")):
        return
    for found in LINK.findall(text):
        parts = urlsplit(html.unescape(next(one for one in found if one)))
        if parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def where(answers: dict[str, str], words: set[str]) -> dict[str, list[str]]:
    """Which words stand at which addresses, spelled plainly, as JSON or as an address."""
    found: dict[str, list[str]] = {}
    for address, text in answers.items():
        for word in words:
            ascii_only = word.encode("ascii", "backslashreplace").decode()
            if word in text or ascii_only in text:
                found.setdefault(word, []).append(address)
    return found


def by_kind(addresses: list[str]) -> set[str]:
    return {re.sub(r"^/en(?=/)|[?].*", "", address) for address in addresses}


def test_no_mark_of_a_person_is_public_but_by_consent(stage: Stage) -> None:
    secret = secrets_of(stage.superuser)
    answers = crawl(stage)
    assert len(answers) > 200
    for path in ("/ledger.csv", "/glance", "/feeds/ledger.atom", "/release/data/gifts.csv"):
        assert path in answers, path
    assert where(answers, secret) == {}
    # A name shown by consent stands beside its own gift, and in no byte of the log.
    shown = by_kind(where(answers, {SHOWN})[SHOWN])
    assert shown == {
        f"/ledger/{stage.entry}",
        "/api/v1/gifts",
        "/api/v1/gifts.csv",
        f"/api/v1/gifts/{stage.gift}",
        "/release/disclosures.json",
    }

    commands.change_consent(
        stage.house, by=BY, now=NOW, gift_no=stage.gift, purpose="publish_name", given=False
    )
    releases.publish_live(stage.house)
    assert where(crawl(stage), secret | {SHOWN}) == {}


def test_whoever_was_forgotten_is_not_public_either(stage: Stage) -> None:
    secret = secrets_of(stage.superuser)
    hands = {}
    with stage.house.database.reading() as connection:
        for role in ("officer", "decider"):
            number = connection.exec_driver_sql(
                "SELECT person_id FROM person_role WHERE role = %s ORDER BY 1 LIMIT 1", (role,)
            ).scalar_one()
            hands[role] = Actor("person", number, role, frozenset({role}))
    commands.propose_erasure(
        stage.house, by=hands["officer"], now=LATER, gift_no=stage.gift, ground="asked"
    )
    commands.decide_erasure(
        stage.house, by=hands["decider"], now=LATER, gift_no=stage.gift, erase=True
    )
    releases.publish_live(stage.house)
    answers = crawl(stage)
    assert where(answers, secret | {SHOWN}) == {}
    assert stage.gift in answers[f"/ledger/{stage.entry}"]


def test_no_answer_tells_the_day_of_a_gift(stage: Stage) -> None:
    """Where a gift's number stands, its day does not: not in its entry, its head or its proof."""
    with psycopg.connect(stage.superuser) as connection:
        gifts = connection.execute(
            "SELECT e.no, g.no, g.received_on, g.offered_at::date, g.paid_at::date FROM gift g"
            " JOIN public_entry e ON e.gift_no = g.no AND e.kind = 'donation.received'"
        ).fetchall()
    client = create_app(stage.house).test_client()
    assert len(gifts) > 10
    for no, gift, *days in gifts:
        told = [
            client.get(address)
            for address in (
                f"/ledger/{no}.json",
                f"/api/v1/ledger/entries/{no}",
                f"/ledger.csv?q={gift}&kind=donation.received",
            )
        ]
        for answer in told:
            assert answer.status_code == 200, answer.request.path
            spelled = f"{answer.headers}{answer.text}"
            for day in days:
                names = (day.isoformat(), f"{day:%d %b %Y}", f"{day:%Y%m%d}")
                assert not [one for one in names if one in spelled], (answer.request.path, day)
