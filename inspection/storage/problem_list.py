"""The problem list under its filters: page by page, or streamed whole."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session

from inspection.domain.actor import Actor, Grant
from inspection.domain.problems import FINISHED, UNFINISHED
from inspection.storage.institutions import InstitutionRow
from inspection.storage.problems import ProblemRow
from inspection.storage.scope import in_region, is_wide, of_institutions, visible, visible_by, widely

P: Final[Any] = ProblemRow.__table__.c
PLACE: Final[Any] = InstitutionRow.__table__
"""The bare tables: a page of fifty lines is read as columns, with no row object made of any."""

Condition = Callable[[Any, date], ColumnElement[bool]]
"""Of what a filter is given and today."""

LISTED: Final = (
    P.id,
    P.inspection_id,
    P.notice_id,
    P.number,
    P.item_code,
    P.photo_rule,
    P.institution_id,
    # asked for the rows that are shown alone: a join would tempt a planner to begin with the institutions
    select(PLACE.c.name).where(PLACE.c.id == P.institution_id).scalar_subquery().label("institution_name"),
    P.region_code,
    P.text,
    P.place,
    P.severity,
    P.red_line,
    P.status,
    P.round,
    P.due_on,
    P.due_basis,
    P.clock_on,
    P.petition_kind,
    P.petition_due_on,
    P.supervised_on,
)
"""What a line of the list is made of."""


def list_visible(
    actor: Actor, session: Session, filters: Mapping[str, Any], today: date, after: UUID | None, limit: int
) -> Sequence[Any]:
    """The columns of `LISTED` of problems in scope in the order in which they were found; ids are UUIDv7, so the last
    key is the id. Each status is asked for alone, and the answers merged: fifty of a hundred thousand are found without
    sorting them."""
    statuses = _statuses(filters)
    frozen = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in filters.items())
    keys = {"after": after or UUID(int=0), "limit": limit}
    found: list[Any] = []
    for status in (None,) if statuses is None else statuses:
        found += session.execute(_page(actor.grants, frozen, status, today), keys)
    if statuses is not None and len(statuses) > 1:
        found.sort(key=lambda row: row.id.int)
    return found[:limit]


def lines_of(actor: Actor, session: Session, problem_ids: Sequence[UUID]) -> Sequence[Any]:
    """The columns of `LISTED` of those of these problems that are in scope."""
    return session.execute(select(*LISTED).where(P.id.in_(list(problem_ids)), visible(actor, P))).all()


@lru_cache(maxsize=1024)
def _page(grants: tuple[Grant, ...], frozen: tuple[tuple[str, Any], ...], status: str | None, today: date) -> Any:
    """The statement of a page in the order of ids, `limit` after the key `after`; kept, since making it takes as long
    as running it. A status is given as a range of the index (status, id): told that it equals a constant, PostgreSQL
    would read all problems in the order of ids instead, since it takes the open ones to be spread among them evenly,
    when they are the last."""
    filters = dict(frozen)
    after = bindparam("after", type_=P.id.type)
    statement = select(*LISTED).where(visible_by(grants, P)).limit(bindparam("limit", type_=Integer()))
    if status is None:
        return _filtered(statement, filters, today).where(P.id > after).order_by(P.id)
    rest = {name: value for name, value in filters.items() if name not in ("status", "overdue", "deadline")}
    statement = _filtered(statement, rest, today)
    if filters.get("overdue") is not None:
        statement = statement.where(_is_late(today) if filters["overdue"] else _is_not_overdue(today))
    if filters.get("deadline") is not None:
        statement = statement.where(_of_class(filters["deadline"], today))
    if _is_narrow(grants, filters):  # few institutions: what they have of this status is sooner sorted than looked for
        return statement.where(P.status == status, P.id > after).order_by(P.id)
    begin = tuple_(P.status, P.id) > tuple_(literal(status), after)
    return statement.where(begin, P.status <= status).order_by(P.status, P.id)


def _is_narrow(grants: tuple[Grant, ...], filters: Mapping[str, Any]) -> bool:
    region = filters.get("region")
    return filters.get("institution") is not None or not widely(grants) or (region is not None and not is_wide(region))


def _statuses(filters: Mapping[str, Any]) -> Collection[str] | None:
    """The statuses that can match, None for all."""
    given = filters.get("status")
    if filters.get("overdue") or filters.get("deadline"):
        return [status for status in ("open",) if given is None or status in given]
    if given is not None:
        return list(dict.fromkeys(given))
    return sorted(UNFINISHED) if filters.get("supervised") or filters.get("petition") else None


def stream_visible(actor: Actor, session: Session, filters: Mapping[str, Any], today: date) -> Iterable[Any]:
    """All problems in scope under the same filters, in the same order, a few columns of each, read as they are taken:
    (number, institution, region, item, text, place, severity, status, round, due_on, petition_due_on, responsible_name,
    found_at, finished_at, closed_on_time, supervised_on)."""
    statement = (
        select(
            P.number,
            PLACE.c.name,
            P.region_code,
            P.item_code,
            P.text,
            P.place,
            P.severity,
            P.status,
            P.round,
            P.due_on,
            P.petition_due_on,
            P.responsible_name,
            P.found_at,
            P.finished_at,
            P.closed_on_time,
            P.supervised_on,
        )
        .join_from(ProblemRow.__table__, PLACE, PLACE.c.id == P.institution_id)
        .where(visible(actor, P))
    )
    ordered = _filtered(statement, filters, today).order_by(P.id)
    return session.execute(ordered.execution_options(yield_per=1000, stream_results=True))


def oldest_visible(
    actor: Actor, session: Session, filters: Mapping[str, Any], today: date, by: str, limit: int
) -> Sequence[Any]:
    """The columns of `LISTED` under the same filters, the earliest date `by` (due_on, clock_on) first."""
    statement = _filtered(select(*LISTED).where(visible(actor, P)), filters, today)
    return session.execute(statement.order_by(P[by], P.id).limit(limit)).all()


def count_visible(actor: Actor, session: Session, filters: Mapping[str, Any], today: date, most: int) -> int:
    """How many match, counted no further than `most`."""
    matching = _filtered(select(P.id).where(visible(actor, P)), filters, today).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(matching)) or 0


def _filtered(statement: Any, filters: Mapping[str, Any], today: date) -> Any:
    conditions = [
        condition(filters[name], today) for name, condition in CONDITIONS.items() if filters.get(name) is not None
    ]
    return statement.where(*conditions)


def is_overdue(today: date) -> ColumnElement[bool]:
    """`deadlines.classify` in the database's words; a test holds the two together."""
    return and_(P.status == "open", _is_late(today))


def _is_late(today: date) -> ColumnElement[bool]:
    """Of an open problem: it is overdue."""
    return and_(P.due_on < today, P.petition_due_on.is_(None))


def _is_not_overdue(today: date) -> ColumnElement[bool]:
    return or_(~is_overdue(today), P.due_on.is_(None))


def _of_class(name: str, today: date) -> ColumnElement[bool]:
    """Of an open problem: `deadlines.classify` says this of it."""
    held = P.petition_due_on.is_not(None)
    return {
        "overdue": _is_late(today),
        "due_today": and_(P.due_on == today, ~held),
        "not_due": and_(P.due_on.is_not(None), or_(P.due_on > today, held)),
    }[name]


def _any_of(column: Any) -> Condition:
    def condition(wanted: Any, _: date) -> ColumnElement[bool]:
        matches: ColumnElement[bool] = column == wanted[0] if len(wanted) == 1 else column.in_(wanted)
        return matches

    return condition


def _recommended(wanted: Any, _: date) -> ColumnElement[bool]:
    """Serves one of these parts of the recommendation; `-`: none. The column is a list of letters as text."""
    written = type_coerce(P.recommendation, String())
    return or_(*(written == "[]" if letter == "-" else written.contains(f'"{letter}"') for letter in wanted))


def _day_of(column: Any, compare: Callable[[Any, Any], Any]) -> Condition:
    return lambda wanted, _: compare(column, wanted)


def _told(text: Any, _: date) -> ColumnElement[bool]:
    """The number, or the institution's name, has this in it."""
    named = of_institutions(P, lambda place: place.name.contains(text, autoescape=True), wide=False)
    return or_(P.number.contains(text, autoescape=True), named)


CONDITIONS: Final[dict[str, Condition]] = {
    "status": _any_of(P.status),
    "severity": _any_of(P.severity),
    "petition": _any_of(P.petition_kind),
    "institution": lambda wanted, _: P.institution_id == wanted,
    "item": lambda wanted, _: P.item_code.is_(None) if wanted == "-" else P.item_code == wanted,
    "region": lambda wanted, _: of_institutions(P, partial(in_region, wanted), wide=is_wide(wanted)),
    "own_region": lambda wanted, _: of_institutions(P, lambda place: place.region_code == wanted, wide=False),
    "kind": lambda wanted, _: of_institutions(P, lambda place: place.kind.in_(wanted), wide=True),
    "recommendation": _recommended,
    "responsible": lambda wanted, _: P.responsible_kind == wanted,
    "due_before": _day_of(P.due_on, operator.lt),
    "due_from": _day_of(P.due_on, operator.ge),
    "due_to": _day_of(P.due_on, operator.le),
    "found_from": _day_of(P.found_at, operator.ge),
    "found_before": _day_of(P.found_at, operator.lt),
    "overdue": lambda wanted, today: is_overdue(today) if wanted else _is_not_overdue(today),
    "deadline": lambda wanted, today: and_(P.status == "open", _of_class(wanted, today)),
    "supervised": lambda _, __: and_(P.supervised_on.is_not(None), P.status.not_in(FINISHED)),
    "on_time": lambda wanted, _: P.closed_on_time.is_(wanted),
    "recurrent": lambda _, __: P.recurrence > 0,
    "q": _told,
}
"""What each filter means, by its name. `found_from` and `found_before` are moments, the other days dates."""
