"""What each turn of a problem would lead to, told before it is made."""

from __future__ import annotations

from inspection.actions.context import Context
from inspection.domain import deadlines
from inspection.domain.problem_views import ProblemDetail, Prospects
from inspection.domain.problems import runs_at_once, state_after_return


def prospects(ctx: Context, detail: ProblemDetail) -> Prospects:
    """By the very rules that the turns go by; each date is that of the turn made today without a date decided."""
    today, calendar = ctx.today(), ctx.calendar()
    problem, clocks = detail.summary, detail.clocks
    asked = next((one for one in reversed(detail.petitions) if one.state == "pending"), None)
    returns_to = state_after_return(problem.number, at_once=runs_at_once(problem.red_line, detail.due_days))
    old = max(problem.due_on or today, today)
    after_return = deadlines.next_due_on(problem.due_on or today, today, detail.due_days, calendar)[0]
    latest = deadlines.promised(clocks.ordered_due_on, clocks.extended_due_on)
    return Prospects(
        returned_due_on=after_return if returns_to == "open" else None,
        granted_due_on=deadlines.after_decision(asked.requested_due_on, today, calendar)
        if asked is not None and asked.requested_due_on is not None
        else None,
        denied_due_on=deadlines.after_decision(problem.due_on, today, calendar) if problem.due_on else None,
        department_due_on=deadlines.due_on(today, detail.due_days, calendar),
        handed_back_due_on=deadlines.handed_back_due_on(latest, today, detail.due_days, calendar)[0],
        extension_from=old,
    )
