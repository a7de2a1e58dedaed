"""机构: found under conditions, and one file for each (一校一档)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from inspection.actions import institution_files as actions
from inspection.actions import recusals as recusing
from inspection.actions.context import Context
from inspection.actions.institution_changes import change_institution
from inspection.actions.institutions import regions_of
from inspection.actions.people import inspectors_over
from inspection.actions.registrations import register_institution
from inspection.domain.actor import Actor
from inspection.domain.imports import NUMBERS
from inspection.domain.texts import desk_texts
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.institutions import read_change, read_recusal, read_recusal_end, read_registration
from inspection.schemas.queries import InstitutionQuery, NameQuery
from inspection.web import cursor_of

ALONG: Final = ("competent_department", "address", "telephone")
OF_KIND: Final = {
    "correct": ALONG,
    "rename": ("name",),
    "move": ("region_code", "competent_department"),
    "merge": ("successor_id", "open_problems"),
    "close": ("open_problems",),
    "reopen": (),
}
"""What the form of each kind of change asks for beside its day and its reason."""


@place("/institutions", "institution.read", query=InstitutionQuery())
def institutions(ctx: Context, actor: Actor, query: Query) -> Response:
    """By name, each with what is unfinished there. A senseless condition shows no list."""
    values: dict[str, Any] = {}
    if not query.faults:
        listed = actions.list_lines(
            ctx,
            actor,
            text=query.get("q"),
            kind=query.get("kind"),
            region=query.get("region"),
            inspected=(query.get("inspected_from"), query.get("inspected_to")),
            after=query.after,
            limit=ROWS,
        )
        values = {"page": listed, "next": cursor_of(listed.next_key)}
    status = 422 if query.faults else 200
    return page(
        "institutions.html", status, query=query, wrong=wrong_in(query), regions=regions_of(ctx, actor), **values
    )


@place("/institutions/<uuid:institution_id>", "institution.read")
def institution(ctx: Context, actor: Actor, institution_id: UUID) -> Response:
    """一校一档."""
    return page("institution.html", one=actions.get_file(ctx, actor, institution_id))


def _led(section: str, code: str, endpoint: str, institution_id: UUID, **gaps: Any) -> Response:
    text = desk_texts(language())[section]["done"][code].format(**gaps)
    return done(text, url_for(f"desk.{endpoint}", institution_id=institution_id))


# Registering


@place("/institutions/new", "institution.register")
def registration(ctx: Context, actor: Actor) -> Response:
    """The form for one that is not known yet."""
    return page("registration.html", regions=regions_of(ctx, actor))


@deed("/institutions/new", "institution.register", again=registration)
def register(ctx: Context, actor: Actor, form: Form) -> Response:
    """Within one's own regions."""
    numbers = {name: form.number(f"profile.{name}") for name in NUMBERS}
    profile = {name: value for name, value in numbers.items() if value is not None}
    profile |= dict.fromkeys(form.many("flag"), True)
    names = ("name", "kind", "region_code", "credit_code", *ALONG)
    given = incoming(form.body(*names, profile=profile), read_registration)
    made = register_institution(ctx, actor, form.act, given).value
    return _led("institutions", "registered", "institution", made.summary.id, name=made.summary.name)


# Changes


@place("/institutions/<uuid:institution_id>/change", "institution.change", query=NameQuery())
def institution_change(ctx: Context, actor: Actor, query: Query, institution_id: UUID) -> Response:
    """Every kind of change that is left to decide, each with what it leads to. `q` looks for the successor."""
    prospects = actions.get_change_prospects(ctx, actor, institution_id, query.get("q"))
    status = 422 if query.faults else 200
    return page("institution_change.html", status, one=prospects, a=prospects.about, query=query, wrong=wrong_in(query))


@deed("/institutions/<uuid:institution_id>/change/<kind>", "institution.change", again=institution_change)
def change(ctx: Context, actor: Actor, form: Form, institution_id: UUID, kind: str) -> Response:
    """Decided, and whomever it concerns is told."""
    body = form.body("effective_on", "reason", *OF_KIND.get(kind, ()), kind=kind)
    change_institution(ctx, actor, institution_id, form.act, incoming(body, read_change))
    return _led("institution", kind, "institution", institution_id)


# 回避


@place("/institutions/<uuid:institution_id>/recusals", "institution.recuse")
def recusals(ctx: Context, actor: Actor, institution_id: UUID) -> Response:
    """Who must not inspect here; the bureau speaks for everybody, an inspector for himself."""
    listed = recusing.list_recusals(ctx, actor, institution_id)
    about = actions.about(ctx, actor, institution_id)
    speaks_for_all = recusing.speaks_for_all(ctx, actor, institution_id)
    people = inspectors_over(ctx, about.region_code) if speaks_for_all else []
    return page("recusals.html", a=about, recusals=listed, people=people, speaks_for_all=speaks_for_all)


@deed("/institutions/<uuid:institution_id>/recusals", "institution.recuse", again=recusals)
def recuse(ctx: Context, actor: Actor, form: Form, institution_id: UUID) -> Response:
    """Declared."""
    himself = None if recusing.speaks_for_all(ctx, actor, institution_id) else str(actor.id)
    body = form.body("reason", user_id=form.text("user_id") or himself)
    recusing.recuse(ctx, actor, institution_id, form.act, incoming(body, read_recusal))
    return _led("recusals", "declared", "recusals", institution_id)


@deed(
    "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end",
    "institution.recuse",
    again=recusals,
)
def end_recusal(ctx: Context, actor: Actor, form: Form, institution_id: UUID, recusal_id: UUID) -> Response:
    """The reason for it has gone."""
    given = incoming(form.body("reason"), read_recusal_end)
    recusing.end_recusal(ctx, actor, institution_id, recusal_id, given)
    return _led("recusals", "ended", "recusals", institution_id)
