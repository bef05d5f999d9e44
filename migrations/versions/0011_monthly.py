"""Monthly gifts: subscriptions at the provider, their charges, and the pledges of donors.

1. One invoice, one intent and one payment belong to one instalment; an instalment's yen are its
   payment's, which has succeeded (checked when the transaction ends); it never changes.
2. What was pledged never changes: amount, wishes and donor of a pledge are fixed, and one that
   ended stays ended.
3. One gift belongs to one month of one pledge.
"""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app
from sqlalchemy.dialects import postgresql

revision = "0011_monthly"
down_revision = "0010_donors"
branch_labels = None
depends_on = None

INSTALMENT_LAW = """
CREATE FUNCTION check_instalment() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM payment
    WHERE no = NEW.payment_no AND state = 'succeeded' AND yen = NEW.yen
      AND (intent_id IS NULL OR intent_id = NEW.intent_id)
  ) THEN
    RAISE EXCEPTION 'instalment % is not what payment % brought in', NEW.invoice_id, NEW.payment_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'instalment_is_its_payment';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER instalment_is_its_payment AFTER INSERT ON instalment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_instalment();
"""

PLEDGE_LAW = """
CREATE FUNCTION check_pledge() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (OLD.no, OLD.donor_id, OLD.yen, OLD.parts, OLD.secret_hash, OLD.created_at)
      IS DISTINCT FROM (NEW.no, NEW.donor_id, NEW.yen, NEW.parts, NEW.secret_hash, NEW.created_at)
  THEN
    RAISE EXCEPTION 'what pledge % promised never changes', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pledge_is_fixed';
  END IF;
  IF OLD.state = 'ended' AND NEW.state <> 'ended' THEN
    RAISE EXCEPTION 'pledge % has ended', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pledge_stays_ended';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER pledge_is_lawful BEFORE UPDATE ON pledge
  FOR EACH ROW EXECUTE FUNCTION check_pledge();
"""


def _when(name, *, needed=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _subscriptions():
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("fund_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("pledge_no", sa.Text, nullable=False, unique=True),
        sa.Column("gift_no", sa.Text, nullable=False, unique=True),
        sa.Column("yen", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("subscription_id", sa.Text, unique=True),
        sa.Column("customer_id", sa.Text),
        _when("period_end"),
        sa.Column("ended_reason", sa.Text),
        sa.Column("missed_invoice", sa.Text),
        sa.Column("missed_attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failure_code", sa.Text),
        _when("next_attempt_at"),
        _when("as_of", needed=True),
        _when("look_at"),
        _when("created_at", needed=True),
        sa.CheckConstraint("yen > 0", name="yen_positive"),
        sa.CheckConstraint(
            "state IN ('expected', 'active', 'past_due', 'paused', 'ended')", name="state"
        ),
        sa.CheckConstraint(
            "subscription_id IS NOT NULL OR state IN ('expected', 'ended')",
            name="known_when_begun",
        ),
        sa.CheckConstraint("(state = 'ended') = (ended_reason IS NOT NULL)", name="ended_why"),
        sa.CheckConstraint("state <> 'ended' OR look_at IS NULL", name="ended_is_not_looked_at"),
    )
    op.create_index(
        "ix_subscription_look",
        "subscription",
        ["look_at"],
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )


def _instalments():
    op.create_table(
        "instalment",
        sa.Column("invoice_id", sa.Text, primary_key=True),
        sa.Column(
            "subscription_no", sa.BigInteger, sa.ForeignKey("subscription.id"), nullable=False
        ),
        sa.Column("payment_no", sa.Text, sa.ForeignKey("payment.no"), nullable=False, unique=True),
        sa.Column("intent_id", sa.Text, nullable=False, unique=True),
        sa.Column("yen", sa.BigInteger, nullable=False),
        _when("period_start", needed=True),
        _when("created_at", needed=True),
        sa.CheckConstraint("yen > 0", name="yen_positive"),
    )
    op.create_index("ix_instalment_subscription", "instalment", ["subscription_no", "period_start"])


def _pledges():
    op.create_table(
        "pledge",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("fund_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("no", sa.Text, nullable=False, unique=True),
        sa.Column("donor_id", sa.BigInteger, sa.ForeignKey("donor.id"), nullable=False),
        sa.Column("yen", sa.BigInteger, nullable=False),
        sa.Column("parts", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("edition_code", sa.Text, sa.ForeignKey("edition.code"), nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("asked", sa.Text),
        sa.Column("asked_by", sa.Text),
        _when("asked_at"),
        sa.Column("paused_by", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("sample", sa.Boolean, nullable=False, server_default="false"),
        _when("created_at", needed=True),
        _when("started_at"),
        _when("ended_at"),
        sa.CheckConstraint("yen > 0", name="yen_positive"),
        sa.CheckConstraint("state IN ('pending', 'active', 'paused', 'ended')", name="state"),
        sa.CheckConstraint("asked IN ('pause', 'resume', 'stop')", name="asked"),
        sa.CheckConstraint("(asked IS NULL) = (asked_at IS NULL)", name="asked_when"),
        sa.CheckConstraint("(asked IS NULL) = (asked_by IS NULL)", name="asked_by_whom"),
        sa.CheckConstraint("asked_by IN ('donor', 'wish', 'staff')", name="asked_by"),
        sa.CheckConstraint("paused_by IN ('donor', 'wish', 'staff')", name="paused_by"),
        sa.CheckConstraint("(state = 'paused') = (paused_by IS NOT NULL)", name="paused_why"),
        sa.CheckConstraint("ended_by IN ('donor', 'failure', 'staff', 'unpaid')", name="ended_by"),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_by IS NOT NULL AND ended_at IS NOT NULL)",
            name="ended_why",
        ),
        sa.CheckConstraint("state <> 'ended' OR asked IS NULL", name="ended_asks_nothing"),
    )
    op.create_index("ix_pledge_state", "pledge", ["state", "id"])
    op.create_table(
        "pledge_gift",
        sa.Column("gift_id", sa.BigInteger, sa.ForeignKey("gift.id"), primary_key=True),
        sa.Column("pledge_id", sa.BigInteger, sa.ForeignKey("pledge.id"), nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("redirected", sa.Boolean, nullable=False, server_default="false"),
        sa.UniqueConstraint("pledge_id", "serial"),
        sa.CheckConstraint("serial > 0", name="serial_positive"),
    )


def upgrade():
    _subscriptions()
    _instalments()
    _pledges()
    run = op.get_bind().connection.driver_connection.execute
    run(INSTALMENT_LAW)
    run(PLEDGE_LAW)
    append_only("instalment", "pledge_gift")
    open_to_app("subscription", "pledge", update=True)
    open_to_app("instalment", "pledge_gift")


def downgrade():
    for table in ("pledge_gift", "pledge", "instalment", "subscription"):
        op.drop_table(table)
    op.execute("DROP FUNCTION check_instalment()")
    op.execute("DROP FUNCTION check_pledge()")
