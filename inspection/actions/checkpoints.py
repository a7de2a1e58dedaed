"""The heads of the audit log's chains, signed each day and told to both offices: whoever keeps one sees later whether
the log was cut or written anew."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.domain import chain
from inspection.domain.chain import Head
from inspection.domain.verify_audit import ROTATING, SIGNING
from inspection.storage import accounts, audit, checkpoints
from inspection.storage.audit import APART
from inspection.storage.unit import unit

OFFICES: Final = ("reviewer", "supervisor", "proc_inspector")
"""Two offices that do not work for each other keep the heads of a region."""

MOST_TOLD: Final = 500


def sign_heads(ctx: Context) -> int:
    """Sign each chain that has moved since the day before, and tell of it; how many. Again on the same day, or by
    several workers at once, it does nothing twice."""
    signed = 0
    for head in audit.heads_for_system(ctx.session):
        ctx.session.rollback()
        signed += _sign(ctx, head)
    return signed


def _sign(ctx: Context, head: Head) -> bool:
    today = ctx.today()
    with unit(ctx.session):
        last = checkpoints.last_checkpoint_for_system(ctx.session, head.chain)
        if last is not None and (last.number >= head.number or last.signed_on >= today):
            return False
        key = ctx.audit_key.read()
        row = {
            "chain": head.chain,
            "number": head.number,
            "seal": head.seal,
            "signed_on": today,
            "public_key": key.public_key,
            "signature": key.sign(chain.checkpoint_text(head, today)),
        }
        if not checkpoints.add_checkpoint_for_system(ctx.session, row):
            return False
        kind = APART if head.chain.endswith(APART) else "audit_head"
        ctx.record(None, SIGNING, kind, head.chain, chain=head.chain, number=head.number, seal=head.seal)
        told = {"chain": head.chain, "number": str(head.number), "seal": head.seal}
        ctx.tell_people("audit_head", _keepers(ctx, head.chain), None, told, unread=False)
    return True


def rotate_audit_key(ctx: Context) -> tuple[str, str]:
    """Another key signs from now on; the old one is gone, and nothing that it signs from tomorrow on is taken for ours.
    Both sign that the one follows on the other, which stands in the log for ever: whoever knows one of them goes on to
    verify. (old, new), 64 hex digits each."""
    with ctx.audit_key.changing() as (old, new):
        since = ctx.today()
        text = chain.succession_text(old.public_key, new.public_key, since)
        with unit(ctx.session):
            ctx.record(
                None,
                ROTATING,
                "audit_key",
                new.public_key,
                old_key=old.public_key,
                new_key=new.public_key,
                since=since.isoformat(),
                by_old=old.sign(text),
                by_new=new.sign(text),
            )
    return old.public_key, new.public_key


def _keepers(ctx: Context, name: str) -> list[UUID]:
    """Who keeps a chain's heads: of a region both offices, of leads those who handle them, of the system's own doings
    the auditors."""
    region, _, apart = name.partition("-")
    roles = ("lead_handler",) if apart == APART else OFFICES
    if region == chain.SYSTEM:
        return accounts.holders_for_system(ctx.session, "lead_handler" if apart else "auditor")
    held = accounts.holders_over_for_system(ctx.session, roles, region, MOST_TOLD)
    return sorted({user.id for user, _ in held})
