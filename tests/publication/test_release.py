"""A release of planted books: complete, repeatable, and every change of it is found."""

from __future__ import annotations

import datetime as dt
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import database as testing
import psycopg
import pytest
from forging import Files, Forger, changed, failing, spell
from houses import wired_house
from sqlalchemy import text
from werkzeug.serving import make_server

from fund.adapters.signing import KeySigner, new_signing_key
from fund.app import create_app
from fund.giving.commands import secret_of
from fund.kernel.actor import system
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.cluster import APP, SUPERUSER, Cluster
from fund.platform.house import House
from fund.publication import releases, signing
from fund.publication.commands import append_pending
from fund.publication.log.note import Note
from fund.publication.ports import Signer
from fund.publication.verifier.verify import Asked, verify
from fund.publication.verifier.web import fetched
from fund.sample.plot import plant

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
BY = system("test")


@dataclass(frozen=True)
class Stage:
    """Planted books with two releases: one of an earlier head, one of the last."""

    house: House
    superuser_dsn: str
    old_checkpoint: bytes
    out: Path


@pytest.fixture(scope="module")
def stage(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with testing.fresh_database(cluster, template, "release_of_planted_books") as name:
        folder = tmp_path_factory.mktemp("release")
        house = wired_house(cluster.dsn(APP, name), folder / "data")
        plant(house, now=NOW - dt.timedelta(days=400), gifts=25)
        signing.sign_log(house, now=NOW)
        first = releases.publish(house, out=folder / "public")
        old = (first.place / "log/checkpoint").read_bytes()
        _go_on(house)
        signing.rotate_key(
            house, by=BY, now=NOW, successor=KeySigner(new_signing_key("tests.example/log"))
        )
        made = releases.publish(house, out=folder / "public")
        assert made.size > first.size
        yield Stage(house, cluster.dsn(SUPERUSER, name), old, folder / "public")
        house.database.close()


def _go_on(house: House) -> None:
    """A few more public entries after the first head: fees, of no gift's concern."""
    with house.transaction(by=BY, now=NOW) as tx:
        for number in range(5):
            journal.record(tx, facts.fee_charged(f"test-{number}", Yen(36), NOW.date()))
    append_pending(house, by=BY, now=NOW)


@pytest.fixture(scope="module")
def files(stage: Stage) -> Files:
    return Files.of(stage.out)


def test_a_release_of_planted_books_holds(stage: Stage, files: Files) -> None:
    found = verify(files, Asked(since=stage.old_checkpoint))
    assert found.ok, "\n".join(found.lines())
    assert all(found[number].counted for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12))


def test_publishing_again_changes_no_byte_and_leaves_no_draft(stage: Stage) -> None:
    before = {path: path.stat().st_mtime_ns for path in stage.out.resolve().rglob("*")}
    again = releases.publish(stage.house, out=stage.out)
    assert not again.fresh
    assert {path: path.stat().st_mtime_ns for path in stage.out.resolve().rglob("*")} == before
    assert not list(stage.out.parent.glob(".*"))


def test_an_interrupted_publish_leaves_the_old_release(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stage.out.readlink()
    with monkeypatch.context() as patch:
        patch.setattr(releases, "_readme", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            releases.publish(stage.house, out=stage.out)
    assert stage.out.readlink() == before
    assert not releases.publish(stage.house, out=stage.out).fresh


def test_a_folder_that_is_no_link_of_ours_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(Conflict):
        releases.publish(stage.house, out=mine)
    assert (mine / "letter.txt").read_text() == "dear"


def test_a_name_withdrawn_leaves_new_releases_and_the_log_stays(stage: Stage) -> None:
    with psycopg.connect(stage.superuser_dsn) as connection:
        connection.execute("ALTER TABLE gift DISABLE TRIGGER ALL")
        (gift,) = connection.execute(
            "UPDATE gift SET publish_name = true, display_name = '見本の公開名' WHERE id ="
            " (SELECT min(id) FROM gift WHERE accepted_on IS NOT NULL) RETURNING no"
        ).fetchone()
    shown = releases.publish(stage.house, out=stage.out)
    assert "見本の公開名" in (stage.out / "disclosures.json").read_text()
    with psycopg.connect(stage.superuser_dsn) as connection:
        connection.execute(
            "UPDATE gift SET publish_name = false, display_name = '' WHERE no = %s", (gift,)
        )
    hidden = releases.publish(stage.house, out=stage.out)
    assert shown.size == hidden.size
    assert shown.place != hidden.place
    assert all(
        "見本の公開名".encode() not in file.read_bytes()
        for file in stage.out.resolve().rglob("*")
        if file.is_file()
    )
    assert verify(Files.of(stage.out), Asked(since=stage.old_checkpoint)).ok


def test_no_person_is_in_a_release(stage: Stage, files: Files) -> None:
    with psycopg.connect(stage.superuser_dsn) as connection:
        marks = {
            mark
            for row in connection.execute(
                "SELECT family_name, kana, email, address1, phone FROM donor"
            ).fetchall()
            for mark in row
            if mark and len(mark) > 2
        }
    whole = b"\n".join(files.values())
    assert marks
    assert [mark for mark in marks if mark.encode() in whole] == []


MUTATIONS = 520


@pytest.mark.parametrize("part", range(4))
def test_every_changed_byte_is_found(files: Files, part: int) -> None:
    """Random bytes of random files; where a forger could fit the fingerprints, he does.

    A check that is about the changed file says so.
    """
    dice = random.Random(part)
    names = sorted(name for name in files if name != "SHA256SUMS")
    summed = {"README", "verify.html", "disclosures.json"}
    missed = []
    for _ in range(MUTATIONS // 4):
        name = dice.choice(names)
        forged = files.copy()
        data = bytearray(forged[name])
        if not data:
            continue
        at = dice.randrange(len(data))
        data[at] ^= 1 << dice.randrange(8)
        forged[name] = bytes(data)
        if name not in summed and not name.startswith("data/"):
            forged.sum_again()
        if not failing(forged) & about(name):
            missed.append((name, at, failing(forged)))
    assert missed == []


def about(name: str) -> set[int]:
    """The checks that a reader expects to speak of a file."""
    if name.startswith("log/tile/"):
        return {2}
    if name.startswith("log/"):
        return {1}
    return {9, 12} if name.startswith("runs/") else {10, 12}


def test_every_drop_swap_and_fork_is_found(stage: Stage, files: Files) -> None:
    """Whole logs forged at random places and signed: by the fund's own key, and by another one."""
    dice = random.Random(7)
    vkey = json.loads(files["log/keys.json"])["keys"][0]["vkey"]
    own = stage.house.port(Signer)
    old_size = int(stage.old_checkpoint.split(b"\n")[1])
    for _ in range(20):
        dropped = Forger(files)
        dropped.entries = dropped.entries[: dice.randrange(1, old_size)]
        assert 3 in failing(dropped.rebuild(own), since=stage.old_checkpoint)
        swapped = Forger(files)
        one, other = dice.sample(range(len(swapped.entries)), 2)
        swapped.entries[one], swapped.entries[other] = swapped.entries[other], swapped.entries[one]
        assert 4 in failing(swapped.rebuild(own))
        fork = Forger(files)
        del fork.entries[dice.randrange(len(fork.entries))]
        assert {1, 4} & failing(fork.rebuild(), vkey=vkey)
        assert 1 in failing(fork.rebuild(), vkey=vkey)


@pytest.mark.parametrize(
    "name", ["entries", "postings", "gifts", "awards", "allocations", "balances"]
)
def test_a_forged_figure_in_a_table_is_found_even_with_fitting_fingerprints(
    files: Files, name: str
) -> None:
    path = f"data/{name}.csv"
    dice = random.Random(name)
    lines = files[path].split(b"\n")
    for _ in range(12):
        row = dice.randrange(1, len(lines) - 1)
        digits = [i for i, char in enumerate(lines[row]) if 48 <= char <= 57]
        at = dice.choice(digits)
        forged_line = bytearray(lines[row])
        forged_line[at] = 48 + (forged_line[at] - 47) % 10
        forged = files.copy()
        forged[path] = b"\n".join([*lines[:row], bytes(forged_line), *lines[row + 1 :]])
        assert failing(forged.sum_again()) == {10}
    for broken in ([*lines[:-2], b""], [*lines[:-1], lines[-2], b""]):
        forged = files.copy()
        forged[path] = b"\n".join(broken)
        assert failing(forged.sum_again()) == {10}


@pytest.mark.parametrize("name", ["ledger.journal", "ledger.beancount"])
def test_a_forged_journal_is_found(files: Files, name: str) -> None:
    path = f"data/{name}"
    for old, new in ((b"36 JPY", b"37 JPY"), (b"fee.charged", b"fee.reimbursed")):
        assert old in files[path]
        forged = files.copy()
        forged[path] = forged[path].replace(old, new, 1)
        assert failing(forged.sum_again()) == {10}


def test_a_stray_line_and_swapped_columns_are_found(files: Files) -> None:
    """What no row of the log says, although every row is there."""
    lies = {
        "data/ledger.journal": (b" * balances\n", b" * balances\n    Assets:Bank  1 JPY\n"),
        "data/gifts.csv": (b"fallback,yen", b"yen,fallback"),
        "data/entries.csv": (b"no,kind", b"kind,no"),
    }
    for path, (old, new) in lies.items():
        assert old in files[path]
        forged = files.copy()
        forged[path] = forged[path].replace(old, new, 1)
        assert failing(forged.sum_again()) == {10}


def test_a_fork_with_a_new_key_fails_for_everybody_who_kept_something(
    stage: Stage, files: Files
) -> None:
    forger = Forger(files)
    forger.entries = forger.entries[:-1]
    forged = forger.rebuild()
    vkey = json.loads(files["log/keys.json"])["keys"][0]["vkey"]
    assert 1 in failing(forged, since=stage.old_checkpoint)
    assert 1 in failing(forged, vkey=vkey)


def test_dropping_the_last_entries_shows_against_an_older_checkpoint(
    stage: Stage, files: Files
) -> None:
    """Even the fund itself cannot sign a shorter log for somebody who kept a longer one."""
    forger = Forger(files)
    forger.entries = forger.entries[: len(forger.entries) // 2]
    shorter = forger.rebuild(stage.house.port(Signer))
    assert {1, 3} & failing(shorter, since=files["log/checkpoint"])
    assert 3 in failing(shorter, since=stage.old_checkpoint)


def test_two_entries_reordered_are_found(stage: Stage, files: Files) -> None:
    forger = Forger(files)
    forger.entries[1], forger.entries[2] = forger.entries[2], forger.entries[1]
    assert {4} <= failing(forger.rebuild(stage.house.port(Signer)))


def test_the_owner_of_the_key_cannot_cheat_in_the_sums(stage: Stage, files: Files) -> None:
    """With the real key and fitting fingerprints: each lie breaks the check that is about it."""
    kinds = {}
    for at, entry in enumerate(Forger(files).entries):
        kinds.setdefault(json.loads(entry)["kind"], at)

    def cheat(of: str, **facts: object) -> set[int]:
        forger = Forger(files)
        at = kinds[of]
        forger.entries[at] = changed(forger.entries[at], **facts)
        return failing(forger.rebuild(stage.house.port(Signer)))

    first = json.loads(Forger(files).entries[kinds["donation.received"]])
    share = {**first["shares"][0], "yen": first["shares"][0]["yen"] + 1}
    line = json.loads(Forger(files).entries[kinds["allocation.line"]])
    moved = [{**p, "yen": p["yen"] + (1 if p["yen"] > 0 else 0)} for p in line["postings"]]
    assert 7 in cheat("donation.received", shares=[share, *first["shares"][1:]])
    assert 5 in cheat("allocation.line", postings=moved)
    assert {7, 9} & cheat("allocation.line", rank=2)
    assert 9 in cheat("allocation.line", yen=line["yen"] + 1)
    assert 9 in cheat("allocation.approved", plan_sha256="0" * 64)
    assert 8 in cheat("award.decided", ceiling=1)
    assert 8 in cheat("settlement.confirmed", spent=1)
    assert 4 in cheat("fee.charged", kind="fee.imagined")
    assert 4 in cheat("fee.charged", no=1)
    assert 6 in cheat("opening.balance", postings=[])


def test_a_key_that_was_not_announced_is_not_trusted(stage: Stage, files: Files) -> None:
    keys = json.loads(files["log/keys.json"])
    stranger = KeySigner(new_signing_key("tests.example/log"))
    forged = files.copy()
    head = forged["log/checkpoint"].decode().split("\n\n")[0] + "\n"
    forged["log/checkpoint"] = Note(head, (stranger.sign(head),)).spelled().encode()
    keys["keys"][-1]["vkey"] = stranger.key.vkey
    forged["log/keys.json"] = spell(keys)
    forged["log/vkey"] = f"{stranger.key.vkey}\n".encode()
    assert 1 in failing(forged.sum_again())


def test_the_command_says_it_in_one_sentence_and_by_its_exit(stage: Stage, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(stage.old_checkpoint)
    command = [sys.executable, "-m", "fund", "verify", str(stage.out), "--since", str(old)]
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout + good.stderr
    assert len([line for line in good.stdout.splitlines() if line.startswith("check ")]) == 12
    assert "書きかえられていません" in good.stdout.splitlines()[-1]
    as_json = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert json.loads(as_json.stdout)["ok"] is True
    nowhere = subprocess.run(
        [*command[:4], str(tmp_path / "nothing")], capture_output=True, text=True, check=False
    )
    assert nowhere.returncode == 1
    assert "FAIL" in nowhere.stdout


def test_a_donors_proof_is_checked_with_the_release_and_opens_only_for_its_donor(
    stage: Stage, files: Files
) -> None:
    client = create_app(stage.house).test_client()
    with stage.house.database.reading() as connection:
        gift = connection.execute(
            text("SELECT no FROM gift WHERE accepted_on IS NOT NULL ORDER BY no LIMIT 1")
        ).scalar_one()
    answer = client.get(f"/d/{secret_of(stage.house, gift)}/proof.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    proof = answer.get_json()
    assert failing(files, proof=answer.data) == set()
    for key, value in (("name", "別の人"), ("received_on", "2026-01-01"), ("salt", "00" * 32)):
        forged = {**proof, "opening": {**proof["opening"], key: value}}
        assert failing(files, proof=json.dumps(forged).encode()) == {7}
    other = {**proof, "index": proof["index"] + 1}
    assert failing(files, proof=json.dumps(other).encode()) == {7}
    assert failing(files, proof=b"{}") == {3}
    said = verify(files, Asked(proof=answer.data)).sentence()
    assert said.endswith(f"あなたの寄附は、台帳の{proof['index'] + 1}番にあります。")
    assert client.get("/d/nonsense/proof.json").status_code == 404


def test_the_live_release_and_the_page_about_it(stage: Stage) -> None:
    made = releases.publish_live(stage.house)
    client = create_app(stage.house).test_client()
    for name, kind in (("SHA256SUMS", "text/plain"), ("data/ledger.journal", "text/plain")):
        with client.get(f"/release/{name}") as answer:
            assert answer.data == (made.place / name).read_bytes()
            assert answer.mimetype == kind
    assert client.get("/release/").headers["Location"].endswith("/release/README")
    for path in ("../data/log/checkpoint", ".draft/x", "nothing", "log/../../secret"):
        assert client.get(f"/release/{path}").status_code == 404
    for prefix in ("", "/en"):
        page = client.get(f"{prefix}/verify").get_data(as_text=True)
        assert made.root.hex() in page
        assert "fund verify http://localhost" in page


def test_the_live_site_verifies_over_http(stage: Stage) -> None:
    releases.publish_live(stage.house)
    server = make_server("127.0.0.1", 0, create_app(stage.house), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with fetched(f"http://127.0.0.1:{server.server_port}") as source:
            found = verify(source, Asked())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert found.ok, "\n".join(found.lines())


def test_only_a_few_old_live_releases_are_kept(stage: Stage) -> None:
    place = stage.house.settings.data_dir
    for number in range(5):
        (place / f"release.{number + 1}-00000000").mkdir()
    made = releases.publish_live(stage.house)
    left = [one for one in place.glob("release.*") if one.is_dir()]
    assert made.place in left
    assert len(left) == releases.KEPT


def test_events_stand_in_the_layout_other_municipalities_use(stage: Stage) -> None:
    named = (
        "都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,イベント名,イベント名_カナ,"
        "イベント名_英語,開始日,終了日,開始時間,終了時間,開始日時特記事項,説明,料金(基本),"
        "料金(詳細),連絡先名称,連絡先電話番号,連絡先内線番号,主催者,場所名称,住所,方書,緯度,経度,"
        "アクセス方法,駐車場情報,定員,参加申込終了日,参加申込終了時間,参加申込方法,URL,備考\n"
    )
    # The fund holds no events of its own yet: a header and no invented row.
    assert (stage.out / "data/events.csv").read_text(encoding="utf-8") == named
    described = json.loads((stage.out / "data/datapackage.json").read_bytes())["resources"]
    fields = next(one for one in described if one["name"] == "events")["schema"]["fields"]
    assert [field["name"] for field in fields] == named.strip().split(",")
