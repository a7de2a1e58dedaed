"""What a security administrator looks up before he decides: roles, devices and codes, and the institutions of his
regions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from inspection.domain.actor import Actor
from inspection.storage.accounts import ActivationRow, RoleRow, UserRow
from inspection.storage.institutions import InstitutionRow


def institutions_named(actor: Actor, session: Session, text: str, limit: int) -> Sequence[InstitutionRow]:
    """Institutions of a security administrator's regions that are not closed and have this credit code, or this text in
    their name; those that match wholly come first."""
    prefixes = [grant.region_prefix for grant in actor.grants if grant.role == "secadmin" and grant.region_code]
    if not prefixes:
        return []
    whole = or_(InstitutionRow.name == text, InstitutionRow.credit_code == text.upper())
    return session.scalars(
        select(InstitutionRow)
        .where(
            InstitutionRow.closed_on.is_(None),
            or_(*(InstitutionRow.region_code.startswith(prefix, autoescape=True) for prefix in prefixes)),
            or_(whole, InstitutionRow.name.contains(text, autoescape=True)),
        )
        .order_by(case((whole, 0), else_=1), InstitutionRow.name, InstitutionRow.id)
        .limit(limit)
    ).all()


def roles_ever_for_system(session: Session, user_id: UUID) -> Sequence[RoleRow]:
    """The roles that a person holds or held, in the order in which they began."""
    return session.scalars(
        select(RoleRow).where(RoleRow.user_id == user_id).order_by(RoleRow.since_at, RoleRow.id)
    ).all()


def username_taken_for_system(session: Session, username: str) -> bool:
    """Whether an account has this user name, in capitals or not."""
    taken = select(UserRow.id).where(func.lower(UserRow.username) == username.lower()).limit(1)
    return session.scalar(taken) is not None


def code_until_for_system(session: Session, user_id: UUID, now: datetime) -> datetime | None:
    """Until when a person's activation code is good; None where he has none that is."""
    return session.scalar(
        select(ActivationRow.expires_at).where(
            ActivationRow.user_id == user_id, ActivationRow.used_at.is_(None), ActivationRow.expires_at > now
        )
    )
