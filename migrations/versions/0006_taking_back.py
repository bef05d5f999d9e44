"""Refunds, disputes and refused gifts.

1. All refunds of a payment together never exceed it: whoever adds one waits for the payment's
   row. What a refund is about never changes; only its state does.
2. What an allocation line gave is taken back by rows of its own (``allocation_reversal``), never
   more than the line gave; ceilings count a line less what was taken back of it.
3. A line that fills a hole the ward stands in for (a *reinstatement* run) stays within the hole.
"""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app

revision = "0006_taking_back"
down_revision = "0005_methods"
branch_labels = None
depends_on = None

REFUND_LAWS = """
CREATE FUNCTION check_refund() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  paid bigint;
  going numeric;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.no, OLD.payment_no, OLD.gift_no, OLD.yen, OLD.origin)
      IS DISTINCT FROM (NEW.no, NEW.payment_no, NEW.gift_no, NEW.yen, NEW.origin) THEN
    RAISE EXCEPTION 'what refund % is about never changes', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refund_is_fixed';
  END IF;
  SELECT yen INTO paid FROM payment
    WHERE no = NEW.payment_no AND gift_no = NEW.gift_no AND state = 'succeeded' FOR UPDATE;
  IF paid IS NULL THEN
    RAISE EXCEPTION 'refund % names no payment of its gift that was paid', NEW.no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_of_a_payment';
  END IF;
  SELECT coalesce(sum(yen), 0) INTO going FROM refund
    WHERE payment_no = NEW.payment_no AND no <> NEW.no
      AND state NOT IN ('failed', 'canceled', 'rejected');
  IF NEW.state NOT IN ('failed', 'canceled', 'rejected') AND going + NEW.yen > paid THEN
    RAISE EXCEPTION 'refunds of payment % would exceed it', NEW.payment_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_within_payment';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER refund_is_lawful BEFORE INSERT OR UPDATE ON refund
  FOR EACH ROW EXECUTE FUNCTION check_refund();
"""

CEILINGS = """
CREATE FUNCTION award_over_ceiling(award_nos text[]) RETURNS text LANGUAGE sql STABLE AS $$
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
    AND (coalesce(lines.given, 0) - coalesce(back.committed, 0) > coalesce(award.yen, 0)
      OR coalesce(lines.filled, 0) > coalesce(back.ward, 0))
  ORDER BY award.no LIMIT 1
$$;

CREATE FUNCTION check_allocation_reversals() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  broken text;
BEGIN
  PERFORM 1 FROM award WHERE no IN (SELECT award_no FROM new_rows) ORDER BY no FOR UPDATE;
  SELECT line.run_id || '#' || line.line INTO broken
    FROM allocation_line AS line
    JOIN (
      SELECT run_id, line, sum(yen) AS yen, min(least_yen) AS least FROM (
        SELECT run_id, line, yen, sum(yen) OVER (PARTITION BY run_id, line, source) AS least_yen
        FROM allocation_reversal
        WHERE (run_id, line) IN (SELECT run_id, line FROM new_rows)
      ) AS rows GROUP BY run_id, line
    ) AS back ON back.run_id = line.run_id AND back.line = line.line
    WHERE back.yen > line.yen OR back.least < 0 LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'line % would give back more than it gave', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_within_line';
  END IF;
  SELECT new_rows.run_id || '#' || new_rows.line INTO broken
    FROM new_rows JOIN allocation_line AS line
      ON line.run_id = new_rows.run_id AND line.line = new_rows.line
    WHERE line.share_id <> new_rows.share_id OR line.award_no <> new_rows.award_no LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'reversal of line % names another lot or award', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_of_its_line';
  END IF;
  broken := award_over_ceiling(ARRAY(SELECT DISTINCT award_no FROM new_rows));
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'award % would receive more than was decided', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_award';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER reversals_hold AFTER INSERT ON allocation_reversal
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_allocation_reversals();
"""

LINES = """
CREATE OR REPLACE FUNCTION check_allocation_lines() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  broken text;
BEGIN
  PERFORM 1 FROM award WHERE no IN (SELECT award_no FROM new_rows) ORDER BY no FOR UPDATE;
  {ceiling}
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
"""
CEILING_NOW = "broken := award_over_ceiling(ARRAY(SELECT DISTINCT award_no FROM new_rows));"
CEILING_BEFORE = """
  SELECT award.no INTO broken
    FROM allocation_line JOIN award ON award.no = allocation_line.award_no
    WHERE award.no IN (SELECT award_no FROM new_rows)
    GROUP BY award.no, award.yen
    HAVING sum(allocation_line.yen) > coalesce(award.yen, 0) LIMIT 1;
"""
PEOPLE = ("proposed_by", "approved_by", "rejected_by", "paid_by", "looked_by")


def upgrade():
    _gifts()
    _refunds()
    _disputes()
    _refusals()
    _reversals()
    moment = sa.DateTime(timezone=True)
    op.add_column("receipt", sa.Column("voided_at", moment))
    op.add_column("receipt", sa.Column("void_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("receipt", sa.Column("replaces", sa.Text()))
    op.create_foreign_key(op.f("fk_receipt_replaces"), "receipt", "receipt", ["replaces"], ["no"])
    op.create_unique_constraint(op.f("uq_receipt_replaces"), "receipt", ["replaces"])
    op.execute("UPDATE receipt SET voided_at = issued_at WHERE state = 'void'")
    op.create_check_constraint(
        op.f("ck_receipt_voided_when"), "receipt", "(state = 'void') = (voided_at IS NOT NULL)"
    )


def _gifts():
    op.add_column(
        "gift", sa.Column("returned_yen", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("gift", sa.Column("accepted_yen", sa.BigInteger()))
    op.add_column(
        "gift", sa.Column("taken_yen", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("gift", sa.Column("state_before", sa.Text()))
    op.execute("UPDATE gift SET accepted_yen = yen WHERE accepted_on IS NOT NULL")
    op.create_check_constraint(op.f("ck_gift_returned"), "gift", "returned_yen BETWEEN 0 AND yen")
    op.create_check_constraint(
        op.f("ck_gift_taken"), "gift", "taken_yen BETWEEN 0 AND coalesce(accepted_yen, yen)"
    )
    op.create_check_constraint(
        op.f("ck_gift_accepted_yen"),
        "gift",
        "accepted_yen IS NULL OR (accepted_on IS NOT NULL AND accepted_yen BETWEEN 1 AND yen)",
    )


def _refunds():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("payment_no", sa.Text(), nullable=False),
        sa.Column("gift_no", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision_no", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("seen_yen", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("proposed_by", sa.BigInteger()),
        sa.Column("approved_by", sa.BigInteger()),
        sa.Column("approved_at", moment),
        sa.Column("rejected_by", sa.BigInteger()),
        sa.Column("paid_from", sa.Text()),
        sa.Column("paid_by", sa.BigInteger()),
        sa.Column("left_at", moment),
        sa.Column("left_on", sa.Date()),
        sa.Column("came_back_on", sa.Date()),
        sa.Column("looked_by", sa.BigInteger()),
        sa.Column("looked_at", moment),
        *(
            sa.CheckConstraint(law, name=op.f(f"ck_refund_{name}"))
            for name, law in REFUND_CHECKS.items()
        ),
        sa.ForeignKeyConstraint(["payment_no"], ["payment.no"], name=op.f("fk_refund_payment_no")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_refund_{column}"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("no", name=op.f("uq_refund_no")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_refund_provider_id")),
    )
    op.create_index("ix_refund_payment_no", "refund", ["payment_no"])
    op.create_index("ix_refund_gift_no", "refund", ["gift_no"])
    op.create_index("ix_refund_state", "refund", ["state", "id"])
    open_to_app("refund", update=True)
    op.execute(REFUND_LAWS)


REFUND_CHECKS = {
    "yen_positive": "yen > 0",
    "origin": "origin IN ('asked', 'external')",
    "reason": "reason IN ('wrong-payment', 'double-payment', 'refused', 'donor-request',"
    " 'dashboard', 'other')",
    "state": "state IN ('proposed', 'approved', 'sent', 'requires_action', 'pending',"
    " 'succeeded', 'failed', 'canceled', 'rejected')",
    "asked_by": "(origin = 'asked') = (proposed_by IS NOT NULL)",
    "decided": "origin = 'external' OR decision_no <> ''",
    "external_known": "origin = 'asked' OR provider_id IS NOT NULL",
    "four_eyes": "approved_by IS NULL OR approved_by <> proposed_by",
    "rejected_eyes": "rejected_by IS NULL OR rejected_by <> proposed_by",
    "approved_when": "(approved_by IS NULL) = (approved_at IS NULL)",
    "approved_first": "origin = 'external' OR approved_by IS NOT NULL"
    " OR state IN ('proposed', 'rejected', 'canceled')",
    "rejected_by_whom": "(state = 'rejected') = (rejected_by IS NOT NULL)",
    "left_when": "(left_at IS NULL) = (left_on IS NULL)",
    "came_back_after": "came_back_on IS NULL OR left_on IS NOT NULL",
    "left_state": "left_on IS NULL OR came_back_on IS NOT NULL"
    " OR state IN ('requires_action', 'pending', 'succeeded')",
    "paid_from": "paid_from IN ('bank', 'counter')",
    "paid_by_whom": "(paid_from IS NULL) = (paid_by IS NULL)",
    "looked_when": "(looked_by IS NULL) = (looked_at IS NULL)",
}


def _disputes():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "dispute",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("payment_no", sa.Text(), nullable=False),
        sa.Column("gift_no", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("evidence_due_at", moment),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("outcome", sa.Text()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("noted_by", sa.BigInteger()),
        sa.Column("noted_at", moment),
        sa.CheckConstraint("yen > 0", name=op.f("ck_dispute_yen_positive")),
        sa.CheckConstraint("outcome IN ('won', 'lost')", name=op.f("ck_dispute_outcome")),
        sa.CheckConstraint(
            "(outcome IS NULL) = (ended_on IS NULL)", name=op.f("ck_dispute_ended_when")
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR withdrawn_on IS NOT NULL", name=op.f("ck_dispute_ended_after")
        ),
        sa.CheckConstraint(
            "(noted_by IS NULL) = (noted_at IS NULL)", name=op.f("ck_dispute_noted_when")
        ),
        sa.ForeignKeyConstraint(["payment_no"], ["payment.no"], name=op.f("fk_dispute_payment_no")),
        sa.ForeignKeyConstraint(["noted_by"], ["person.id"], name=op.f("fk_dispute_noted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index("ix_dispute_payment_no", "dispute", ["payment_no"])
    op.create_index("ix_dispute_gift_no", "dispute", ["gift_no"])
    open_to_app("dispute", update=True)


def _refusals():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("gift_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", moment),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'declined', 'sent_back')", name=op.f("ck_refusal_state")
        ),
        sa.CheckConstraint(
            "ground IN ('public-order', 'politics-religion', 'antisocial-forces', 'dispute',"
            " 'law', 'other')",
            name=op.f("ck_refusal_ground"),
        ),
        sa.CheckConstraint("reason <> '' AND course <> ''", name=op.f("ck_refusal_explained")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_refusal_decided_when")
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)", name=op.f("ck_refusal_decided_state")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_refusal_four_eyes")
        ),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_refusal_gift_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_refusal_proposed_by")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_refusal_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint("no", name=op.f("uq_refusal_no")),
    )
    op.create_index(
        "uq_refusal_standing",
        "refusal",
        ["gift_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'sent_back'"),
    )
    open_to_app("refusal", update=True)


def _reversals():
    op.add_column(
        "allocation_run",
        sa.Column("kind", sa.Text(), nullable=False, server_default="ordinary"),
    )
    op.create_check_constraint(
        op.f("ck_allocation_run_kind"), "allocation_run", "kind IN ('ordinary', 'reinstatement')"
    )
    op.create_table(
        "allocation_reversal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("award_no", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("yen <> 0", name=op.f("ck_allocation_reversal_yen_moves")),
        sa.CheckConstraint(
            "source IN ('committed', 'ward')", name=op.f("ck_allocation_reversal_source")
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "line"],
            ["allocation_line.run_id", "allocation_line.line"],
            name=op.f("fk_allocation_reversal_run_id_line"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_allocation_reversal_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_reversal")),
        sa.UniqueConstraint(
            "run_id",
            "line",
            "source",
            "entry_id",
            name=op.f("uq_allocation_reversal_run_id_line_source_entry_id"),
        ),
    )
    op.create_index("ix_allocation_reversal_award_no", "allocation_reversal", ["award_no"])
    op.create_index("ix_allocation_reversal_share_id", "allocation_reversal", ["share_id"])
    open_to_app("allocation_reversal")
    append_only("allocation_reversal")
    op.execute(CEILINGS)
    op.execute(LINES.replace("{ceiling}", CEILING_NOW))


def downgrade():
    op.drop_constraint(op.f("ck_receipt_voided_when"), "receipt")
    op.drop_constraint(op.f("uq_receipt_replaces"), "receipt")
    op.drop_constraint(op.f("fk_receipt_replaces"), "receipt")
    for column in ("replaces", "void_reason", "voided_at"):
        op.drop_column("receipt", column)
    op.execute(LINES.replace("{ceiling}", CEILING_BEFORE))
    op.drop_table("allocation_reversal")
    op.execute("DROP FUNCTION check_allocation_reversals()")
    op.execute("DROP FUNCTION award_over_ceiling(text[])")
    op.drop_constraint(op.f("ck_allocation_run_kind"), "allocation_run")
    op.drop_column("allocation_run", "kind")
    op.drop_table("refusal")
    op.drop_table("dispute")
    op.drop_table("refund")
    op.execute("DROP FUNCTION check_refund()")
    for name in ("accepted_yen", "taken", "returned"):
        op.drop_constraint(op.f(f"ck_gift_{name}"), "gift")
    for column in ("state_before", "taken_yen", "accepted_yen", "returned_yen"):
        op.drop_column("gift", column)
