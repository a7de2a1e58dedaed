"""What every action is given: session, clock, evidence store, keys, and who renders documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from inspection.domain.actor import Actor
from inspection.domain.calendar import Calendar
from inspection.domain.clock import Clock
from inspection.domain.documents import NoticeDocument
from inspection.domain.passwords import PasswordRules
from inspection.storage import audit, notifications
from inspection.storage.audit_key import AuditKey
from inspection.storage.calendar import calendar_for_system
from inspection.storage.evidence_store import EvidenceStore
from inspection.storage.factor_key import FactorKey
from inspection.storage.vault import Vault


def new_id() -> UUID:
    """A UUIDv7: ids made by the server sort by the time of their making."""
    return uuid7()


@dataclass(frozen=True)
class Context:
    """Made once per request or job. `render_notice` turns a notice into the bytes of its document; it is handed in
    because documents stand beside actions, not beneath them. `factor_roles`: who holds one of them is to have a second
    factor; `factor_key`: under which its secret is kept."""

    session: Session
    clock: Clock
    evidence: EvidenceStore
    audit_key: AuditKey
    vault: Vault
    render_notice: Callable[[NoticeDocument], bytes]
    password_rules: PasswordRules
    factor_roles: frozenset[str]
    factor_key: FactorKey

    def at(self, clock: Clock) -> Context:
        """The same parts under another clock: demo data and a sweep for a day to come."""
        return replace(self, clock=clock)

    @cached_property
    def _calendar(self) -> Calendar:
        return calendar_for_system(self.session)

    def calendar(self) -> Calendar:
        """The calendar as it was when this request or job first asked for it."""
        return self._calendar

    def now(self) -> datetime:
        return self.clock.now()

    def today(self) -> date:
        return self.clock.today()

    def record(self, actor: Actor | None, action: str, kind: str, object_id: object, **detail: Any) -> None:
        """The entry of this change in the audit log; inside the unit that makes it."""
        audit.record_for_system(
            self.session,
            at=self.now(),
            actor=actor,
            action=action,
            object_kind=kind,
            object_id=object_id,
            **detail,
        )

    def event(self, problem_id: UUID, actor: Actor | None, event: str, **detail: Any) -> dict[str, Any]:
        """A row for a problem's timeline."""
        return {
            "id": new_id(),
            "problem_id": problem_id,
            "at": self.now(),
            "actor_id": actor.id if actor else None,
            "actor_name": actor.name if actor else None,
            "event": event,
            "detail": detail,
        }

    def tell(
        self,
        kind: str,
        roles: tuple[str, ...],
        institution_id: UUID,
        region_code: str,
        problem_id: UUID | None,
        params: dict[str, Any],
    ) -> int:
        """Tell everybody who holds one of the roles for this institution; how many were told."""
        people = notifications.recipients_for_system(self.session, roles, institution_id, region_code)
        return self.tell_people(kind, people, problem_id, params)

    def tell_people(
        self, kind: str, people: Sequence[UUID], problem_id: UUID | None, params: dict[str, Any], *, unread: bool = True
    ) -> int:
        """Tell these people; how many they are. What is only there to be kept does not wait to be read."""
        rows = [self.message(kind, user_id, problem_id, params) for user_id in people]
        if not unread:
            rows = [{**row, "read_at": row["created_at"]} for row in rows]
        notifications.add_for_system(self.session, rows)
        return len(people)

    def message(self, kind: str, user_id: UUID, problem_id: UUID | None, params: dict[str, Any]) -> dict[str, Any]:
        """A row for a person's inbox."""
        return {
            "id": new_id(),
            "user_id": user_id,
            "kind": kind,
            "problem_id": problem_id,
            "params": params,
            "created_at": self.now(),
            "read_at": None,
        }
