"""日历: a year's rest days, moved workdays and terms, seen by everybody and changed by the system administrator."""

from __future__ import annotations

import re
from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from flask import Response, g, url_for

from inspection.actions import calendars as actions
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.calendar import SATURDAY, YearCalendar
from inspection.domain.errors import Fault, Refused
from inspection.domain.texts import desk_texts, fault_text
from inspection.pages.desk import Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.calendar import read_year
from inspection.schemas.queries import YearQuery

LISTS: Final = ("rest_days", "work_days", "terms")
MOST_TYPED: Final = 40
DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
BETWEEN: Final = re.compile(r"[\s–—~～至,，]+")
Line = tuple[int, str]


@dataclass(frozen=True)
class Day:
    """`kind`: rest, work (moved to a weekend), weekend or plain."""

    day: date
    kind: str


@place("/calendar", "calendar.read", query=YearQuery())
def calendar(ctx: Context, actor: Actor, query: Query) -> Response:
    """One year, this one unless another is asked for."""
    del actor
    if query.faults:
        return page("calendar.html", 422, query=query, wrong=wrong_in(query), year=None)
    year = query.get("year") or ctx.today().year
    known = actions.get_year(ctx, year)
    form: Form = g.form
    lost = form.refused is not None and form.refused.code == "lost_race"
    return page(
        "calendar.html",
        query=query,
        wrong={},
        year=year,
        known=known,
        months=[_month(year, month, known) for month in range(1, 13)],
        rest=_spans(known.rest_days),
        written=_written(known),
        lost=lost,
        apart=_apart(form, known) if lost else [],
        years=[one for one in (year - 1, year + 1) if actions.FIRST_YEAR <= one <= actions.LAST_YEAR],
    )


@deed("/calendar/<int:year>", "calendar.edit", again=calendar)
def set_year(ctx: Context, actor: Actor, form: Form, year: int) -> Response:
    """Provisional dates are computed again at once."""
    lines = {name: _lines(form, name) for name in LISTS}
    body = {
        "revision": form.number("revision"),
        "announced": "true" in form.many("announced"),
        **{name: [_iso(text) for _, text in lines[name]] for name in ("rest_days", "work_days")},
        "terms": [_term(text) for _, text in lines["terms"]],
    }
    try:
        actions.set_year(ctx, actor, year, incoming(body, read_year))
    except Refused as refused:
        raise _by_line(refused, lines) from None
    return done(desk_texts(language())["calendar"]["saved"].format(year=year), url_for("desk.calendar", year=year))


def _lines(form: Form, name: str) -> list[Line]:
    """The lines that say something, each with its number."""
    typed = (form.text(name) or "").split("\n")
    return [(number, line.strip()) for number, line in enumerate(typed, start=1) if line.strip()]


def _iso(text: str) -> str:
    """A date in one of the ways in which people write it; else what was typed, for the reader to refuse."""
    found = DATE.fullmatch(text)
    return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}" if found else text


def _term(text: str) -> dict[str, str]:
    first, *last = [part for part in BETWEEN.split(text) if part.strip("-")] or [text]
    return {"first_on": _iso(first), "last_on": _iso(" ".join(last))}


def _by_line(refused: Refused, lines: Mapping[str, Sequence[Line]]) -> Refused:
    """What is wrong with a line stands at its field, with the line's number and words."""
    if refused.code != "invalid":
        return refused
    faults = []
    for fault in refused.faults:
        name, _, rest = fault.pointer.removeprefix("/").partition("/")
        index = rest.partition("/")[0]
        if name in lines and index.isdigit():
            number, typed = lines[name][int(index)]
            what = fault_text(fault.code, language(), fault.params)
            fault = Fault(f"/{name}", "in_line", {"line": number, "typed": typed[:MOST_TYPED], "what": what})
        faults.append(fault)
    return Refused("invalid", faults)


def _month(year: int, month: int, known: YearCalendar) -> list[list[Day | None]]:
    """Its weeks from Monday on; None for days of other months."""
    weeks = Weeks().monthdatescalendar(year, month)
    return [[Day(day, _kind(day, known)) if day.month == month else None for day in week] for week in weeks]


def _kind(day: date, known: YearCalendar) -> str:
    if day in known.rest_days:
        return "rest"
    if day in known.work_days:
        return "work"
    return "weekend" if day.weekday() >= SATURDAY else "plain"


def _spans(days: Sequence[date]) -> list[tuple[date, date, int]]:
    """Days that follow one another as first, last and count."""
    spans: list[tuple[date, date, int]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == timedelta(days=1):
            first, _, count = spans.pop()
            spans.append((first, day, count + 1))
        else:
            spans.append((day, day, 1))
    return spans


def _written(known: YearCalendar) -> dict[str, str]:
    """What is known, as one types it."""
    return {
        "rest_days": "\n".join(day.isoformat() for day in known.rest_days),
        "work_days": "\n".join(day.isoformat() for day in known.work_days),
        "terms": "\n".join(f"{first} – {last}" for first, last in known.terms),
    }


def _apart(form: Form, known: YearCalendar) -> list[tuple[str, list[str], list[str]]]:
    """Where what was typed and what is known now differ: (list, known and not typed, typed and not known)."""
    now: dict[str, Any] = {name: set(text.split("\n")) - {""} for name, text in _written(known).items()}
    found = []
    for name in LISTS:
        typed = {" – ".join(_term(text).values()) if name == "terms" else _iso(text) for _, text in _lines(form, name)}
        if typed != now[name]:
            found.append((name, sorted(now[name] - typed), sorted(typed - now[name])))
    return found
