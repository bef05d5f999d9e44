"""The laws of the ledger, as the database itself keeps them.

1. An entry balances: its postings sum to zero and are at least two, at commit.
   Governance facts (an edition, a decision, a run) carry no posting at all.
2. An entry is closed with its transaction: no posting joins it later.
3. What the fund holds is never overdrawn: ``held:``, ``fund:`` and ``committed:`` accounts
   are guarded. What only adds inserts an inflow row and waits for nobody; what spends
   locks the pot's fixed row, absorbs the inflows it can see and is stopped by a CHECK.
   (Reading a balance and then inserting overspends under READ COMMITTED.)
4. Pots are made of lots: per entry and ``fund:`` account, lot postings sum to postings,
   and no lot is overdrawn in any pot.
5. Nothing is updated, deleted or truncated in ledger, audit trail and public log.
6. Public numbers have no gaps.
7. Money is allocated within wishes and ceilings: a line's use must stand in the lot's wish at
   its rank on the run's day and must name the award, and no award gets more than was decided.
8. Registering, recommending and deciding are done by different people.
"""

from alembic import op

revision = "0002_laws"
down_revision = "0001_tables"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_trail",
    "journal_entry",
    "posting",
    "lot",
    "lot_posting",
    "public_entry",
    "public_posting",
    "public_source",
    "allocation_line",
    "consent",
    "gift_share",
    "edition",
    "clause",
    "parameter",
)

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', HINT = 'Correct by a reversing entry.';
END $$;
"""

ENTRY_BALANCES = """
CREATE FUNCTION is_governance(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT kind IN ('award.decided', 'allocation.approved', 'settlement.confirmed',
                  'manual.edition', 'period.closed')
$$;

CREATE FUNCTION check_entry(checked bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  entry_kind text;
  lines bigint;
  off numeric;
BEGIN
  SELECT kind INTO entry_kind FROM journal_entry WHERE id = checked;
  SELECT count(*), coalesce(sum(yen), 0) INTO lines, off FROM posting WHERE entry_id = checked;
  IF off <> 0 THEN
    RAISE EXCEPTION 'journal entry % does not balance: off by % yen', checked, off
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  IF lines < 2 AND NOT (lines = 0 AND is_governance(entry_kind)) THEN
    RAISE EXCEPTION 'journal entry % has % posting(s), needs two or more', checked, lines
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

CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON journal_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_new_entry();
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_new_posting();
CREATE CONSTRAINT TRIGGER lot_posting_balances AFTER INSERT ON lot_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_new_posting();
"""

ENTRY_IS_CLOSED = """
CREATE FUNCTION stamp_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.xact := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;

CREATE TRIGGER entry_is_stamped BEFORE INSERT ON journal_entry
  FOR EACH ROW EXECUTE FUNCTION stamp_entry();

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

CREATE TRIGGER entry_is_open AFTER INSERT ON posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_entry_is_open();
CREATE TRIGGER entry_is_open AFTER INSERT ON lot_posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_entry_is_open();
"""

POTS = """
CREATE FUNCTION is_guarded(account text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT account LIKE 'held:%' OR account LIKE 'fund:%' OR account LIKE 'committed:%'
$$;

CREATE FUNCTION move_pots() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  spent record;
  inflow numeric;
BEGIN
  INSERT INTO pot_inflow (account, yen)
    SELECT account, -sum(yen) FROM new_rows
    WHERE yen < 0 AND is_guarded(account) GROUP BY account;
  FOR spent IN
    SELECT account, sum(yen) AS yen FROM new_rows
    WHERE yen > 0 AND is_guarded(account) GROUP BY account ORDER BY account
  LOOP
    INSERT INTO pot (account, yen) VALUES (spent.account, 0) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM pot WHERE account = spent.account FOR UPDATE;
    WITH swept AS (DELETE FROM pot_inflow WHERE account = spent.account RETURNING yen)
      SELECT coalesce(sum(yen), 0) INTO inflow FROM swept;
    UPDATE pot SET yen = yen + inflow - spent.yen WHERE account = spent.account;
  END LOOP;
  RETURN NULL;
END $$;

CREATE TRIGGER pots_move AFTER INSERT ON posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION move_pots();

CREATE FUNCTION check_lots() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  overdrawn text;
BEGIN
  PERFORM 1 FROM lot WHERE id IN (SELECT lot_id FROM new_rows WHERE yen > 0)
    ORDER BY id FOR UPDATE;
  SELECT lot.share_id INTO overdrawn
    FROM lot_posting JOIN lot ON lot.id = lot_posting.lot_id
    WHERE lot_posting.lot_id IN (SELECT lot_id FROM new_rows WHERE yen > 0)
    GROUP BY lot.share_id, lot_posting.account HAVING sum(lot_posting.yen) > 0 LIMIT 1;
  IF overdrawn IS NOT NULL THEN
    RAISE EXCEPTION 'lot % would be overdrawn', overdrawn
      USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_never_overdrawn';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER lots_hold AFTER INSERT ON lot_posting
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_lots();
"""

NUMBERS = """
CREATE FUNCTION check_public_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.no <> 1 AND NOT EXISTS (SELECT 1 FROM public_entry WHERE no = NEW.no - 1) THEN
    RAISE EXCEPTION 'public entry % would leave a gap', NEW.no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'public_numbers_gapless';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER public_numbers_gapless BEFORE INSERT ON public_entry
  FOR EACH ROW EXECUTE FUNCTION check_public_number();
"""

ALLOCATION = """
CREATE FUNCTION wish_permits(wish jsonb, rank integer, use text, day date) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(
    level->'uses' ? use
      AND coalesce((level->>'opens')::date <= day, true)
      AND coalesce((level->>'expires')::date >= day, true), false)
    OR (use = 'any' AND rank = 1 AND wish->>'on_exhausted' = 'any' AND NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements(wish->'levels') AS one(level)
      WHERE coalesce((one.level->>'expires')::date >= day, true)))
  FROM (SELECT wish->'levels'->(rank - 1) AS level) AS chosen
$$;

CREATE FUNCTION check_allocation_lines() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  broken text;
BEGIN
  PERFORM 1 FROM award WHERE no IN (SELECT award_no FROM new_rows) ORDER BY no FOR UPDATE;
  SELECT award.no INTO broken
    FROM allocation_line JOIN award ON award.no = allocation_line.award_no
    WHERE award.no IN (SELECT award_no FROM new_rows)
    GROUP BY award.no, award.yen
    HAVING sum(allocation_line.yen) > coalesce(award.yen, 0) LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'award % would receive more than was decided', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_award';
  END IF;
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
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'the wish does not permit %', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_respects_wish';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER allocation_is_permitted AFTER INSERT ON allocation_line
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_allocation_lines();
"""

HANDS = """
CREATE FUNCTION check_recommending_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM application
             WHERE id = NEW.application_id AND registered_by = NEW.recommended_by) THEN
    RAISE EXCEPTION 'who registered an application does not recommend it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'recommendation_four_eyes';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER recommending_hand BEFORE INSERT OR UPDATE ON recommendation
  FOR EACH ROW EXECUTE FUNCTION check_recommending_hand();

CREATE FUNCTION check_deciding_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM application JOIN recommendation ON application_id = application.id
    WHERE application.id = NEW.application_id
      AND NEW.decided_by IN (registered_by, recommended_by)
  ) THEN
    RAISE EXCEPTION 'who registered or recommended an application does not decide it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'award_four_eyes';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER deciding_hand BEFORE INSERT OR UPDATE ON award
  FOR EACH ROW EXECUTE FUNCTION check_deciding_hand();
"""

FUNCTIONS = (
    "check_deciding_hand()",
    "check_recommending_hand()",
    "check_allocation_lines()",
    "wish_permits(jsonb, integer, text, date)",
    "check_public_number()",
    "check_lots()",
    "move_pots()",
    "is_guarded(text)",
    "check_entry_is_open()",
    "stamp_entry()",
    "check_new_posting()",
    "check_new_entry()",
    "check_entry(bigint)",
    "is_governance(text)",
    "refuse_change()",
)


def upgrade():
    for block in (
        REFUSE_CHANGE,
        ENTRY_BALANCES,
        ENTRY_IS_CLOSED,
        POTS,
        NUMBERS,
        ALLOCATION,
        HANDS,
    ):
        op.execute(block)
    for table in APPEND_ONLY:
        # ENABLE ALWAYS: session_replication_role = replica must not switch the law off.
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_truncate")


def downgrade():
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
