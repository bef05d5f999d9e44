"""Erasing a person: asked for by one, decided by another, done by the database in one step.

What evidence once said stays as it was written (0002, 0014) for every hand but this one function
of the owner. It runs for a decided row of ``erasure`` only, after the day until which the law
keeps the papers, and it takes away the person, never yen, wishes, decisions or entries.
"""

import sqlalchemy as sa
from alembic import op
from hands import open_to_app

revision = "0022_erasure"
down_revision = "0021_declines"
branch_labels = None
depends_on = None

# Inside a SECURITY DEFINER function the current user is its owner; the app's role never is.
ERASING = """
CREATE FUNCTION erasing() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('fund.erasing', true), '') = 'on'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class
                        WHERE oid = 'public.erasure'::regclass)
$$;
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME IN ('consent', 'donor_correction', 'bank_line', 'bank_match')
      AND TG_OP IN ('UPDATE', 'DELETE') AND erasing() THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', HINT = 'Correct by a reversing entry.';
END $$;
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME IN ('receipt', 'provider_event', 'refusal', 'refund') AND erasing() THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '%: what was written once stays', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', HINT = 'Correct by a reversing entry.';
END $$;
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: what was written once stays', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;
"""

LAWS = (
    ("intake_row", "intake_row_law", "INSERT OR UPDATE OR DELETE", "check_intake_row"),
    ("intake_doubt", "intake_doubt_law", "UPDATE OR DELETE", "check_intake_doubt"),
    ("pledge", "pledge_is_lawful", "UPDATE", "check_pledge"),
)

STEPS = """
CREATE FUNCTION check_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'proposed' OR NEW.state = 'proposed' OR
     ROW(OLD.id, OLD.donor_id, OLD.gift_no, OLD.ground, OLD.kept_until, OLD.proposed_by,
         OLD.proposed_at)
     IS DISTINCT FROM
     ROW(NEW.id, NEW.donor_id, NEW.gift_no, NEW.ground, NEW.kept_until, NEW.proposed_by,
         NEW.proposed_at) THEN
    RAISE EXCEPTION 'erasure % stays as it was asked and decided', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'erasure_is_decided_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER erasure_is_decided_once BEFORE UPDATE ON erasure
  FOR EACH ROW EXECUTE FUNCTION check_erasure();
ALTER TABLE erasure ENABLE ALWAYS TRIGGER erasure_is_decided_once;
"""

ERASE = """
CREATE FUNCTION erase_donor(asked bigint) RETURNS integer LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  who bigint;
  ids bigint[];
  nos text[];
  promises text[];
  mails text[];
  marks text[];
BEGIN
  SELECT donor_id INTO who FROM erasure
    WHERE id = asked AND state = 'erased' AND decided_by <> proposed_by
      AND kept_until <= (decided_at AT TIME ZONE 'Asia/Tokyo')::date;
  IF who IS NULL OR EXISTS (SELECT FROM donor WHERE id = who AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'erasure % was not decided, is not due, or is done', asked
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'erasure_is_decided';
  END IF;
  PERFORM set_config('fund.erasing', 'on', true);
  SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(no), '{}') INTO ids, nos
    FROM gift WHERE donor_id = who;
  SELECT coalesce(array_agg(no), '{}') INTO promises FROM pledge WHERE donor_id = who;
  SELECT coalesce(array_agg(DISTINCT lower(one)), '{}') INTO mails FROM (
    SELECT email AS one FROM donor WHERE id = who
    UNION SELECT before ->> 'email' FROM donor_correction WHERE donor_id = who
    UNION SELECT after ->> 'email' FROM donor_correction WHERE donor_id = who
    UNION SELECT email FROM email_change WHERE gift_id = ANY(ids)
  ) AS known WHERE one <> '';
  SELECT coalesce(array_agg(DISTINCT mark), '{}') INTO marks FROM (
    SELECT unnest(ARRAY[no, session_id, intent_id, charge_id, customer_id]) AS mark
      FROM payment WHERE gift_no = ANY(nos)
    UNION SELECT unnest(ARRAY[subscription_id, customer_id]) FROM subscription
      WHERE pledge_no = ANY(promises)
    UNION SELECT unnest(nos) UNION SELECT unnest(promises) UNION SELECT unnest(mails)
  ) AS named WHERE length(mark) > 5;

  UPDATE provider_event SET body = '{"erased": true}'
    WHERE object_id = ANY(marks) OR EXISTS (
      SELECT FROM unnest(marks) AS mark
      WHERE position(convert_to(mark, 'UTF8') IN body) > 0);
  UPDATE payment SET voucher = NULL, session_url = NULL WHERE gift_no = ANY(nos);
  UPDATE mail SET recipient = '', subject = '', body_text = '', body_html = NULL,
      last_error = NULL, stop_url = NULL,
      state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
    WHERE lower(recipient) = ANY(mails) OR EXISTS (
      SELECT FROM unnest(nos || promises) AS one WHERE starts_with(mail.subject_no, one));
  DELETE FROM mail_suppression WHERE lower(address) = ANY(mails)
    AND NOT EXISTS (SELECT FROM donor WHERE id <> who AND lower(email) = lower(address));
  DELETE FROM gift_draft WHERE form_key IN (SELECT form_key FROM gift WHERE donor_id = who)
    OR lower(mail_to) = ANY(mails);
  DELETE FROM email_change WHERE gift_id = ANY(ids);
  DELETE FROM donor_correction WHERE donor_id = who;
  UPDATE consent SET name = '' WHERE gift_id = ANY(ids);
  UPDATE receipt_request SET note = '' WHERE gift_id = ANY(ids);
  UPDATE refusal SET reason = '（消去）', course = '（消去）', decision_note = ''
    WHERE gift_id = ANY(ids);
  UPDATE refund SET note = '' WHERE gift_no = ANY(nos);
  UPDATE dispute SET note = '' WHERE gift_no = ANY(nos);
  UPDATE intake_row SET typed = '{}', facts = '{}', source_key = NULL, name_key = '',
      kana_key = '', postal_code = '', phone = '', sha256 = sha256(uuid_send(gen_random_uuid()))
    WHERE gift_no = ANY(nos);
  UPDATE intake_doubt SET note = '' WHERE other_gift_no = ANY(nos)
    OR row_id IN (SELECT id FROM intake_row WHERE gift_no = ANY(nos));
  WITH lines AS (
    SELECT bank_match.line_id FROM bank_match
    JOIN journal_entry ON journal_entry.id = bank_match.entry_id
    WHERE journal_entry.detail ->> 'gift' = ANY(nos)
  ), matches AS (
    UPDATE bank_match SET reason = '（消去）' WHERE reason <> ''
      AND line_id IN (SELECT line_id FROM lines)
  )
  UPDATE bank_line SET name_raw = '', name = '', name_key = '', note = '',
      fingerprint = sha256(uuid_send(gen_random_uuid()))
    WHERE id IN (SELECT line_id FROM lines);
  UPDATE pledge SET note = '', secret_hash = sha256(uuid_send(gen_random_uuid()))
    WHERE donor_id = who;
  DELETE FROM receipt_document WHERE receipt_id IN (
    SELECT id FROM receipt WHERE gift_no = ANY(nos));
  UPDATE receipt SET payload = said.body, payload_sha256 = sha256(said.body) FROM (
    SELECT id, convert_to((convert_from(payload, 'UTF8')::jsonb || jsonb_build_object(
      'name', '', 'address', '[]'::jsonb, 'postal_code', '', 'erased', true))::text, 'UTF8') AS body
    FROM receipt WHERE gift_no = ANY(nos)
  ) AS said WHERE said.id = receipt.id;
  -- Without its salt a commitment of the public log can never be opened again.
  UPDATE gift SET salt = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
      secret_hash = sha256(uuid_send(gen_random_uuid())),
      form_sha256 = sha256(uuid_send(gen_random_uuid())),
      form_key = 'erased-' || gen_random_uuid(),
      publish_name = false, display_name = '', tell_group = false, report_mail = false
    WHERE donor_id = who;
  UPDATE donor SET family_name = '', given_name = '', single_name = '', kana = '',
      contact_person = '', country = 'JP', postal_code = '', address1 = '', address2 = '',
      phone = '', email = '', erased_at = (SELECT decided_at FROM erasure WHERE id = asked)
    WHERE id = who;
  PERFORM set_config('fund.erasing', '', true);
  RETURN cardinality(nos);
END $$;
REVOKE ALL ON FUNCTION erase_donor(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_donor(bigint) TO fund_app;
"""


def _replace_laws(condition):
    for table, law, acts, function in LAWS:
        op.execute(f"DROP TRIGGER {law} ON {table}")
        op.execute(
            f"CREATE TRIGGER {law} BEFORE {acts} ON {table}"
            f" FOR EACH ROW {condition} EXECUTE FUNCTION {function}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {law}")


def upgrade():
    op.add_column("donor", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("donor_id", sa.BigInteger, nullable=False),
        sa.Column("gift_no", sa.Text, nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kept_until", sa.Date, nullable=False),
        sa.Column("proposed_by", sa.BigInteger, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.ForeignKeyConstraint(["donor_id"], ["donor.id"], name=op.f("fk_erasure_donor_id")),
        sa.ForeignKeyConstraint(["gift_no"], ["gift.no"], name=op.f("fk_erasure_gift_no")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_erasure_proposed_by")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_erasure_decided_by")),
        sa.CheckConstraint(
            "ground IN ('asked', 'retention-ended')", name=op.f("ck_erasure_ground")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'erased', 'sent_back')", name=op.f("ck_erasure_state")
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)", name=op.f("ck_erasure_decided_by_whom")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_erasure_decided_when")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_erasure_four_eyes")),
    )
    op.create_index(
        "uq_erasure_standing",
        "erasure",
        ["donor_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'sent_back'"),
    )
    open_to_app("erasure", update=True)
    op.execute(ERASING)
    _replace_laws("WHEN (NOT erasing())")
    op.execute(STEPS)
    op.execute(ERASE)


def downgrade():
    op.execute("DROP FUNCTION erase_donor(bigint)")
    _replace_laws("")
    op.execute(AS_BEFORE)
    op.drop_table("erasure")
    op.execute("DROP FUNCTION check_erasure()")
    op.execute("DROP FUNCTION erasing()")
    op.drop_column("donor", "erased_at")
