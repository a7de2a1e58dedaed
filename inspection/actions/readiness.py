"""Whether this installation can work: for `/readyz`."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from inspection.actions.context import Context
from inspection.storage.migrations import current_revision, head_revision


def in_the_way(ctx: Context) -> list[str]:
    """The codes of what is; empty when all is well. Their words stand in the desk's texts, `system.finding`."""
    faults = []
    try:
        ctx.session.execute(text("SELECT 1"))
        if current_revision(ctx.session) != head_revision():
            faults.append("schema_old")
    except SQLAlchemyError:
        faults.append("database_unusable")
    try:
        ctx.evidence.check()
    except OSError:
        faults.append("store_unwritable")
    return faults
