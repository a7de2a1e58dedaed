"""What is kept no longer than its purpose asks, and erased by the worker each day; each erasure is on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from inspection.actions.context import Context
from inspection.domain.verify_audit import ERASING, SIGNING
from inspection.storage import audit
from inspection.storage.audit import APART
from inspection.storage.unit import unit

LOG_KEPT: Final = timedelta(days=3 * 365)
"""Of what the audit log's entries say: six months at the least (网络安全法 23), three years for what concerns minors
(未成年人网络保护条例 37). The entries themselves, which name no content, stay as long as the chain."""


def erase_old_details(ctx: Context) -> int:
    """Erase what entries say that are older than they are kept; in how many chains. The chains stay valid: what is gone
    without such a record is a fault."""
    with unit(ctx.session):
        erased = audit.erase_details_for_system(ctx.session, ctx.now() - LOG_KEPT, (ERASING, SIGNING))
        for name, first, last in erased:
            kind = APART if name.endswith(APART) else "audit_log"
            ctx.record(None, ERASING, kind, name, chain=name, first=first, last=last)
    return len(erased)
