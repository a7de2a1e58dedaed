"""工作台: the next thing to do is on top. Each figure is the list behind it."""

from __future__ import annotations

from flask import Response, redirect, session, url_for

from inspection.actions import workbench as actions
from inspection.actions.context import Context
from inspection.actions.setup import is_demo
from inspection.domain.errors import Refused
from inspection.domain.permissions import ANYONE, may
from inspection.pages.desk import page, place, signed_in


@place("/", ANYONE)
def workbench(ctx: Context) -> Response:
    """By role: what waits; figures alone; or the administrator's own. Who is not signed in finds the form."""
    if "token" not in session:
        return page("front.html", demo=is_demo(ctx))
    try:
        actor = signed_in(ctx)
    except Refused:
        session.pop("token")
        return page("front.html", demo=is_demo(ctx), ended=True)
    if actor.must_enrol:
        return redirect(url_for("desk.second_factor"), 303, Response)
    if may(actor, "problem.read"):
        return page("workbench.html", bench=actions.workbench(ctx, actor))
    if may(actor, "stats.read"):  # the people's congress: its figures are all there is to see
        return redirect(url_for("desk.stats"), 303, Response)
    return page("workbench_apart.html")
