"""What is left to check of an entry at commit is found by index: laws 1 and 4 of 0002, 3 of 0025.

The check of 0012 kept its plan for the session: one made while the table was small read all
postings there are, for every entry. An import of ten thousand gifts looked at them ten thousand
times; every booking grew slower with the books. The law is the same: an entry has postings, and
what it moves in the fund's pots is explained by lots. Where no pot of the fund moves, no lot can
(``check_lot_postings`` refuses lots without their postings), so only the others are added up.
An allocation without its line is refused as before.
"""

from alembic import op

revision = "0026_commit_by_index"
down_revision = "0025_approved_lines"
branch_labels = None
depends_on = None

NOW = """
CREATE OR REPLACE FUNCTION check_new_entry() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE
  in_pots boolean;
BEGIN
  SELECT bool_or(account LIKE 'fund:%') INTO in_pots FROM posting WHERE entry_id = NEW.id;
  IF in_pots IS NULL THEN
    RAISE EXCEPTION 'journal entry % has no posting, needs two or more', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  IF in_pots AND EXISTS (
    SELECT FROM (
      SELECT account, yen FROM posting WHERE entry_id = NEW.id AND account LIKE 'fund:%'
      UNION ALL
      SELECT account, -yen FROM lot_posting WHERE entry_id = NEW.id
    ) AS both_sides GROUP BY account HAVING sum(yen) <> 0
  ) THEN
    RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
  END IF;
  IF NEW.kind = 'allocation.line'
     AND NOT EXISTS (SELECT FROM allocation_line WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'journal entry % allocates without a line of a run', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_has_its_line';
  END IF;
  RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION check_new_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'journal entry % has no posting, needs two or more', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  IF pots_unexplained(NEW.id) THEN
    RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
  END IF;
  IF NEW.kind = 'allocation.line'
     AND NOT EXISTS (SELECT FROM allocation_line WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'journal entry % allocates without a line of a run', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_has_its_line';
  END IF;
  RETURN NULL;
END $$;
"""


def upgrade():
    op.execute(NOW)


def downgrade():
    op.execute(BEFORE)
