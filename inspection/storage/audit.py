"""The audit log: one entry for every change and for every read of an original, in the same transaction. Insert-only,
and a chain for each region (`domain/chain.py`); what an entry says stands beside it and may be erased by law. What is
done to leads stands in a table of its own, so that no number of the log tells of it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain import chain
from inspection.domain.actor import Actor
from inspection.domain.chain import Entry, Head
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.db import Base, insert_or_ignore, insert_rows
from inspection.storage.institutions import InstitutionRow

APART: Final = "lead"
"""What is done to an object of this kind stands in the log of leads."""

PENDING: Final = "entries"
"""Where a session keeps the entries of its unit until they are appended, last of all."""

APPENDED: Final = "appended"
"""Where it keeps, of those that its unit has appended, the head that each was, by action and object."""


class Sealed:
    """An entry as it is kept. `seal` is over this entry and all before it in its chain; both it and `commitment` are
    64 hex digits."""

    chain: Mapped[str] = mapped_column(String(16))
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64), index=True)
    commitment: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))


class AuditRow(Sealed, Base):
    """`seq` is the order over all regions."""

    __tablename__ = "audit_log"
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    __table_args__ = (UniqueConstraint("chain", "number"),)


class LeadLogRow(Sealed, Base):
    __tablename__ = "lead_log"
    chain: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class AuditDetailRow(Base):
    """What an entry says: JSON as it was committed to, and the salt in hex. Never changed; gone once it was erased."""

    __tablename__ = "audit_detail"
    chain: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)


class AuditHeadRow(Base):
    """Where each chain stands. Whoever appends holds this row until he commits."""

    __tablename__ = "audit_head"
    chain: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that waits for the end of its unit."""

    at: datetime
    actor: Actor | None
    action: str
    object_kind: str
    object_id: str
    detail: str


def record_for_system(
    session: Session,
    *,
    at: datetime,
    actor: Actor | None,
    action: str,
    object_kind: str,
    object_id: object,
    **detail: Any,
) -> None:
    """Only inside a unit, which appends it at its end (`append_for_system`)."""
    written = orjson.dumps(detail).decode()
    session.info[PENDING].append(Pending(at, actor, action, object_kind, str(object_id), written))


def append_for_system(session: Session) -> None:
    """Seal the entries of this unit into their chains. The last that a unit does: from here on to its commit nobody
    else appends to these chains."""
    chains: dict[str, list[Pending]] = {}
    for entry in session.info.pop(PENDING):
        chains.setdefault(_chain_of(session, entry), []).append(entry)
    session.info[PENDING] = []
    for name in sorted(chains):
        _append(session, name, chains[name])


def _chain_of(session: Session, entry: Pending) -> str:
    """By the region of who acts."""
    name = chain_of_for_system(session, entry.actor) if entry.actor is not None else chain.SYSTEM
    return f"{name}-{APART}" if entry.object_kind == APART else name


def _append(session: Session, name: str, entries: Sequence[Pending]) -> None:
    head = _lock_head(session, name)
    rows, details = [], []
    for number, one in enumerate(entries, head.number + 1):
        salt = secrets.token_bytes(16)
        kept = chain.commitment(salt, one.detail)
        actor_id = one.actor.id if one.actor is not None else None
        entry = Entry(name, number, one.at, actor_id, one.action, one.object_kind, one.object_id, kept)
        head = chain.following(head, [chain.leaf(entry)])
        session.info[APPENDED][one.action, one.object_id] = head
        rows.append(
            {
                "chain": name,
                "number": number,
                "at": one.at,
                "actor_id": actor_id,
                "action": one.action,
                "object_kind": one.object_kind,
                "object_id": one.object_id,
                "commitment": kept,
                "seal": head.seal,
            }
        )
        details.append({"chain": name, "number": number, "salt": salt.hex(), "detail": one.detail})
    insert_rows(session, LeadLogRow if name.endswith(APART) else AuditRow, rows)
    insert_rows(session, AuditDetailRow, details)
    session.execute(_MOVE_HEAD, {"of": name, "number": head.number, "seal": head.seal})


_LOCK_HEAD: Final = (
    select(AuditHeadRow.number, AuditHeadRow.seal).where(AuditHeadRow.chain == bindparam("of")).with_for_update()
)
_MOVE_HEAD: Final = update(Base.metadata.tables["audit_head"]).where(AuditHeadRow.chain == bindparam("of"))
"""Made once, since every unit runs both."""


def _lock_head(session: Session, name: str) -> Head:
    known = session.execute(_LOCK_HEAD, {"of": name}).one_or_none()
    if known is None:
        begun = chain.start(name)
        insert_or_ignore(session, AuditHeadRow, [{"chain": name, "number": begun.number, "seal": begun.seal}])
        known = session.execute(_LOCK_HEAD, {"of": name}).one()
    return Head(name, *known)


def heads_for_system(session: Session) -> list[Head]:
    """Where every chain stands, by name."""
    rows = session.execute(
        select(AuditHeadRow.chain, AuditHeadRow.number, AuditHeadRow.seal).order_by(AuditHeadRow.chain)
    )
    return [Head(*row) for row in rows]


def head_for_system(session: Session, name: str) -> Head:
    """Where a chain stands."""
    row = session.get(AuditHeadRow, name)
    return Head(row.chain, row.number, row.seal) if row is not None else chain.start(name)


def chain_of_for_system(session: Session, actor: Actor) -> str:
    """The chain in which stands what this person does."""
    region = actor.region_code
    if region is None and actor.institution_id is not None:
        region = session.scalar(select(InstitutionRow.region_code).where(InstitutionRow.id == actor.institution_id))
    return region or chain.SYSTEM


def entry_about_for_system(session: Session, actions: Collection[str], object_id: UUID) -> Head | None:
    """The newest entry of one of these actions on an object, as the head that it was; also one of the unit that is
    not at its end yet."""
    if session.info.get(PENDING):
        append_for_system(session)
    mine: dict[tuple[str, str], Head] = session.info.get(APPENDED, {})
    of_unit = [mine[key] for key in ((action, str(object_id)) for action in actions) if key in mine]
    if of_unit:
        return max(of_unit, key=lambda head: head.number)
    row = session.execute(
        select(AuditRow.chain, AuditRow.number, AuditRow.seal)
        .where(AuditRow.object_id == str(object_id), AuditRow.action.in_(list(actions)))
        .order_by(AuditRow.seq.desc())
        .limit(1)
    ).one_or_none()
    return Head(*row) if row is not None else None


def seal_at_for_system(session: Session, name: str, number: int) -> str | None:
    """The seal of an entry; None where there is no such entry."""
    return session.scalar(select(AuditRow.seal).where(AuditRow.chain == name, AuditRow.number == number))


def entries_after_for_system(session: Session, name: str, number: int, limit: int) -> list[Entry]:
    """Entries of a region's chain after this one, in their order."""
    rows = session.execute(
        select(*_SEALED).where(AuditRow.chain == name, AuditRow.number > number).order_by(AuditRow.number).limit(limit)
    )
    return [Entry(*row) for row in rows]


_SEALED: Final = (
    AuditRow.chain,
    AuditRow.number,
    AuditRow.at,
    AuditRow.actor_id,
    AuditRow.action,
    AuditRow.object_kind,
    AuditRow.object_id,
    AuditRow.commitment,
)


def everything_for_system(session: Session) -> Iterator[tuple[Entry, str, str | None, str | None]]:
    """Every entry of every chain in their order: (entry, seal, detail as it is stored, salt in hex)."""
    for log in (AuditRow, LeadLogRow):
        statement = (
            select(
                *(getattr(log, column.key) for column in _SEALED), log.seal, AuditDetailRow.detail, AuditDetailRow.salt
            )
            .outerjoin(AuditDetailRow, _of_entry(log))
            .order_by(log.chain, log.number)
            .execution_options(yield_per=2000)
        )
        for *sealed, seal, detail, salt in session.execute(statement):
            yield Entry(*sealed), seal, detail, salt


def loose_details_for_system(session: Session) -> Iterator[tuple[str, int]]:
    """What is said without an entry: (chain, number)."""
    statement = select(AuditDetailRow.chain, AuditDetailRow.number)
    for log in (AuditRow, LeadLogRow):
        statement = statement.where(~select(log.number).where(_of_entry(log)).exists())
    for row in session.execute(statement.order_by(AuditDetailRow.chain, AuditDetailRow.number)):
        yield row.chain, row.number


def erase_details_for_system(session: Session, before: datetime, kept: Collection[str]) -> list[tuple[str, int, int]]:
    """Erase what entries before a moment say, but for those of the kept actions: (chain, first, last) of each chain in
    which something was erased. The entries stay."""
    erased = []
    for log in (AuditRow, LeadLogRow):
        old = (log.at < before, log.action.not_in(list(kept)))
        spans = session.execute(
            select(log.chain, func.min(log.number), func.max(log.number))
            .join(AuditDetailRow, _of_entry(log))
            .where(*old)
            .group_by(log.chain)
            .order_by(log.chain)
        ).all()
        for name, first, last in spans:
            numbers = select(log.number).where(log.chain == name, *old)
            session.execute(
                delete(AuditDetailRow).where(AuditDetailRow.chain == name, AuditDetailRow.number.in_(numbers))
            )
            erased.append((name, first, last))
    return erased


def list_entries(
    actor: Actor,
    session: Session,
    *,
    person: str | None,
    action: str | None,
    kind: str | None,
    object_id: str | None,
    since: datetime | None,
    until: datetime | None,
    before: int | None,
    limit: int,
) -> Sequence[tuple[AuditRow, dict[str, Any] | None]]:
    """What an auditor may read, the newest first, each with what it says, None where that was erased; `person` stands
    in the name or the user name of who did it."""
    conditions = [_audited(actor)]
    if person:
        fits = or_(UserRow.name.contains(person, autoescape=True), UserRow.username.contains(person, autoescape=True))
        conditions.append(AuditRow.actor_id.in_(select(UserRow.id).where(fits)))
    same = ((AuditRow.action, action), (AuditRow.object_kind, kind), (AuditRow.object_id, object_id))
    conditions += [column == value for column, value in same if value is not None]
    if since is not None:
        conditions.append(AuditRow.at >= since)
    if until is not None:
        conditions.append(AuditRow.at < until)
    if before is not None:
        conditions.append(AuditRow.seq < before)
    rows = session.execute(
        select(AuditRow, AuditDetailRow.detail)
        .outerjoin(AuditDetailRow, _of_entry(AuditRow))
        .where(*conditions)
        .order_by(AuditRow.seq.desc())
        .limit(limit)
    )
    return [(row, None if detail is None else orjson.loads(detail)) for row, detail in rows]


def reads_for_system(session: Session, user_id: UUID, actions: Collection[str]) -> Iterator[tuple[Sealed, str | None]]:
    """Entries of these actions by one person, of both logs, each in its order, with what it says as it was written."""
    for log in (AuditRow, LeadLogRow):
        found = session.execute(
            select(log, AuditDetailRow.detail)
            .outerjoin(AuditDetailRow, _of_entry(log))
            .where(log.actor_id == user_id, log.action.in_(list(actions)))
            .order_by(log.at, log.number)
        )
        for row, detail in found:
            assert isinstance(row, Sealed)
            yield row, detail


def _of_entry(log: type[Sealed]) -> ColumnElement[bool]:
    return and_(AuditDetailRow.chain == log.chain, AuditDetailRow.number == log.number)


def last_for_system(session: Session, action: str) -> AuditRow | None:
    """The newest entry of this action."""
    return session.scalar(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq.desc()).limit(1))


def said_for_system(session: Session, action: str) -> Sequence[str]:
    """What the entries of this action say, as it is stored, in their order."""
    return session.scalars(
        select(AuditDetailRow.detail)
        .join(AuditRow, _of_entry(AuditRow))
        .where(AuditRow.action == action)
        .order_by(AuditRow.seq)
    ).all()


PROVINCE: Final = 2
"""Digits that all regions of a province share."""


def _audited(actor: Actor) -> ColumnElement[bool]:
    """A province's auditor reads everything, the system's own doings too; one of a smaller region what was done by
    people who hold or held a role there."""
    prefixes = [grant.region_prefix for grant in actor.grants if grant.role == "auditor" and grant.region_code]
    if any(len(prefix) <= PROVINCE for prefix in prefixes):
        return true()
    there = [
        column.startswith(prefix, autoescape=True)
        for prefix in prefixes
        for column in (RoleRow.region_code, InstitutionRow.region_code)
    ]
    people = (
        select(RoleRow.user_id)
        .outerjoin(InstitutionRow, InstitutionRow.id == RoleRow.institution_id)
        .where(or_(false(), *there))
    )
    return AuditRow.actor_id.in_(people)
