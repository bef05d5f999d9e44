"""Signing the log on a real database and a real folder: growth, crashes, forks, keys, witnesses."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from houses import wired_house
from sample_books import BY, NOW, Wish, give, small_story
from werkzeug.serving import make_server

from fund.adapters.signing import Ed25519Notary, KeySigner, new_signing_key
from fund.app import create_app
from fund.cli.witnessing import witness
from fund.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from fund.platform.house import House
from fund.platform.invariants import examine
from fund.publication import releases, signing
from fund.publication.commands import append_pending
from fund.publication.invariants import INVARIANTS
from fund.publication.log.merkle import leaf_hash, root
from fund.publication.log.note import (
    COSIGNATURE,
    Key,
    Note,
    cosignature,
    cosigned_message,
    read_checkpoint,
    read_note,
    read_vkey,
)
from fund.publication.log.tiles import TiledTree, tile_path, unbundle
from fund.publication.ports import Shelf, Signer
from fund.publication.queries import heads


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    house = wired_house(app_dsn, tmp_path)
    small_story(house)
    while append_pending(house, by=BY, now=NOW):
        pass
    yield house
    house.database.close()


def more(house: House, serial: int) -> None:
    """One more gift becomes public."""
    with house.transaction(by=BY, now=NOW) as tx:
        give(tx, serial, [Wish("anywhere", None, 1000 + serial)])
    append_pending(house, by=BY, now=NOW)


def shelf_tree(house: House, size: int) -> TiledTree:
    return TiledTree(lambda *at: house.port(Shelf).read(tile_path(*at)), size)


def signed_head(house: House):
    """The published head, its signature checked with the published key."""
    shelf = house.port(Shelf)
    note = read_note(shelf.read("checkpoint").decode())
    key = read_vkey(shelf.read("vkey").decode())
    assert any(
        one.key_id == key.id and Ed25519Notary().is_signed(key, note.text.encode(), one.blob)
        for one in note.signatures
    )
    return read_checkpoint(note.text)


def test_the_head_is_signed_over_exactly_the_public_entries(house: House) -> None:
    made = signing.sign_log(house, now=NOW)
    assert made is not None
    assert signed_head(house) == made
    with house.database.reading() as connection:
        bodies = heads.bodies(connection, 0, made.size)
    assert len(bodies) == made.size > 5
    entries = unbundle(house.port(Shelf).read(tile_path("entries", 0, made.size)))
    assert entries == bodies
    hashes = house.port(Shelf).read(tile_path(0, 0, made.size))
    assert hashes == b"".join(leaf_hash(body) for body in bodies)
    assert root(shelf_tree(house, made.size), made.size) == made.root


def test_nothing_new_signs_nothing_and_growth_keeps_the_past(house: House) -> None:
    first = signing.sign_log(house, now=NOW)
    assert signing.sign_log(house, now=NOW) is None
    before = house.port(Shelf).read("checkpoint")
    more(house, 900)
    second = signing.sign_log(house, now=NOW)
    assert first is not None
    assert second is not None
    assert second.size > first.size
    assert root(shelf_tree(house, second.size), first.size) == first.root
    assert house.port(Shelf).read("checkpoint") != before


def test_without_a_key_nothing_is_signed(app_dsn: str, house: House, tmp_path: Path) -> None:
    bare = House(
        house.settings, house.database, house.queue, {**house.ports, Signer: KeySigner("")}
    )
    with pytest.raises(Unavailable, match="FUND_SIGNING_KEY"):
        signing.sign_log(bare, now=NOW)


def test_a_lost_shelf_is_laid_out_again_to_the_same_root(house: House) -> None:
    first = signing.sign_log(house, now=NOW)
    shutil.rmtree(house.settings.data_dir / "log")
    more(house, 901)
    second = signing.sign_log(house, now=NOW)
    assert first is not None
    assert second is not None
    assert root(shelf_tree(house, second.size), first.size) == first.root
    assert signed_head(house) == second


def test_a_crash_between_tiles_and_head_leaves_a_log_that_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing.sign_log(house, now=NOW)
    shown = house.port(Shelf).read("checkpoint")
    more(house, 902)
    with monkeypatch.context() as patch:
        patch.setattr(signing, "_add_head", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            signing.sign_log(house, now=NOW)
    assert house.port(Shelf).read("checkpoint") == shown
    made = signing.sign_log(house, now=NOW)
    assert made == signed_head(house)


def test_a_crash_between_head_and_file_is_healed_by_the_next_minute(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(signing, "publish_head", lambda _house: None)
        made = signing.sign_log(house, now=NOW)
    with pytest.raises(FileNotFoundError):
        house.port(Shelf).read("checkpoint")
    assert signing.sign_log(house, now=NOW) is None
    assert signed_head(house) == made


def test_a_rewritten_entry_stops_the_signing(house: House, superuser_dsn: str) -> None:
    signing.sign_log(house, now=NOW)
    shutil.rmtree(house.settings.data_dir / "log")
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE public_entry DISABLE TRIGGER ALL")
        connection.execute("UPDATE public_entry SET body = body || ' ' WHERE no = 3")
    more(house, 903)
    with pytest.raises(Conflict, match="分岐"):
        signing.sign_log(house, now=NOW)
    with house.database.reading() as connection:
        head = heads.last_head(connection)
    assert head is not None
    assert read_checkpoint(read_note(head.note).text).size == head.size


FORGOTTEN = {"public_source": "no", "public_posting": "no", "public_entry": "no"}


def forget(superuser_dsn: str, size: int) -> None:
    """Make the database what it was at a size: laws and all, only the later rows are gone."""
    with psycopg.connect(superuser_dsn) as connection:
        for table, column in (*FORGOTTEN.items(), ("log_checkpoint", "size")):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            connection.execute(f"DELETE FROM {table} WHERE {column} > {size}")
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def test_a_database_from_an_older_backup_signs_nothing(house: House, superuser_dsn: str) -> None:
    """What was shown to the world is not in it: going on from there would fork the log."""
    first = signing.sign_log(house, now=NOW)
    assert first is not None
    more(house, 904)
    signing.sign_log(house, now=NOW)
    released = releases.publish_live(house)
    shown = house.port(Shelf).read("checkpoint")
    forget(superuser_dsn, first.size)
    with pytest.raises(Conflict, match="古いバックアップ"):
        signing.publish_head(house)
    append_pending(house, by=BY, now=NOW)
    with pytest.raises(Conflict, match="古いバックアップ"):
        signing.sign_log(house, now=NOW)
    successor = KeySigner(new_signing_key("tests.example/log"))
    with pytest.raises(Conflict, match="古いバックアップ"):
        signing.rotate_key(house, by=BY, now=NOW, successor=successor)
    with pytest.raises(Conflict, match="古いバックアップ"):
        releases.publish_live(house)
    assert house.port(Shelf).read("checkpoint") == shown
    assert (house.settings.data_dir / releases.LIVE).resolve() == released.place


def test_a_clock_that_goes_backwards_stops_nothing(house: House) -> None:
    """Heads follow each other by their size; the moment is only told."""
    signing.sign_log(house, now=NOW)
    more(house, 905)
    made = signing.sign_log(house, now=NOW - dt.timedelta(days=400))
    assert made is not None
    assert signed_head(house) == made
    with house.database.reading() as connection:
        head = heads.last_head(connection)
    assert head is not None
    assert head.size == made.size


def test_eight_workers_sign_one_head(house: House) -> None:
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(signing.sign_log(house, now=NOW)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    (only,) = [one for one in made if one is not None]
    assert signed_head(house) == only
    with house.database.reading() as connection:
        assert len(heads.keys(connection)) == 1


def test_the_database_refuses_a_head_that_does_not_grow(house: House, app_dsn: str) -> None:
    made = signing.sign_log(house, now=NOW)
    assert made is not None
    for size in (made.size, made.size - 1, made.size + 100):
        with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "INSERT INTO log_checkpoint VALUES (%s, %s, 'x', now())", (size, bytes(32))
            )
    for statement in ("UPDATE log_checkpoint SET note = 'x'", "DELETE FROM log_checkpoint"):
        with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement)


def test_a_new_key_is_announced_in_the_log_and_both_sign(house: House) -> None:
    first = signing.sign_log(house, now=NOW)
    old = house.port(Signer)
    successor = KeySigner(new_signing_key("tests.example/log"))
    made = signing.rotate_key(house, by=BY, now=NOW, successor=successor)
    assert first is not None
    assert made.size == first.size + 1
    note = read_note(house.port(Shelf).read("checkpoint").decode())
    assert [one.key_id for one in note.signatures] == [old.key.id, successor.key.id]
    last = unbundle(house.port(Shelf).read(tile_path("entries", 0, made.size)))[-1]
    assert json.loads(last)["kind"] == "log.key"
    assert json.loads(last)["vkey"] == successor.key.vkey
    listed = json.loads(house.port(Shelf).read("keys.json"))["keys"]
    assert [(key["from"], key["until"]) for key in listed] == [
        (1, made.size),
        (made.size + 1, None),
    ]
    more(house, 904)
    with pytest.raises(Conflict, match="鍵"):
        signing.sign_log(house, now=NOW)
    renewed = House(house.settings, house.database, house.queue, {**house.ports, Signer: successor})
    assert signing.sign_log(renewed, now=NOW) == signed_head(renewed)


def test_a_key_of_another_name_or_a_known_one_does_not_follow(house: House) -> None:
    signing.sign_log(house, now=NOW)
    with pytest.raises(Invalid, match="名前"):
        signing.rotate_key(
            house, by=BY, now=NOW, successor=KeySigner(new_signing_key("other.example/log"))
        )
    with pytest.raises(Conflict):
        signing.rotate_key(house, by=BY, now=NOW, successor=house.port(Signer))


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """The service's pages over HTTP."""
    server = make_server("127.0.0.1", 0, create_app(house), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: str):
    return CliRunner().invoke(witness, list(arguments))


def test_a_witness_follows_the_log_and_its_signature_is_shown(
    house: House, address: str, tmp_path: Path
) -> None:
    signing.sign_log(house, now=NOW)
    key_file = tmp_path / "my.key"
    made = run("--key", str(key_file), "--new", "council.example/1")
    vkey = made.output.strip()
    assert read_vkey(vkey).algorithm == COSIGNATURE
    assert key_file.stat().st_mode & 0o077 == 0
    refused = run(address, "--key", str(key_file))
    assert isinstance(refused.exception, Invalid)
    signing.add_witness(house, by=BY, now=NOW, vkey=vkey, about="推進会議の委員（見本）")
    first = run(address, "--key", str(key_file))
    assert first.exception is None, first.output
    more(house, 905)
    signing.sign_log(house, now=NOW)
    assert "council.example/1" not in house.port(Shelf).read("checkpoint").decode()
    second = run(address, "--key", str(key_file))
    assert second.exception is None, second.output
    note = read_note(house.port(Shelf).read("checkpoint").decode())
    assert note.signatures[-1].name == "council.example/1"
    with house.database.reading() as connection:
        (newest,) = heads.witnessed(connection)
        assert newest.size == read_checkpoint(note.text).size


def test_a_witness_refuses_a_log_that_forgot_its_past(
    house: House, address: str, tmp_path: Path
) -> None:
    signing.sign_log(house, now=NOW)
    key_file = tmp_path / "my.key"
    vkey = run("--key", str(key_file), "--new", "council.example/1").output.strip()
    signing.add_witness(house, by=BY, now=NOW, vkey=vkey, about="見本")
    assert run(address, "--key", str(key_file)).exception is None
    state = key_file.with_suffix(".seen.json")
    seen = json.loads(state.read_text())
    other = base64.b64encode(bytes(32)).decode()
    state.write_text(json.dumps(seen | {"root": other}))
    assert "分岐" in str(run(address, "--key", str(key_file)).exception)
    more(house, 906)
    signing.sign_log(house, now=NOW)
    assert "含まれていません" in str(run(address, "--key", str(key_file)).exception)
    state.write_text(json.dumps(seen | {"size": 10_000}))
    assert "短く" in str(run(address, "--key", str(key_file)).exception)
    stranger = KeySigner(new_signing_key("tests.example/log")).key
    state.unlink()
    pinned = run(address, "--key", str(key_file), "--vkey", stranger.vkey)
    assert "知っている鍵の署名がありません" in str(pinned.exception)


def test_only_registered_witnesses_of_our_own_heads_are_kept(house: House) -> None:
    made = signing.sign_log(house, now=NOW)
    assert made is not None
    secret = KeySigner(new_signing_key("w.example/1"))
    key = Key(secret.key.name, secret.key.public, COSIGNATURE)
    line = cosignature(
        key, 1_800_000_000, secret.sign_bytes(cosigned_message(made.text, 1_800_000_000))
    )
    spelled = Note(made.text, (line,)).spelled()
    with pytest.raises(NotFound, match="登録"):
        signing.add_cosignature(house, now=NOW, spelled=spelled)
    with pytest.raises(Invalid, match="cosignature"):
        signing.add_witness(house, by=BY, now=NOW, vkey=secret.key.vkey, about="見本")
    signing.add_witness(house, by=BY, now=NOW, vkey=key.vkey, about="見本")
    forged = cosignature(key, 1_800_000_001, line.blob[8:])
    with pytest.raises(Invalid, match="正しく"):
        signing.add_cosignature(house, now=NOW, spelled=Note(made.text, (forged,)).spelled())
    foreign = made.text.replace("tests.example", "other.example")
    with pytest.raises(NotFound, match="この台帳"):
        signing.add_cosignature(house, now=NOW, spelled=Note(foreign, (line,)).spelled())
    assert signing.add_cosignature(house, now=NOW, spelled=spelled) == "w.example/1"
    assert signing.add_cosignature(house, now=NOW, spelled=spelled) == "w.example/1"


def test_the_files_are_served_as_they_lie_and_nothing_else_is(house: House) -> None:
    made = signing.sign_log(house, now=NOW)
    assert made is not None
    client = create_app(house).test_client()
    tile = client.get(f"/log/{tile_path(0, 0, made.size)}")
    assert tile.data == house.port(Shelf).read(tile_path(0, 0, made.size))
    assert "immutable" in tile.headers["Cache-Control"]
    head = client.get("/log/checkpoint")
    assert head.headers["Cache-Control"] == "public, max-age=5"
    again = client.get("/log/checkpoint", headers={"If-None-Match": head.headers["ETag"]})
    assert again.status_code == 304
    for path in ("../demo-environment.json", "tile/0/../../x", "tile/0/999", ".hidden", "tile"):
        assert client.get(f"/log/{path}").status_code == 404
    assert client.post("/log/cosignatures", data=b"\xff").status_code == 400
    assert client.post("/log/cosignatures", data="x" * 20_000).status_code == 400


def findings(house: House) -> dict[str, int]:
    with house.database.reading() as connection:
        found = examine(
            connection,
            tuple(i for i in INVARIANTS if i.name in {"log-head-holds", "log-signed-in-time"}),
        )
    return {one.name: one.count for one in found}


def test_the_board_recomputes_the_head_and_sees_what_waits_too_long(
    house: House, superuser_dsn: str
) -> None:
    signing.sign_log(house, now=NOW)
    assert findings(house) == {"log-head-holds": 0, "log-signed-in-time": 0}
    more(house, 907)
    assert findings(house) == {"log-head-holds": 0, "log-signed-in-time": 1}
    signing.sign_log(house, now=NOW)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE public_entry DISABLE TRIGGER ALL")
        connection.execute("UPDATE public_entry SET body = body || ' ' WHERE no = 3")
    assert findings(house) == {"log-head-holds": 1, "log-signed-in-time": 0}
