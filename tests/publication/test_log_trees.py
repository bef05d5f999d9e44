"""The tree, its tiles and its notes: against a naive tree, and against Go's published example."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.adapters.signing import Ed25519Notary, KeySigner, new_signing_key
from fund.kernel.errors import Invalid
from fund.publication.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    root_from_inclusion,
    roots_from_consistency,
)
from fund.publication.log.note import (
    Checkpoint,
    Key,
    Note,
    read_checkpoint,
    read_note,
    read_signature,
    read_vkey,
)
from fund.publication.log.tiles import (
    TiledTree,
    bundle,
    bundles,
    grow,
    tile_path,
    unbundle,
)

LEAVES = [leaf_hash(str(i).encode()) for i in range(1200)]


def naive(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(naive(hashes[:k]), naive(hashes[k:]))


class Files(dict):
    """Tiles by their paths."""

    def read(self, level: int, number: int, width: int) -> bytes:
        try:
            return self[tile_path(level, number, width)]
        except KeyError:
            raise FileNotFoundError(tile_path(level, number, width)) from None

    def grow(self, old: int, new: int) -> TiledTree:
        for level, number, width, data in grow(self.read, old, LEAVES[old // 256 * 256 : new], new):
            self[tile_path(level, number, width)] = data
        return TiledTree(self.read, new)


@given(st.lists(st.integers(1, 1200), min_size=1, max_size=6, unique=True), st.randoms())
@settings(max_examples=60, deadline=None)
def test_a_log_grown_in_any_steps_has_the_roots_and_proofs_of_the_definition(sizes, random) -> None:
    files, old = Files(), 0
    for new in sorted(sizes):
        tree = files.grow(old, new)
        whole = naive(LEAVES[:new])
        edge = Frontier()
        for leaf in LEAVES[:new]:
            edge.add(leaf)
        assert edge.root() == whole
        assert root(tree, new) == whole
        for index in {0, new - 1, random.randrange(new)}:
            proof = inclusion_proof(tree, index, new)
            assert root_from_inclusion(LEAVES[index], index, new, proof) == whole
        if old:
            before = naive(LEAVES[:old])
            proof = consistency_proof(tree, old, new)
            assert roots_from_consistency(old, new, proof, before) == (before, whole)
            if proof:
                wrong = [bytes(32), *proof[1:]]
                assert roots_from_consistency(old, new, wrong, before) != (before, whole)
        old = new


def test_growing_in_steps_ends_with_the_same_full_tiles_as_growing_at_once() -> None:
    steps, once = Files(), Files()
    for old, new in [(0, 5), (5, 300), (300, 512), (512, 1100)]:
        steps.grow(old, new)
    once.grow(0, 1100)
    assert once.items() <= steps.items()
    assert all(".p/" in path for path in steps.keys() - once.keys())


@pytest.mark.parametrize("length", [0, 2, 9, 11])
def test_a_proof_of_another_length_is_refused(length: int) -> None:
    tree = Files().grow(0, 1000)
    proof = inclusion_proof(tree, 7, 1000)
    assert len(proof) == 10
    with pytest.raises(ValueError, match=r"too (short|long)"):
        root_from_inclusion(LEAVES[7], 7, 1000, (proof * 2)[:length])
    grown = consistency_proof(tree, 700, 1000)
    with pytest.raises(ValueError, match=r"too (short|long)"):
        roots_from_consistency(700, 1000, grown[:-1], naive(LEAVES[:700]))


def test_the_empty_tree_and_paths_are_as_the_specifications_say() -> None:
    assert EMPTY_ROOT == naive([]) == root(TiledTree(Files().read, 0), 0)
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 5, 17) == "tile/entries/005.p/17"
    with pytest.raises(ValueError):
        tile_path(0, 0, 257)


@given(st.lists(st.binary(max_size=300), max_size=300))
@settings(max_examples=40, deadline=None)
def test_bundles_round_trip(entries: list[bytes]) -> None:
    cut = list(bundles(512, entries))
    assert [entry for _, _, data in cut for entry in unbundle(data)] == entries
    assert [number for number, _, _ in cut] == list(range(2, 2 + len(cut)))


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_a_torn_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="bundle"):
        unbundle(data)
    with pytest.raises(ValueError, match="65535"):
        bundle([b"x" * 65_536])


def test_the_example_of_gos_note_package_verifies() -> None:
    """From the documentation of golang.org/x/mod/sumdb/note."""
    key = read_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = read_note(
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
        "pRZb6KE6RyyBwJnAM=\n"
    )
    (signature,) = note.signatures
    assert signature.key_id == key.id
    assert Ed25519Notary().is_signed(key, note.text.encode(), signature.blob)
    assert not Ed25519Notary().is_signed(key, note.text.encode() + b".", signature.blob)
    assert read_note(note.spelled()) == note


def test_a_made_key_signs_what_its_public_side_verifies() -> None:
    secret = new_signing_key("fund.example/log")
    signer = KeySigner(secret)
    assert signer.key is not None
    checkpoint = Checkpoint("fund.example/log", 12, bytes(range(32)))
    signature = signer.sign(checkpoint.text)
    note = read_note(Note(checkpoint.text, (signature,)).spelled())
    assert read_checkpoint(note.text) == checkpoint
    key = read_vkey(signer.key.vkey)
    assert Ed25519Notary().is_signed(key, note.text.encode(), note.signatures[0].blob)
    assert secret not in repr(signer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+",
        "name+00000000+AQ==",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "P N+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_broken_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_vkey(text)


@pytest.mark.parametrize(
    "text", ["", "a\n", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n１\n" + "A" * 43 + "=\n"]
)
def test_a_broken_head_or_line_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_checkpoint(text)
    with pytest.raises(Invalid):
        read_note(text)
    with pytest.raises(Invalid):
        read_signature(text)


def test_key_names_hold_no_space_and_no_plus() -> None:
    for name in ("a b", "a+b", ""):
        with pytest.raises(Invalid):
            Key(name, bytes(32))
