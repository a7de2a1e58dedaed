"""What the desk shows of planned visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from checklists.model import Checklist
from inspection.domain.people import PersonView
from inspection.domain.views import AssignmentView, InstitutionView, Page


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One of the plan with the institution's name."""

    task: AssignmentView
    institution_name: str

    def days_late(self, today: date) -> int:
        """For how many days it has been left undone; 0 where it is done, called off or still to come."""
        return max((today - self.task.planned_on).days, 0) if self.task.state == "planned" else 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`undone` lie in the past and are neither done nor called off, the longest first; `more_undone` where there are
    more."""

    undone: Sequence[PlannedVisit]
    more_undone: bool
    page: Page[PlannedVisit]


@dataclass(frozen=True, slots=True)
class VisitChoices:
    """What a visit to one institution can be made of; `recused` must not be sent there."""

    institution: InstitutionView
    checklists: Sequence[Checklist]
    people: Sequence[PersonView]
    recused: frozenset[UUID]
