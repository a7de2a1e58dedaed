"""Attempts to sign in are counted before they are looked at, a row for each subject."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Failures of the last quarter of an hour are forgotten."""
    op.drop_index("ix_failed_sign_in_subject_at", "failed_sign_in")
    op.drop_table("failed_sign_in")
    op.create_table(
        "sign_in_attempt",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_since_at"), "sign_in_attempt", ["since_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sign_in_attempt_since_at"), "sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    op.create_index("ix_failed_sign_in_subject_at", "failed_sign_in", ["subject", "at"], unique=False)
