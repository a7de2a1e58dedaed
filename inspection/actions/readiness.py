"""Whether this installation can work: for `/readyz`."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from inspection.actions.context import Context
from inspection.storage.migrations import current_revision, head_revision


def is_ready(ctx: Context) -> list[str]:
    """What is in the way, in plain words; empty when all is well."""
    faults = []
    try:
        ctx.session.execute(text("SELECT 1"))
        if current_revision(ctx.session) != head_revision():
            faults.append("the schema is not the newest: run `inspection migrate`")
    except SQLAlchemyError:
        faults.append("the database cannot be used")
    try:
        ctx.evidence.check()
    except OSError:
        faults.append("the evidence store cannot be written")
    return faults
