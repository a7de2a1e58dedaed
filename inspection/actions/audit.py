"""Reading the log, and checking that it holds together. Nothing is written by it, not even that it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import Actor
from inspection.domain.audit import LogEntry, LogFilter
from inspection.domain.chain import Stretch, leaf
from inspection.domain.errors import Refused
from inspection.domain.views import Page
from inspection.storage import accounts, audit, institutions
from inspection.storage.audit import AuditRow


def list_entries(
    ctx: Context, actor: Actor, asked: LogFilter, after: tuple[str, ...] | None, limit: int
) -> Page[LogEntry]:
    """The newest first."""
    rows = audit.list_entries(
        actor,
        ctx.session,
        person=asked.person,
        action=asked.action,
        kind=asked.kind,
        object_id=asked.object_id,
        since=ctx.clock.start_of(asked.first) if asked.first is not None else None,
        until=ctx.clock.start_of(asked.last + timedelta(days=1)) if asked.last is not None else None,
        before=position(after, _seq),
        limit=limit + 1,
    )
    people, names = _known(ctx, rows)
    return cut(rows, limit, lambda one: (str(one[0].seq),), lambda one: _entry(*one, people, names))


BATCH: Final = 500


def export_entries(ctx: Context, actor: Actor, asked: LogFilter) -> Iterator[LogEntry]:
    """All that `list_entries` shows page by page."""
    after: tuple[str, ...] | None = None
    while True:
        listed = list_entries(ctx, actor, asked, after, BATCH)
        yield from listed.items
        if listed.next_key is None:
            return
        after = listed.next_key


def reads_of(ctx: Context, username: str) -> Iterator[Sequence[str]]:
    """Everything that an account has read that is put on record: originals, leads, messages, in the log of leads too.
    A row each of moment, chain and number, action, kind, id, and what was said with it as JSON (empty once erased);
    the first row names them. For whoever answers for the system, not for its pages. Raises `not_found`."""
    user = accounts.find_user_for_system(ctx.session, username)
    if user is None:
        raise Refused("not_found")
    yield ("at", "chain", "number", "action", "kind", "object", "detail")
    for row, detail in audit.reads_for_system(ctx.session, user.id, READS):
        yield (
            ctx.clock.local(row.at).isoformat(),
            *(row.chain, str(row.number), row.action, row.object_kind, row.object_id),
            detail or "",
        )


READS: Final = ("read_original", "read_lead", "read_notification")
MOST_LEAVES: Final = 5000


def chain_after(ctx: Context, actor: Actor, number: int | None) -> Stretch:
    """The leaves of the actor's own chain after an entry, the next few thousand; none without a number. A number
    beyond the head is answered with the head: whoever knows of that entry sees that it is gone."""
    name = audit.chain_of_for_system(ctx.session, actor)
    head = audit.head_for_system(ctx.session, name)
    if number is None or number >= head.number:
        return Stretch(name, (), head.number, head.seal, more=False)
    entries = audit.entries_after_for_system(ctx.session, name, number, MOST_LEAVES)
    last = entries[-1].number
    seal = audit.seal_at_for_system(ctx.session, name, last)
    assert seal is not None
    return Stretch(name, [leaf(entry) for entry in entries], last, seal, more=last < head.number)


def _seq(text: str) -> int:
    """A number that a row may have."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError("no such number")
    return number


Found = tuple[AuditRow, dict[str, Any] | None]


def _known(ctx: Context, rows: Sequence[Found]) -> tuple[dict[UUID, tuple[str, str]], dict[str, str]]:
    """The people who did it, (name, user name) by id; and what the ids in the rows stand for, by their text."""
    actors = {row.actor_id for row, _ in rows if row.actor_id is not None}
    named = {found for row, detail in rows for text in _ids_in(row, detail) if (found := _id(text)) is not None}
    people = {user.id: (user.name, user.username) for user in accounts.users_for_system(ctx.session, actors | named)}
    names = {str(one): name for one, name in institutions.names_for_system(ctx.session, named).items()}
    names |= {str(one): f"{name}（{username}）" for one, (name, username) in people.items()}
    if any("region" in (detail or ()) for _, detail in rows):
        names |= institutions.region_names_for_system(ctx.session)
    return people, names


def _ids_in(row: AuditRow, detail: Mapping[str, Any] | None) -> list[str]:
    values = [value for held in (detail or {}).values() for value in (held if isinstance(held, list) else [held])]
    return [row.object_id, *(value for value in values if isinstance(value, str))]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _entry(
    row: AuditRow,
    detail: Mapping[str, Any] | None,
    people: Mapping[UUID, tuple[str, str]],
    names: Mapping[str, str],
) -> LogEntry:
    by, username = people.get(row.actor_id, (str(row.actor_id), None)) if row.actor_id is not None else (None, None)
    return LogEntry(
        seq=row.seq,
        at=row.at,
        by=by,
        username=username,
        action=row.action,
        kind=row.object_kind,
        object_id=row.object_id,
        object_name=names.get(row.object_id),
        detail=None if detail is None else [(name, _told(value, names)) for name, value in detail.items()],
        chain=row.chain,
        number=row.number,
        seal=row.seal,
    )


def _told(value: Any, names: Mapping[str, str]) -> Any:
    """With names for what is known: a person, an institution, a region."""
    if isinstance(value, list):
        return [_told(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
