"""What the desk's first page counts, problems that wait and messages that were not read; and the newest inspections."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_problem_waiting",
        "problem",
        ["status", "institution_id", "clock_on", "due_on", "petition_kind", "petition_due_on", "recommendation"],
    )
    op.create_index("ix_problem_petition_kind_clock_on", "problem", ["petition_kind", "clock_on"])
    op.create_index("ix_inspection_received_at_id", "inspection", ["received_at", "id"])
    op.create_index("ix_notification_user_id_read_at", "notification", ["user_id", "read_at"])


def downgrade() -> None:
    op.drop_index("ix_inspection_received_at_id", "inspection")
    op.drop_index("ix_notification_user_id_read_at", "notification")
    op.drop_index("ix_problem_petition_kind_clock_on", "problem")
    op.drop_index("ix_problem_waiting", "problem")
