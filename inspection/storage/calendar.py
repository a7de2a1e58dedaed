"""The working-day calendar as a table: rest days, moved workdays, school terms, and which years are announced."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.calendar import Calendar, YearCalendar
from inspection.storage.db import Base, insert_or_ignore
from inspection.storage.installation import InstallationRow, calendar_revision_for_system


class CalendarDayRow(Base):
    """A day that differs from its weekday: `rest` (statutory) or `work` (moved to a weekend)."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))


class CalendarYearRow(Base):
    """A year whose arrangement is known; `announced` once the State Council has published it."""

    __tablename__ = "calendar_year"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    announced: Mapped[bool]


class TermRow(Base):
    """A school term by its first and last day."""

    __tablename__ = "term"
    first_on: Mapped[date] = mapped_column(primary_key=True)
    last_on: Mapped[date]


_read: Final[dict[str, tuple[int, Calendar]]] = {}


def calendar_for_system(session: Session) -> Calendar:
    """The calendar as the tables have it, read again only when its revision has risen."""
    revision = calendar_revision_for_system(session)
    where = str(session.get_bind().engine.url)
    known = _read.get(where)
    if known is not None and known[0] == revision and revision > 0:
        return known[1]
    days = session.execute(select(CalendarDayRow.day, CalendarDayRow.kind)).all()
    calendar = Calendar(
        rest_days=frozenset(day for day, kind in days if kind == "rest"),
        work_days=frozenset(day for day, kind in days if kind == "work"),
        announced_years=frozenset(
            session.scalars(select(CalendarYearRow.year).where(CalendarYearRow.announced.is_(True)))
        ),
        terms=tuple((first, last) for first, last in session.execute(select(TermRow.first_on, TermRow.last_on))),
    )
    _read[where] = (revision, calendar)
    return calendar


def add_days_for_system(
    session: Session, *, rest: Iterable[date], work: Iterable[date], years: Iterable[tuple[int, bool]]
) -> int:
    """Add what the table does not know yet; what somebody entered there stays. How many days were new.
    A year known as unannounced becomes announced, never the reverse."""
    new = insert_or_ignore(session, CalendarDayRow, [{"day": day, "kind": "rest"} for day in sorted(rest)])
    new += insert_or_ignore(session, CalendarDayRow, [{"day": day, "kind": "work"} for day in sorted(work)])
    known = dict(session.execute(select(CalendarYearRow.year, CalendarYearRow.announced)).all())
    changed = False
    for year, announced in years:
        if year not in known:
            insert_or_ignore(session, CalendarYearRow, [{"year": year, "announced": announced}])
            changed = True
        elif announced and not known[year]:
            session.execute(update(CalendarYearRow).where(CalendarYearRow.year == year).values(announced=True))
            changed = True
    if new or changed:
        raise_revision_for_system(session)
    return new


def add_terms_for_system(session: Session, terms: Iterable[tuple[date, date]]) -> None:
    if insert_or_ignore(session, TermRow, [{"first_on": first, "last_on": last} for first, last in terms]):
        raise_revision_for_system(session)


def raise_revision_for_system(session: Session) -> None:
    session.execute(update(InstallationRow).values(calendar_revision=InstallationRow.calendar_revision + 1))


def replace_year_for_system(session: Session, year: int, given: YearCalendar) -> None:
    """One year as given, in place of what was known of it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    session.execute(delete(CalendarDayRow).where(CalendarDayRow.day.between(first, last)))
    session.execute(delete(TermRow).where(TermRow.first_on.between(first, last)))
    session.execute(delete(CalendarYearRow).where(CalendarYearRow.year == year))
    session.add(CalendarYearRow(year=year, announced=given.announced))
    session.add_all(CalendarDayRow(day=day, kind="rest") for day in given.rest_days)
    session.add_all(CalendarDayRow(day=day, kind="work") for day in given.work_days)
    session.add_all(TermRow(first_on=begins, last_on=ends) for begins, ends in given.terms)
    session.flush()
    raise_revision_for_system(session)


def year_for_system(session: Session, year: int) -> YearCalendar:
    """What the tables know of one year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = session.execute(
        select(CalendarDayRow.day, CalendarDayRow.kind)
        .where(CalendarDayRow.day.between(first, last))
        .order_by(CalendarDayRow.day)
    ).all()
    terms = session.execute(
        select(TermRow.first_on, TermRow.last_on)
        .where(TermRow.first_on.between(first, last))
        .order_by(TermRow.first_on)
    )
    known = session.get(CalendarYearRow, year, populate_existing=True)
    return YearCalendar(
        revision=calendar_revision_for_system(session),
        announced=known is not None and known.announced,
        rest_days=tuple(day for day, kind in days if kind == "rest"),
        work_days=tuple(day for day, kind in days if kind == "work"),
        terms=tuple((begins, ends) for begins, ends in terms),
    )
