"""Laws 2 and 4 of 0002 for thousands of lots at once, by set and by index.

A transition table has no statistics, so the planner joined the lots of a statement with all
postings of all lots: a run of 10,000 lines spent seven seconds in ``check_lots``, one of 100,000
would have spent ten minutes. The laws are the same: no lot is overdrawn in any pot, whoever spends
waits for the lots' rows in one order; lot postings explain the pots when their statement ends.
"""

from alembic import op

revision = "0017_many_lines"
down_revision = "0016_studio"
branch_labels = None
depends_on = None

LOTS = """
CREATE OR REPLACE FUNCTION check_lots() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp{settings} AS $$
DECLARE
  overdrawn text;
BEGIN
  {body}
  IF overdrawn IS NOT NULL THEN
    RAISE EXCEPTION 'lot % would be overdrawn', overdrawn
      USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_never_overdrawn';
  END IF;
  RETURN NULL;
END $$;
"""
LOTS_NOW = """
  PERFORM lot.id
    FROM (SELECT DISTINCT lot_id FROM new_rows WHERE yen > 0) AS spent
    JOIN lot ON lot.id = spent.lot_id ORDER BY lot.id FOR UPDATE OF lot;
  SELECT lot.share_id INTO overdrawn
    FROM (SELECT DISTINCT lot_id FROM new_rows WHERE yen > 0) AS spent
    JOIN lot ON lot.id = spent.lot_id
    CROSS JOIN LATERAL (
      SELECT account FROM lot_posting WHERE lot_posting.lot_id = spent.lot_id
      GROUP BY account HAVING sum(yen) > 0 LIMIT 1
    ) AS too_much LIMIT 1;
"""
LOTS_BEFORE = """
  PERFORM 1 FROM lot WHERE id IN (SELECT lot_id FROM new_rows WHERE yen > 0)
    ORDER BY id FOR UPDATE;
  SELECT lot.share_id INTO overdrawn
    FROM lot_posting JOIN lot ON lot.id = lot_posting.lot_id
    WHERE lot_posting.lot_id IN (SELECT lot_id FROM new_rows WHERE yen > 0)
    GROUP BY lot.share_id, lot_posting.account HAVING sum(lot_posting.yen) > 0 LIMIT 1;
"""

LOT_POSTINGS = """
CREATE OR REPLACE FUNCTION check_lot_postings() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE
  broken record;
BEGIN
  {body}
  IF broken.closed THEN
    RAISE EXCEPTION 'a journal entry is closed with its transaction'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_is_closed';
  ELSIF broken.unexplained THEN
    RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', broken.entry_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
  END IF;
  RETURN NULL;
END $$;
"""
LOT_POSTINGS_NOW = """
  WITH touched AS (SELECT DISTINCT entry_id FROM new_rows)
  SELECT * INTO broken FROM (
    SELECT entry.id AS entry_id, true AS closed, false AS unexplained
    FROM touched JOIN journal_entry entry ON entry.id = touched.entry_id
    WHERE entry.xact <> pg_current_xact_id()::text::bigint
    UNION ALL
    SELECT entry_id, false, true FROM (
      SELECT posting.entry_id, account, yen
      FROM touched JOIN posting ON posting.entry_id = touched.entry_id
      WHERE account LIKE 'fund:%'
      UNION ALL
      SELECT lot_posting.entry_id, account, -yen
      FROM touched JOIN lot_posting ON lot_posting.entry_id = touched.entry_id
    ) AS both_sides GROUP BY entry_id, account HAVING sum(yen) <> 0
  ) AS judged LIMIT 1;
"""
LOT_POSTINGS_BEFORE = """
  SELECT * INTO broken FROM (
    SELECT entry_id,
      (SELECT entry.xact <> pg_current_xact_id()::text::bigint FROM journal_entry entry
       WHERE entry.id = touched.entry_id) AS closed,
      pots_unexplained(entry_id) AS unexplained
    FROM (SELECT DISTINCT entry_id FROM new_rows) AS touched
  ) AS judged WHERE closed OR unexplained LIMIT 1;
"""


def _replace(function, body, settings=""):
    op.execute(function.replace("{body}", body.strip()).replace("{settings}", settings))


def upgrade():
    # As in 0012: the plan of the first, small statement is kept for the session.
    _replace(LOTS, LOTS_NOW, " SET enable_seqscan = off")
    _replace(LOT_POSTINGS, LOT_POSTINGS_NOW)


def downgrade():
    _replace(LOTS, LOTS_BEFORE)
    _replace(LOT_POSTINGS, LOT_POSTINGS_BEFORE)
