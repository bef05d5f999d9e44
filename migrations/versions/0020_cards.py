"""Monthly gifts: another card, and a page whose address can be made anew.

1. A subscription knows the page on which its donor is giving another card, and of when the card
   is that is charged now (null: the one it began with).
2. A pledge's address gets a version, as a gift's has: the law that fixes what was promised lets
   the address go on to the next version, and back to no earlier one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_cards"
down_revision = "0019_award_changes"
branch_labels = None
depends_on = None

LAW = """
CREATE OR REPLACE FUNCTION check_pledge() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (OLD.no, OLD.donor_id, OLD.yen, OLD.parts, OLD.created_at)
      IS DISTINCT FROM (NEW.no, NEW.donor_id, NEW.yen, NEW.parts, NEW.created_at)
      {address}
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
"""
FIXED = "OR OLD.secret_hash IS DISTINCT FROM NEW.secret_hash"
VERSIONED = """
      OR (OLD.secret_hash IS DISTINCT FROM NEW.secret_hash)
         <> (NEW.link_version = OLD.link_version + 1)
      OR NEW.link_version NOT IN (OLD.link_version, OLD.link_version + 1)"""


def upgrade():
    op.add_column("subscription", sa.Column("card_session", sa.Text))
    op.add_column("subscription", sa.Column("card_as_of", sa.DateTime(timezone=True)))
    op.add_column(
        "pledge", sa.Column("link_version", sa.Integer, nullable=False, server_default="1")
    )
    op.create_check_constraint("link_version", "pledge", "link_version > 0")
    op.get_bind().connection.driver_connection.execute(LAW.format(address=VERSIONED))


def downgrade():
    op.get_bind().connection.driver_connection.execute(LAW.format(address=FIXED))
    op.drop_constraint(op.f("ck_pledge_link_version"), "pledge")
    op.drop_column("pledge", "link_version")
    op.drop_column("subscription", "card_as_of")
    op.drop_column("subscription", "card_session")
