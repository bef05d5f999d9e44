"""Gifts that come on paper, in cash, in files and in kind; wishes that change by a recorded act.

Laws kept here, besides those of the tables themselves:

1. A batch that was typed is handed in with its control total, or with a written reason, and is
   booked by a person who neither opened it, nor typed any row of it, nor handed it in.
2. A row changes only while its batch is open; afterwards only its state and its gift are written.
3. A redirection moves yen of a lot into a new lot of the same gift, to the yen, in the pot of the
   new wish: every lot keeps one wish for ever, so the law of allocation (0002) needs no exception.
"""

from alembic import op
from hands import append_only, open_to_app

revision = "0009_intake"
down_revision = "0008_bank"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE intake_batch (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  no TEXT NOT NULL,
  kind TEXT NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  day DATE NOT NULL,
  place TEXT DEFAULT '' NOT NULL,
  expected_count INTEGER NOT NULL,
  expected_yen BIGINT NOT NULL,
  difference_reason TEXT DEFAULT '' NOT NULL,
  opened_by BIGINT,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  handed_in_by BIGINT,
  handed_in_at TIMESTAMP WITH TIME ZONE,
  checked_by BIGINT,
  checked_at TIMESTAMP WITH TIME ZONE,
  check_note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_intake_batch PRIMARY KEY (id),
  CONSTRAINT ck_intake_batch_kind CHECK (kind IN ('counter', 'slip', 'box', 'bank', 'portal')),
  CONSTRAINT ck_intake_batch_origin CHECK (origin IN ('typed', 'file')),
  CONSTRAINT ck_intake_batch_state CHECK (state IN ('open', 'handed_in', 'booked', 'dropped')),
  CONSTRAINT ck_intake_batch_expected CHECK (expected_count >= 0 AND expected_yen >= 0),
  CONSTRAINT ck_intake_batch_handed_in_when CHECK ((handed_in_by IS NULL) = (handed_in_at IS NULL)),
  CONSTRAINT ck_intake_batch_checked_when CHECK ((checked_by IS NULL) = (checked_at IS NULL)),
  CONSTRAINT ck_intake_batch_four_eyes CHECK (checked_by IS NULL OR (checked_by <> opened_by AND checked_by <> handed_in_by)),
  CONSTRAINT ck_intake_batch_booked_by_two CHECK (origin <> 'typed' OR state <> 'booked' OR (opened_by IS NOT NULL AND handed_in_by IS NOT NULL AND checked_by IS NOT NULL)),
  CONSTRAINT uq_intake_batch_no UNIQUE (no),
  CONSTRAINT fk_intake_batch_opened_by FOREIGN KEY(opened_by) REFERENCES person (id),
  CONSTRAINT fk_intake_batch_handed_in_by FOREIGN KEY(handed_in_by) REFERENCES person (id),
  CONSTRAINT fk_intake_batch_checked_by FOREIGN KEY(checked_by) REFERENCES person (id)
);

CREATE INDEX ix_intake_batch_state ON intake_batch (state, id);

CREATE TABLE intake_row (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  batch_id BIGINT NOT NULL,
  position INTEGER NOT NULL,
  state TEXT NOT NULL,
  typed JSONB NOT NULL,
  facts JSONB NOT NULL,
  yen BIGINT NOT NULL,
  received_on DATE NOT NULL,
  source TEXT DEFAULT '' NOT NULL,
  source_key TEXT,
  sha256 BYTEA NOT NULL,
  name_key TEXT DEFAULT '' NOT NULL,
  kana_key TEXT DEFAULT '' NOT NULL,
  postal_code TEXT DEFAULT '' NOT NULL,
  phone TEXT DEFAULT '' NOT NULL,
  entered_by BIGINT,
  entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  gift_no TEXT,
  CONSTRAINT pk_intake_row PRIMARY KEY (id),
  CONSTRAINT uq_intake_row_batch_id_position UNIQUE (batch_id, position),
  CONSTRAINT uq_intake_row_source_key UNIQUE (source, source_key),
  CONSTRAINT ck_intake_row_state CHECK (state IN ('entered', 'doubtful', 'booked', 'left_out')),
  CONSTRAINT ck_intake_row_yen_positive CHECK (yen > 0),
  CONSTRAINT ck_intake_row_booked_as CHECK ((state = 'booked') = (gift_no IS NOT NULL)),
  CONSTRAINT fk_intake_row_batch_id FOREIGN KEY(batch_id) REFERENCES intake_batch (id),
  CONSTRAINT fk_intake_row_entered_by FOREIGN KEY(entered_by) REFERENCES person (id)
);

CREATE INDEX ix_intake_row_alike ON intake_row (yen, received_on);

CREATE INDEX ix_intake_row_open ON intake_row (batch_id) WHERE state = 'entered';

CREATE UNIQUE INDEX uq_intake_row_gift_no ON intake_row (gift_no);

CREATE TABLE intake_doubt (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  row_id BIGINT NOT NULL,
  other_gift_no TEXT,
  other_row_id BIGINT,
  reasons TEXT[] NOT NULL,
  found_at TIMESTAMP WITH TIME ZONE NOT NULL,
  decision TEXT,
  decided_by BIGINT,
  decided_at TIMESTAMP WITH TIME ZONE,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_intake_doubt PRIMARY KEY (id),
  CONSTRAINT uq_intake_doubt_gift UNIQUE (row_id, other_gift_no),
  CONSTRAINT uq_intake_doubt_row UNIQUE (row_id, other_row_id),
  CONSTRAINT ck_intake_doubt_one_other CHECK ((other_gift_no IS NULL) <> (other_row_id IS NULL)),
  CONSTRAINT ck_intake_doubt_decision CHECK (decision IN ('different', 'same')),
  CONSTRAINT ck_intake_doubt_decided_by_whom CHECK ((decision IS NULL) = (decided_by IS NULL)),
  CONSTRAINT ck_intake_doubt_decided_when CHECK ((decision IS NULL) = (decided_at IS NULL)),
  CONSTRAINT fk_intake_doubt_row_id FOREIGN KEY(row_id) REFERENCES intake_row (id),
  CONSTRAINT fk_intake_doubt_other_row_id FOREIGN KEY(other_row_id) REFERENCES intake_row (id),
  CONSTRAINT fk_intake_doubt_decided_by FOREIGN KEY(decided_by) REFERENCES person (id)
);

CREATE INDEX ix_intake_doubt_open ON intake_doubt (row_id) WHERE decision IS NULL;

CREATE TABLE gift_import (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  no TEXT NOT NULL,
  file_name TEXT NOT NULL,
  sha256 BYTEA NOT NULL,
  body BYTEA NOT NULL,
  source TEXT DEFAULT '' NOT NULL,
  state TEXT NOT NULL,
  good_only BOOLEAN DEFAULT 'false' NOT NULL,
  done INTEGER DEFAULT '0' NOT NULL,
  total INTEGER DEFAULT '0' NOT NULL,
  report JSONB DEFAULT '{}' NOT NULL,
  batch_id BIGINT,
  asked_by BIGINT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_gift_import PRIMARY KEY (id),
  CONSTRAINT ck_gift_import_state CHECK (state IN ('waiting', 'examined', 'importing', 'done', 'refused', 'dropped')),
  CONSTRAINT ck_gift_import_ended_when CHECK ((ended_at IS NOT NULL) = (state IN ('done', 'refused', 'dropped'))),
  CONSTRAINT ck_gift_import_forgotten CHECK (ended_at IS NULL OR length(body) = 0),
  CONSTRAINT uq_gift_import_no UNIQUE (no),
  CONSTRAINT fk_gift_import_batch_id FOREIGN KEY(batch_id) REFERENCES intake_batch (id),
  CONSTRAINT fk_gift_import_asked_by FOREIGN KEY(asked_by) REFERENCES person (id)
);

CREATE TABLE slip_print (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  gift_id BIGINT NOT NULL,
  printed_by BIGINT NOT NULL,
  printed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_slip_print PRIMARY KEY (id),
  CONSTRAINT fk_slip_print_gift_id FOREIGN KEY(gift_id) REFERENCES gift (id),
  CONSTRAINT fk_slip_print_printed_by FOREIGN KEY(printed_by) REFERENCES person (id)
);

CREATE INDEX ix_slip_print_gift_id ON slip_print (gift_id);

CREATE TABLE gift_in_kind (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  no TEXT NOT NULL,
  form_key TEXT NOT NULL,
  state TEXT NOT NULL,
  received_on DATE NOT NULL,
  description TEXT NOT NULL,
  quantity TEXT DEFAULT '' NOT NULL,
  estimated_yen BIGINT,
  donor_name TEXT NOT NULL,
  donor_address TEXT DEFAULT '' NOT NULL,
  donor_phone TEXT DEFAULT '' NOT NULL,
  wish TEXT DEFAULT '' NOT NULL,
  registered_by BIGINT NOT NULL,
  registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  decided_by BIGINT,
  decided_at TIMESTAMP WITH TIME ZONE,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_gift_in_kind PRIMARY KEY (id),
  CONSTRAINT ck_gift_in_kind_state CHECK (state IN ('registered', 'accepted', 'declined')),
  CONSTRAINT ck_gift_in_kind_estimate CHECK (estimated_yen > 0),
  CONSTRAINT ck_gift_in_kind_decided_by_whom CHECK ((state = 'registered') = (decided_by IS NULL)),
  CONSTRAINT ck_gift_in_kind_decided_when CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT ck_gift_in_kind_four_eyes CHECK (decided_by <> registered_by),
  CONSTRAINT ck_gift_in_kind_declined_why CHECK (state <> 'declined' OR note <> ''),
  CONSTRAINT uq_gift_in_kind_no UNIQUE (no),
  CONSTRAINT uq_gift_in_kind_form_key UNIQUE (form_key),
  CONSTRAINT fk_gift_in_kind_registered_by FOREIGN KEY(registered_by) REFERENCES person (id),
  CONSTRAINT fk_gift_in_kind_decided_by FOREIGN KEY(decided_by) REFERENCES person (id)
);

CREATE TABLE use_invitation (
  gift_id BIGINT NOT NULL,
  invited_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_use_invitation PRIMARY KEY (gift_id),
  CONSTRAINT fk_use_invitation_gift_id FOREIGN KEY(gift_id) REFERENCES gift (id)
);

CREATE TABLE use_choice (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  gift_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  fallback TEXT NOT NULL,
  edition_code TEXT NOT NULL,
  chosen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_use_choice PRIMARY KEY (id),
  CONSTRAINT ck_use_choice_kind CHECK (kind IN ('field', 'group', 'theme')),
  CONSTRAINT ck_use_choice_fallback CHECK (fallback IN ('field', 'anywhere')),
  CONSTRAINT fk_use_choice_gift_id FOREIGN KEY(gift_id) REFERENCES use_invitation (gift_id),
  CONSTRAINT fk_use_choice_edition_code FOREIGN KEY(edition_code) REFERENCES edition (code)
);

CREATE INDEX ix_use_choice_gift_id ON use_choice (gift_id, id);

CREATE TABLE redirection (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  entry_id BIGINT NOT NULL,
  share_id TEXT NOT NULL,
  new_share_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT,
  fallback TEXT,
  yen BIGINT NOT NULL,
  reason TEXT NOT NULL,
  clause TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  by TEXT NOT NULL,
  CONSTRAINT pk_redirection PRIMARY KEY (id),
  CONSTRAINT ck_redirection_yen_positive CHECK (yen > 0),
  CONSTRAINT ck_redirection_moves CHECK (share_id <> new_share_id),
  CONSTRAINT ck_redirection_kind CHECK (kind IN ('anywhere', 'field', 'group', 'theme')),
  CONSTRAINT ck_redirection_target_named CHECK ((kind = 'anywhere') = (target IS NULL)),
  CONSTRAINT ck_redirection_reason CHECK (reason IN ('donor-choice', 'no-application', 'group-removed', 'not-selected', 'award-cancelled', 'grant-returned', 'wish-term', 'over-target', 'project-stopped')),
  CONSTRAINT uq_redirection_entry_id UNIQUE (entry_id),
  CONSTRAINT fk_redirection_entry_id FOREIGN KEY(entry_id) REFERENCES journal_entry (id),
  CONSTRAINT fk_redirection_share_id FOREIGN KEY(share_id) REFERENCES lot (share_id),
  CONSTRAINT uq_redirection_new_share_id UNIQUE (new_share_id),
  CONSTRAINT fk_redirection_new_share_id FOREIGN KEY(new_share_id) REFERENCES lot (share_id)
);

CREATE INDEX ix_redirection_share_id ON redirection (share_id);
"""

BATCHES = """
CREATE FUNCTION check_intake_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  rows_in bigint;
  yen_in numeric;
BEGIN
  IF NEW.origin <> 'typed' THEN
    RETURN NEW;
  END IF;
  IF NEW.state IN ('handed_in', 'booked') AND OLD.state = 'open' THEN
    SELECT count(*), coalesce(sum(yen), 0) INTO rows_in, yen_in
      FROM intake_row WHERE batch_id = NEW.id AND state <> 'left_out';
    IF (rows_in <> NEW.expected_count OR yen_in <> NEW.expected_yen)
        AND btrim(NEW.difference_reason) = '' THEN
      RAISE EXCEPTION 'batch %: % rows of % yen are not the control total', NEW.no, rows_in, yen_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'intake_control_total';
    END IF;
  END IF;
  IF NEW.state = 'booked' AND OLD.state <> 'booked' THEN
    IF OLD.state <> 'handed_in' THEN
      RAISE EXCEPTION 'batch % was not handed in', NEW.no
        USING ERRCODE = 'check_violation', CONSTRAINT = 'intake_handed_in_first';
    END IF;
    IF EXISTS (SELECT 1 FROM intake_row
               WHERE batch_id = NEW.id AND entered_by = NEW.checked_by) THEN
      RAISE EXCEPTION 'who typed a row of batch % does not check it', NEW.no
        USING ERRCODE = 'check_violation', CONSTRAINT = 'intake_four_eyes';
    END IF;
  END IF;
  IF OLD.state IN ('booked', 'dropped') AND NEW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'batch % has ended', NEW.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'intake_batch_ended';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER intake_batch_law BEFORE UPDATE ON intake_batch
  FOR EACH ROW EXECUTE FUNCTION check_intake_batch();

CREATE FUNCTION check_new_intake_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.origin = 'typed' AND NEW.state <> 'open' THEN
    RAISE EXCEPTION 'a typed batch begins open'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'intake_begins_open';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER intake_batch_begins BEFORE INSERT ON intake_batch
  FOR EACH ROW EXECUTE FUNCTION check_new_intake_batch();

CREATE FUNCTION check_intake_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  batch intake_batch%ROWTYPE;
  living text[] := '{state,gift_no}';
BEGIN
  -- Locked, so that no row slips in beside the sum that hands the batch in.
  SELECT * INTO batch FROM intake_batch
    WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.batch_id ELSE NEW.batch_id END FOR SHARE;
  IF TG_OP = 'INSERT' THEN
    IF batch.origin = 'typed' AND batch.state <> 'open' THEN
      RAISE EXCEPTION 'batch % is closed', batch.no
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'intake_rows_hold';
    END IF;
    RETURN NEW;
  END IF;
  IF batch.origin = 'typed' AND batch.state = 'open' AND OLD.gift_no IS NULL THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.gift_no IS NOT NULL
      OR to_jsonb(OLD) - living IS DISTINCT FROM to_jsonb(NEW) - living THEN
    RAISE EXCEPTION 'a row of batch % is no longer changed', batch.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'intake_rows_hold';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER intake_row_law BEFORE INSERT OR UPDATE OR DELETE ON intake_row
  FOR EACH ROW EXECUTE FUNCTION check_intake_row();

CREATE FUNCTION check_intake_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.decision IS NOT NULL THEN
    RAISE EXCEPTION 'a decision about two gifts is kept'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'intake_doubt_decided';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER intake_doubt_law BEFORE UPDATE OR DELETE ON intake_doubt
  FOR EACH ROW EXECUTE FUNCTION check_intake_doubt();
"""

REDIRECTIONS = """
CREATE FUNCTION check_redirection() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  old_lot lot%ROWTYPE;
  new_lot lot%ROWTYPE;
BEGIN
  SELECT * INTO old_lot FROM lot WHERE share_id = NEW.share_id;
  SELECT * INTO new_lot FROM lot WHERE share_id = NEW.new_share_id;
  IF old_lot.origin <> 'gift' OR new_lot.origin <> 'gift'
      OR old_lot.gift_no IS DISTINCT FROM new_lot.gift_no
      OR old_lot.received_on <> new_lot.received_on
      OR new_lot.yen <> NEW.yen OR new_lot.entry_id <> NEW.entry_id
      OR NOT EXISTS (SELECT 1 FROM journal_entry
                     WHERE id = NEW.entry_id AND kind = 'designation.redirected')
      OR NEW.yen IS DISTINCT FROM (SELECT sum(yen) FROM lot_posting
                                   WHERE entry_id = NEW.entry_id AND lot_id = old_lot.id)
      OR -NEW.yen IS DISTINCT FROM (SELECT sum(yen) FROM lot_posting
                                    WHERE entry_id = NEW.entry_id AND lot_id = new_lot.id) THEN
    RAISE EXCEPTION 'redirection % does not move what it says', NEW.new_share_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'redirection_moves_its_lot';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER redirection_moves_its_lot BEFORE INSERT ON redirection
  FOR EACH ROW EXECUTE FUNCTION check_redirection();
"""

CHANGED = """
CREATE INDEX ix_gift_received_on ON gift (received_on, yen);
ALTER TABLE donor DROP CONSTRAINT ck_donor_kind;
ALTER TABLE donor ADD CONSTRAINT ck_donor_kind
  CHECK (kind IN ('individual', 'organisation', 'anonymous'));
ALTER TABLE payment DROP CONSTRAINT ck_payment_method;
ALTER TABLE payment ADD CONSTRAINT ck_payment_method CHECK (method IN (
  'card', 'konbini', 'paypay', 'bank_transfer', 'counter', 'slip', 'box', 'bank', 'portal'));
ALTER TABLE gift DROP CONSTRAINT ck_gift_method;
ALTER TABLE gift ADD CONSTRAINT ck_gift_method CHECK (method IN (
  'card', 'konbini', 'paypay', 'bank_transfer', 'counter', 'slip', 'box', 'bank', 'portal'));
"""

CHANGED_BACK = """
ALTER TABLE gift DROP CONSTRAINT ck_gift_method;
ALTER TABLE gift ADD CONSTRAINT ck_gift_method CHECK (method IN (
  'card', 'konbini', 'paypay', 'bank_transfer', 'counter', 'slip', 'box', 'bank'));
ALTER TABLE payment DROP CONSTRAINT ck_payment_method;
ALTER TABLE payment ADD CONSTRAINT ck_payment_method CHECK (method IN (
  'card', 'konbini', 'paypay', 'bank_transfer', 'counter', 'slip', 'box', 'bank'));
ALTER TABLE donor DROP CONSTRAINT ck_donor_kind;
ALTER TABLE donor ADD CONSTRAINT ck_donor_kind CHECK (kind IN ('individual', 'organisation'));
DROP INDEX ix_gift_received_on;
"""

NEW = (
    "redirection",
    "use_choice",
    "use_invitation",
    "gift_in_kind",
    "slip_print",
    "gift_import",
    "intake_doubt",
    "intake_row",
    "intake_batch",
)
FUNCTIONS = (
    "check_redirection()",
    "check_intake_doubt()",
    "check_intake_row()",
    "check_new_intake_batch()",
    "check_intake_batch()",
)


def upgrade():
    for block in (TABLES, BATCHES, REDIRECTIONS, CHANGED):
        op.execute(block)
    append_only("redirection", "use_choice", "use_invitation", "slip_print")
    open_to_app("redirection", "use_choice", "use_invitation", "slip_print")
    open_to_app("intake_batch", "gift_import", "gift_in_kind", update=True)
    open_to_app("intake_row", "intake_doubt", update=True, delete=True)


def downgrade():
    op.execute(CHANGED_BACK)
    for table in NEW:
        op.execute(f"DROP TABLE {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
