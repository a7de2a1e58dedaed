"""Assignments, recusals, withdrawals, changes of institutions, activation codes, and the acts of the desk."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def uuid(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "desk_act",
        uuid("id"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        uuid("subject_id"),
        uuid("actor_id"),
        moment("at"),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        reference("desk_act", "actor_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_act")),
    )
    op.create_index(op.f("ix_desk_act_subject_id"), "desk_act", ["subject_id"])
    op.create_table(
        "withdrawal",
        uuid("id"),
        uuid("inspection_id"),
        uuid("asked_by_id"),
        moment("asked_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        uuid("superseded_by_id", nullable=True),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        uuid("decided_by_id", nullable=True),
        moment("decided_at", nullable=True),
        reference("withdrawal", "inspection_id", "inspection"),
        reference("withdrawal", "asked_by_id", "user_account"),
        reference("withdrawal", "decided_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
    )
    op.create_index(op.f("ix_withdrawal_inspection_id"), "withdrawal", ["inspection_id"])
    op.create_table(
        "assignment",
        uuid("id"),
        uuid("institution_id"),
        sa.Column("checklist_code", sa.String(length=32), nullable=False),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        uuid("visit_id"),
        uuid("created_by_id"),
        moment("created_at"),
        moment("changed_at"),
        moment("cancelled_at", nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        uuid("inspection_id", nullable=True),
        reference("assignment", "institution_id", "institution"),
        reference("assignment", "created_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_planned_on"), "assignment", ["planned_on"])
    op.create_index(op.f("ix_assignment_changed_at"), "assignment", ["changed_at"])
    op.create_index("ix_assignment_institution_id_planned_on", "assignment", ["institution_id", "planned_on"])
    op.create_table(
        "assigned",
        uuid("assignment_id"),
        uuid("user_id"),
        sa.Column("sections", sa.Text(), nullable=True),
        uuid("inspection_id", nullable=True),
        reference("assigned", "assignment_id", "assignment"),
        reference("assigned", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_assigned")),
    )
    op.create_index(op.f("ix_assigned_user_id"), "assigned", ["user_id"])
    op.create_table(
        "recusal",
        uuid("id"),
        uuid("user_id"),
        uuid("institution_id"),
        sa.Column("reason", sa.Text(), nullable=False),
        uuid("declared_by_id"),
        moment("declared_at"),
        reference("recusal", "user_id", "user_account"),
        reference("recusal", "institution_id", "institution"),
        reference("recusal", "declared_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal")),
    )
    op.create_index("ix_recusal_institution_id_user_id", "recusal", ["institution_id", "user_id"])
    op.create_table(
        "institution_change",
        uuid("id"),
        uuid("institution_id"),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        uuid("actor_id", nullable=True),
        moment("at"),
        reference("institution_change", "institution_id", "institution"),
        reference("institution_change", "actor_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_change")),
    )
    op.create_index(op.f("ix_institution_change_at"), "institution_change", ["at"])
    op.create_index("ix_institution_change_institution_id_id", "institution_change", ["institution_id", "id"])
    op.create_table(
        "activation",
        uuid("user_id"),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        moment("expires_at"),
        moment("used_at", nullable=True),
        reference("activation", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_activation")),
    )
    op.add_column("institution", uuid("successor_id", nullable=True))
    op.create_index(op.f("ix_institution_successor_id"), "institution", ["successor_id"])
    op.add_column(
        "institution",
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default="2026-01-01 00:00:00"),
    )
    op.create_index(op.f("ix_institution_changed_at"), "institution", ["changed_at"])
    op.add_column("user_account", sa.Column("sex", sa.String(length=8), nullable=True))
    op.create_index(op.f("ix_problem_event_at"), "problem_event", ["at"])
    op.add_column("installation", sa.Column("recomputed_revision", sa.Integer(), nullable=False, server_default="1"))

    op.add_column("inspection", sa.Column("counts", sa.Text(), nullable=False, server_default="{}"))
    op.create_index(
        "ix_problem_found_figures",
        "problem",
        ["institution_id", "found_at", "status", "responsible_kind", "recurrence"],
    )
    op.create_index(
        "ix_problem_due_figures",
        "problem",
        ["institution_id", "due_on", "status", "responsible_kind", "closed_on_time", "petition_due_on"],
    )
    op.create_index("ix_inspection_figures", "inspection", ["institution_id", "inspected_on", "withdrawn_at"])
    count_what_is_there()


def count_what_is_there() -> None:
    """The numbers that earlier submissions gave."""
    connection = op.get_bind()
    inspection = sa.table("inspection", sa.column("id", sa.Uuid()), sa.column("body"), sa.column("counts"))
    for inspection_id, body in connection.execute(sa.select(inspection.c.id, inspection.c.body)).all():
        answers = json.loads(bytes(body))["answers"]
        counts = {
            code: answer["value"]
            for code, answer in answers.items()
            if isinstance(answer["value"], int | float) and not isinstance(answer["value"], bool)
        }
        connection.execute(
            sa.update(inspection).where(inspection.c.id == inspection_id).values(counts=json.dumps(counts))
        )


def downgrade() -> None:
    op.drop_index("ix_inspection_figures", "inspection")
    op.drop_index("ix_problem_due_figures", "problem")
    op.drop_index("ix_problem_found_figures", "problem")
    op.drop_column("inspection", "counts")
    op.drop_column("installation", "recomputed_revision")
    op.drop_index(op.f("ix_problem_event_at"), "problem_event")
    op.drop_column("user_account", "sex")
    op.drop_index(op.f("ix_institution_changed_at"), "institution")
    op.drop_column("institution", "changed_at")
    op.drop_index(op.f("ix_institution_successor_id"), "institution")
    op.drop_column("institution", "successor_id")
    for table in (
        "activation",
        "institution_change",
        "recusal",
        "assigned",
        "assignment",
        "withdrawal",
        "desk_act",
    ):
        op.drop_table(table)
