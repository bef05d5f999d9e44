"""``/verify``: one sentence for numbers, fingerprints, receipts and files, and no oracle."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import database as testing
import psycopg
import pypdf
import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from houses import wired_house

from fund.adapters.signing import KeySigner, new_signing_key
from fund.app import create_app
from fund.giving.commands import secret_of
from fund.kernel.actor import system
from fund.kernel.errors import TooMany
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.cluster import APP, SUPERUSER, Cluster
from fund.platform.house import House
from fund.publication import releases, signing
from fund.publication.commands import append_pending
from fund.publication.verifier.sources import Folder
from fund.publication.verifier.verify import Asked, verify
from fund.receipts import checking, commands
from fund.sample.plot import plant

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
BY = system("test")


@dataclass(frozen=True)
class Stage:
    house: House
    superuser_dsn: str
    receipts: list[tuple[str, str, int]]

    @property
    def client(self) -> FlaskClient:
        return create_app(self.house).test_client()


@pytest.fixture(scope="module")
def stage(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with testing.fresh_database(cluster, template, "verify_box") as name:
        house = wired_house(cluster.dsn(APP, name), tmp_path_factory.mktemp("box"))
        plant(house, now=NOW - dt.timedelta(days=400), gifts=12)
        append_pending(house, by=BY, now=NOW)
        signing.sign_log(house, now=NOW)
        releases.publish_live(house)
        with psycopg.connect(cluster.dsn(SUPERUSER, name)) as connection:
            rows = connection.execute(
                "SELECT no, gift_no, (convert_from(payload, 'UTF8')::jsonb ->> 'yen')::bigint"
                " FROM receipt WHERE state = 'valid' ORDER BY id"
            ).fetchall()
        yield Stage(house, cluster.dsn(SUPERUSER, name), rows)
        house.database.close()


@pytest.fixture(autouse=True)
def fresh_counts(stage: Stage) -> None:
    with psycopg.connect(stage.superuser_dsn) as connection:
        connection.execute("DELETE FROM attempt")


def sentence(page: str) -> str:
    """The notice of an answer."""
    found = re.search(r'<div class="notice-body">.*?<p>(.*?)</p>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[0]).strip() if found else ""


def ask(client: FlaskClient, number: str, prefix: str = "") -> tuple[int, str]:
    answer = client.get(f"{prefix}/verify", query_string={"number": number})
    return answer.status_code, sentence(answer.get_data(as_text=True))


def post(client: FlaskClient, **fields: object) -> tuple[int, str, str]:
    page = client.get("/verify").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = client.post("/verify", data={"csrf_token": token[1], **fields})
    text = answer.get_data(as_text=True)
    return answer.status_code, sentence(text), re.sub(r'value="[^"]{60,}"', "", text)


def test_public_numbers_and_fingerprints_are_answered_in_one_sentence(stage: Stage) -> None:
    client = stage.client
    with psycopg.connect(stage.superuser_dsn) as connection:
        no, gift, body = connection.execute(
            "SELECT no, gift_no, body FROM public_entry WHERE kind = 'donation.received' LIMIT 1"
        ).fetchone()
        (root,) = connection.execute("SELECT root FROM log_checkpoint LIMIT 1").fetchone()
        (award,) = connection.execute(
            "SELECT award_no FROM public_entry WHERE kind = 'award.decided'"
        ).fetchone()
    for number in (str(no), gift, gift.lower(), hashlib.sha256(body).hexdigest()):
        status, said = ask(client, number)
        assert (status, f"{no}番" in said) == (200, True), said
    assert "署名の値" in ask(client, root.hex())[1]
    assert "公開している助成" in ask(client, award)[1]
    sums = (stage.house.settings.data_dir / "release/SHA256SUMS").read_text().splitlines()
    digest, path = next(line.split("  ") for line in sums if line.endswith("gifts.csv"))
    assert path in ask(client, digest)[1]
    for number in ("0" * 64, "999999", "G-ZZZZZZZZ", "A1999-0001", "'; --"):
        assert ask(client, number)[0] == 404
    assert "is in the ledger" in ask(client, str(no), "/en")[1]


def test_a_gift_that_is_not_accepted_is_answered_like_one_that_does_not_exist(stage: Stage) -> None:
    with psycopg.connect(stage.superuser_dsn) as connection:
        (waiting,) = connection.execute(
            "SELECT no FROM gift WHERE accepted_on IS NULL LIMIT 1"
        ).fetchone()
    there, unknown = ask(stage.client, waiting), ask(stage.client, "G-0000ZZZZ")
    assert there[0] == unknown[0] == 404
    assert there[1].replace(waiting, "N") == unknown[1].replace("G-0000ZZZZ", "N")


def test_a_receipt_is_answered_only_with_its_amount(stage: Stage) -> None:
    client = stage.client
    no, _gift, yen = stage.receipts[0]
    for number in (no, "R2020-999999"):
        page = client.get("/verify", query_string={"number": number})
        text = page.get_data(as_text=True)
        assert page.status_code == 200
        assert sentence(text) == ""
        assert f'value="{number}"' in text
    status, said, _ = post(client, number=no, amount=f"{yen:,}円")
    assert status == 200
    assert f"{no}は有効" in said
    unknown = post(client, number="R2020-999999", amount=str(yen))
    wrong = post(client, number=no, amount=str(yen + 1))
    assert wrong[:2] == unknown[:2]
    assert wrong[0] == 404
    same = [
        page.replace(no, "N").replace("R2020-999999", "N").replace(str(yen + 1), str(yen))
        for page in (wrong[2], unknown[2])
    ]
    assert same[0] == same[1]
    assert post(client, number=no, amount="たくさん")[0] == 400


def test_both_wrong_answers_ask_the_database_the_same(stage: Stage) -> None:
    no, _gift, yen = stage.receipts[0]
    with stage.house.database.reading() as connection:
        assert checking._compared(connection, "R2020-999999", yen) is None
        assert checking._compared(connection, no, yen + 1) is None
        assert checking._compared(connection, no, yen) is not None


def test_guessing_is_slowed_for_a_visitor_and_for_a_number(stage: Stage) -> None:
    no, _gift, yen = stage.receipts[0]
    ask_it = {"by": BY, "now": dt.datetime.now(dt.UTC), "yen": yen + 1}
    for guess in range(checking.PER_NUMBER):
        assert checking.check(stage.house, number=no, origin=f"o{guess}", **ask_it) is None
    with pytest.raises(TooMany):
        checking.check(stage.house, number=no, origin="another", **ask_it)
    for serial in range(checking.PER_ORIGIN):
        checking.check(stage.house, number=f"R2099-{serial:06d}", origin="crawler", **ask_it)
    with pytest.raises(TooMany):
        checking.check(stage.house, number="R2099-999999", origin="crawler", **ask_it)
    status, _said, page = post(stage.client, number=no, amount="1")
    assert status == 429
    # One sentence says when to come back; a second one with another time would contradict it.
    assert "1時間ほど" in page
    assert "1分ほど" not in page
    with psycopg.connect(stage.superuser_dsn) as connection:
        kept = connection.execute("SELECT * FROM attempt").fetchall()
    assert no not in str(kept)


def test_a_void_receipt_is_said_to_be_void(stage: Stage) -> None:
    no, _gift, yen = stage.receipts[-1]
    with psycopg.connect(stage.superuser_dsn) as connection:
        connection.execute(
            "UPDATE receipt SET state = 'void', voided_at = now() WHERE no = %s", (no,)
        )
    assert "取り消されています" in post(stage.client, number=no, amount=str(yen))[1]


def test_the_receipts_code_opens_its_check_and_nothing_secret(stage: Stage) -> None:
    no, gift, yen = stage.receipts[1]
    _, pdf = commands.document(stage.house, now=NOW, gift_no=gift)
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_numpy()
    (code,) = zxingcpp.read_barcodes(page)
    address = f"{stage.house.settings.base_url}/v/{no}"
    assert code.text == address
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert address in text.replace("\n", "")
    secret = secret_of(stage.house, gift)
    assert secret not in text
    assert secret.encode() not in pdf
    client = stage.client
    opened = client.get(f"/v/{no}")
    assert opened.headers["Location"].endswith(f"/verify?number={no}")
    assert str(yen) not in client.get(opened.headers["Location"]).get_data(as_text=True)
    found = post(client, file=(io.BytesIO(pdf), "receipt.pdf"))
    assert found[0] == 200
    assert f"{no}は有効" in found[1]
    assert post(client, file=(io.BytesIO(pdf + b" "), "receipt.pdf"))[0] == 404


def test_a_proof_stays_good_after_new_entries_a_new_key_and_new_releases(stage: Stage) -> None:
    client = stage.client
    _no, gift, _yen = stage.receipts[2]
    proof = client.get(f"/d/{secret_of(stage.house, gift)}/proof.json").data
    assert "あなたの寄附は、台帳の" in post(client, file=(io.BytesIO(proof), "proof.json"))[1]
    with stage.house.transaction(by=BY, now=NOW) as tx:
        journal.record(tx, facts.fee_charged("test-proof", Yen(36), NOW.date()))
    append_pending(stage.house, by=BY, now=NOW)
    signing.rotate_key(
        stage.house, by=BY, now=NOW, successor=KeySigner(new_signing_key("tests.example/log"))
    )
    made = releases.publish_live(stage.house)
    status, said, _ = post(client, file=(io.BytesIO(proof), "proof.json"))
    assert (status, "書きかえられていません" in said) == (200, True)
    assert verify(Folder(made.place), Asked(proof=proof)).ok
    told = json.loads(proof)
    for broken in (
        {**told, "opening": {**told["opening"], "name": "別の人"}},
        {**told, "index": told["index"] + 1},
        {**told, "index": -1},
        {**told, "hashes": told["hashes"][:-1]},
        {**told, "checkpoint": told["checkpoint"].replace("\n", "\n1", 1)},
        {"opening": {}},
        {**told, "opening": []},
    ):
        data = json.dumps(broken, ensure_ascii=False).encode()
        assert post(client, file=(io.BytesIO(data), "proof.json"))[0] == 404
    assert post(client, file=(io.BytesIO(b'{"opening"'), "proof.json"))[0] == 404
