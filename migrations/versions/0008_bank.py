"""Bank statements and what their lines were matched with.

The laws of matching: a part belongs to its line's side (in or out) and never to more yen than
the line has; the parts of an entry never exceed what the entry moved on the bank; undoing a
match mirrors exactly one earlier row. All three are checked over locked rows, because two people
match at the same time.
"""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app
from sqlalchemy.dialects import postgresql

revision = "0008_bank"
down_revision = "0007_reconciliation"
branch_labels = None
depends_on = None

MATCHES = """
CREATE FUNCTION check_bank_matches() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  broken text;
BEGIN
  PERFORM 1 FROM bank_line WHERE id IN (SELECT line_id FROM new_rows) ORDER BY id FOR UPDATE;
  PERFORM 1 FROM journal_entry WHERE id IN (SELECT entry_id FROM new_rows)
    ORDER BY id FOR NO KEY UPDATE;
  SELECT line.id::text INTO broken
    FROM bank_line line JOIN bank_match match ON match.line_id = line.id
    WHERE line.id IN (SELECT line_id FROM new_rows)
    GROUP BY line.id, line.yen
    HAVING sum(match.yen) * sign(line.yen) NOT BETWEEN 0 AND abs(line.yen) LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'bank line % would be matched beyond its yen', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_line_matched_once';
  END IF;
  SELECT moved.entry_id::text INTO broken
    FROM (SELECT entry_id, sum(yen) AS yen FROM bank_match
          WHERE entry_id IN (SELECT entry_id FROM new_rows) GROUP BY entry_id) AS matched
    JOIN (SELECT named.entry_id, coalesce(sum(posting.yen), 0) AS yen
          FROM (SELECT DISTINCT entry_id FROM new_rows WHERE entry_id IS NOT NULL) AS named
          LEFT JOIN posting
            ON posting.entry_id = named.entry_id AND posting.account = 'assets:bank'
          GROUP BY named.entry_id) AS moved ON moved.entry_id = matched.entry_id
    WHERE matched.yen * sign(moved.yen) NOT BETWEEN 0 AND abs(moved.yen)
       OR (moved.yen = 0 AND matched.yen <> 0) LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'journal entry % would be matched beyond what it moved on the bank', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_entry_matched_once';
  END IF;
  SELECT undone.id::text INTO broken
    FROM new_rows LEFT JOIN bank_match undone ON undone.id = new_rows.undoes
    WHERE new_rows.undoes IS NOT NULL AND (
      undone.id IS NULL OR undone.undoes IS NOT NULL OR undone.line_id <> new_rows.line_id
      OR undone.entry_id IS DISTINCT FROM new_rows.entry_id OR undone.yen <> -new_rows.yen
      OR undone.what <> new_rows.what)
    LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'match % is not undone by its mirror', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_match_mirrored';
  END IF;
  SELECT line.id::text INTO broken
    FROM new_rows JOIN bank_line line ON line.id = new_rows.line_id
    WHERE new_rows.undoes IS NULL AND sign(new_rows.yen) <> sign(line.yen) LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'a match of bank line % has the other sign', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_match_sign';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER matches_hold AFTER INSERT ON bank_match
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION check_bank_matches();
"""

PROFILES = """
INSERT INTO bank_profile (code, title, format, account, settings, updated_at, updated_by) VALUES
  ('anser', 'ANSER（CSV 26列）', 'anser', 'main', '{}', now(), 'migration'),
  ('zengin', '全銀（200文字の固定長）', 'zengin', 'main', '{}', now(), 'migration')
"""


def upgrade():
    op.create_table(
        "bank_profile",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("file_account", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "format IN ('anser', 'zengin', 'csv')", name=op.f("ck_bank_profile_format")
        ),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9-]{0,30}$'", name=op.f("ck_bank_profile_code")),
        sa.CheckConstraint(
            "account ~ '^[a-z][a-z0-9-]{0,30}$'", name=op.f("ck_bank_profile_account")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bank_profile")),
    )
    _statement()
    _import()
    _lines()
    _matches()
    op.execute(MATCHES)
    op.execute(PROFILES)
    open_to_app("bank_profile", "bank_import", update=True)
    open_to_app("bank_statement", "bank_line", "bank_sighting", "bank_match")
    append_only("bank_statement", "bank_line", "bank_sighting", "bank_match")


def _statement():
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("profile_code", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("notices", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("new_rows", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_bank_statement_sha256_length")),
        sa.CheckConstraint(
            "rows > 0 AND new_rows BETWEEN 0 AND rows", name=op.f("ck_bank_statement_rows_counted")
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_bank_statement_days_in_order")),
        sa.CheckConstraint(
            "(opening IS NULL) = (closing IS NULL)", name=op.f("ck_bank_statement_balances_paired")
        ),
        sa.CheckConstraint(
            "problems > 0 OR opening IS NULL OR opening + yen = closing",
            name=op.f("ck_bank_statement_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["profile_code"],
            ["bank_profile.code"],
            name=op.f("fk_bank_statement_profile_code_bank_profile"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("no", name=op.f("uq_bank_statement_no")),
        sa.UniqueConstraint("account", "sha256", "reading", name="uq_bank_statement_file"),
    )
    op.create_index("ix_bank_statement_account", "bank_statement", ["account", "last_day"])


def _import():
    op.create_table(
        "bank_import",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("profile_code", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("good_rows_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("matched", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('kept', 'queued', 'matching', 'done', 'failed', 'forgotten')",
            name=op.f("ck_bank_import_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'failed', 'forgotten')) = (finished_at IS NOT NULL)",
            name=op.f("ck_bank_import_finished"),
        ),
        sa.CheckConstraint(
            "finished_at IS NULL OR body IS NULL", name=op.f("ck_bank_import_bytes_forgotten")
        ),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_bank_import_progress")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_bank_import_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["profile_code"],
            ["bank_profile.code"],
            name=op.f("fk_bank_import_profile_code_bank_profile"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statement.id"],
            name=op.f("fk_bank_import_statement_id_bank_statement"),
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_bank_import")),
    )


def _lines():
    op.create_table(
        "bank_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.Column("name_raw", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("yen <> 0", name=op.f("ck_bank_line_yen_moves")),
        sa.CheckConstraint("abs(yen) < 9007199254740992", name=op.f("ck_bank_line_yen_exact")),
        sa.CheckConstraint(
            "length(fingerprint) = 32", name=op.f("ck_bank_line_fingerprint_length")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statement.id"],
            name=op.f("fk_bank_line_statement_id_bank_statement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_bank_line_fingerprint")),
        sa.UniqueConstraint("statement_id", "row", name=op.f("uq_bank_line_statement_id_row")),
    )
    op.create_index("ix_bank_line_account", "bank_line", ["account", "day"])
    op.create_table(
        "bank_sighting",
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["bank_line.id"], name=op.f("fk_bank_sighting_line_id_bank_line")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statement.id"],
            name=op.f("fk_bank_sighting_statement_id_bank_statement"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "row", name=op.f("pk_bank_sighting")),
    )
    op.create_index("ix_bank_sighting_line_id", "bank_sighting", ["line_id"])


def _matches():
    op.create_table(
        "bank_match",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_label", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("yen <> 0", name=op.f("ck_bank_match_yen_moves")),
        sa.CheckConstraint("level IN ('A', 'B', 'C')", name=op.f("ck_bank_match_level")),
        sa.CheckConstraint(
            "(what = 'ignored') = (entry_id IS NULL)", name=op.f("ck_bank_match_ignored_or_entry")
        ),
        sa.CheckConstraint(
            "NOT booked OR entry_id IS NOT NULL", name=op.f("ck_bank_match_booked_entry")
        ),
        sa.CheckConstraint(
            "(what <> 'ignored' AND undoes IS NULL) OR reason <> ''",
            name=op.f("ck_bank_match_reason_given"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_bank_match_entry_id_journal_entry")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["bank_line.id"], name=op.f("fk_bank_match_line_id_bank_line")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_bank_match_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["bank_match.id"], name=op.f("fk_bank_match_undoes_bank_match")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_match")),
        sa.UniqueConstraint("undoes", name=op.f("uq_bank_match_undoes")),
    )
    op.create_index("ix_bank_match_line_id", "bank_match", ["line_id"])
    op.create_index("ix_bank_match_entry_id", "bank_match", ["entry_id"])


def downgrade():
    op.execute("DROP FUNCTION check_bank_matches() CASCADE")
    for table in (
        "bank_match",
        "bank_sighting",
        "bank_line",
        "bank_import",
        "bank_statement",
        "bank_profile",
    ):
        op.drop_table(table)
