"""A fiscal year is closed once, by two people; nothing is dated into it afterwards.

1. A closing is proposed by one person and decided by another; what was proposed never changes.
2. ``period.closed`` enters the journal only with its decision, dated the last day of its year, and
   never before a later year's. No entry of any kind is dated into a closed year: corrections are
   entries of the open one. So no year is ever opened again.
3. Entries share a lock until they are committed and a closing takes it alone: while the balances
   of a closing are summed, no booking is under way.
"""

import sqlalchemy as sa
from alembic import op
from hands import open_to_app

revision = "0031_closing"
down_revision = "0030_one_stop"
branch_labels = None
depends_on = None

# The lock's numbers stand in fund/ledger/years.py too.
LAWS = """
CREATE FUNCTION check_open_year() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  closing boolean;
  closed integer;
  late record;
BEGIN
  SELECT bool_or(kind = 'period.closed') INTO closing FROM new_rows;
  IF closing THEN
    PERFORM pg_advisory_xact_lock(7401, 1);
  ELSE
    PERFORM pg_advisory_xact_lock_shared(7401, 1);
  END IF;
  IF closing THEN
    SELECT entry.fy INTO late FROM new_rows entry
    WHERE entry.kind = 'period.closed' AND NOT (
      entry.on_day = make_date(entry.fy + 1, 3, 31)
      AND EXISTS (SELECT FROM year_closing decided
                  WHERE decided.fy = entry.fy AND decided.state = 'closed')
      AND NOT EXISTS (SELECT FROM journal_entry other WHERE other.kind = 'period.closed'
                      AND other.id <> entry.id AND other.fy >= entry.fy)) LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'fiscal year % is closed by a decision of two people, once, in order', late.fy
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'year_closes_by_decision';
    END IF;
  END IF;
  SELECT max(fy) INTO closed FROM journal_entry WHERE kind = 'period.closed';
  IF closed IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT entry.id, entry.kind, entry.on_day INTO late FROM new_rows entry
  WHERE entry.kind <> 'period.closed'
    AND (entry.fy <= closed OR entry.on_day <= make_date(closed + 1, 3, 31)) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '% of % lies in a closed fiscal year (% and before)',
      late.kind, late.on_day, closed
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'year_is_closed',
      HINT = 'Date it into the open year.';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER year_is_open AFTER INSERT ON journal_entry
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_open_year();
ALTER TABLE journal_entry ENABLE ALWAYS TRIGGER year_is_open;

CREATE FUNCTION check_year_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'proposed' THEN
      RAISE EXCEPTION 'a closing begins as a proposal'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'year_closing_is_proposed';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'proposed' OR
     ROW(OLD.id, OLD.fy, OLD.note, OLD.findings, OLD.proposed_by, OLD.proposed_at)
     IS DISTINCT FROM
     ROW(NEW.id, NEW.fy, NEW.note, NEW.findings, NEW.proposed_by, NEW.proposed_at) THEN
    RAISE EXCEPTION 'closing of fiscal year %: what was written once stays', OLD.fy
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'year_closing_is_fixed';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER year_closing_is_fixed BEFORE INSERT OR UPDATE ON year_closing
  FOR EACH ROW EXECUTE FUNCTION check_year_closing();
ALTER TABLE year_closing ENABLE ALWAYS TRIGGER year_closing_is_fixed;
"""

CHECKS = {
    "state": "state IN ('proposed', 'closed', 'sent_back')",
    "four_eyes": "ended_by IS NULL OR ended_by <> proposed_by",
    "ended_when": "(state = 'proposed') = (ended_at IS NULL)"
    " AND (ended_at IS NULL) = (ended_by IS NULL)",
    "decision_numbered": "(state = 'closed') = (decision_no <> '')",
    "sent_back_why": "(state = 'sent_back') = (answer <> '')",
}


def upgrade():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "year_closing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fy", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("findings", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decision_no", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_by", sa.BigInteger()),
        sa.Column("ended_at", moment),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        *(
            sa.CheckConstraint(law, name=op.f(f"ck_year_closing_{name}"))
            for name, law in CHECKS.items()
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_year_closing_proposed_by")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_year_closing_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_closing")),
    )
    op.create_index(
        "uq_year_closing_standing",
        "year_closing",
        ["fy"],
        unique=True,
        postgresql_where=sa.text("state <> 'sent_back'"),
    )
    open_to_app("year_closing", update=True)
    op.execute(LAWS)


def downgrade():
    op.execute("DROP FUNCTION check_open_year() CASCADE")
    op.drop_table("year_closing")
    op.execute("DROP FUNCTION check_year_closing()")
