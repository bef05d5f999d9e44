"""A new task announces itself no more: whoever notifies commits after all others who do.

PostgreSQL keeps notifications in the order of commits by one lock for the whole database, held
through the flush to the disk: with it, webhooks are booked one flush after the other however many
come in at once. Workers look into the queue several times a second instead (``fund.worker``).
"""

from alembic import op

revision = "0015_quiet_queue"
down_revision = "0014_written_once"
branch_labels = None
depends_on = None

TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


def upgrade():
    op.execute(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {TRIGGER}")


def downgrade():
    op.execute(f"ALTER TABLE procrastinate_jobs ENABLE TRIGGER {TRIGGER}")
