"""What money, decisions and evidence once said stays as it was written, whoever holds the role.

Commands keep these laws already. Here they are kept against a hand on the app's own connection
too: it may move a row on, but not change what the row is about, who decided it, or what ended.
"""

from alembic import op

revision = "0014_written_once"
down_revision = "0013_log"
branch_labels = None
depends_on = None

REFUSE = """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: what was written once stays', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;
"""


def _changes(*columns):
    old, new = (", ".join(f"{side}.{name}" for name in columns) for side in ("OLD", "NEW"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


def _rewrites(*columns):
    """A column that life fills once, and that is emptied or filled anew."""
    return " OR ".join(
        f"(OLD.{name} IS NOT NULL AND OLD.{name} IS DISTINCT FROM NEW.{name})" for name in columns
    )


# An offline payment may be taken back when its bank line was matched wrongly; the provider's not.
PAID = (
    "OLD.state = 'succeeded' AND OLD.intent_id IS NOT NULL AND ("
    + _changes("state", "method", "paid_at", "received_on", "intent_id")
    + " OR "
    + _rewrites("charge_id")
    + ")"
)
STAYS = {
    ("payment", "payment_is_fixed"): _changes("no", "gift_no", "attempt", "yen", "created_at"),
    ("payment", "payment_was_paid"): PAID,
    ("gift", "gift_is_fixed"): _changes("no", "yen", "edition_code", "offered_at"),
    ("gift", "gift_was_accepted"): _rewrites("accepted_on", "accepted_yen"),
    ("acceptance_batch", "batch_was_decided"): "OLD.decided_by IS NOT NULL OR "
    + _changes("no", "checklist", "note", "proposed_by", "proposed_at"),
    ("refusal", "refusal_was_decided"): "OLD.decided_by IS NOT NULL OR "
    + _changes("no", "gift_id", "ground", "reason", "course", "proposed_by", "proposed_at"),
    ("refund", "refund_was_asked"): _changes(
        "reason", "decision_no", "note", "seen_yen", "proposed_by", "created_at"
    ),
    ("refund", "refund_was_decided"): _rewrites(
        *("approved_by", "approved_at", "rejected_by", "provider_id"),
        *("left_at", "left_on", "came_back_on", "paid_from", "paid_by"),
    ),
    ("dispute", "dispute_is_fixed"): _changes(
        "id", "payment_no", "gift_no", "yen", "reason", "opened_at"
    ),
    ("dispute", "dispute_was_decided"): _rewrites("withdrawn_on", "outcome", "ended_on"),
    ("provider_event", "event_is_evidence"): "OLD.state <> 'pending' OR "
    + _changes("id", "type", "object_id", "livemode", "body", "received_at", "created_at"),
    ("receipt", "receipt_was_issued"): "OLD.state = 'void' OR "
    + _changes(
        *("no", "fy", "serial", "gift_no", "issued_on", "issued_at"),
        *("payload", "payload_sha256", "replaces"),
    ),
    ("receipt_series", "series_counts_on"): "NEW.last < OLD.last OR NEW.fy <> OLD.fy",
    ("award_series", "series_counts_on"): "NEW.last < OLD.last OR NEW.fy <> OLD.fy",
    ("provider_watermark", "watermark_rises"): "NEW.at < OLD.at OR NEW.what <> OLD.what",
}
"""(table, law) → when an update breaks it."""

STEPS = """
CREATE FUNCTION check_refund_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.origin = 'asked' AND NEW.state NOT IN ('proposed', 'approved') THEN
      RAISE EXCEPTION 'refund % begins where no refund begins', NEW.no
        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_step';
    END IF;
  ELSIF NOT (OLD.state, NEW.state) IN (
    ('proposed', 'approved'), ('proposed', 'rejected'), ('proposed', 'canceled'),
    ('approved', 'sent'), ('approved', 'succeeded'), ('approved', 'canceled'),
    ('approved', 'pending'), ('approved', 'requires_action'), ('approved', 'failed'),
    ('sent', 'pending'), ('sent', 'requires_action'), ('sent', 'succeeded'),
    ('sent', 'failed'), ('sent', 'canceled'),
    ('pending', 'requires_action'), ('pending', 'succeeded'), ('pending', 'failed'),
    ('pending', 'canceled'),
    ('requires_action', 'pending'), ('requires_action', 'succeeded'),
    ('requires_action', 'failed'), ('requires_action', 'canceled'),
    ('succeeded', 'failed'),
    ('canceled', 'pending'), ('canceled', 'requires_action'), ('canceled', 'succeeded'),
    ('canceled', 'failed')
  ) THEN
    RAISE EXCEPTION 'refund % does not go from % to %', NEW.no, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_step';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_begins BEFORE INSERT ON refund
  FOR EACH ROW EXECUTE FUNCTION check_refund_step();
CREATE TRIGGER refund_step BEFORE UPDATE ON refund
  FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION check_refund_step();
ALTER TABLE refund ENABLE ALWAYS TRIGGER refund_begins;
ALTER TABLE refund ENABLE ALWAYS TRIGGER refund_step;

CREATE FUNCTION check_dispute() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM payment WHERE no = NEW.payment_no AND gift_no = NEW.gift_no
                 AND state = 'succeeded' AND yen >= NEW.yen) THEN
    RAISE EXCEPTION 'dispute % names no payment of its gift that brought so much', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_of_a_payment';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER dispute_of_a_payment BEFORE INSERT ON dispute
  FOR EACH ROW EXECUTE FUNCTION check_dispute();
ALTER TABLE dispute ENABLE ALWAYS TRIGGER dispute_of_a_payment;

CREATE FUNCTION check_accepted() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM acceptance_item AS item JOIN acceptance_batch AS batch ON batch.id = item.batch_id
    WHERE item.gift_id = NEW.id AND batch.state = 'accepted'
  ) THEN
    RAISE EXCEPTION 'gift % stands in no accepted batch', NEW.no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'accepted_by_two';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accepted_by_two BEFORE UPDATE ON gift
  FOR EACH ROW WHEN (OLD.accepted_on IS NULL AND NEW.accepted_on IS NOT NULL)
  EXECUTE FUNCTION check_accepted();
ALTER TABLE gift ENABLE ALWAYS TRIGGER accepted_by_two;

CREATE FUNCTION check_batch_is_open() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows JOIN acceptance_batch AS batch ON batch.id = new_rows.batch_id
             WHERE batch.state <> 'proposed') THEN
    RAISE EXCEPTION 'a decided batch takes no gift'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'batch_is_open';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER batch_is_open AFTER INSERT ON acceptance_item
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_batch_is_open();
ALTER TABLE acceptance_item ENABLE ALWAYS TRIGGER batch_is_open;
"""
FUNCTIONS = ("refuse_rewriting", "check_refund_step", "check_dispute", "check_accepted")


def upgrade():
    op.execute(REFUSE)
    for (table, law), broken in STAYS.items():
        op.execute(
            f"CREATE TRIGGER {law} BEFORE UPDATE ON {table}"
            f" FOR EACH ROW WHEN ({broken}) EXECUTE FUNCTION refuse_rewriting()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {law}")
    op.execute(STEPS)


def downgrade():
    for function in (*FUNCTIONS, "check_batch_is_open"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")
