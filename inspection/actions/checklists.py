"""Reading and publishing checklists."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from checklists.differences import differences
from checklists.model import Checklist
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.checklist_views import Comparison, Proposed, Published
from inspection.domain.errors import Refused
from inspection.storage import checklists
from inspection.storage.unit import unit

MAY_READ_R1: Final = frozenset({"edu_inspector", "proc_inspector"})


def list_checklists(ctx: Context, actor: Actor) -> list[dict[str, Any]]:
    """The newest version of each, without its sections."""
    documents = [copy_for(actor, checklist).as_document() for checklist in checklists.list_for_system(ctx.session)]
    return [{key: value for key, value in document.items() if key != "sections"} for document in documents]


def get_checklist(ctx: Context, actor: Actor, code: str, version: int | None) -> dict[str, Any]:
    """The document with its hash, as this actor may read it."""
    checklist = checklists.find_for_system(ctx.session, code, version)
    if checklist is None:
        raise Refused("not_found")
    return copy_for(actor, checklist).as_document()


def versions_of(ctx: Context, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Checklist]:
    """Several versions at once, by code and number, for their titles; those that are not there are left out."""
    found = checklists.versions_for_system(ctx.session, set(wanted))
    return {(checklist.code, checklist.version): checklist for checklist in found}


def copy_for(actor: Actor, checklist: Checklist) -> Checklist:
    """R1 items only for inspectors of the two authorities, not for specialists; the others' copy has its own hash."""
    return checklist if actor.roles & MAY_READ_R1 else checklist.unit_copy()


def list_versions(ctx: Context, actor: Actor) -> list[Published]:
    """Every version of each, by code, the newest first."""
    return [Published(copy_for(actor, one), at) for one, at in checklists.all_for_system(ctx.session)]


def compare(ctx: Context, actor: Actor, code: str, before: int, after: int) -> Comparison:
    """Two published versions. Raises `not_found` where one of them is not."""
    found = versions_of(ctx, {(code, before), (code, after)})
    if (code, before) not in found or (code, after) not in found:
        raise Refused("not_found")
    return _comparison(actor, found[code, before], found[code, after])


def _comparison(actor: Actor, before: Checklist, after: Checklist) -> Comparison:
    old, new = copy_for(actor, before), copy_for(actor, after)
    return Comparison(old, new, differences(old, new), withheld=(old, new) != (before, after))


def propose(ctx: Context, actor: Actor, checklist: Checklist) -> Proposed:
    """What publishing it would do; nothing is written."""
    known, newest = checklists.find_with_newest_for_system(ctx.session, checklist.code, checklist.version)
    base = known or checklists.find_for_system(ctx.session, checklist.code)
    return Proposed(
        checklist,
        "new" if known is None else "known" if known.sha256 == checklist.sha256 else "taken",
        newest,
        _comparison(actor, base, checklist) if base is not None else None,
    )


def publish(ctx: Context, checklist: Checklist, actor: Actor | None = None) -> bool:
    """Whether the version is new; again the same is harmless. `actor` is nobody at the command line. Raises `conflict`
    if it exists with other content."""
    with unit(ctx.session):
        known = checklists.find_for_system(ctx.session, checklist.code, checklist.version)
        if known is not None and known.sha256 != checklist.sha256:
            raise Refused("conflict")
        new = checklists.publish_for_system(ctx.session, checklist, ctx.now())
        if new:
            ctx.record(
                actor,
                "publish_checklist",
                "checklist",
                f"{checklist.code}.v{checklist.version}",
                sha256=checklist.sha256,
            )
    return new
