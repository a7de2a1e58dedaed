"""People, the roles they hold, and their devices' tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    String,
    and_,
    bindparam,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor, Grant, kept_apart
from inspection.storage.db import Base
from inspection.storage.institutions import InstitutionRow
from inspection.storage.scope import regions_over


class UserRow(Base):
    """`sex` is female, male or unknown: a girls' dormitory is entered with a woman in the team. A `password_hash` of
    nothing belongs to an account that was not activated yet; without `password_set_at` it does not expire.
    `second_factor_at` is since when signing in takes a code."""

    __tablename__ = "user_account"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[str] = mapped_column(String(128))
    password_hash: Mapped[str] = mapped_column(String(256))
    password_set_at: Mapped[datetime | None]
    second_factor_at: Mapped[datetime | None]
    sex: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class RoleRow(Base):
    """A role of a person; ended (`ended_at`), never deleted: handing in counts roles of the last fourteen days."""

    __tablename__ = "user_role"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    region_code: Mapped[str | None] = mapped_column(String(6), index=True)
    institution_id: Mapped[UUID | None] = mapped_column(ForeignKey("institution.id"), index=True)
    since_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ActivationRow(Base):
    """A one-time code for choosing the first password. Only its SHA-256 is kept."""

    __tablename__ = "activation"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def find_user_for_system(session: Session, username: str) -> UserRow | None:
    return session.scalar(select(UserRow).where(UserRow.username == username))


def get_user_for_system(session: Session, user_id: UUID) -> UserRow | None:
    return session.get(UserRow, user_id)


def roles_of_for_system(session: Session, user_id: UUID) -> Sequence[RoleRow]:
    """The roles that a person holds now."""
    return session.scalars(
        select(RoleRow)
        .where(RoleRow.user_id == user_id, RoleRow.ended_at.is_(None))
        .order_by(RoleRow.since_at, RoleRow.id)
    ).all()


def rights_changed_for_system(session: Session, user_id: UUID, since: datetime) -> bool:
    """Whether a role of the person began or ended after a moment."""
    return (
        session.scalar(
            select(RoleRow.id)
            .where(RoleRow.user_id == user_id, or_(RoleRow.since_at > since, RoleRow.ended_at > since))
            .limit(1)
        )
        is not None
    )


def roles_of_many_for_system(session: Session, user_ids: Sequence[UUID]) -> Sequence[RoleRow]:
    return session.scalars(
        select(RoleRow)
        .where(RoleRow.user_id.in_(user_ids), RoleRow.ended_at.is_(None))
        .order_by(RoleRow.since_at, RoleRow.id)
    ).all()


def administered(actor: Actor) -> ColumnElement[bool]:
    """People all of whose roles lie inside a security administrator's regions; who holds none belongs to everybody."""
    prefixes = [grant.region_prefix for grant in actor.grants if grant.role == "secadmin" and grant.region_code]
    if not prefixes:
        return false()
    places = select(InstitutionRow.id).where(
        or_(*(InstitutionRow.region_code.startswith(prefix, autoescape=True) for prefix in prefixes))
    )
    inside = or_(
        *(
            and_(RoleRow.region_code.is_not(None), RoleRow.region_code.startswith(prefix, autoescape=True))
            for prefix in prefixes
        ),
        and_(RoleRow.institution_id.is_not(None), RoleRow.institution_id.in_(places)),
    )
    return not_(
        select(RoleRow.id).where(RoleRow.user_id == UserRow.id, RoleRow.ended_at.is_(None), not_(inside)).exists()
    )


def get_user(actor: Actor, session: Session, user_id: UUID) -> UserRow | None:
    """An account that is the actor's to administer."""
    return session.scalar(select(UserRow).where(UserRow.id == user_id, administered(actor)))


def list_users(actor: Actor, session: Session, text: str | None, after: str | None, limit: int) -> Sequence[UserRow]:
    """Those that are the actor's to administer, by user name; `text` stands in the user name, the name or the
    organisation."""
    statement = select(UserRow).where(administered(actor))
    if text:
        columns = (UserRow.username, UserRow.name, UserRow.organisation)
        statement = statement.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    if after is not None:
        statement = statement.where(UserRow.username > after)
    return session.scalars(statement.order_by(UserRow.username).limit(limit)).all()


USER, _ROLE = (UserRow.metadata.tables[name] for name in ("user_account", "user_role"))
WITH_ROLES: Final = (
    select(
        USER.c.id,
        USER.c.username,
        USER.c.name,
        USER.c.organisation,
        USER.c.second_factor_at,
        _ROLE.c.role,
        _ROLE.c.region_code,
        _ROLE.c.institution_id,
        _ROLE.c.ended_at,
        _ROLE.c.since_at,
    )
    .select_from(USER)
    .outerjoin(
        _ROLE,
        and_(
            _ROLE.c.user_id == USER.c.id,
            or_(_ROLE.c.ended_at.is_(None), _ROLE.c.ended_at > bindparam("recent_since")),
        ),
    )
    .where(USER.c.disabled_at.is_(None))
    .order_by(_ROLE.c.since_at, _ROLE.c.id)
)
_BY_ID: Final = WITH_ROLES.add_columns(literal(None)).where(USER.c.id == bindparam("user_id"))
"""Built once, on the bare tables."""


def actor_for_system(session: Session, user_id: UUID, *, recent_since: datetime) -> Actor | None:
    """The actor as of now; None for an account that does not exist or is disabled."""
    return actor_of(session.execute(_BY_ID, {"user_id": user_id, "recent_since": recent_since}).all())


def actor_of(rows: Sequence[Any]) -> Actor | None:
    """From one row of `WITH_ROLES`, and the token's id, for each role; who has none has one row without a role."""
    if not rows:
        return None
    user_id, username, name, organisation, second_factor_at = rows[0][:5]
    held = kept_apart([Grant(*row[5:9]) for row in rows if row[5] is not None])
    return Actor(
        id=user_id,
        username=username,
        name=name,
        organisation=organisation,
        grants=tuple(grant for grant in held if grant.ended_at is None),
        recent=tuple(grant for grant in held if grant.ended_at is not None),
        token_id=rows[0][10],
        has_second_factor=second_factor_at is not None,
    )


_IN_LINE: Final = select(USER.c.id).where(USER.c.id == bindparam("person")).with_for_update(key_share=True)


def lock_person_for_system(session: Session, user_id: UUID) -> None:
    """Hold one person's hand-ins in line until the unit ends: a record that names a photo and the photo itself may
    arrive in the same moment, and each must see the other. On SQLite writers stand in line anyway."""
    if session.get_bind().dialect.name == "sqlite":
        return
    session.execute(_IN_LINE, {"person": user_id})


def usernames_for_system(session: Session) -> set[str]:
    return set(session.scalars(select(UserRow.username)))


def activation_for_system(session: Session, user_id: UUID) -> ActivationRow | None:
    return session.get(ActivationRow, user_id, with_for_update=True, populate_existing=True)


def names_for_system(session: Session, user_ids: Collection[UUID]) -> dict[UUID, str]:
    if not user_ids:
        return {}
    return dict(session.execute(select(UserRow.id, UserRow.name).where(UserRow.id.in_(list(user_ids)))).all())


def users_for_system(session: Session, user_ids: Collection[UUID]) -> Sequence[UserRow]:
    if not user_ids:
        return []
    return session.scalars(select(UserRow).where(UserRow.id.in_(list(user_ids))).order_by(UserRow.id)).all()


def holds_over_for_system(session: Session, user_id: UUID, roles: Collection[str], region_code: str) -> bool:
    """Whether this account is in use and holds one of the roles for the region or for one over it."""
    return (
        session.scalar(
            select(RoleRow.id)
            .join(UserRow, UserRow.id == RoleRow.user_id)
            .where(
                RoleRow.user_id == user_id,
                RoleRow.role.in_(list(roles)),
                RoleRow.region_code.in_(regions_over(region_code)),
                RoleRow.ended_at.is_(None),
                UserRow.disabled_at.is_(None),
            )
            .limit(1)
        )
        is not None
    )


def holders_for_system(session: Session, role: str) -> list[UUID]:
    """Accounts in use that hold a role, wherever."""
    held = (RoleRow.role == role, RoleRow.ended_at.is_(None), UserRow.disabled_at.is_(None))
    return list(
        session.scalars(
            select(UserRow.id).join(RoleRow, RoleRow.user_id == UserRow.id).where(*held).distinct().order_by(UserRow.id)
        )
    )


def roles_by_username_for_system(session: Session) -> dict[str, set[str]]:
    """What everybody whose account is in use holds now."""
    in_use = (RoleRow.ended_at.is_(None), UserRow.disabled_at.is_(None))
    held: dict[str, set[str]] = {}
    for username, role in session.execute(
        select(UserRow.username, RoleRow.role).join(RoleRow, RoleRow.user_id == UserRow.id).where(*in_use)
    ):
        held.setdefault(username, set()).add(role)
    return held


def holders_over_for_system(
    session: Session, roles: Collection[str], region_code: str, limit: int
) -> Sequence[tuple[UserRow, str]]:
    """Accounts in use that hold one of the roles for the region or for one over it, by name, once for each such role:
    (account, role)."""
    rows = session.execute(
        select(UserRow, RoleRow.role)
        .join(RoleRow, RoleRow.user_id == UserRow.id)
        .where(
            RoleRow.role.in_(list(roles)),
            RoleRow.region_code.in_(regions_over(region_code)),
            RoleRow.ended_at.is_(None),
            UserRow.disabled_at.is_(None),
        )
        .order_by(UserRow.name, UserRow.id, RoleRow.since_at, RoleRow.id)
        .limit(limit)
    )
    return [(user, role) for user, role in rows]


def _reaching(actor: Actor, roles: Collection[str]) -> ColumnElement[bool]:
    """Roles of these kinds that are held now for a region of the actor's, for one over it or for one inside it."""
    regions = {grant.region_code for grant in actor.grants if grant.region_code}
    over = {code for region in regions for code in regions_over(region)}
    prefixes = {grant.region_prefix for grant in actor.grants if grant.region_code}
    inside = (RoleRow.region_code.startswith(prefix, autoescape=True) for prefix in sorted(prefixes))
    return and_(RoleRow.role.in_(list(roles)), RoleRow.ended_at.is_(None), or_(RoleRow.region_code.in_(over), *inside))


def list_people(
    actor: Actor,
    session: Session,
    roles: Collection[str],
    text: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[UserRow]:
    """Accounts in use that hold one of these roles where the actor works, by name; `text` stands in the name or the
    organisation."""
    holders = select(RoleRow.user_id).where(_reaching(actor, roles))
    statement = select(UserRow).where(UserRow.disabled_at.is_(None), UserRow.id.in_(holders))
    if text:
        columns = (UserRow.name, UserRow.organisation)
        statement = statement.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    if after is not None:
        name, last = after
        statement = statement.where(or_(UserRow.name > name, (UserRow.name == name) & (UserRow.id > last)))
    return session.scalars(statement.order_by(UserRow.name, UserRow.id).limit(limit)).all()


def roles_of_people(
    actor: Actor, session: Session, roles: Collection[str], user_ids: Collection[UUID]
) -> Sequence[RoleRow]:
    """Of these people, the roles of these kinds that they hold where the actor works."""
    return session.scalars(
        select(RoleRow)
        .where(_reaching(actor, roles), RoleRow.user_id.in_(list(user_ids)))
        .order_by(RoleRow.since_at, RoleRow.id)
    ).all()


def count_for_system(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(UserRow)) or 0
