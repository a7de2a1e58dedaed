"""What may stand behind the question mark of each list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from inspection.domain.figures import RECOMMENDATIONS
from inspection.domain.inspections import SEVERITIES
from inspection.domain.institutions import KINDS
from inspection.domain.problems import STATUSES
from inspection.schemas.wire import CODES, Choice, Day, Id, Moment, Pattern, Text, Whole, Wire, reader


class Region(fields.String):
    """A GB/T 2260 code of six digits."""

    default_error_messages = {**CODES, "invalid_utf8": "wrong_type"}

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=Pattern(r"^[0-9]{6}$", error="not_a_region"), **options)


class Digits(Whole):
    """A whole number as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 9:
            raise self.make_error("invalid")
        return super()._deserialize(int(value), attr, data, **options)


class OneOrMore(fields.String):
    """Values separated by commas, any of which may match."""

    default_error_messages = {**CODES, "invalid_utf8": "wrong_type"}

    def __init__(self, choices: tuple[str, ...], **options: Any) -> None:
        self.choices = choices
        pattern = "^({0})(,({0}))*$".format("|".join(choices))
        super().__init__(validate=Pattern(pattern, error="not_a_choice:choices=" + ", ".join(choices)), **options)


class ChecklistQuery(Wire):
    version = Digits(1, 1_000_000)


class DifferencesQuery(Wire):
    before = Digits(1, 1_000_000, data_key="from")
    after = Digits(1, 1_000_000, data_key="to")


class InstitutionQuery(Wire):
    q = Text(64)
    kind = Choice(KINDS)
    region = Region()
    inspected_from = Day()
    inspected_to = Day()


class PurposeQuery(Wire):
    purpose = Text(500)


read_purpose = reader(PurposeQuery(), dict)


class InspectionQuery(Wire):
    institution = Id()
    since = Moment()
    region = Region()
    inspected_from = Day()
    inspected_to = Day()


class NothingAsked(Wire):
    """A list without conditions."""


class RegionQuery(Wire):
    region = Region()


class NoticeQuery(Wire):
    institution = Id()
    acknowledged = Choice(("true", "false"))


class ProblemQuery(Wire):
    status = OneOrMore(STATUSES)
    severity = OneOrMore(SEVERITIES)
    institution = Id()
    region = Region()
    due_before = Day()
    overdue = Choice(("true", "false"))
    item = Text(32)
    petition = OneOrMore(("extension", "objection"))
    supervised = Choice(("true",))
    deadline = Choice(("not_due", "due_today", "overdue"))
    kind = OneOrMore(KINDS)
    recommendation = OneOrMore((*RECOMMENDATIONS, "-"))
    responsible = Choice(("institution", "department"))
    own_region = Region()
    found_from = Day()
    found_to = Day()
    due_from = Day()
    due_to = Day()
    on_time = Choice(("true", "false"))
    recurrent = Choice(("true",))
    q = Text(64)


SEVERAL: Final = ("status", "severity", "petition", "kind", "recommendation")
YES_OR_NO: Final = ("overdue", "supervised", "on_time", "recurrent")


def filters_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of a `ProblemQuery` as the list takes them: several as lists, yes and no as truth, None for what
    does not filter."""
    filters: dict[str, Any] = {name: query.get(name) for name in ProblemQuery().fields}
    for name in SEVERAL:
        filters[name] = query[name].split(",") if query.get(name) else None
    for name in YES_OR_NO:
        filters[name] = yes_or_no(query.get(name))
    return filters


def yes_or_no(given: str | None) -> bool | None:
    """None for what is not asked."""
    return None if given is None else given == "true"


class Ids(fields.String):
    """Ids separated by commas."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        one = Id()
        return [one.deserialize(part) for part in value.split(",")[-self.most :]]


class QueueQuery(Wire):
    """Where somebody stands who works through what waits: `queue` and `after` are those that were put off."""

    queue = Ids(50)
    after = Ids(50)


class VisitQuery(Wire):
    institution = Id()


class AssignmentQuery(Wire):
    institution = Id()
    inspector = Id()
    since = Day(data_key="from")
    until = Day(data_key="to")
    open = Choice(("true",))


class PlanQuery(Wire):
    """The desk's plan: by day, by state, by what the institution's name has in it."""

    institution = Id()
    since = Day(data_key="from")
    until = Day(data_key="to")
    state = Choice(("planned", "done", "cancelled"))
    q = Text(64)


class NewVisitQuery(Wire):
    """Whom a visit is planned to, or what the name has in it that is looked for."""

    institution = Id()
    q = Text(64)


class NameQuery(Wire):
    q = Text(64)


class YearQuery(Wire):
    year = Digits(2000, 2099)


class LogQuery(Wire):
    """The desk's log: who did it, what, to what kind of thing, to which one, and when."""

    q = Text(64)
    action = Text(64)
    kind = Text(32)
    object = Text(64)
    since = Day(data_key="from")
    until = Day(data_key="to")


class UserQuery(Wire):
    q = Text(64)
