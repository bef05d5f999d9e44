"""An award may become smaller or end: by a decision with number, reason and two people.

1. ``award.yen`` falls, and an award is cancelled, only as a decided change says; an award that is
   cancelled stays so and may hold no allocated money.
2. What is proposed never changes, and is decided or sent back once, by somebody else.
"""

import sqlalchemy as sa
from alembic import op
from hands import open_to_app

revision = "0019_award_changes"
down_revision = "0018_fingerprints"
branch_labels = None
depends_on = None

CEILING = """
CREATE OR REPLACE FUNCTION award_over_ceiling(award_nos text[]) RETURNS text
  LANGUAGE sql STABLE AS $$
  SELECT award.no FROM award
  LEFT JOIN (
    SELECT line.award_no,
           sum(line.yen) FILTER (WHERE run.kind = 'ordinary') AS given,
           sum(line.yen) FILTER (WHERE run.kind = 'reinstatement') AS filled
    FROM allocation_line AS line JOIN allocation_run AS run ON run.id = line.run_id
    WHERE line.award_no = ANY (award_nos) GROUP BY line.award_no
  ) AS lines ON lines.award_no = award.no
  LEFT JOIN (
    SELECT award_no, sum(yen) FILTER (WHERE source = 'committed') AS committed,
           sum(yen) FILTER (WHERE source = 'ward') AS ward
    FROM allocation_reversal WHERE award_no = ANY (award_nos) GROUP BY award_no
  ) AS back ON back.award_no = award.no
  WHERE award.no = ANY (award_nos)
    AND (coalesce(lines.given, 0) - coalesce(back.committed, 0) > {ceiling}
      OR coalesce(lines.filled, 0) > coalesce(back.ward, 0))
  ORDER BY award.no LIMIT 1
$$;
"""
CEILING_NOW = "CASE WHEN award.state = 'cancelled' THEN 0 ELSE coalesce(award.yen, 0) END"
CEILING_BEFORE = "coalesce(award.yen, 0)"

LAWS = """
CREATE FUNCTION check_award_yen() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.state = 'cancelled' THEN
    RAISE EXCEPTION 'award % was cancelled and stays so', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'award_stays_cancelled';
  END IF;
  IF NOT EXISTS (
    SELECT FROM award_change AS change
    WHERE change.award_id = NEW.id AND change.state = 'decided' AND change.yen_before = OLD.yen
      AND CASE change.kind
        WHEN 'reduced' THEN change.yen_after = NEW.yen AND NEW.state <> 'cancelled'
        ELSE NEW.state = 'cancelled' AND NEW.yen = OLD.yen END
  ) THEN
    RAISE EXCEPTION 'award % changes only by a decision', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'award_changes_by_decision';
  END IF;
  IF award_over_ceiling(ARRAY[NEW.no]) IS NOT NULL THEN
    RAISE EXCEPTION 'award % would hold more than is decided', NEW.no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_award';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER award_changes_by_decision AFTER UPDATE ON award FOR EACH ROW
  WHEN (OLD.yen IS DISTINCT FROM NEW.yen OR OLD.state = 'cancelled' OR NEW.state = 'cancelled')
  EXECUTE FUNCTION check_award_yen();
ALTER TABLE award ENABLE ALWAYS TRIGGER award_changes_by_decision;

CREATE FUNCTION check_award_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'proposed' OR
     ROW(OLD.id, OLD.no, OLD.award_id, OLD.serial, OLD.kind, OLD.yen_before, OLD.yen_after,
         OLD.reason, OLD.explanation, OLD.proposed_by, OLD.proposed_at)
     IS DISTINCT FROM
     ROW(NEW.id, NEW.no, NEW.award_id, NEW.serial, NEW.kind, NEW.yen_before, NEW.yen_after,
         NEW.reason, NEW.explanation, NEW.proposed_by, NEW.proposed_at) THEN
    RAISE EXCEPTION 'change %: what was written once stays', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'award_change_is_fixed';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER award_change_is_fixed BEFORE UPDATE ON award_change
  FOR EACH ROW EXECUTE FUNCTION check_award_change();
ALTER TABLE award_change ENABLE ALWAYS TRIGGER award_change_is_fixed;
"""

CHECKS = {
    "kind": "kind IN ('reduced', 'cancelled')",
    "state": "state IN ('proposed', 'decided', 'sent_back')",
    "reason": "reason IN ('group-withdrew', 'smaller-project', 'conditions-broken',"
    " 'status-lost', 'project-stopped', 'decision-corrected')",
    "falls": "CASE kind WHEN 'reduced' THEN yen_after > 0 AND yen_after < yen_before"
    " ELSE yen_after = 0 END",
    "explained": "explanation <> ''",
    "four_eyes": "ended_by IS NULL OR ended_by <> proposed_by",
    "ended_when": "(state = 'proposed') = (ended_at IS NULL)"
    " AND (ended_at IS NULL) = (ended_by IS NULL)",
    "decision_numbered": "(state = 'decided') = (decision_no <> '')",
    "sent_back_why": "(state = 'sent_back') = (answer <> '')",
}
STATES = "state IN ('decided', 'disbursed', 'settled')"


def upgrade():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "award_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("award_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("yen_before", sa.BigInteger(), nullable=False),
        sa.Column("yen_after", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decision_no", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_by", sa.BigInteger()),
        sa.Column("ended_at", moment),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        *(
            sa.CheckConstraint(law, name=op.f(f"ck_award_change_{name}"))
            for name, law in CHECKS.items()
        ),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_change_award_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_award_change_proposed_by")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_award_change_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_change")),
        sa.UniqueConstraint("no", name=op.f("uq_award_change_no")),
        sa.UniqueConstraint("award_id", "serial", name=op.f("uq_award_change_award_id_serial")),
    )
    op.create_index(
        "uq_award_change_waiting",
        "award_change",
        ["award_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    open_to_app("award_change", update=True)
    op.drop_constraint(op.f("ck_award_state"), "award")
    op.create_check_constraint(
        op.f("ck_award_state"), "award", STATES.replace("'settled'", "'settled', 'cancelled'")
    )
    op.execute(CEILING.replace("{ceiling}", CEILING_NOW))
    op.execute(LAWS)


def downgrade():
    op.execute("DROP FUNCTION check_award_yen() CASCADE")
    op.execute(CEILING.replace("{ceiling}", CEILING_BEFORE))
    op.drop_constraint(op.f("ck_award_state"), "award")
    op.create_check_constraint(op.f("ck_award_state"), "award", STATES)
    op.drop_table("award_change")
    op.execute("DROP FUNCTION check_award_change()")
