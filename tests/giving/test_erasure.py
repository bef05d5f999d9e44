"""A person is forgotten: by two people, when the law allows, and nowhere anything is left."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import database as testing
import psycopg
import pytest
from flask.testing import FlaskClient
from houses import wired_house

from fund.app import create_app
from fund.desk.board import INVARIANTS
from fund.giving import commands
from fund.giving.domain.erasure import kept_until
from fund.identity import queries as identity
from fund.kernel.actor import Actor, system
from fund.kernel.errors import Conflict, Forbidden, NotFound
from fund.platform.cluster import APP, SUPERUSER, Cluster
from fund.platform.house import House
from fund.publication import releases, signing
from fund.publication.commands import append_pending
from fund.publication.verifier.sources import Folder
from fund.publication.verifier.verify import Asked, verify
from fund.receipts import commands as receipts
from fund.sample.cast import PASSWORD
from fund.sample.plot import plant

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2034, 4, 2, 3, 0, tzinfo=dt.UTC)
BY = system("test")
NAME, GIVEN, KANA = "消去野", "わすれ子", "ショウキョノ"
MAIL, STREET, SHOWN = "wasureko@forget.example.jp", "忘却町七丁目", "わすれな草の会"
BORN = "1911-03-07"
PAPER = {"name": NAME, "kana": KANA, "postal_code": "", "address": [STREET], "phone": ""}
MARKS = (NAME, GIVEN, KANA, MAIL, STREET, SHOWN, BORN)


@dataclass(frozen=True)
class Stage:
    house: House
    superuser_dsn: str
    gift: str
    officer: Actor
    decider: Actor
    proof: bytes

    def everything(self) -> dict[str, str]:
        """Every row of every table, also the queue's, and every file of the data folder."""
        found = {}
        with psycopg.connect(self.superuser_dsn) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE relkind IN ('r', 'm') AND nspname = 'public'"
            ).fetchall()
            for (table,) in tables:
                rows = connection.execute(f'SELECT t::text FROM "{table}" AS t').fetchall()
                texts = [row[0] for row in rows]
                # bytea is shown in hex: the bytes behind it are looked at too
                found[table] = "\n".join(texts)
        for file in Path(self.house.settings.data_dir).rglob("*"):
            if file.is_file() and not file.is_symlink():
                found[str(file)] = file.read_bytes().decode("utf-8", "replace")
        return found

    def traces(self) -> list[str]:
        """Where the person still stands, in plain text or as hex of UTF-8."""
        spelled = [
            mark for one in MARKS for mark in (one, one.encode().hex(), json.dumps(one)[1:-1])
        ]
        return sorted(
            {place for place, text in self.everything().items() for mark in spelled if mark in text}
        )


@pytest.fixture
def stage(cluster: Cluster, template: str, tmp_path: Path) -> Iterator[Stage]:
    with testing.fresh_database(cluster, template, "erasure") as name:
        house = wired_house(cluster.dsn(APP, name), tmp_path)
        plant(house, now=NOW - dt.timedelta(days=400), gifts=14)
        superuser = cluster.dsn(SUPERUSER, name)
        append_pending(house, by=BY, now=NOW)
        signing.sign_log(house, now=NOW)
        gift, proof = make_known(house, superuser)
        releases.publish_live(house)
        with house.database.reading() as connection:
            found = {
                role: identity.person_by_email(connection, f"{role}@example.jp")
                for role in ("officer", "decider")
            }
        hands = {
            role: Actor("person", one[0].id, role, frozenset({role}))
            for role, one in found.items()
            if one is not None
        }
        yield Stage(house, superuser, gift, hands["officer"], hands["decider"], proof)
        house.database.close()


def make_known(house: House, superuser: str) -> tuple[str, bytes]:
    """Give a donor marks that stand nowhere else, in every kind of place; gift and proof file."""
    with psycopg.connect(superuser) as connection:
        connection.execute("SET session_replication_role = replica")
        gift, donor, payment = connection.execute(
            "SELECT gift.no, gift.donor_id, coalesce(payment.no, gift.no) FROM gift JOIN donor ON donor.id = donor_id"
            " LEFT JOIN payment ON payment.gift_no = gift.no AND payment.state = 'succeeded'"
            " WHERE gift.accepted_on IS NOT NULL AND donor.kind = 'individual'"
            " ORDER BY gift.id LIMIT 1"
        ).fetchone()
        client = create_app(house).test_client()
        proof = client.get(f"/d/{commands.secret_of(house, gift)}/proof.json").data
        for trigger in ("refuse_change", "receipt_was_issued"):
            table = "consent" if trigger == "refuse_change" else "receipt"
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        old = connection.execute(
            "SELECT family_name, given_name FROM donor WHERE id = %s", (donor,)
        ).fetchone()
        connection.execute(
            "UPDATE donor SET family_name = %s, given_name = %s, kana = %s, email = %s,"
            " address1 = %s WHERE id = %s",
            (NAME, GIVEN, KANA, MAIL, STREET, donor),
        )
        connection.execute(
            "UPDATE receipt SET payload = convert_to(replace(replace(convert_from(payload, 'UTF8'),"
            " %s, %s), %s, %s), 'UTF8') WHERE gift_no = %s",
            (old[0], NAME, old[1], GIVEN, gift),
        )
        connection.execute(
            "UPDATE receipt SET payload_sha256 = sha256(payload) WHERE gift_no = %s", (gift,)
        )
        connection.execute(
            "INSERT INTO mail (message_id, occasion, subject_no, recipient, locale, subject,"
            " body_text, state, created_at) VALUES ('m', 'test', %s, %s, 'ja', %s, %s, 'queued',"
            " now())",
            (gift, MAIL, f"{NAME} 様", f"{NAME} 様 {STREET}"),
        )
        connection.execute(
            "INSERT INTO one_stop (gift_no, state, born_on, asked_at, moved_at, arrived_on, facts,"
            " yen) VALUES (%s, 'received', %s, now(), now(), now(), %s, 1) ON CONFLICT (gift_no)"
            " DO UPDATE SET born_on = excluded.born_on, facts = excluded.facts,"
            " state = 'received', arrived_on = now(), yen = 1",
            (gift, BORN, json.dumps(PAPER, ensure_ascii=False)),
        )
        for trigger in ("refuse_change", "receipt_was_issued"):
            table = "consent" if trigger == "refuse_change" else "receipt"
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        _mark_elsewhere(connection, gift, donor, payment)
    commands.change_consent(
        house, by=BY, now=NOW, gift_no=gift, purpose="publish_name", given=True, name=SHOWN
    )
    receipts.document(house, now=NOW, gift_no=gift)
    return gift, proof


def _mark_elsewhere(connection: psycopg.Connection, gift: str, donor: int, payment: str) -> None:
    """The person's marks where others wrote them: provider, draft, refused mail, corrections."""
    connection.execute(
        "INSERT INTO provider_event (id, type, object_id, livemode, body, received_at, state,"
        " processed_at) VALUES ('evt_erase', 'payment_intent.succeeded', 'pi_x', false, %s,"
        " now(), 'processed', now())",
        (json.dumps({"ref": payment, "name": NAME, "mail": MAIL}, ensure_ascii=False).encode(),),
    )
    connection.execute(
        "INSERT INTO gift_draft (token_hash, form_key, data, created_at, updated_at, mail_to)"
        " VALUES ('x', 'k', %s, now(), now(), %s)",
        (json.dumps({"name": NAME}), MAIL),
    )
    connection.execute(
        "INSERT INTO mail_suppression (address, reason, since) VALUES (%s, 'refused', now())",
        (MAIL,),
    )
    connection.execute(
        "INSERT INTO donor_correction (donor_id, before, after, after_acceptance, actor_kind, at)"
        " VALUES (%s, %s, %s, false, 'donor', now())",
        (donor, json.dumps({"kana": "カ"}), json.dumps({"kana": KANA})),
    )
    connection.execute(
        "INSERT INTO email_change (gift_id, email, token_hash, asked_at)"
        " SELECT id, %s, 'y', now() FROM gift WHERE no = %s",
        (MAIL, gift),
    )


def red(house: House) -> dict[str, list[str]]:
    with house.database.reading() as connection:
        return {one.name: rows for one in INVARIANTS if (rows := one.rows(connection))}


def forget(stage: Stage) -> None:
    commands.propose_erasure(
        stage.house, by=stage.officer, now=LATER, gift_no=stage.gift, ground="asked"
    )
    commands.decide_erasure(
        stage.house, by=stage.decider, now=LATER, gift_no=stage.gift, erase=True
    )
    releases.publish_live(stage.house)


def test_nothing_of_the_person_is_left_and_the_books_stand(stage: Stage) -> None:
    before = stage.traces()
    assert {"donor", "mail", "receipt", "provider_event", "gift_draft", "consent", "gift"} <= set(
        before
    )
    assert any("disclosures.json" in place for place in before)
    was_red = red(stage.house)
    root = signing.heads.last_head
    with stage.house.database.reading() as connection:
        head = root(connection)
    forget(stage)
    assert stage.traces() == []
    assert red(stage.house) == was_red
    with stage.house.database.reading() as connection:
        assert root(connection) == head
    made = releases.publish_live(stage.house)
    found = verify(Folder(made.place), Asked())
    assert found.ok, "\n".join(found.lines())
    # what the donor kept still opens the commitment; what we kept cannot any more
    assert verify(Folder(made.place), Asked(proof=stage.proof)).ok
    with psycopg.connect(stage.superuser_dsn) as connection:
        (salt,) = connection.execute(
            "SELECT salt FROM gift WHERE no = %s", (stage.gift,)
        ).fetchone()
    opening = json.loads(stage.proof)["opening"]
    assert salt.hex() != opening["salt"]
    forged = json.loads(stage.proof) | {"opening": opening | {"salt": salt.hex()}}
    assert not verify(Folder(made.place), Asked(proof=json.dumps(forged).encode())).ok


def test_links_and_papers_of_the_forgotten_open_nothing(stage: Stage) -> None:
    client = create_app(stage.house).test_client()
    secret = commands.secret_of(stage.house, stage.gift)
    assert client.get(f"/d/{secret}").status_code == 200
    forget(stage)
    for path in ("", "/proof.json", "/receipt.pdf"):
        assert client.get(f"/d/{secret}{path}").status_code == 404
    with pytest.raises(NotFound):
        receipts.document(stage.house, now=LATER, gift_no=stage.gift)
    with pytest.raises(Conflict):
        commands.propose_erasure(
            stage.house, by=stage.officer, now=LATER, gift_no=stage.gift, ground="asked"
        )


def test_papers_are_kept_as_long_as_the_law_says(stage: Stage) -> None:
    with pytest.raises(Conflict, match="から消去できます"):
        commands.propose_erasure(
            stage.house, by=stage.officer, now=NOW, gift_no=stage.gift, ground="asked"
        )
    assert kept_until([dt.date(2026, 3, 31), None], 5) == dt.date(2031, 4, 1)
    assert kept_until([dt.date(2026, 4, 1)], 5) == dt.date(2032, 4, 1)
    assert kept_until([None], 5) == dt.date.min


def test_one_person_alone_forgets_nobody(stage: Stage) -> None:
    with pytest.raises(Forbidden):
        commands.propose_erasure(stage.house, by=BY, now=LATER, gift_no=stage.gift, ground="asked")
    commands.propose_erasure(
        stage.house, by=stage.officer, now=LATER, gift_no=stage.gift, ground="asked"
    )
    with pytest.raises(Forbidden):
        commands.decide_erasure(
            stage.house, by=stage.officer, now=LATER, gift_no=stage.gift, erase=True
        )
    commands.decide_erasure(
        stage.house, by=stage.decider, now=LATER, gift_no=stage.gift, erase=False
    )
    assert "donor" in stage.traces()


def test_the_app_role_cannot_erase_or_rewrite_by_itself(stage: Stage) -> None:
    """Whoever holds the app's connection can neither skip the two people nor use the back door."""
    app_dsn = stage.house.settings.database_url
    attacks = (
        "SELECT erase_donor(1)",
        "SET fund.erasing = 'on'; DELETE FROM donor_correction",
        "SET fund.erasing = 'on'; UPDATE receipt SET payload = 'x'",
        "SET fund.erasing = 'on'; UPDATE consent SET name = ''",
        "SET fund.erasing = 'on'; UPDATE provider_event SET body = 'x'",
        (
            "INSERT INTO erasure (donor_id, gift_no, ground, state, kept_until, proposed_by,"
            " proposed_at, decided_by, decided_at) SELECT donor_id, no, 'asked', 'erased', '2020-01-01',"
            " 1, now(), 1, now() FROM gift LIMIT 1"
        ),
        (
            "INSERT INTO erasure (donor_id, gift_no, ground, state, kept_until, proposed_by,"
            " proposed_at, decided_by, decided_at) SELECT donor_id, no, 'asked', 'erased', '2999-01-01',"
            " 1, now(), 2, now() FROM gift LIMIT 1;"
            " SELECT erase_donor((SELECT max(id) FROM erasure))"
        ),
    )
    for attack in attacks:
        with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.Error):
            connection.execute(attack)
    assert "donor" in stage.traces()


def test_a_name_withdrawn_by_consent_leaves_every_release_on_the_disk(stage: Stage) -> None:
    commands.change_consent(
        stage.house, by=BY, now=NOW, gift_no=stage.gift, purpose="publish_name", given=False
    )
    releases.publish_live(stage.house)
    folder = Path(stage.house.settings.data_dir)
    assert [
        str(file)
        for file in folder.rglob("*")
        if file.is_file() and SHOWN.encode() in file.read_bytes()
    ] == []


def sign_in(stage: Stage, role: str) -> FlaskClient:
    client = create_app(stage.house).test_client()
    token = csrf(client, "/staff/login")
    fields = {"email": f"{role}@example.jp", "password": PASSWORD, "csrf_token": token}
    assert client.post("/staff/login", data=fields).status_code == 303
    return client


def csrf(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found, path
    return found[1]


def test_two_people_erase_on_the_pages(stage: Stage) -> None:
    """A gift that was never paid has no papers: it is due at once."""
    with psycopg.connect(stage.superuser_dsn) as connection:
        gift = "G-0000NEVR"
        connection.execute(
            "WITH who AS (INSERT INTO donor (kind, family_name, address1, locale, created_at)"
            " VALUES ('individual', '見本', '見本区', 'ja', now()) RETURNING id)"
            " INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256,"
            " secret_hash, edition_code, offered_at, salt) SELECT %s, id, 5000, 'expired', 'card',"
            " 'never', 'x', 'x', (SELECT code FROM edition LIMIT 1), now(), sha256('x') FROM who",
            (gift,),
        )
    officer, decider = sign_in(stage, "officer"), sign_in(stage, "decider")
    path = f"/staff/gifts/{gift}/erasure"
    assert officer.post(path, data={"csrf_token": csrf(officer, path)}).status_code == 400
    answer = officer.post(path, data={"csrf_token": csrf(officer, path), "ground": "asked"})
    assert answer.status_code == 303
    assert "あなたの起案です" in officer.get(path).get_data(as_text=True)
    fields = {"csrf_token": csrf(decider, path), "decision": "erase"}
    assert decider.post(f"{path}/decision", data=fields).status_code == 400
    assert decider.post(f"{path}/decision", data=fields | {"sure": "y"}).status_code == 303
    assert "に消去しました" in decider.get(path).get_data(as_text=True)
    for form in ("", ".csv", ".json", ".xlsx"):
        listed = officer.get(f"/staff/erasures{form}")
        assert listed.status_code == 200
        assert form == ".xlsx" or gift in listed.get_data(as_text=True)
    assert "Erasure of personal data" in officer.get("/en/staff/erasures").get_data(as_text=True)
    early = officer.get(f"/staff/gifts/{stage.gift}/erasure").get_data(as_text=True)
    assert "から消去できます" in early
