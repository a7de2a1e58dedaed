"""Every turn a problem can take: petitions, merging, supervision, withdrawal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def problem_columns() -> tuple[sa.Column, ...]:
    """Added and dropped by plain statements: SQLite would otherwise copy the table, which its children forbid."""
    return (
        sa.Column("extended_due_on", sa.Date(), nullable=True),
        sa.Column("due_basis", sa.Text(), nullable=True),
        sa.Column("petition_id", sa.Uuid(), nullable=True),
        sa.Column("petition_kind", sa.String(length=16), nullable=True),
        sa.Column("petition_due_on", sa.Date(), nullable=True),
        sa.Column("objected", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("recurrence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("recurrence_of", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("supervised_on", sa.Date(), nullable=True),
        sa.Column("supervision_due_on", sa.Date(), nullable=True),
    )


def upgrade() -> None:
    op.create_table(
        "petition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_due_on", sa.Date(), nullable=True),
        sa.Column("old_due_on", sa.Date(), nullable=True),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_due_on", sa.Date(), nullable=True),
        sa.Column("decision_sha256", sa.String(length=64), nullable=True),
        sa.Column("decision_body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user_account.id"], name=op.f("fk_petition_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_petition_decided_by_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_petition_institution_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_petition_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition")),
    )
    op.create_index("ix_petition_problem_id_id", "petition", ["problem_id", "id"])
    for column in problem_columns():
        op.add_column("problem", column)
    op.create_index(op.f("ix_problem_merged_into_id"), "problem", ["merged_into_id"])
    op.create_index("ix_problem_institution_id_item_code", "problem", ["institution_id", "item_code"])
    op.add_column("inspection", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("inspection", "withdrawn_at")
    op.drop_index("ix_problem_institution_id_item_code", "problem")
    op.drop_index(op.f("ix_problem_merged_into_id"), "problem")
    for column in problem_columns():
        op.drop_column("problem", column.name)
    op.drop_table("petition")
