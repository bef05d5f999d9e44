"""References between rows that are written once are checked a statement at a time, not a row.

A foreign key asks for its parent row by row, and locks it against a deletion that the laws of
0002 refuse anyway: a fifth of the database's work on a run of 100,000 lines. Between tables that
nobody can take a row from (entries, lots, their postings, allocation lines) a check of all new
rows of a statement sees to it that the parents are there, under the name the foreign key had.
References to tables whose rows change (runs, awards) stay foreign keys.

What is left to check of an entry at commit is one query instead of three, and a wish is asked once
for all lines of a statement that use it alike.

Where texts sort by bytes (a database of collation ``C``, or of PostgreSQL's own provider since 17),
``account LIKE 'fund:%'`` is a range of the index by account. In a plan made while the books were
young it looked as good as the few postings of an entry, and from then on every entry read all
postings of all pots. ``left(account, 5)`` says the same and no index knows it.
"""

from alembic import op

revision = "0029_references"
down_revision = "0028_people_behind"
branch_labels = None
depends_on = None

REFERENCES = {
    "posting": (("entry_id", "journal_entry", "id"),),
    "lot_posting": (("entry_id", "journal_entry", "id"), ("lot_id", "lot", "id")),
    "allocation_line": (("entry_id", "journal_entry", "id"), ("share_id", "lot", "share_id")),
}

CHECKED = """
CREATE FUNCTION check_parents_of_{table}() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE
  missing text;
BEGIN
  {looks}RETURN NULL;
END $$;
CREATE TRIGGER parents_are_there AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_parents_of_{table}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER parents_are_there;
"""
# Asked by a scalar subquery, the parents are looked up one by one by index, whatever the planner
# believed of the tables when it made the plan that the session keeps (0012, 0017).
LOOK = """SELECT new_rows.{column} INTO missing FROM new_rows
    WHERE (SELECT true FROM {parent} WHERE {parent}.{key} = new_rows.{column}) IS NOT TRUE
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '{table} names a {parent} that does not exist: %', missing
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}', TABLE = '{table}',
            COLUMN = '{column}';
  END IF;
  """
UNCHECKED = """
DROP TRIGGER parents_are_there ON {table};
DROP FUNCTION check_parents_of_{table}();
"""

ENTRY = """
CREATE OR REPLACE FUNCTION check_new_entry() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  law text;
BEGIN
  SELECT CASE
      WHEN moved.in_pots IS NULL THEN 'entry_balances'
      WHEN moved.in_pots AND EXISTS (
        SELECT FROM (
          SELECT account, yen FROM posting WHERE entry_id = NEW.id AND left(account, 5) = 'fund:'
          UNION ALL
          SELECT account, -yen FROM lot_posting WHERE entry_id = NEW.id
        ) AS both_sides GROUP BY account HAVING sum(yen) <> 0
      ) THEN 'pots_are_lots'
      WHEN NEW.kind = 'allocation.line'
        AND NOT EXISTS (SELECT FROM allocation_line WHERE entry_id = NEW.id)
      THEN 'allocation_has_its_line'
    END INTO law
    FROM (SELECT bool_or(left(account, 5) = 'fund:') AS in_pots FROM posting WHERE entry_id = NEW.id)
      AS moved;
  CASE law
    WHEN 'entry_balances' THEN
      RAISE EXCEPTION 'journal entry % has no posting, needs two or more', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    WHEN 'pots_are_lots' THEN
      RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
    WHEN 'allocation_has_its_line' THEN
      RAISE EXCEPTION 'journal entry % allocates without a line of a run', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_has_its_line';
    ELSE RETURN NULL;
  END CASE;
END $$;
"""
ENTRY_BEFORE = """
CREATE OR REPLACE FUNCTION check_new_entry() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
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
LINES = """
CREATE OR REPLACE FUNCTION check_allocation_lines() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  broken text;
BEGIN
  PERFORM 1 FROM award WHERE no IN (SELECT award_no FROM new_rows) ORDER BY no FOR UPDATE;
  broken := award_over_ceiling(ARRAY(SELECT DISTINCT award_no FROM new_rows));
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'award % would receive more than was decided', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_award';
  END IF;
  {permitted}
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'the wish does not permit %', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_respects_wish';
  END IF;
  RETURN NULL;
END $$;
"""
PERMITTED = """
  SELECT line.use || ' for ' || award.no INTO broken
    FROM (SELECT DISTINCT award_no, use FROM new_rows) AS line
    JOIN award ON award.no = line.award_no
    WHERE NOT (
      line.use IN ('any', 'award:' || award.no, 'group:' || award.group_no,
                   'programme:' || coalesce(award.theme_code, award.programme_code))
      OR (line.use LIKE 'field:%' AND substr(line.use, 7) = ANY (award.fields)))
    LIMIT 1;
  IF broken IS NULL THEN
    SELECT line.example || ' for ' || line.use INTO broken
      FROM (
        SELECT lot.origin, lot.wish, new_rows.rank, new_rows.use, new_rows.run_id,
               min(new_rows.share_id) AS example
        FROM new_rows JOIN lot ON lot.share_id = new_rows.share_id
        GROUP BY lot.origin, lot.wish, new_rows.rank, new_rows.use, new_rows.run_id
      ) AS line
      JOIN allocation_run ON allocation_run.id = line.run_id
      WHERE NOT CASE WHEN line.origin = 'gift'
        THEN wish_permits(line.wish, line.rank, line.use, allocation_run.run_date)
        ELSE line.use = 'any' END
      LIMIT 1;
  END IF;
"""
PERMITTED_BEFORE = """
  SELECT new_rows.share_id || ' for ' || award.no INTO broken
    FROM new_rows
    JOIN lot ON lot.share_id = new_rows.share_id
    JOIN award ON award.no = new_rows.award_no
    JOIN allocation_run ON allocation_run.id = new_rows.run_id
    WHERE NOT (
      new_rows.use IN ('any', 'award:' || award.no, 'group:' || award.group_no,
                       'programme:' || coalesce(award.theme_code, award.programme_code))
      OR (new_rows.use LIKE 'field:%' AND substr(new_rows.use, 7) = ANY (award.fields))
    ) OR NOT CASE WHEN lot.origin = 'gift'
      THEN wish_permits(lot.wish, new_rows.rank, new_rows.use, allocation_run.run_date)
      ELSE new_rows.use = 'any' END
    LIMIT 1;
"""

# Two more checks look for an entry's postings in the pots (0017, 0025).
PREFIX = """
DO $do$
DECLARE
  checked regproc;
BEGIN
  FOREACH checked IN ARRAY ARRAY['check_lot_postings', 'check_committed']::regproc[] LOOP
    EXECUTE replace(pg_get_functiondef(checked), {before}, {after});
  END LOOP;
END $do$;
"""
LIKE, LEFT = "$$account LIKE 'fund:%'$$", "$$left(account, 5) = 'fund:'$$"


def upgrade():
    op.execute(PREFIX.replace("{before}", LIKE).replace("{after}", LEFT))
    for table, references in REFERENCES.items():
        named = [_named(table, *reference) for reference in references]
        looks = "".join(LOOK.format(**one) for one in named)
        op.execute(CHECKED.format(table=table, looks=looks))
        for one in named:
            op.drop_constraint(one["name"], table)
    op.execute(ENTRY)
    op.execute(LINES.replace("{permitted}", PERMITTED.strip()))


def downgrade():
    op.execute(LINES.replace("{permitted}", PERMITTED_BEFORE.strip()))
    op.execute(ENTRY_BEFORE)
    for table, references in REFERENCES.items():
        op.execute(UNCHECKED.format(table=table))
        for one in (_named(table, *reference) for reference in references):
            op.create_foreign_key(one["name"], table, one["parent"], [one["column"]], [one["key"]])
    op.execute(PREFIX.replace("{before}", LEFT).replace("{after}", LIKE))


def _named(table, column, parent, key):
    name = f"fk_{table}_{column}"
    return {"name": name, "table": table, "column": column, "parent": parent, "key": key}
