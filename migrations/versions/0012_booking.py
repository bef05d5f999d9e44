"""The balance of an entry is checked once, and by set: laws 1, 2 and 4 of 0002 with less work.

Until here every posting and every lot posting had its whole entry checked again at commit, so
that a posting added after an early check (``SET CONSTRAINTS … IMMEDIATE``) was found too.
Now nothing can be added after a check:

- An entry's postings come in one statement, which balances by itself (yen are never 0, so what
  balances has two postings or more). A second statement for the same entry is refused.
- A governance fact takes no posting at all.
- Lot postings explain the pots of their entry when their statement ends; the postings they
  explain therefore come first.
- One deferred check for each entry finds what is missing at commit: postings, or lots.
"""

from alembic import op

revision = "0012_booking"
down_revision = "0011_monthly"
branch_labels = None
depends_on = None

# enable_seqscan is off because the plan is kept for the session: one that was made while the
# table was small, or for a COPY of thousands, would read the whole table for every booking.
BY_SET = """
CREATE FUNCTION pots_unexplained(checked bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM (
      SELECT account, yen FROM posting WHERE entry_id = checked AND account LIKE 'fund:%'
      UNION ALL
      SELECT account, -yen FROM lot_posting WHERE entry_id = checked
    ) AS both_sides GROUP BY account HAVING sum(yen) <> 0)
$$;

CREATE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE
  broken record;
BEGIN
  SELECT * INTO broken FROM (
    SELECT given.entry_id, given.off,
      (SELECT CASE
         WHEN entry.xact <> pg_current_xact_id()::text::bigint THEN 'entry_is_closed'
         WHEN is_governance(entry.kind) THEN 'entry_moves_no_money'
         WHEN given.off <> 0 THEN 'entry_balances'
         WHEN given.lines <> (SELECT count(*) FROM posting WHERE posting.entry_id = entry.id)
           THEN 'entry_is_whole'
         END FROM journal_entry entry WHERE entry.id = given.entry_id) AS law
    FROM (SELECT entry_id, count(*) AS lines, sum(yen) AS off FROM new_rows GROUP BY entry_id)
      AS given
  ) AS judged WHERE law IS NOT NULL LIMIT 1;
  CASE broken.law
    WHEN 'entry_balances' THEN
      RAISE EXCEPTION 'journal entry % does not balance: off by % yen',
        broken.entry_id, broken.off
        USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    WHEN 'entry_moves_no_money' THEN
      RAISE EXCEPTION 'journal entry % is a fact without money', broken.entry_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_moves_no_money';
    WHEN 'entry_is_whole' THEN
      RAISE EXCEPTION 'the postings of journal entry % come in one statement', broken.entry_id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_is_whole';
    WHEN 'entry_is_closed' THEN
      RAISE EXCEPTION 'a journal entry is closed with its transaction'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_is_closed';
    ELSE RETURN NULL;
  END CASE;
END $$;

CREATE TRIGGER entry_is_whole AFTER INSERT ON posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_postings();

CREATE FUNCTION check_lot_postings() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE
  broken record;
BEGIN
  SELECT * INTO broken FROM (
    SELECT entry_id,
      (SELECT entry.xact <> pg_current_xact_id()::text::bigint FROM journal_entry entry
       WHERE entry.id = touched.entry_id) AS closed,
      pots_unexplained(entry_id) AS unexplained
    FROM (SELECT DISTINCT entry_id FROM new_rows) AS touched
  ) AS judged WHERE closed OR unexplained LIMIT 1;
  IF broken.closed THEN
    RAISE EXCEPTION 'a journal entry is closed with its transaction'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_is_closed';
  ELSIF broken.unexplained THEN
    RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', broken.entry_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER pots_are_lots AFTER INSERT ON lot_posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_lot_postings();

CREATE FUNCTION check_new_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'journal entry % has no posting, needs two or more', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  IF pots_unexplained(NEW.id) THEN
    RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON journal_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT is_governance(NEW.kind))
  EXECUTE FUNCTION check_new_entry();
"""

EACH_LINE = """
CREATE FUNCTION check_entry(checked bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  entry_kind text;
  lines bigint;
  off numeric;
BEGIN
  SELECT kind INTO entry_kind FROM journal_entry WHERE id = checked;
  SELECT count(*), coalesce(sum(yen), 0) INTO lines, off FROM posting WHERE entry_id = checked;
  IF off <> 0 OR (lines < 2 AND NOT (lines = 0 AND is_governance(entry_kind))) THEN
    RAISE EXCEPTION 'journal entry % does not balance: % posting(s), off by % yen',
      checked, lines, off
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  IF EXISTS (
    SELECT account FROM (
      SELECT account, yen FROM posting WHERE entry_id = checked AND account LIKE 'fund:%'
      UNION ALL
      SELECT account, -yen FROM lot_posting WHERE entry_id = checked
    ) AS both_sides GROUP BY account HAVING sum(yen) <> 0
  ) THEN
    RAISE EXCEPTION 'journal entry %: lot postings do not explain the pots', checked
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pots_are_lots';
  END IF;
END $$;

CREATE FUNCTION check_new_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_entry(NEW.id);
  RETURN NULL;
END $$;

CREATE FUNCTION check_new_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_entry(NEW.entry_id);
  RETURN NULL;
END $$;

CREATE FUNCTION check_entry_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM new_rows JOIN journal_entry ON journal_entry.id = new_rows.entry_id
    WHERE journal_entry.xact <> pg_current_xact_id()::text::bigint
  ) THEN
    RAISE EXCEPTION 'a journal entry is closed with its transaction'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_is_closed';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON journal_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_new_entry();
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_new_posting();
CREATE CONSTRAINT TRIGGER lot_posting_balances AFTER INSERT ON lot_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_new_posting();
CREATE TRIGGER entry_is_open AFTER INSERT ON posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_entry_is_open();
CREATE TRIGGER entry_is_open AFTER INSERT ON lot_posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_entry_is_open();
"""

OF_EACH_LINE = (
    "check_entry_is_open()",
    "check_new_posting()",
    "check_new_entry()",
    "check_entry(bigint)",
)
OF_SETS = (
    "check_postings()",
    "check_lot_postings()",
    "check_new_entry()",
    "pots_unexplained(bigint)",
)


def _replace(functions, block):
    for function in functions:
        op.execute(f"DROP FUNCTION {function} CASCADE")
    op.execute(block)


def upgrade():
    _replace(OF_EACH_LINE, BY_SET)


def downgrade():
    _replace(OF_SETS, EACH_LINE)
