"""Counting: conditional sums over problems and inspections, grouped in the database, within scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from inspection.domain.actor import Actor, region_prefix
from inspection.domain.figures import Counts
from inspection.storage.inspections import InspectionRow
from inspection.storage.institutions import InstitutionRow, RegionRow
from inspection.storage.problems import ProblemRow, is_overdue
from inspection.storage.scope import countable_institutions

P: Final = ProblemRow
OWN: Final = and_(P.responsible_kind == "institution", P.status.in_(("found", "open", "submitted", "closed")))
"""Problems that the institution itself answers for; void, transferred and departments' ones are counted apart."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted: a period of days (None: without end), the moments at which it begins and ends, today, and the
    region within the actor's scope (None: all of it)."""

    first_on: date | None
    last_on: date | None
    first_at: datetime | None
    end_at: datetime | None
    today: date
    region: str | None


def counts_by(actor: Actor, session: Session, group: str, asked: Asked) -> list[tuple[str, Counts]]:
    """Each raw group with its counts; a group may come twice, once for what was found and once for what was due.
    `group`: institution, region (whole codes), kind, item, severity, recommendation (JSON text)."""
    inside = _inside(actor, asked.region)
    rows: list[tuple[str, Counts]] = []
    for key, *sums in session.execute(_grouped(group, inside, _found_in(asked), _FOUND)):
        found, recurring, void, transferred, departments = (int(value or 0) for value in sums)
        rows.append(
            (
                str(key),
                Counts(
                    problems_found=found,
                    recurrences=recurring,
                    void=void,
                    transferred=transferred,
                    departments=departments,
                ),
            )
        )
    late = func.sum(case((and_(OWN, is_overdue(asked.today)), 1), else_=0))
    for key, *sums in session.execute(_grouped(group, inside, _due_in(asked), (*_DUE, late))):
        due, closed, on_time, overdue = (int(value or 0) for value in sums)
        rows.append((str(key), Counts(due=due, closed=closed, closed_on_time=on_time, overdue=overdue)))
    if group in ("institution", "region", "kind"):
        for key, inspected in session.execute(_inspected(group, inside, asked)):
            rows.append((str(key), Counts(institutions_inspected=int(inspected))))
    return rows


def count_inspected(actor: Actor, session: Session, asked: Asked) -> int:
    """How many institutions have an inspection in the period that stands."""
    statement = _standing(_inside(actor, asked.region), asked)
    return session.scalar(select(func.count()).select_from(statement.distinct().subquery())) or 0


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


_FOUND: Final = (
    _sum(OWN),
    _sum(and_(OWN, P.recurrence > 0)),
    _sum(P.status == "void"),
    _sum(P.status == "transferred"),
    _sum(and_(P.responsible_kind == "department", P.status.not_in(("void", "transferred")))),
)
_DUE: Final = (
    _sum(OWN),
    _sum(and_(OWN, P.status == "closed")),
    _sum(and_(OWN, P.status == "closed", P.closed_on_time.is_(True))),
)


def _grouped(
    group: str, inside: Select[Any], period: Sequence[ColumnElement[bool]], sums: Sequence[ColumnElement[Any]]
) -> Any:
    """By a column of the problem itself; by one of its institution, in two steps, so that a million rows are grouped
    by id alone and ten thousand joined."""
    columns = {"item": P.item_code, "severity": P.severity, "recommendation": P.recommendation}
    within = (P.institution_id.in_(inside), *period)
    if group in columns:
        return select(columns[group], *sums).where(*within).group_by(columns[group])
    labelled = [column.label(f"s{number}") for number, column in enumerate(sums)]
    if group == "institution":
        return select(P.institution_id, *labelled).where(*within).group_by(P.institution_id)
    inner = select(P.institution_id, *labelled).where(*within).group_by(P.institution_id).subquery()
    key = InstitutionRow.region_code if group == "region" else InstitutionRow.kind
    totals = [func.sum(inner.c[column.name]) for column in labelled]
    return select(key, *totals).join(inner, inner.c.institution_id == InstitutionRow.id).group_by(key)


def _found_in(asked: Asked) -> list[ColumnElement[bool]]:
    period: list[ColumnElement[bool]] = []
    if asked.first_at is not None:
        period.append(P.found_at >= asked.first_at)
    if asked.end_at is not None:
        period.append(P.found_at < asked.end_at)
    return period


def _due_in(asked: Asked) -> list[ColumnElement[bool]]:
    period: list[ColumnElement[bool]] = [P.due_on.is_not(None)]
    if asked.first_on is not None:
        period.append(P.due_on >= asked.first_on)
    if asked.last_on is not None:
        period.append(P.due_on <= asked.last_on)
    return period


def _standing(inside: Select[Any], asked: Asked) -> Select[Any]:
    statement = select(InspectionRow.institution_id).where(
        InspectionRow.institution_id.in_(inside), InspectionRow.withdrawn_at.is_(None)
    )
    if asked.first_on is not None:
        statement = statement.where(InspectionRow.inspected_on >= asked.first_on)
    if asked.last_on is not None:
        statement = statement.where(InspectionRow.inspected_on <= asked.last_on)
    return statement


def _inspected(group: str, inside: Select[Any], asked: Asked) -> Select[Any]:
    seen = _standing(inside, asked).distinct().subquery()
    keys = {"institution": InstitutionRow.id, "region": InstitutionRow.region_code, "kind": InstitutionRow.kind}
    key: Any = keys[group]
    return select(key, func.count()).join(seen, seen.c.institution_id == InstitutionRow.id).group_by(key)


def _inside(actor: Actor, region: str | None) -> Select[Any]:
    statement = select(InstitutionRow.id).where(countable_institutions(actor, InstitutionRow))
    if region is not None:
        statement = statement.where(InstitutionRow.region_code.startswith(region_prefix(region), autoescape=True))
    return statement


def institution_names(actor: Actor, session: Session, region: str | None) -> dict[str, str]:
    statement = select(InstitutionRow.id, InstitutionRow.name).where(InstitutionRow.id.in_(_inside(actor, region)))
    return {str(key): name for key, name in session.execute(statement)}


def regions_beneath_for_system(session: Session, region: str) -> dict[str, str]:
    """Region codes and names inside a region, itself included."""
    inside = or_(RegionRow.code == region, RegionRow.code.startswith(region_prefix(region), autoescape=True))
    return dict(session.execute(select(RegionRow.code, RegionRow.name).where(inside).order_by(RegionRow.code)).all())


def numbers_of(actor: Actor, session: Session, asked: Asked) -> list[tuple[UUID, str, str, dict[str, float]]]:
    """(institution, region, kind, numbers by item) of the latest standing inspections of the period that give any
    number: an institution's later number replaces its earlier one."""
    statement = (
        select(InspectionRow.institution_id, InstitutionRow.region_code, InstitutionRow.kind, InspectionRow.counts)
        .join(InstitutionRow, InstitutionRow.id == InspectionRow.institution_id)
        .where(
            InspectionRow.institution_id.in_(_inside(actor, asked.region)),
            InspectionRow.withdrawn_at.is_(None),
            InspectionRow.counts != literal({}, InspectionRow.counts.type),
        )
        .order_by(InspectionRow.inspected_on, InspectionRow.received_at, InspectionRow.id)
    )
    if asked.first_on is not None:
        statement = statement.where(InspectionRow.inspected_on >= asked.first_on)
    if asked.last_on is not None:
        statement = statement.where(InspectionRow.inspected_on <= asked.last_on)
    latest: dict[UUID, tuple[UUID, str, str, dict[str, float]]] = {}
    for institution_id, region, kind, counts in session.execute(statement):
        earlier = latest.get(institution_id)
        merged = {**(earlier[3] if earlier else {}), **counts}
        latest[institution_id] = (institution_id, region, kind, merged)
    return list(latest.values())
