"""Figures by region are counted in the order of an index."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FOUND = ["region_code", "found_at", "status", "responsible_kind", "recurrence", "institution_id"]
DUE = ["region_code", "due_on", "status", "responsible_kind", "closed_on_time", "petition_due_on", "institution_id"]


def upgrade() -> None:
    op.create_index("ix_problem_region_found", "problem", FOUND)
    op.create_index("ix_problem_region_due", "problem", DUE)


def downgrade() -> None:
    op.drop_index("ix_problem_region_due", "problem")
    op.drop_index("ix_problem_region_found", "problem")
