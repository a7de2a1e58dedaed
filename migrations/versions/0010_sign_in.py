"""How long one stays signed in, and since when one has one's password; second factors; resets by two."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OF_TOKEN = {"desk": sa.Boolean(), "renewed_at": MOMENT, "last_used_at": MOMENT}


def upgrade() -> None:
    _sessions()
    _passwords()
    _second_factors()
    _resets()


def _sessions() -> None:
    """Who is signed in stays so: from now on idleness counts. Desks are what was given out for half a day."""
    with op.batch_alter_table("token") as batch:
        for name, kind in OF_TOKEN.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    kinds = {"id": sa.Uuid(), "created_at": MOMENT, "expires_at": MOMENT, **OF_TOKEN}
    token = sa.table("token", *(sa.column(name, kind) for name, kind in kinds.items()))
    connection = op.get_bind()
    now = datetime.now(UTC)
    for row in connection.execute(sa.select(token)).all():
        desk = row.expires_at - row.created_at < timedelta(days=1)
        given = {"desk": desk, "renewed_at": row.created_at, "last_used_at": now}
        connection.execute(sa.update(token).where(token.c.id == row.id).values(given))
    with op.batch_alter_table("token") as batch:
        for name, kind in OF_TOKEN.items():
            batch.alter_column(name, existing_type=kind, nullable=False)


def _passwords() -> None:
    """Nobody is asked for another password on the day of the upgrade: the ninety days begin with it. Demo accounts have
    passwords of nobody's choice, which stay."""
    op.add_column("user_account", sa.Column("password_set_at", MOMENT, nullable=True))
    user = sa.table("user_account", sa.column("password_hash", sa.String()), sa.column("password_set_at", MOMENT))
    installation = sa.table("installation", sa.column("demo", sa.Boolean()))
    connection = op.get_bind()
    if not connection.scalar(sa.select(installation.c.demo)):
        chosen = sa.update(user).where(user.c.password_hash != "")
        connection.execute(chosen.values(password_set_at=datetime.now(UTC)))


def _second_factors() -> None:
    op.add_column("user_account", sa.Column("second_factor_at", MOMENT, nullable=True))
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_second_factor_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("user_id", "code_sha256", name=op.f("pk_recovery_code")),
    )


def _resets() -> None:
    op.create_table(
        "account_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decision_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_account_reset_user_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user_account.id"], name=op.f("fk_account_reset_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_account_reset_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_reset")),
    )
    op.create_index(op.f("ix_account_reset_user_id"), "account_reset", ["user_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_account_reset_user_id"), "account_reset")
    op.drop_table("account_reset")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.drop_column("user_account", "second_factor_at")
    op.drop_column("user_account", "password_set_at")
    with op.batch_alter_table("token") as batch:
        for name in OF_TOKEN:
            batch.drop_column(name)
