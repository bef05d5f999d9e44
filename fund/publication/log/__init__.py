"""The log on the wire: a Merkle tree over the public entries, in tiles, with signed heads.

Sources: RFC 6962 §2.1 (tree hashing and proofs) and the C2SP specifications ``tlog-tiles``,
``tlog-checkpoint``, ``signed-note`` and ``tlog-cosignature``, used as they are so that programs
written for the Go checksum database or for Sigstore read this log too. Plain Python.
"""
