"""What every way of paying needs to be remembered.

A gift learns which payment's money it is (``paid_by``): the earliest one that paid. Later ones
of the same gift are ``extra``: their money is held, and an officer decides.
"""

import sqlalchemy as sa
from alembic import op
from hands import open_to_app
from sqlalchemy.dialects import postgresql

revision = "0005_methods"
down_revision = "0004_privileges"
branch_labels = None
depends_on = None

ONLINE = "'card', 'konbini', 'paypay', 'bank_transfer'"
METHODS = f"method IN ({ONLINE}, 'counter', 'slip', 'box', 'bank')"
STATES = "'created', 'open', 'waiting', 'succeeded', 'failed', 'expired', 'canceled'"

PAID_BY = """
UPDATE gift SET paid_by = (
  SELECT payment.no FROM payment
  WHERE payment.gift_no = gift.no AND payment.state = 'succeeded'
  ORDER BY payment.paid_at, payment.id LIMIT 1)
WHERE paid_at IS NOT NULL
"""
EXTRA = """
UPDATE payment SET extra = true FROM gift
WHERE gift.no = payment.gift_no AND payment.state = 'succeeded' AND gift.paid_by <> payment.no
"""


def upgrade():
    op.drop_constraint(op.f("ck_payment_method"), "payment")
    op.drop_constraint(op.f("ck_payment_state"), "payment")
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("customer_id", sa.Text()),
        sa.Column("charge_id", sa.Text()),
        sa.Column("voucher", postgresql.JSONB()),
        sa.Column("funded_yen", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("excess_yen", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("pay_by", moment),
        sa.Column("look_at", moment),
        sa.Column("reminded_at", moment),
        sa.Column("warned_at", moment),
        sa.Column("checked_at", moment),
        sa.Column("late", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("extra", sa.Boolean(), nullable=False, server_default="false"),
    ):
        op.add_column("payment", column)
    op.create_unique_constraint(op.f("uq_payment_charge_id"), "payment", ["charge_id"])
    op.create_check_constraint(op.f("ck_payment_method"), "payment", METHODS)
    op.create_check_constraint(op.f("ck_payment_state"), "payment", f"state IN ({STATES})")
    op.create_check_constraint(
        op.f("ck_payment_funded"), "payment", "funded_yen BETWEEN 0 AND yen AND excess_yen >= 0"
    )
    op.create_check_constraint(
        op.f("ck_payment_waits_how"), "payment", "state <> 'waiting' OR voucher IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_payment_extra_paid"), "payment", "state = 'succeeded' OR NOT (extra OR late)"
    )
    op.create_index(
        "ix_payment_look", "payment", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL")
    )
    op.create_index("ix_payment_customer", "payment", ["customer_id"])
    op.execute(
        "UPDATE payment SET look_at = now() WHERE state IN ('created', 'open') AND method = 'card'"
    )

    op.add_column("provider_event", sa.Column("created_at", moment))
    op.add_column(
        "provider_event",
        sa.Column("source", sa.Text(), nullable=False, server_default="delivered"),
    )
    op.create_check_constraint(
        op.f("ck_provider_event_source"), "provider_event", "source IN ('delivered', 'listed')"
    )
    op.create_table(
        "provider_watermark",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_provider_watermark")),
    )
    open_to_app("provider_watermark", update=True)

    op.add_column("gift", sa.Column("paid_by", sa.Text()))
    op.create_foreign_key(op.f("fk_gift_paid_by"), "gift", "payment", ["paid_by"], ["no"])
    op.execute(PAID_BY)
    op.execute(EXTRA)
    op.create_unique_constraint(op.f("uq_gift_paid_by"), "gift", ["paid_by"])
    op.create_check_constraint(
        op.f("ck_gift_paid_by"), "gift", "paid_by IS NULL OR paid_at IS NOT NULL"
    )
    op.create_check_constraint(op.f("ck_gift_method"), "gift", METHODS)


def downgrade():
    op.drop_constraint(op.f("ck_gift_method"), "gift")
    op.drop_constraint(op.f("ck_gift_paid_by"), "gift")
    op.drop_constraint(op.f("uq_gift_paid_by"), "gift")
    op.drop_constraint(op.f("fk_gift_paid_by"), "gift")
    op.drop_column("gift", "paid_by")
    op.drop_table("provider_watermark")
    op.drop_constraint(op.f("ck_provider_event_source"), "provider_event")
    op.drop_column("provider_event", "source")
    op.drop_column("provider_event", "created_at")
    op.drop_index("ix_payment_customer", "payment")
    op.drop_index("ix_payment_look", "payment")
    for name in ("extra_paid", "waits_how", "funded", "state", "method"):
        op.drop_constraint(op.f(f"ck_payment_{name}"), "payment")
    op.drop_constraint(op.f("uq_payment_charge_id"), "payment")
    for name in (
        "extra",
        "late",
        "checked_at",
        "warned_at",
        "reminded_at",
        "look_at",
        "pay_by",
        "excess_yen",
        "funded_yen",
        "voucher",
        "charge_id",
        "customer_id",
    ):
        op.drop_column("payment", name)
    op.create_check_constraint(
        op.f("ck_payment_state"),
        "payment",
        "state IN ('created', 'open', 'succeeded', 'failed', 'expired', 'canceled')",
    )
    op.create_check_constraint(
        op.f("ck_payment_method"), "payment", "method IN ('card', 'counter', 'bank')"
    )
