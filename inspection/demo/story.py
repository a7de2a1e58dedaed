"""The demo's inspections, notices, proofs and reviews, told through the actions on the days on which they happen."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson

from checklists.loader import published
from checklists.model import Checklist
from inspection.actions import assignments, evidence, inspections, notices, problems, rectifications, submission
from inspection.actions.context import Context, new_id
from inspection.demo.answers import failing_value, passing_answers
from inspection.demo.cast import INSTITUTIONS
from inspection.domain.actor import Actor
from inspection.domain.clock import FixedClock
from inspection.domain.incoming import Incoming
from inspection.domain.permissions import acting
from inspection.images import drawings
from inspection.schemas.assignments import read_assignment
from inspection.schemas.inspections import read_inspection
from inspection.schemas.problems import read_acknowledgement, read_notice, read_proof, read_review

CODES = {"school": "school", "kindergarten": "kindergarten", "tutoring_centre": "tutoring"}


@dataclass
class Stage:
    """Where the story plays: accounts and institutions by name, and the day that is today."""

    ctx: Context
    actors: dict[str, Actor]
    institutions: list[UUID]
    documents: int = 41
    pictures: int = 0
    known: dict[str, bytes] = field(default_factory=dict)

    def on(self, days_ago: int, hour: int = 10) -> Context:
        """The context of a day; moments never lie in the future."""
        day = self.ctx.today() - timedelta(days=days_ago)
        moment = datetime.combine(day, time(hour), self.ctx.clock.zone).astimezone(UTC)
        return self.ctx.at(FixedClock(self.ctx.clock.zone, min(moment, self.ctx.now())))

    def photo(self, ctx: Context, who: str) -> str:
        """A new photo of this person, stored."""
        self.pictures += 1
        data = drawings.corridor(self.pictures, ctx.clock.local(ctx.now()), 40.8414, 111.7519)
        sha256 = hashlib.sha256(data).hexdigest()
        evidence.store_photo(ctx, acting(self.actors[who], "photo.upload"), sha256, io.BytesIO(data))
        return sha256


def inspect(
    stage: Stage, ctx: Context, who: str, place: int, wrong: dict[str, dict[str, Any]], partner: str = "procurator"
) -> UUID:
    """An inspection in which these items fail; each entry may give `place`, `fact`, `due_days`, `fixed`."""
    institution = INSTITUTIONS[place]
    checklist = published()[CODES[institution.kind], 1]
    attributes = {key: value for key, value in institution.profile.items() if key not in ("students", "staff")}
    answers = passing_answers(checklist, attributes, ctx.today())
    photos: dict[str, dict[str, Any]] = {}
    for code, about in wrong.items():
        answers[code] = _failing(stage, ctx, who, checklist, code, about, photos)
    finished = ctx.clock.local(ctx.now())
    partner_actor = stage.actors[partner]
    body = {
        "institution_id": str(stage.institutions[place]),
        "assignment_id": None,
        "visit_id": str(new_id()),
        "mode": "joint",
        "supersedes": None,
        "checklist": {"code": checklist.code, "version": checklist.version},
        "started_at": (finished - timedelta(hours=2)).isoformat(),
        "finished_at": finished.isoformat(),
        "location": {"lat": 40.8414, "lng": 111.7519, "accuracy_m": 12},
        "attributes": attributes,
        "answers": answers,
        "photos": photos,
        "r2_calls": [{"agency": "119", "called_at": finished.isoformat()}] if wrong else [],
        "participants": [
            {"user_id": str(partner_actor.id), "name": partner_actor.name, "organisation": partner_actor.organisation}
        ],
        "signatures": [
            {"role": "inspector", "name": stage.actors[who].name, "photo": None},
            {"role": "institution", "name": "单位负责人", "photo": None},
        ],
    }
    inspection_id = new_id()
    actor = acting(stage.actors[who], "inspection.submit")
    submission.submit_inspection(ctx, actor, inspection_id, Incoming(orjson.dumps(body), read_inspection))
    return inspection_id


def _failing(
    stage: Stage,
    ctx: Context,
    who: str,
    checklist: Checklist,
    code: str,
    about: dict[str, Any],
    photos: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    item = checklist.item(code)
    assert item is not None
    taken: list[str] = []
    if item.photo in ("required", "optional"):
        taken.append(stage.photo(ctx, who))
        photos[taken[0]] = {
            "type": "image/jpeg",
            "captured_at": ctx.clock.local(ctx.now()).isoformat(),
            "source": "camera",
        }
    finding: dict[str, Any] = {"fact": about.get("fact", item.text), "place": about.get("place"), "photos": taken}
    if "due_days" in about:
        finding["due_days"] = about["due_days"]
    if "fixed" in about:
        finding["fixed_on_the_spot"] = {"note": about["fixed"], "photos": taken}
    return {"value": failing_value(item, ctx.today()), "findings": [finding]}


def issue(
    stage: Stage, ctx: Context, who: str, inspection_id: UUID, due: dict[str, date], drop: dict[str, str] | None = None
) -> UUID:
    """The notice: `due` decides dates by item, `drop` gives the reason for which an item's finding is dropped."""
    stage.documents += 1
    actor = acting(stage.actors[who], "notice.issue")
    found = _of(stage, ctx, who, inspection_id)
    items: list[dict[str, Any]] = [
        {"problem_id": str(found[code]), "action": "keep", "due_on": day.isoformat()} for code, day in due.items()
    ]
    items += [
        {"problem_id": str(found[code]), "action": "drop", "reason": reason} for code, reason in (drop or {}).items()
    ]
    body = {
        "inspection_ids": [str(inspection_id)],
        "document_number": f"{actor.organisation[:3]}教安改〔{ctx.today().year}〕{stage.documents}号",
        "issued_on": ctx.today().isoformat(),
        "signer": actor.name,
        "opinion": "请高度重视，逐项整改，并举一反三开展自查。",
        "items": items,
        "service": {"method": "in_app", "on": ctx.today().isoformat()},
    }
    notice_id = new_id()
    notices.issue_notice(ctx, actor, notice_id, Incoming(orjson.dumps(body), read_notice))
    return notice_id


def _of(stage: Stage, ctx: Context, who: str, inspection_id: UUID) -> dict[str, UUID]:
    """The inspection's problems by item."""
    view = inspections.get_inspection(ctx, acting(stage.actors[who], "inspection.read"), inspection_id)
    return {line.item_code or "": line.id for line in view.problems}


def plan(stage: Stage, ctx: Context, who: str, place: int, days: int, inspectors: tuple[str, ...], note: str) -> None:
    """A visit planned on the day of `ctx` for so many days later."""
    body = {
        "institution_id": str(stage.institutions[place]),
        "checklist": {"code": CODES[INSTITUTIONS[place].kind]},
        "planned_on": (ctx.today() + timedelta(days=days)).isoformat(),
        "inspectors": [{"user_id": str(stage.actors[name].id)} for name in inspectors],
        "note": note or None,
    }
    actor = acting(stage.actors[who], "assignment.plan")
    assignments.assign(ctx, actor, new_id(), Incoming(orjson.dumps(body), read_assignment))


def acknowledge(stage: Stage, ctx: Context, who: str, notice_id: UUID) -> None:
    actor = acting(stage.actors[who], "notice.acknowledge")
    body = orjson.dumps({"name": actor.name, "title": "负责人"})
    notices.acknowledge_notice(ctx, actor, notice_id, Incoming(body, read_acknowledgement))


def prove(stage: Stage, ctx: Context, who: str, inspection_id: UUID, code: str, text: str) -> UUID:
    """The unit's proof for one item, with a photo where one may be taken."""
    problem_id = _of(stage, ctx, who, inspection_id)[code]
    detail = problems.get_problem(ctx, acting(stage.actors[who], "problem.read"), problem_id)
    photos = {} if detail.summary.photo_rule == "forbidden" else {stage.photo(ctx, who): {"type": "image/jpeg"}}
    body = {"description": text, "completed_on": ctx.today().isoformat(), "photos": photos}
    proof_id = new_id()
    actor = acting(stage.actors[who], "problem.rectify")
    rectifications.submit_rectification(ctx, actor, problem_id, proof_id, Incoming(orjson.dumps(body), read_proof))
    return proof_id


def review(
    stage: Stage,
    ctx: Context,
    who: str,
    inspection_id: UUID,
    code: str,
    proof_id: UUID,
    decision: str,
    comment: str,
    second: str | None = None,
) -> None:
    problem_id = _of(stage, ctx, who, inspection_id)[code]
    body = {
        "rectification_id": str(proof_id),
        "decision": decision,
        "comment": comment,
        "method": "on_site" if second else "desk",
        "second_reviewer": str(stage.actors[second].id) if second else None,
    }
    actor = acting(stage.actors[who], "problem.review")
    rectifications.review_rectification(ctx, actor, problem_id, new_id(), Incoming(orjson.dumps(body), read_review))
