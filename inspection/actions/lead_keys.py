"""What happens to leads without anybody reading them: their region's key is changed, and their time runs out."""

from __future__ import annotations

from inspection.actions.context import Context
from inspection.actions.leads import about_lead, about_step, tell_handlers
from inspection.domain.leads import KEPT
from inspection.storage import leads
from inspection.storage.audit import APART
from inspection.storage.unit import unit


def rotate_key(ctx: Context, region: str) -> None:
    """A new key for a region: everything of its leads is locked anew in one unit. Wherever it breaks off, all can be
    read, and it can be run again. Raises `not_found` (a region without leads), `sealed`."""
    with unit(ctx.session):
        key = leads.key_for_system(ctx.session, region)
        new = ctx.vault.add(region)
        for lead in leads.of_region_for_system(ctx.session, region):
            if lead.content is not None:
                lead.content = _anew(ctx, region, new, about_lead(lead.id), lead.content)
            for step in leads.steps_for_system(ctx.session, lead.id):
                if step.content is not None:
                    step.content = _anew(ctx, region, new, about_step(step.id), step.content)
        key.key_id = new
        ctx.record(None, "rotate_lead_key", APART, region)


def drop_old_keys(ctx: Context, region: str) -> None:
    """Every key of a region but the one in force is gone: what was locked under them is in no row any more."""
    with unit(ctx.session):
        key = leads.key_for_system(ctx.session, region)  # whoever changes it next waits for this
        ctx.vault.keep_only(region, key.key_id)


def _anew(ctx: Context, region: str, key_id: str, about: str, locked: bytes) -> bytes:
    return ctx.vault.lock(region, key_id, about, ctx.vault.open(region, about, locked))


def propose_transfers(ctx: Context) -> int:
    """Tell the handlers of each lead whose time has run out that something waits; once each, how many. Transferring it
    is theirs, and erases it."""
    with unit(ctx.session):
        rows = leads.kept_too_long_for_system(ctx.session, ctx.now() - KEPT)
        for row in rows:
            row.proposed_at = ctx.now()
            tell_handlers(ctx, row.region_code)
            ctx.record(None, "propose_lead_transfer", APART, row.id)
        return len(rows)
