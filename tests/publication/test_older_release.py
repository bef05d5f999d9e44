"""What a visitor brings along may know more than the release: that is no lie, and not good either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from houses import wired_house
from sample_books import BY, NOW, Wish, gift_no, give, small_story

from fund.publication import releases, signing
from fund.publication.commands import append_pending
from fund.publication.proofs import proof_of
from fund.publication.queries import heads
from fund.publication.verifier.sources import Folder
from fund.publication.verifier.verify import Asked, verify


def test_a_release_older_than_proof_or_checkpoint_asks_for_a_newer_one(
    app_dsn: str, tmp_path: Path
) -> None:
    """A donor asks minutes after the acceptance, before the next release. Or entries were cut:
    nobody can tell the two apart from one release, so it is never called good."""
    house = wired_house(app_dsn, tmp_path / "data")
    small_story(house)
    append_pending(house, by=BY, now=NOW)
    signing.sign_log(house, now=NOW)
    old = releases.publish(house, out=tmp_path / "old").place
    with house.transaction(by=BY, now=NOW) as tx:
        give(tx, 9, [Wish("anywhere", None, 4_000)], batch="B2026-009")
    append_pending(house, by=BY, now=NOW)
    signing.sign_log(house, now=NOW)
    with house.database.reading() as connection:
        head = heads.last_head(connection)
    assert head is not None
    proof = json.dumps(proof_of(house, gift_no(9)), ensure_ascii=False).encode()
    for brought, number in ((Asked(proof=proof), 7), (Asked(since=head.note.encode()), 3)):
        found = verify(Folder(old), brought)
        assert {one.number for one in found.checks.values() if not one.ok} - {9} == {number}
        found.checks.pop(9)  # the run of these books is a stub
        assert "もっと先の記帳を知っています" in found.sentence()
    new = releases.publish(house, out=tmp_path / "new").place
    found = verify(Folder(new), Asked(proof=proof, since=head.note.encode()))
    assert {one.number for one in found.checks.values() if not one.ok} == {9}  # of these stub books
    assert found.proved == json.loads(proof)["index"] + 1
    house.database.close()


@pytest.mark.parametrize("change", ["entry", "salt"])
def test_a_forged_proof_is_not_excused_by_a_newer_place(
    app_dsn: str, tmp_path: Path, change: str
) -> None:
    house = wired_house(app_dsn, tmp_path / "data")
    small_story(house)
    append_pending(house, by=BY, now=NOW)
    signing.sign_log(house, now=NOW)
    place = releases.publish(house, out=tmp_path / "out").place
    proof = proof_of(house, gift_no(1))
    proof["index"] = 10_000
    if change == "salt":
        proof["opening"] = {**proof["opening"], "salt": "00" * 32}
    found = verify(Folder(place), Asked(proof=json.dumps(proof).encode()))
    assert "合わないところがあります" in found.sentence()
    house.database.close()
