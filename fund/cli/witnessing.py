"""``fund witness``: remember the heads of a log, and sign only those that contain the last one.

A witness needs nothing of the fund but its address: this command asks the published files, never
the database, and keeps what it saw in a small state file.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from dataclasses import dataclass
from pathlib import Path

import click
import requests

from fund.adapters.signing import Ed25519Notary, KeySigner, new_signing_key
from fund.kernel.errors import Invalid, Unavailable
from fund.publication.log.merkle import consistency_proof, root, roots_from_consistency
from fund.publication.log.note import (
    COSIGNATURE,
    Checkpoint,
    Key,
    Note,
    cosignature,
    cosigned_message,
    read_checkpoint,
    read_note,
    read_vkey,
)
from fund.publication.log.tiles import TiledTree, tile_path

SECONDS = 20


@click.command()
@click.argument("url", required=False)
@click.option("--key", "key_file", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--new", "name", help="Make the witness's key under this name (mayor.example/1).")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="What was seen.")
@click.option("--vkey", help="The log's key, if you know it; else the first one seen is kept.")
@click.option("--submit/--no-submit", default=True, help="Send the signature to the log.")
def witness(
    url: str | None,
    key_file: Path,
    name: str | None,
    state: Path | None,
    vkey: str | None,
    *,
    submit: bool,
) -> None:
    """Check that the log at URL has only grown since last time, and cosign its head.

    First: fund witness --key my.key --new council.example/1 (tell the office what it prints).
    Then, as often as you like: fund witness https://fund.example.jp --key my.key
    """
    if name:
        _make_key(key_file, name)
    if not url:
        return
    secret = key_file.read_text(encoding="ascii").strip()
    signer = KeySigner(secret)
    if signer.key is None:
        raise Invalid("立会人の鍵がありません")
    mine = Key(signer.key.name, signer.key.public, COSIGNATURE)
    place = state or key_file.with_suffix(".seen.json")
    seen = Seen.load(place)
    fetched = Log(url.rstrip("/"))
    note = read_note(fetched.text("checkpoint"))
    now = read_checkpoint(note.text)
    signed_by = _check_signature(note, now, read_vkey(vkey or seen.vkey or fetched.text("vkey")))
    _check_growth(fetched, seen, now)
    # What is signed must be remembered first: a crash in between must not allow a fork.
    Seen(signed_by.vkey, now.size, base64.b64encode(now.root).decode()).save(place)
    at = int(dt.datetime.now(dt.UTC).timestamp())
    line = cosignature(mine, at, signer.sign_bytes(cosigned_message(note.text, at)))
    click.echo(f"{now.origin}: {seen.size} → {now.size} 番。前に見た台帳は、そのまま含まれています")
    click.echo(line.line, nl=False)
    if submit:
        fetched.submit(Note(note.text, (line,)).spelled())
        click.echo("署名を届けました")


def _make_key(key_file: Path, name: str) -> None:
    if key_file.exists():
        raise Invalid(f"{key_file} はすでにあります")
    secret = new_signing_key(name)
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret + "\n")
    made = KeySigner(secret).key
    if made is not None:
        click.echo(Key(made.name, made.public, COSIGNATURE).vkey)


@dataclass(frozen=True)
class Seen:
    """The head a witness signed last; size 0 for none."""

    vkey: str = ""
    size: int = 0
    root: str = ""

    @classmethod
    def load(cls, place: Path) -> Seen:
        """What the state file tells; nothing if there is none."""
        if not place.is_file():
            return cls()
        kept = json.loads(place.read_text(encoding="utf-8"))
        return cls(str(kept["vkey"]), int(kept["size"]), str(kept["root"]))

    def save(self, place: Path) -> None:
        """Replace the state file, whole or not at all."""
        draft = place.with_name(place.name + ".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump({"vkey": self.vkey, "size": self.size, "root": self.root}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)


class Log:
    """The published files of a log at an address."""

    def __init__(self, url: str) -> None:
        self._url = url

    def read(self, path: str) -> bytes:
        """One file's bytes.

        Raises:
            Unavailable: when the log does not answer with it.
        """
        try:
            answer = requests.get(f"{self._url}/log/{path}", timeout=SECONDS)
        except requests.RequestException as error:
            raise Unavailable(f"台帳に接続できません: {self._url}") from error
        if not answer.ok:
            raise Unavailable(f"台帳に {path} がありません（{answer.status_code}）")
        return answer.content

    def text(self, path: str) -> str:
        """One file as text."""
        return self.read(path).decode("utf-8")

    def submit(self, note: str) -> None:
        """Hand a cosigned head in.

        Raises:
            Invalid: with the log's answer when it does not take it.
        """
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        answer = requests.post(
            f"{self._url}/log/cosignatures", note.encode(), headers=headers, timeout=SECONDS
        )
        if not answer.ok:
            raise Invalid(f"署名が受け取られませんでした（{answer.status_code}）: {answer.text}")


def _check_signature(note: Note, head: Checkpoint, key: Key) -> Key:
    """The log's key, if it signed this head under the log's own name."""
    for signature in note.signatures:
        if (signature.name, signature.key_id) == (key.name, key.id) and Ed25519Notary().is_signed(
            key, note.text.encode(), signature.blob
        ):
            if head.origin != key.name:
                raise Invalid(f"別の台帳のチェックポイントです: {head.origin}")
            return key
    raise Invalid("チェックポイントに、知っている鍵の署名がありません")


def _check_growth(log: Log, seen: Seen, head: Checkpoint) -> None:
    """Pass if the head contains the one seen before, by hashes of its tiles alone."""
    if seen.size == 0:
        return
    old_root = base64.b64decode(seen.root)
    if head.size < seen.size:
        raise Invalid(f"台帳が短くなっています: {seen.size} → {head.size}")
    tree = TiledTree(lambda *at: log.read(tile_path(*at)), head.size)
    if head.size == seen.size:
        if head.root != old_root:
            raise Invalid("同じ番号で、台帳の根が変わっています（分岐）")
        return
    proof = consistency_proof(tree, seen.size, head.size)
    if roots_from_consistency(seen.size, head.size, proof, old_root) != (old_root, head.root):
        raise Invalid("前に見た台帳が、いまの台帳に含まれていません（書きかえ）")
    if root(tree, head.size) != head.root:
        raise Invalid("台帳のファイルと、チェックポイントの根が合いません")
