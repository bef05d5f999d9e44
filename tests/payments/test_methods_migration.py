"""What 0005 makes of payments and gifts that were there before, and what it then refuses."""

from __future__ import annotations

import psycopg
import pytest
from giving_books import EDITION, write_books

from fund.platform import migrate
from fund.platform.cluster import OWNER, SUPERUSER, Cluster

GIFT = """
INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256, secret_hash,
  edition_code, offered_at, paid_at, received_on, salt)
VALUES (%(no)s, %(donor)s, 10000, %(state)s, 'card', %(no)s, 'x', %(hash)s, %(edition)s, now(),
  CASE WHEN %(state)s = 'received' THEN now() END,
  CASE WHEN %(state)s = 'received' THEN current_date END, 'salt')
"""
PAYMENT = """
INSERT INTO payment (no, gift_no, attempt, method, yen, state, created_at, paid_at, received_on)
VALUES (%(no)s, %(gift)s, %(attempt)s, 'card', 10000, %(state)s, now(),
  CASE WHEN %(state)s = 'succeeded' THEN now() + %(attempt)s * interval '1 hour' END,
  CASE WHEN %(state)s = 'succeeded' THEN current_date END)
"""


def fill(dsn: str) -> None:
    """A gift paid at the second try and again at the third, one open, one that failed."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "INSERT INTO donor (kind, family_name, given_name, address1, locale, created_at)"
            " VALUES ('individual', '見本', '花子', '見本町', 'ja', now()) RETURNING id"
        ).fetchone()
        assert row is not None
        for no, state, tries in (
            ("G-TWICE000", "received", ("failed", "succeeded", "succeeded")),
            ("G-OPEN0000", "awaiting_payment", ("open",)),
            ("G-FAILED00", "failed", ("failed",)),
        ):
            facts = {"no": no, "donor": row[0], "state": state, "edition": EDITION}
            connection.execute(GIFT, facts | {"hash": no.encode()})
            for attempt, paid in enumerate(tries, start=1):
                made = {"no": f"P-{no[2:]}{attempt}", "gift": no, "attempt": attempt}
                connection.execute(PAYMENT, made | {"state": paid})


@pytest.fixture
def superuser(cluster: Cluster, empty_database_name: str) -> str:
    """A database that was filled before 0005 and migrated afterwards."""
    owner, superuser = (cluster.dsn(who, empty_database_name) for who in (OWNER, SUPERUSER))
    migrate.upgrade(owner, "0004_privileges")
    write_books(superuser)
    fill(superuser)
    migrate.upgrade(owner, "0005_methods")
    return superuser


def test_gifts_learn_which_payment_paid_them(superuser: str) -> None:
    with psycopg.connect(superuser) as connection:
        paid = connection.execute("SELECT no, paid_by FROM gift ORDER BY no").fetchall()
        extra = connection.execute("SELECT no FROM payment WHERE extra").fetchall()
        looked = connection.execute(
            "SELECT no FROM payment WHERE look_at IS NOT NULL ORDER BY no"
        ).fetchall()
    assert paid == [("G-FAILED00", None), ("G-OPEN0000", None), ("G-TWICE000", "P-TWICE0002")]
    assert extra == [("P-TWICE0003",)]
    assert looked == [("P-OPEN00001",)]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE payment SET method = 'gold'",
        "UPDATE gift SET method = 'gold'",
        "UPDATE payment SET state = 'waiting' WHERE state = 'open'",
        "UPDATE payment SET extra = true WHERE state = 'open'",
        "UPDATE payment SET late = true WHERE state = 'failed'",
        "UPDATE payment SET funded_yen = yen + 1",
        "UPDATE payment SET excess_yen = -1",
        "UPDATE payment SET charge_id = 'ch_1'",
        "UPDATE gift SET paid_by = 'P-TWICE0002' WHERE no = 'G-OPEN0000'",
        "UPDATE gift SET paid_by = 'P-NOBODY' WHERE no = 'G-TWICE000'",
        "UPDATE provider_event SET source = 'guessed'",
        "DELETE FROM payment WHERE no = 'P-TWICE0002'",
    ],
)
def test_the_database_refuses_what_cannot_be(superuser: str, attack: str) -> None:
    with psycopg.connect(superuser) as connection:
        connection.execute(
            "INSERT INTO provider_event (id, type, object_id, livemode, body, received_at, state)"
            " VALUES ('evt_1', 'x', 'y', false, '{}', now(), 'pending')"
        )
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute(attack)
        connection.rollback()
