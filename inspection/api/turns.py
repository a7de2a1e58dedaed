"""What a unit asks about a problem and what the desk orders: extensions, objections, transfers, supervision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.orders import give_order
from inspection.actions.petitions import ask, decide
from inspection.actions.reminders import remind
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.orders import Reminder, Reopening, Reply, Supervision, Transfer
from inspection.domain.petitions import Petition, PetitionDecision
from inspection.domain.views import Stored
from inspection.schemas.problems import ProblemSchema
from inspection.schemas.turns import (
    ExtensionBody,
    ExtensionDecisionBody,
    ObjectionBody,
    ObjectionDecisionBody,
    PetitionAnswerSchema,
    ReminderBody,
    ReminderSchema,
    ReopeningBody,
    ReplyBody,
    SupervisionBody,
    TransferBody,
    read_extension,
    read_extension_decision,
    read_objection,
    read_objection_decision,
    read_reminder,
    read_reopening,
    read_reply,
    read_supervision,
    read_transfer,
)

ASKED = ("conflict", "not_found", "wrong_state", "petition_pending")
ORDERED = ("conflict", "not_found", "wrong_state")


def _stored(stored: Stored[Any]) -> Answer:
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>",
    "problem.ask_extension",
    body=ExtensionBody(),
    read=read_extension,
    returns={200: PetitionAnswerSchema(), 201: PetitionAnswerSchema()},
    refuses=ASKED,
)
def put_extension(
    ctx: Context, actor: Actor, incoming: Incoming[Petition], problem_id: UUID, extension_id: UUID
) -> Answer:
    """Ask for a later date. Asked in time, it holds overdue off until it is decided."""
    return _stored(ask(ctx, actor, problem_id, extension_id, "extension", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>/decision",
    "problem.decide_extension",
    body=ExtensionDecisionBody(),
    read=read_extension_decision,
    returns={200: PetitionAnswerSchema(), 201: PetitionAnswerSchema()},
    refuses=("not_found", "wrong_state", "already_decided"),
)
def put_extension_decision(
    ctx: Context, actor: Actor, incoming: Incoming[PetitionDecision], problem_id: UUID, extension_id: UUID
) -> Answer:
    """Approve or deny a later date; the old one is kept on record."""
    return _stored(decide(ctx, actor, problem_id, extension_id, "extension", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/objections/<uuid:objection_id>",
    "problem.object",
    body=ObjectionBody(),
    read=read_objection,
    returns={200: PetitionAnswerSchema(), 201: PetitionAnswerSchema()},
    refuses=(*ASKED, "already_decided"),
)
def put_objection(
    ctx: Context, actor: Actor, incoming: Incoming[Petition], problem_id: UUID, objection_id: UUID
) -> Answer:
    """Object to a finding, once; the unit's clock stops until it is decided."""
    return _stored(ask(ctx, actor, problem_id, objection_id, "objection", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/objections/<uuid:objection_id>/decision",
    "problem.decide_objection",
    body=ObjectionDecisionBody(),
    read=read_objection_decision,
    returns={200: PetitionAnswerSchema(), 201: PetitionAnswerSchema()},
    refuses=("not_found", "wrong_state", "already_decided", "four_eyes"),
)
def put_objection_decision(
    ctx: Context, actor: Actor, incoming: Incoming[PetitionDecision], problem_id: UUID, objection_id: UUID
) -> Answer:
    """Uphold an objection (the problem is void) or deny it."""
    return _stored(decide(ctx, actor, problem_id, objection_id, "objection", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/transfers/<uuid:transfer_id>",
    "problem.transfer",
    body=TransferBody(),
    read=read_transfer,
    returns={200: ProblemSchema(), 201: ProblemSchema()},
    refuses=(*ORDERED, "petition_pending"),
)
def put_transfer(
    ctx: Context, actor: Actor, incoming: Incoming[Transfer], problem_id: UUID, transfer_id: UUID
) -> Answer:
    """Transfer a problem to the department it belongs to, or hand it back to the institution."""
    return _stored(give_order(ctx, actor, problem_id, transfer_id, "transfer", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/replies/<uuid:reply_id>",
    "problem.record_reply",
    body=ReplyBody(),
    read=read_reply,
    returns={200: ProblemSchema(), 201: ProblemSchema()},
    refuses=(*ORDERED, "four_eyes"),
)
def put_reply(ctx: Context, actor: Actor, incoming: Incoming[Reply], problem_id: UUID, reply_id: UUID) -> Answer:
    """Record a department's reply on its behalf; `done` closes the problem."""
    return _stored(give_order(ctx, actor, problem_id, reply_id, "reply", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/supervisions/<uuid:supervision_id>",
    "problem.supervise",
    body=SupervisionBody(),
    read=read_supervision,
    returns={200: ProblemSchema(), 201: ProblemSchema()},
    refuses=(*ORDERED, "already_supervised"),
)
def put_supervision(
    ctx: Context, actor: Actor, incoming: Incoming[Supervision], problem_id: UUID, supervision_id: UUID
) -> Answer:
    """List a problem for supervision (挂牌督办) with its date and reason."""
    return _stored(give_order(ctx, actor, problem_id, supervision_id, "supervision", incoming))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/reopenings/<uuid:reopening_id>",
    "problem.reopen",
    body=ReopeningBody(),
    read=read_reopening,
    returns={200: ProblemSchema(), 201: ProblemSchema()},
    refuses=(*ORDERED, "too_late_to_reopen"),
)
def put_reopening(
    ctx: Context, actor: Actor, incoming: Incoming[Reopening], problem_id: UUID, reopening_id: UUID
) -> Answer:
    """Open a closed problem again, within a year."""
    return _stored(give_order(ctx, actor, problem_id, reopening_id, "reopening", incoming))


@endpoint(
    "PUT",
    "/reminders/<uuid:reminder_id>",
    "problem.remind",
    body=ReminderBody(),
    read=read_reminder,
    returns={200: ReminderSchema(), 201: ReminderSchema()},
    refuses=("conflict", "not_found"),
)
def put_reminder(ctx: Context, actor: Actor, incoming: Incoming[Reminder], reminder_id: UUID) -> Answer:
    """Remind the units of open problems; how many were."""
    stored = remind(ctx, actor, reminder_id, incoming)
    return Answer({"reminded": stored.value}, 201 if stored.created else 200)
