"""Counting: conditional counts of problems and inspections, grouped in the database, within scope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from inspection.domain.actor import Actor, region_prefix
from inspection.domain.figures import Counts, counting
from inspection.storage.checklists import ChecklistRow, find_for_system
from inspection.storage.inspections import InspectionRow
from inspection.storage.institutions import InstitutionChangeRow, InstitutionRow, RegionRow
from inspection.storage.problem_list import is_overdue
from inspection.storage.problems import ProblemRow
from inspection.storage.scope import countable_institutions, is_regional

P: Final = ProblemRow
STANDS: Final = and_(P.status != "void", P.status != "transferred")
PLACES: Final[dict[str, Sequence[Any]]] = {
    "institution": (InstitutionRow.id,),
    "region": (InstitutionRow.region_code,),
    "kind": (InstitutionRow.kind,),
    "place": (InstitutionRow.region_code, InstitutionRow.kind),
}
"""Groups by what is known of the institution."""

FACTS: Final[dict[str, Any]] = {"item": P.item_code, "severity": P.severity, "recommendation": P.recommendation}
"""Groups by what is known of the problem itself."""


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


def counts_by(actor: Actor, session: Session, group: str, asked: Asked) -> list[tuple[Any, Counts]]:
    """Each group, a tuple of what it is grouped by, with its counts. A group may come several times: for what was
    found, what was due, and for places the institutions inspected."""
    rows: list[tuple[Any, Counts]] = []
    for *key, every, recurrences, void, transferred, departments in _asked(
        session, _grouped(actor, asked.region, group, _found_in(asked), _FOUND)
    ):
        counts = Counts(
            problems_found=int(every - void - transferred - departments),
            recurrences=int(recurrences),
            void=int(void),
            transferred=int(transferred),
            departments=int(departments),
        )
        rows.append((tuple(key), counts))
    late = _count(is_overdue(asked.today))
    for_it = [*_due_in(asked), P.responsible_kind == "institution", STANDS]
    for *key, due, closed, on_time, overdue in _asked(
        session, _grouped(actor, asked.region, group, for_it, [*_DUE, late])
    ):
        counts = Counts(due=int(due), closed=int(closed), closed_on_time=int(on_time), overdue=int(overdue))
        rows.append((tuple(key), counts))
    if group in PLACES:
        rows += [(key, Counts(institutions_inspected=n)) for key, n in inspected_by(actor, session, group, asked)]
    return rows


def inspected_by(actor: Actor, session: Session, group: str, asked: Asked) -> list[tuple[Any, int]]:
    """How many institutions of each place have an inspection in the period that stands."""
    seen = _standing(_inside(actor, asked.region), asked).distinct().subquery()
    keys = PLACES[group]
    statement = select(*keys, func.count()).join(seen, seen.c.institution_id == InstitutionRow.id).group_by(*keys)
    return [(tuple(key), count) for *key, count in session.execute(statement)]


def count_inspected(actor: Actor, session: Session, asked: Asked) -> int:
    """How many institutions have an inspection in the period that stands."""
    statement = _standing(_inside(actor, asked.region), asked)
    return session.scalar(select(func.count()).select_from(statement.distinct().subquery())) or 0


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


_FOUND: Final = (
    # what the institution answers for is what is left of all: the rest is rare, and rarely counted is quickly counted
    func.count(),
    _count(and_(P.recurrence > 0, P.responsible_kind == "institution", STANDS)),
    _count(P.status == "void"),
    _count(P.status == "transferred"),
    _count(and_(P.responsible_kind != "institution", STANDS)),
)
_DUE: Final = (
    func.count(),
    _count(P.status == "closed"),
    _count(and_(P.closed_on_time.is_(True), P.status == "closed")),
)


def _asked(session: Session, statements: Sequence[Any]) -> Iterator[Any]:
    for statement in statements:
        yield from session.execute(statement)


def _grouped(
    actor: Actor,
    region: str | None,
    group: str,
    conditions: Sequence[ColumnElement[bool]],
    counts: Sequence[ColumnElement[Any]],
) -> list[Any]:
    """By a column of the problem itself; by the region in which it was found, which is its institution's as long as
    that was never moved, and in the order of an index; by anything else of its institution."""
    inside = _inside(actor, region)
    if group in FACTS:
        within = (P.institution_id.in_(inside), *conditions)
        return [select(FACTS[group], *counts).where(*within).group_by(FACTS[group])]
    if group != "region" or not is_regional(counting(actor).grants):
        return [_by_institution(group, inside, conditions, counts)]
    moved = select(InstitutionChangeRow.institution_id).where(InstitutionChangeRow.before_region_code.is_not(None))
    regions = inside.with_only_columns(InstitutionRow.region_code).distinct()
    stayed = (P.region_code.in_(regions), P.institution_id.not_in(moved), *conditions)
    return [
        select(P.region_code, *counts).where(*stayed).group_by(P.region_code),
        _by_institution(group, inside.where(InstitutionRow.id.in_(moved)), conditions, counts),
    ]


def _by_institution(
    group: str, inside: Select[Any], conditions: Sequence[ColumnElement[bool]], counts: Sequence[ColumnElement[Any]]
) -> Any:
    """In two steps, so that a million rows are grouped by id alone, as they stand in the index, and ten thousand
    joined."""
    within = (P.institution_id.in_(inside), *conditions)
    labelled = [column.label(f"n{number}") for number, column in enumerate(counts)]
    inner = select(P.institution_id, *labelled).where(*within).group_by(P.institution_id).subquery()
    totals = [func.sum(inner.c[column.name]) for column in labelled]
    keys = PLACES[group]
    return select(*keys, *totals).join(inner, inner.c.institution_id == InstitutionRow.id).group_by(*keys)


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


def _inside(actor: Actor, region: str | None) -> Select[Any]:
    statement = select(InstitutionRow.id).where(countable_institutions(actor, InstitutionRow))
    if region is not None:
        statement = statement.where(InstitutionRow.region_code.startswith(region_prefix(region), autoescape=True))
    return statement


def institution_names(actor: Actor, session: Session, region: str | None) -> dict[str, str]:
    statement = select(InstitutionRow.id, InstitutionRow.name).where(InstitutionRow.id.in_(_inside(actor, region)))
    return {str(key): name for key, name in session.execute(statement.order_by(InstitutionRow.id))}


def item_texts_for_system(session: Session) -> dict[str, str]:
    """Every item of every published version with its text, that of the newest version which has it."""
    versions = session.execute(select(ChecklistRow.code, ChecklistRow.version).order_by(ChecklistRow.version)).all()
    checklists = (find_for_system(session, code, version) for code, version in versions)
    return {item.code: item.text for checklist in checklists if checklist is not None for item in checklist.items()}


def regions_beneath_for_system(session: Session, region: str) -> dict[str, str]:
    """Region codes and names inside a region, itself included."""
    inside = or_(RegionRow.code == region, RegionRow.code.startswith(region_prefix(region), autoescape=True))
    return dict(session.execute(select(RegionRow.code, RegionRow.name).where(inside).order_by(RegionRow.code)).all())


def numbers_of(actor: Actor, session: Session, asked: Asked) -> list[tuple[tuple[str, str], dict[str, float]]]:
    """((region, kind), numbers by item) of each institution, from its standing inspections of the period that give any
    number: a later number replaces an earlier one."""
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
    places: dict[UUID, tuple[str, str]] = {}
    latest: dict[UUID, dict[str, float]] = {}
    for institution_id, region, kind, counts in session.execute(statement):
        places[institution_id] = (region, kind)
        latest.setdefault(institution_id, {}).update(counts)
    return [(places[institution_id], numbers) for institution_id, numbers in latest.items()]
