"""The deadline pass looks only at what may have come to a stage, and lists are read in the order of an index; decisions
on withdrawals, results of acts and what an inspection was judged by are kept, recusals end, and who lost sight of an
institution is found by columns."""

import json
from uuid import UUID

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
    op.add_column("inspection", sa.Column("circumstances", sa.Text(), nullable=True))
    op.add_column("desk_act", sa.Column("result", sa.Text(), nullable=True))
    with op.batch_alter_table("recusal") as recusal:
        recusal.add_column(sa.Column("ended_by_id", sa.Uuid(), nullable=True))
        recusal.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        recusal.add_column(sa.Column("end_reason", sa.Text(), nullable=True))
        recusal.create_foreign_key(op.f("fk_recusal_ended_by_id"), "user_account", ["ended_by_id"], ["id"])
    op.add_column("institution_change", sa.Column("before_region_code", sa.String(length=6), nullable=True))
    op.add_column("institution_change", sa.Column("before_successor_id", sa.Uuid(), nullable=True))
    read_what_was_before()


def read_what_was_before() -> None:
    """Region and successor out of the JSON of earlier changes."""
    connection = op.get_bind()
    change = sa.table(
        "institution_change",
        sa.column("id", sa.Uuid()),
        sa.column("before", sa.Text()),
        sa.column("before_region_code", sa.String()),
        sa.column("before_successor_id", sa.Uuid()),
    )
    for change_id, text in connection.execute(sa.select(change.c.id, change.c.before)).all():
        before = json.loads(text)
        successor = before.get("successor_id")
        connection.execute(
            sa.update(change)
            .where(change.c.id == change_id)
            .values(
                before_region_code=before.get("region_code"),
                before_successor_id=UUID(successor) if successor else None,
            )
        )


def downgrade() -> None:
    op.drop_column("institution_change", "before_successor_id")
    op.drop_column("institution_change", "before_region_code")
    with op.batch_alter_table("recusal") as recusal:
        recusal.drop_constraint(op.f("fk_recusal_ended_by_id"), type_="foreignkey")
        recusal.drop_column("end_reason")
        recusal.drop_column("ended_at")
        recusal.drop_column("ended_by_id")
    op.drop_column("desk_act", "result")
    op.drop_column("inspection", "circumstances")
    op.drop_column("withdrawal", "decision_body")
    op.drop_column("withdrawal", "decision_sha256")
    op.drop_index("ix_problem_item_code_id", "problem")
    op.create_index(op.f("ix_problem_item_code"), "problem", ["item_code"])
    op.drop_index("ix_problem_status_id", "problem")
    op.drop_index("ix_problem_status_stage_on_id", "problem")
    op.create_index("ix_problem_status_clock_on_id", "problem", ["status", "clock_on", "id"])
    op.drop_column("problem", "stage_on")
