"""The deadline pass looks only at what may have come to a stage, and lists are read in the order of an index; decisions
on withdrawals are kept as received."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # every problem is looked at once more; nothing is said twice, since what was said is on record
    op.add_column("problem", sa.Column("stage_on", sa.Date(), nullable=False, server_default="2000-01-01"))
    op.drop_index("ix_problem_status_clock_on_id", "problem")
    op.create_index("ix_problem_status_stage_on_id", "problem", ["status", "stage_on", "id"])
    op.create_index("ix_problem_status_id", "problem", ["status", "id"])
    op.drop_index(op.f("ix_problem_item_code"), "problem")
    op.create_index("ix_problem_item_code_id", "problem", ["item_code", "id"])
    op.add_column("withdrawal", sa.Column("decision_sha256", sa.String(length=64), nullable=True))
    op.add_column("withdrawal", sa.Column("decision_body", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("withdrawal", "decision_body")
    op.drop_column("withdrawal", "decision_sha256")
    op.drop_index("ix_problem_item_code_id", "problem")
    op.create_index(op.f("ix_problem_item_code"), "problem", ["item_code"])
    op.drop_index("ix_problem_status_id", "problem")
    op.drop_index("ix_problem_status_stage_on_id", "problem")
    op.create_index("ix_problem_status_clock_on_id", "problem", ["status", "clock_on", "id"])
    op.drop_column("problem", "stage_on")
