"""Originals are erased when their time is over and leave a copy without metadata; a legal hold keeps them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("photo") as table:
        table.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("copy_sha256", sa.String(length=64), nullable=True))
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_legal_hold_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_institution_id"), "legal_hold", ["institution_id"])


def downgrade() -> None:
    """What was erased stays erased."""
    op.drop_index(op.f("ix_legal_hold_institution_id"), "legal_hold")
    op.drop_table("legal_hold")
    with op.batch_alter_table("photo") as table:
        table.drop_column("copy_sha256")
        table.drop_column("erased_at")
