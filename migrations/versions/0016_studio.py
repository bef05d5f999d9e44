"""Drafts people work on: manual payments with their reasons, declared interests, and their laws.

What an officer does to a draft is a row that stays; the run's files may change only while it is a
draft. Nobody approves a run they worked on, or one that pays a group they are connected with.
"""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app

revision = "0016_studio"
down_revision = "0015_quiet_queue"
branch_labels = None
depends_on = None

RUNS = """
CREATE FUNCTION check_run_change() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.state <> 'drafted' OR TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'run % has ended and stays as it is', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'run_has_ended';
  END IF;
  IF ROW(OLD.id, OLD.no, OLD.fy, OLD.serial, OLD.kind, OLD.drafted_by, OLD.drafted_at)
     IS DISTINCT FROM
     ROW(NEW.id, NEW.no, NEW.fy, NEW.serial, NEW.kind, NEW.drafted_by, NEW.drafted_at) THEN
    RAISE EXCEPTION 'run %: number, kind and author stay', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'run_is_fixed';
  END IF;
  IF NEW.state <> 'drafted' AND
     ROW(OLD.run_date, OLD.rule, OLD.edition_code, OLD.problem_sha256, OLD.plan_sha256,
         OLD.total_yen, OLD.problem, OLD.plan)
     IS DISTINCT FROM
     ROW(NEW.run_date, NEW.rule, NEW.edition_code, NEW.problem_sha256, NEW.plan_sha256,
         NEW.total_yen, NEW.problem, NEW.plan) THEN
    RAISE EXCEPTION 'run %: what is approved is what was drafted', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'run_is_fixed';
  END IF;
  IF NEW.state = 'approved' AND EXISTS (
    SELECT FROM allocation_revision WHERE run_id = NEW.id AND made_by = NEW.approved_by
  ) THEN
    RAISE EXCEPTION 'run %: who worked on it does not approve it', NEW.no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'run_four_eyes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER run_change BEFORE UPDATE OR DELETE ON allocation_run
  FOR EACH ROW EXECUTE FUNCTION check_run_change();
ALTER TABLE allocation_run ENABLE ALWAYS TRIGGER run_change;

CREATE FUNCTION check_revision() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM allocation_run WHERE id = NEW.run_id AND state = 'drafted' FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'only a draft is worked on'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'revision_of_a_draft';
  END IF;
  IF NEW.act = 'undone' AND NOT EXISTS (
    SELECT FROM allocation_revision
    WHERE run_id = NEW.run_id AND position = NEW.undoes AND act = 'overridden'
      AND NEW.undoes < NEW.position
  ) THEN
    RAISE EXCEPTION 'only an earlier manual payment of the same run is undone'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_undoes_override';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER revision_of_a_draft BEFORE INSERT ON allocation_revision
  FOR EACH ROW EXECUTE FUNCTION check_revision();
ALTER TABLE allocation_revision ENABLE ALWAYS TRIGGER revision_of_a_draft;
"""

INTERESTS = """
CREATE FUNCTION check_interest_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
     OR ROW(OLD.id, OLD.person_id, OLD.group_no, OLD.relation, OLD.note, OLD.declared_at)
        IS DISTINCT FROM
        ROW(NEW.id, NEW.person_id, NEW.group_no, NEW.relation, NEW.note, NEW.declared_at) THEN
    RAISE EXCEPTION 'a declared interest stays; it can only end'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'interest_stays';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER interest_stays BEFORE UPDATE OR DELETE ON interest
  FOR EACH ROW EXECUTE FUNCTION check_interest_change();
ALTER TABLE interest ENABLE ALWAYS TRIGGER interest_stays;

CREATE FUNCTION check_approver_interest() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  broken text;
BEGIN
  SELECT run.no || ' for group ' || award.group_no INTO broken
    FROM (SELECT DISTINCT run_id, award_no FROM new_rows) AS line
    JOIN allocation_run AS run ON run.id = line.run_id
    JOIN award ON award.no = line.award_no
    JOIN interest ON interest.person_id = run.approved_by AND interest.group_no = award.group_no
      AND (interest.ended_at IS NULL OR interest.ended_at >= run.drafted_at)
    LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'who approved % declared an interest', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'approver_unconflicted';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approver_unconflicted AFTER INSERT ON allocation_line
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_approver_interest();
ALTER TABLE allocation_line ENABLE ALWAYS TRIGGER approver_unconflicted;
"""
REVISION_CHECKS = {
    "act": "act IN ('overridden', 'undone', 'refreshed')",
    "overridden": "(act = 'overridden') = (share_id IS NOT NULL)"
    " AND (act = 'overridden') = (award_no IS NOT NULL)"
    " AND (act = 'overridden') = (yen IS NOT NULL)"
    " AND (act = 'overridden') = (by_role IS NOT NULL)",
    "reasoned": "act <> 'overridden' OR reason <> ''",
    "yen_positive": "yen IS NULL OR yen > 0",
    "undoes": "(act = 'undone') = (undoes IS NOT NULL)",
}
RELATIONS = ("officer", "member", "employee", "business", "family", "other")


def upgrade():
    _revisions()
    _interests()
    op.execute(RUNS)
    op.execute(INTERESTS)


def _revisions():
    op.create_table(
        "allocation_revision",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("share_id", sa.Text()),
        sa.Column("award_no", sa.Text()),
        sa.Column("yen", sa.BigInteger()),
        sa.Column("by_role", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("undoes", sa.Integer()),
        sa.Column("plan_sha256", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.CheckConstraint(law, name=op.f(f"ck_allocation_revision_{name}"))
            for name, law in REVISION_CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [target], name=op.f(f"fk_allocation_revision_{column}")
            )
            for column, target in (
                ("run_id", "allocation_run.id"),
                ("share_id", "lot.share_id"),
                ("award_no", "award.no"),
                ("made_by", "person.id"),
            )
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_allocation_revision")),
        sa.UniqueConstraint("run_id", "undoes", name=op.f("uq_allocation_revision_run_id_undoes")),
    )
    open_to_app("allocation_revision")
    append_only("allocation_revision")


def _interests():
    names = ", ".join(f"'{name}'" for name in RELATIONS)
    op.create_table(
        "interest",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("group_no", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"relation IN ({names})", name=op.f("ck_interest_relation")),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= declared_at", name=op.f("ck_interest_ends_after")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_interest_person_id")),
        sa.ForeignKeyConstraint(
            ["group_no"], ["civic_group.no"], name=op.f("fk_interest_group_no")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest")),
    )
    op.create_index(
        "uq_interest_standing",
        "interest",
        ["person_id", "group_no"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    open_to_app("interest", update=True)


def downgrade():
    op.execute("DROP TRIGGER approver_unconflicted ON allocation_line")
    op.execute("DROP TRIGGER run_change ON allocation_run")
    op.drop_table("interest")
    op.drop_table("allocation_revision")
    for name in (
        "check_approver_interest",
        "check_interest_change",
        "check_revision",
        "check_run_change",
    ):
        op.execute(f"DROP FUNCTION {name}()")
