"""An allocation is what an approved run says, and nothing else commits yen of a gift to an award.

The wish of a lot was already a law for every allocation line (0002). Three ways around it remain
to whoever writes SQL as the app: lines of a run nobody approved, a line that stands beside an
entry about other yen, and an entry that commits a lot's yen without any line. Now

1. lines belong to an approved run and together never exceed what its plan moves;
2. the entry of a line takes the line's yen from the line's lot, and commits them to its award
   (a run that fills holes: gives them to the ward, which stood in for them);
3. yen become committed by an ``allocation.line`` only, or by the reversal of an entry that takes
   nothing from a pot; and an ``allocation.line`` without its line is not committed.
"""

from alembic import op

revision = "0025_approved_lines"
down_revision = "0024_forms"
branch_labels = None
depends_on = None

# enable_seqscan is off for the reason given in 0012: the plan is kept for the session.
LINES = """
CREATE FUNCTION check_approved_lines() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  broken record;
BEGIN
  SELECT run.no, run.state, run.total_yen, given.yen INTO broken
    FROM (SELECT DISTINCT run_id FROM new_rows) AS touched
    JOIN allocation_run AS run ON run.id = touched.run_id
    CROSS JOIN LATERAL (
      SELECT sum(yen) AS yen FROM allocation_line WHERE run_id = touched.run_id
    ) AS given
    WHERE run.state <> 'approved' OR given.yen > run.total_yen LIMIT 1;
  IF broken.state <> 'approved' THEN
    RAISE EXCEPTION 'run % was not approved', broken.no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'line_of_approved_run';
  ELSIF broken.yen > broken.total_yen THEN
    RAISE EXCEPTION 'run % would move % yen, its plan %', broken.no, broken.yen, broken.total_yen
      USING ERRCODE = 'check_violation', CONSTRAINT = 'lines_within_plan';
  END IF;
  SELECT run.no, line.line INTO broken
    FROM new_rows AS line
    JOIN allocation_run AS run ON run.id = line.run_id
    JOIN journal_entry AS entry ON entry.id = line.entry_id
    CROSS JOIN LATERAL (
      SELECT sum(lot_posting.yen) AS yen,
             coalesce(sum(lot_posting.yen) FILTER (WHERE lot.share_id = line.share_id), 0) AS own
      FROM lot_posting JOIN lot ON lot.id = lot_posting.lot_id
      WHERE lot_posting.entry_id = line.entry_id
    ) AS taken
    CROSS JOIN LATERAL (
      SELECT -sum(yen) AS yen FROM posting
      WHERE entry_id = line.entry_id AND account = CASE run.kind
        WHEN 'ordinary' THEN 'committed:' || line.award_no ELSE 'assets:due-from-ward' END
    ) AS booked
    WHERE entry.kind <> 'allocation.line' OR entry.fact_id <> run.no || '#' || line.line
      OR (line.yen = taken.yen AND line.yen = taken.own AND line.yen = booked.yen) IS NOT TRUE
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'line %#% is not what its entry moves', broken.no, broken.line
      USING ERRCODE = 'check_violation', CONSTRAINT = 'line_is_booked';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER line_of_approved_run AFTER INSERT ON allocation_line
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_approved_lines();
ALTER TABLE allocation_line ENABLE ALWAYS TRIGGER line_of_approved_run;
ALTER TABLE allocation_line ENABLE ALWAYS TRIGGER allocation_is_permitted;
"""

COMMITTED = """
CREATE FUNCTION check_committed() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE
  broken bigint;
BEGIN
  SELECT entry.id INTO broken
    FROM (SELECT DISTINCT entry_id FROM new_rows
          WHERE yen < 0 AND account LIKE 'committed:%') AS touched
    JOIN journal_entry AS entry ON entry.id = touched.entry_id
    WHERE entry.kind NOT IN ('allocation.line', 'entry.reversed')
      OR (entry.kind = 'entry.reversed' AND EXISTS (
        SELECT FROM posting
        WHERE posting.entry_id = entry.id AND yen > 0 AND account LIKE 'fund:%'))
    LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'journal entry % commits yen without an allocation', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'committed_by_allocation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER committed_by_allocation AFTER INSERT ON posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_committed();
ALTER TABLE posting ENABLE ALWAYS TRIGGER committed_by_allocation;
"""

ENTRY = """
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
  {line}RETURN NULL;
END $$;
"""
LINE = """IF NEW.kind = 'allocation.line'
     AND NOT EXISTS (SELECT FROM allocation_line WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'journal entry % allocates without a line of a run', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_has_its_line';
  END IF;
  """


def upgrade():
    op.execute(LINES)
    op.execute(COMMITTED)
    op.execute(ENTRY.replace("{line}", LINE))


def downgrade():
    op.execute(ENTRY.replace("{line}", ""))
    op.execute("DROP TRIGGER committed_by_allocation ON posting")
    op.execute("DROP FUNCTION check_committed()")
    op.execute("ALTER TABLE allocation_line ENABLE TRIGGER allocation_is_permitted")
    op.execute("DROP TRIGGER line_of_approved_run ON allocation_line")
    op.execute("DROP FUNCTION check_approved_lines()")
