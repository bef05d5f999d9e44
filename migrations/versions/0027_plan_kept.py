"""The check of an entry at commit keeps one plan, whatever the books were when it was first made.

PostgreSQL keeps a generic plan only while it looks no dearer than the plans made for single
values before. A session that checked its first entries in empty books remembers very cheap ones;
after the first ANALYZE it therefore planned every check anew: 124 µs an entry instead of 19,
for as long as the session lived.
"""

from alembic import op

revision = "0027_plan_kept"
down_revision = "0026_commit_by_index"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER FUNCTION check_new_entry() SET plan_cache_mode = force_generic_plan")


def downgrade():
    op.execute("ALTER FUNCTION check_new_entry() RESET plan_cache_mode")
