"""Wire shapes of the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspection.domain.calendar import YearCalendar
from inspection.schemas.wire import Day, ListOf, Part, Truth, Whole, Wire, reader


class TermBody(Wire):
    first_on = Day(required=True)
    last_on = Day(required=True)


class YearBody(Wire):
    revision = Whole(0, 2**31 - 1, required=True)
    announced = Truth(required=True)
    rest_days = ListOf(Day(), most=366, required=True)
    work_days = ListOf(Day(), most=366, required=True)
    terms = ListOf(Part(TermBody), most=10, required=True)


def _year(data: Mapping[str, Any]) -> YearCalendar:
    return YearCalendar(
        revision=data["revision"],
        announced=data["announced"],
        rest_days=tuple(data["rest_days"]),
        work_days=tuple(data["work_days"]),
        terms=tuple((term["first_on"], term["last_on"]) for term in data["terms"]),
    )


read_year = reader(YearBody(), _year)


def year_calendar(year: int, known: YearCalendar) -> dict[str, Any]:
    return {
        "year": year,
        "revision": known.revision,
        "announced": known.announced,
        "rest_days": known.rest_days,
        "work_days": known.work_days,
        "terms": [{"first_on": first, "last_on": last} for first, last in known.terms],
    }


class YearSchema(YearBody):
    year = Whole(2000, 2099)
