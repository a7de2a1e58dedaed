"""下发: a visit's findings become a notice. Kept as they are it takes one click; every other decision stands beside its
finding, and the notice can be read before it stands."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response, g, url_for

from inspection.actions import workbench
from inspection.actions.context import Context
from inspection.actions.notices import issue_notice, preview_notice
from inspection.actions.to_issue import check_visit, get_to_issue
from inspection.documents.notice_text import composed
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.texts import desk_texts
from inspection.domain.workbench import MOST_VISITS
from inspection.pages.desk import Query, deed, done, language, page, place
from inspection.pages.forms import Form, incoming
from inspection.schemas.problems import read_notice
from inspection.schemas.queries import RegionQuery, VisitQuery

CORRECTED: Final = ("fact", "place", "severity")


@place("/issuing", "notice.issue", query=RegionQuery())
def issuing(ctx: Context, actor: Actor, query: Query) -> Response:
    """Visits that wait for their notice, those first that must be issued the earliest."""
    if query.faults:
        raise Refused("invalid", query.faults)
    visits = workbench.visits_to_issue(ctx, actor, query.get("region"))
    return page("issuing.html", visits=visits, most=MOST_VISITS)


@place("/issuing/<uuid:visit_id>", "notice.issue", query=VisitQuery())
def issue_form(ctx: Context, actor: Actor, query: Query, visit_id: UUID) -> Response:
    """The findings of a visit to one institution, and the notice that they would become."""
    institution_id = query.get("institution")
    if institution_id is None:
        raise Refused("not_found")
    visit = get_to_issue(ctx, actor, visit_id, institution_id)
    others = {
        str(one.problem_id): [
            (str(other.problem_id), f"{number}. {other.text[:40]}")
            for number, other in enumerate(visit.findings, 1)
            if other.problem_id != one.problem_id
        ]
        for one in visit.findings
    }
    return page("issue.html", visit=visit, into=others, preview=g.get("preview"), signer=actor.name)


@deed("/issuing/<uuid:visit_id>/notice", "notice.issue", again=issue_form)
def issue(ctx: Context, actor: Actor, form: Form, visit_id: UUID) -> Response:
    """下发, or shown as it would read."""
    given = incoming(_body(form), read_notice)
    if given.read.value is not None:
        check_visit(ctx, actor, visit_id, given.read.value.inspection_ids)
    if form.text("do") == "preview":
        g.preview = composed(preview_notice(ctx, actor, given))
        return _shown(form, visit_id)
    issued = issue_notice(ctx, actor, form.act, given).value
    text = desk_texts(language())["issuing"]["issued"].format(number=issued.document_number)
    following = workbench.visits_to_issue(ctx, actor)
    if following:
        text += desk_texts(language())["issuing"]["more_wait"].format(count=len(following))
    return done(text, url_for("desk.notice", notice_id=issued.id))


def _shown(form: Form, visit_id: UUID) -> Response:
    """The page again with every word in its place, and nothing refused."""
    form.kept_open = True
    shown: Response = issue_form(visit_id=visit_id)
    return shown


def _body(form: Form) -> dict[str, Any]:
    """The body of `PUT /notices/{uuid}` out of the form: a finding that is kept as it is says no more than that."""
    items = [_decision(form, number) for number in range(len(form.many("problem")))]
    service = {"method": form.text("service.method"), "on": form.text("service.on")}
    return form.body(
        *("document_number", "issued_on", "signer", "opinion"),
        inspection_ids=form.many("inspection"),
        items=items,
        service={name: value for name, value in service.items() if value is not None},
    )


def _decision(form: Form, number: int) -> dict[str, Any]:
    at = f"items.{number}."
    action = form.text(at + "action") or "keep"
    decision = {"problem_id": form.many("problem")[number], "action": action, "reason": form.text(at + "reason")}
    if action == "merge":
        decision["into"] = form.text(at + "into")
    elif action in ("keep", "transfer"):
        for name in CORRECTED:
            typed = form.text(at + name)
            if typed is not None and typed != form.text(f"{at}was.{name}"):
                decision[name] = typed
        decision["due_on"] = form.text(at + "due_on")
    body: dict[str, Any] = {name: value for name, value in decision.items() if value is not None}
    department = form.text(at + "responsible.name")
    if action == "transfer" and department is not None:
        body["responsible"] = {"kind": "department", "name": department}
    return body
