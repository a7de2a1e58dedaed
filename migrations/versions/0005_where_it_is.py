"""An institution has an address and the telephone of its office."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("institution", sa.Column("address", sa.String(length=128), nullable=True))
    op.add_column("institution", sa.Column("telephone", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("institution", "telephone")
    op.drop_column("institution", "address")
