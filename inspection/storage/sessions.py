"""Where people are signed in: the tokens of desks and phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, String, and_, bindparam, false, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.domain.sessions import DESK, PHONE
from inspection.storage.accounts import USER, WITH_ROLES, UserRow, actor_of, administered
from inspection.storage.db import Base


class TokenRow(Base):
    """One signed-in desk or phone. Only the SHA-256 of its token is kept. `renewed_at` is when the token was given out,
    `last_used_at` when it was last used, as far as that was noted (`domain/sessions.py`)."""

    __tablename__ = "token"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    device_name: Mapped[str] = mapped_column(String(128))
    desk: Mapped[bool]
    created_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Known:
    """Who is behind a token, and what is to be known of it. `rights_changed`: a role began or ended since the token
    was given out."""

    actor: Actor
    desk: bool
    last_used_at: datetime
    rights_changed: bool


_TOKEN: Final = TokenRow.metadata.tables["token"]


def _alive(table: Any, now: Any, desk_since: Any, phone_since: Any) -> ColumnElement[bool]:
    """Neither revoked, nor too old, nor idle for too long."""
    return and_(
        table.revoked_at.is_(None),
        table.expires_at > now,
        table.last_used_at > phone_since,
        or_(table.desk == false(), table.last_used_at > desk_since),
    )


def alive_at(now: datetime) -> ColumnElement[bool]:
    """Tokens that somebody is signed in with at this moment."""
    return _alive(TokenRow, now, now - DESK.idle, now - PHONE.idle)


_BY_TOKEN: Final = (
    WITH_ROLES.add_columns(_TOKEN.c.id, _TOKEN.c.desk, _TOKEN.c.last_used_at, _TOKEN.c.renewed_at)
    .join(_TOKEN, _TOKEN.c.user_id == USER.c.id)
    .where(
        _TOKEN.c.token_sha256 == bindparam("token_sha256"),
        _alive(_TOKEN.c, bindparam("now"), bindparam("desk_since"), bindparam("phone_since")),
    )
)
"""Built once, on the bare tables: every request asks this."""


def known_by_token_for_system(
    session: Session, token_sha256: str, *, now: datetime, recent_since: datetime
) -> Known | None:
    """None when the token is unknown, expired, idle for too long or revoked, or its person is disabled."""
    given = {
        "token_sha256": token_sha256,
        "now": now,
        "recent_since": recent_since,
        "desk_since": now - DESK.idle,
        "phone_since": now - PHONE.idle,
    }
    rows = session.execute(_BY_TOKEN, given).all()
    actor = actor_of(rows)
    if actor is None:
        return None
    desk, last_used_at, renewed_at = rows[0][-3:]
    changes = [moment for row in rows for moment in (row.since_at, row.ended_at) if moment is not None]
    return Known(actor, desk, last_used_at, rights_changed=any(moment > renewed_at for moment in changes))


def note_use_for_system(session: Session, token_id: UUID, at: datetime) -> None:
    """The one thing that is written when somebody only looks."""
    session.execute(update(TokenRow).where(TokenRow.id == token_id, TokenRow.last_used_at < at).values(last_used_at=at))


def renew_for_system(session: Session, token_id: UUID, token_sha256: str, at: datetime) -> None:
    """The same session under another token; the one of before is worth nothing."""
    session.execute(
        update(TokenRow)
        .where(TokenRow.id == token_id)
        .values(token_sha256=token_sha256, renewed_at=at, last_used_at=at)
    )


def list_devices(actor: Actor, session: Session, now: datetime) -> Sequence[TokenRow]:
    return session.scalars(
        select(TokenRow)
        .where(TokenRow.user_id == actor.id, alive_at(now))
        .order_by(TokenRow.created_at.desc(), TokenRow.id)
    ).all()


def devices_of(actor: Actor, session: Session, user_id: UUID, now: datetime) -> Sequence[TokenRow]:
    """Where an account that is the actor's to administer is signed in."""
    theirs = select(UserRow.id).where(UserRow.id == user_id, administered(actor))
    return session.scalars(
        select(TokenRow)
        .where(TokenRow.user_id.in_(theirs), alive_at(now))
        .order_by(TokenRow.created_at.desc(), TokenRow.id)
    ).all()


def find_device(actor: Actor, session: Session, device_id: UUID) -> TokenRow | None:
    """A device of one's own, or of an account that is the actor's to administer."""
    theirs = select(UserRow.id).where(or_(UserRow.id == actor.id, administered(actor)))
    return session.scalar(select(TokenRow).where(TokenRow.id == device_id, TokenRow.user_id.in_(theirs)))


def is_desk_for_system(session: Session, token_id: UUID) -> bool:
    return bool(session.scalar(select(TokenRow.desk).where(TokenRow.id == token_id)))


def revoke_tokens_for_system(session: Session, user_id: UUID, at: datetime, *, but: UUID | None = None) -> None:
    statement = update(TokenRow).where(TokenRow.user_id == user_id, TokenRow.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(TokenRow.id != but)
    session.execute(statement.values(revoked_at=at))
