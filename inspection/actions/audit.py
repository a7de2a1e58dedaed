"""Reading the log. Nothing is written by it, not even that it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import Actor
from inspection.domain.audit import LogEntry, LogFilter
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
    return cut(rows, limit, lambda row: (str(row.seq),), lambda row: _entry(row, people, names))


def _seq(text: str) -> int:
    """A number that a row may have."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError("no such number")
    return number


def _known(ctx: Context, rows: Sequence[AuditRow]) -> tuple[dict[UUID, tuple[str, str]], dict[str, str]]:
    """The people who did it, (name, user name) by id; and what the ids in the rows stand for, by their text."""
    actors = {row.actor_id for row in rows if row.actor_id is not None}
    named = {found for row in rows for text in _ids_in(row) if (found := _id(text)) is not None}
    people = {user.id: (user.name, user.username) for user in accounts.users_for_system(ctx.session, actors | named)}
    names = {str(one): name for one, name in institutions.names_for_system(ctx.session, named).items()}
    names |= {str(one): f"{name}（{username}）" for one, (name, username) in people.items()}
    if any("region" in row.detail for row in rows):
        names |= institutions.region_names_for_system(ctx.session)
    return people, names


def _ids_in(row: AuditRow) -> list[str]:
    values = [value for held in row.detail.values() for value in (held if isinstance(held, list) else [held])]
    return [row.object_id, *(value for value in values if isinstance(value, str))]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _entry(row: AuditRow, people: Mapping[UUID, tuple[str, str]], names: Mapping[str, str]) -> LogEntry:
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
        detail=[(name, _told(value, names)) for name, value in row.detail.items()],
    )


def _told(value: Any, names: Mapping[str, str]) -> Any:
    """With names for what is known: a person, an institution, a region."""
    if isinstance(value, list):
        return [_told(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
