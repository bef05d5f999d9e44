"""How a receipt comes to its donor, and applications for the One-Stop exception.

What an application holds of a person (day of birth, the name and address on the paper) goes as
soon as the home municipality was told, and with the person: whoever is forgotten (0022) is
forgotten here too, by the same hand and in the same step.
"""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030_one_stop"
down_revision = "0029_references"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = (
    "'requested', 'sent', 'received', 'defective', 'late', 'notified', 'withdrawn', 'cancelled'"
)
FORGET = """
CREATE FUNCTION forget_one_stop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE one_stop SET born_on = NULL, facts = NULL, municipality = ''
    WHERE gift_no IN (SELECT no FROM gift WHERE donor_id = NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER one_stop_is_forgotten AFTER UPDATE OF erased_at ON donor
  FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION forget_one_stop();
ALTER TABLE donor ENABLE ALWAYS TRIGGER one_stop_is_forgotten;
"""


def upgrade():
    op.add_column("gift", sa.Column("receipt_way", sa.Text, nullable=False, server_default="link"))
    op.create_check_constraint("receipt_way", "gift", "receipt_way IN ('post', 'link', 'none')")
    op.create_table(
        "one_stop",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("gift_no", sa.Text, sa.ForeignKey("gift.no"), nullable=False, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("born_on", sa.Date),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.Column("printed_at", MOMENT),
        sa.Column("arrived_on", sa.Date),
        sa.Column("reasons", JSONB, nullable=False, server_default="[]"),
        sa.Column("facts", JSONB),
        sa.Column("yen", sa.BigInteger),
        sa.Column("municipality", sa.Text, nullable=False, server_default=""),
        sa.Column("notified_on", sa.Date),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
        sa.CheckConstraint(
            "state NOT IN ('received', 'defective', 'late', 'notified') OR arrived_on IS NOT NULL",
            name="arrived_when",
        ),
        sa.CheckConstraint("state <> 'notified' OR notified_on IS NOT NULL", name="notified_when"),
        sa.CheckConstraint("state NOT IN ('received', 'notified') OR yen > 0", name="yen"),
        sa.CheckConstraint("(state = 'defective') = (reasons <> '[]')", name="defect_named"),
        sa.CheckConstraint(
            "born_on IS NULL OR state IN ('requested', 'sent', 'received', 'defective')",
            name="born_on_while_needed",
        ),
        sa.CheckConstraint("facts IS NULL OR state = 'received'", name="facts_while_needed"),
    )
    op.create_index("ix_one_stop_state", "one_stop", ["state", "id"])
    open_to_app("one_stop", update=True)
    _steps()
    op.execute(FORGET)


def _steps():
    op.create_table(
        "one_stop_step",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("one_stop_id", sa.BigInteger, sa.ForeignKey("one_stop.id"), nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("reasons", JSONB, nullable=False, server_default="[]"),
        sa.Column("day", sa.Date),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.BigInteger, sa.ForeignKey("person.id")),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(f"act IN ({STATES}, 'printed', 'changed')", name="act"),
        sa.CheckConstraint("actor_kind IN ('donor', 'person', 'system')", name="actor_kind"),
        sa.CheckConstraint("(actor_kind = 'person') = (person_id IS NOT NULL)", name="by_whom"),
    )
    op.create_index("ix_one_stop_step_one_stop_id", "one_stop_step", ["one_stop_id", "id"])
    append_only("one_stop_step")
    open_to_app("one_stop_step")


def downgrade():
    op.execute("DROP TRIGGER one_stop_is_forgotten ON donor")
    op.execute("DROP FUNCTION forget_one_stop()")
    op.drop_table("one_stop_step")
    op.drop_table("one_stop")
    op.drop_constraint(op.f("ck_gift_receipt_way"), "gift")
    op.drop_column("gift", "receipt_way")
