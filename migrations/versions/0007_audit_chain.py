"""The audit log becomes a chain for each region, and what its entries say stands apart."""

import secrets

import sqlalchemy as sa
from alembic import op

from inspection.domain import chain
from inspection.storage.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REFUSED = {
    "audit_log": ("UPDATE", "DELETE"),
    "lead_log": ("UPDATE", "DELETE"),
    "audit_detail": ("UPDATE",),
    "audit_head": ("DELETE",),
    "audit_checkpoint": ("UPDATE", "DELETE"),
}
"""An entry's detail may be erased by law, never changed; a chain's head moves on and is never taken away."""

BATCH = 1000
LOG = {
    "seq": sa.BigInteger(),
    "at": UtcDateTime(),
    "actor_id": sa.Uuid(),
    "action": sa.String(),
    "object_kind": sa.String(),
    "object_id": sa.String(),
    "detail": sa.Text(),
    "chain": sa.String(),
    "number": sa.BigInteger(),
    "commitment": sa.String(),
    "seal": sa.String(),
}


def upgrade() -> None:
    op.create_table(
        "audit_detail",
        sa.Column("chain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_audit_detail")),
    )
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("chain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "lead_log",
        sa.Column("chain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_lead_log")),
    )
    op.create_index(op.f("ix_lead_log_object_id"), "lead_log", ["object_id"])
    _allow("audit_log", ("UPDATE", "DELETE"))
    for column in _added():
        op.add_column("audit_log", column)
    _seal_what_is_there(op.get_bind())
    with op.batch_alter_table("audit_log") as batch:
        for column in _added():
            batch.alter_column(column.name, existing_type=column.type, nullable=False)
        batch.drop_column("detail")
        batch.create_unique_constraint(op.f("uq_audit_log_chain_number"), ["chain", "number"])
    for table, changes in REFUSED.items():
        _refuse(table, changes)


def downgrade() -> None:
    """What was erased comes back as nothing said; the log of leads goes with its table."""
    for table, changes in REFUSED.items():
        _allow(table, changes)
    op.add_column("audit_log", sa.Column("detail", sa.Text(), nullable=True))
    op.execute(
        "UPDATE audit_log SET detail = COALESCE((SELECT said.detail FROM audit_detail AS said"
        " WHERE said.chain = audit_log.chain AND said.number = audit_log.number), '{}')"
    )
    with op.batch_alter_table("audit_log") as batch:
        batch.drop_constraint(op.f("uq_audit_log_chain_number"), type_="unique")
        for column in _added():
            batch.drop_column(column.name)
        batch.alter_column("detail", existing_type=sa.Text(), nullable=False)
    _refuse("audit_log", ("UPDATE", "DELETE"))
    for table in ("lead_log", "audit_checkpoint", "audit_head", "audit_detail"):
        op.drop_table(table)


def _added() -> list[sa.Column]:
    return [
        sa.Column("chain", sa.String(length=16), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=True),
    ]


def _seal_what_is_there(connection: sa.Connection) -> None:
    """All of it is the chain `system`: in whose region it was done was not written down. The rule of sealing is the
    application's own, which can never change: what is sealed stays to be verified."""
    log = sa.table(
        "audit_log",
        *(sa.column(name, kind) for name, kind in LOG.items()),
    )
    said = sa.table("audit_detail", *(sa.column(name) for name in ("chain", "number", "salt", "detail")))
    seal = (
        sa.update(log)
        .where(log.c.seq == sa.bindparam("at_seq"))
        .values({name: sa.bindparam(f"new_{name}") for name in ("chain", "number", "commitment", "seal")})
    )
    head, after = chain.start(chain.SYSTEM), -1
    while rows := connection.execute(sa.select(log).where(log.c.seq > after).order_by(log.c.seq).limit(BATCH)).all():
        seals, details = [], []
        for row in rows:
            salt = secrets.token_bytes(16)
            kept = chain.commitment(salt, row.detail)
            number = head.number + 1
            entry = chain.Entry(
                chain.SYSTEM, number, row.at, row.actor_id, row.action, row.object_kind, row.object_id, kept
            )
            head = chain.following(head, [chain.leaf(entry)])
            new = {"new_chain": head.chain, "new_number": number, "new_commitment": kept, "new_seal": head.seal}
            seals.append({"at_seq": row.seq, **new})
            details.append({"chain": head.chain, "number": number, "salt": salt.hex(), "detail": row.detail})
        connection.execute(seal, seals)
        connection.execute(sa.insert(said), details)
        after = rows[-1].seq
    if head.number:
        heads = sa.table("audit_head", *(sa.column(name) for name in ("chain", "number", "seal")))
        connection.execute(sa.insert(heads), [{"chain": head.chain, "number": head.number, "seal": head.seal}])


def _refuse(table: str, changes: tuple[str, ...]) -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for change in changes:
        body = "EXECUTE FUNCTION refuse_change()"
        if not postgresql:
            body = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or removed'); END"
        op.execute(f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} FOR EACH ROW {body}")


def _allow(table: str, changes: tuple[str, ...]) -> None:
    on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
    for change in changes:
        op.execute(f"DROP TRIGGER {table}_refuse_{change.lower()}{on}")
