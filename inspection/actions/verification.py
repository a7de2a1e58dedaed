"""`inspection verify`: every byte, and the mission itself. A child may be harmed because a problem was lost; so every
unfinished problem must have one holder and one date, and every failing answer a problem or a recorded reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from inspection.actions.audit_export import log_lines
from inspection.actions.context import Context
from inspection.actions.sweep import passed_over
from inspection.domain import inspections as rules
from inspection.domain.inspections import Submission
from inspection.domain.problems import STATUSES
from inspection.domain.verify_audit import Verifier
from inspection.storage import (
    acts,
    audit,
    checklists,
    evidence,
    inspections,
    installation,
    institutions,
    mission,
    notices,
    petitions,
    problems,
    rectifications,
    withdrawals,
)
from inspection.storage.audit_key import is_signed
from inspection.storage.db import lift_limits
from inspection.storage.inspections import InspectionRow
from inspection.storage.mission import Lost

Reader = Callable[[bytes], Submission]


def verify(ctx: Context, read_submission: Reader) -> Iterator[str]:
    """A line for each fault. `read_submission` reads the bytes of a submission as its schema does."""
    lift_limits(ctx.session.connection())  # it reads everything, for hours where there is much
    yield from photo_faults(ctx)
    yield from record_faults(ctx)
    yield from audit_faults(ctx)
    yield from mission_faults(ctx)
    yield from passed_over(ctx)
    yield from finding_faults(ctx, read_submission)


def photo_faults(ctx: Context) -> Iterator[str]:
    """Every stored photo is there and has the digest of its name; files without a row are named too."""
    known = set(evidence.all_hashes_for_system(ctx.session))
    for sha256 in sorted(known):
        try:
            actual = ctx.evidence.rehash(sha256)
        except FileNotFoundError:
            yield f"photo {sha256}: recorded, but its file is missing"
            continue
        if actual != sha256:
            yield f"photo {sha256}: its bytes have changed (now {actual})"
    for sha256 in evidence.erased_for_system(ctx.session):
        if sha256 not in known and ctx.evidence.exists(sha256):
            yield f"photo {sha256}: recorded as erased, but its file is still there"


def orphans(ctx: Context) -> list[str]:
    """Files that no row speaks of: harmless leftovers of an upload that broke off between file and row."""
    known = set(evidence.all_hashes_for_system(ctx.session))
    return [sha256 for sha256 in ctx.evidence.hashes() if sha256 not in known]


def record_faults(ctx: Context) -> Iterator[str]:
    """Every record handed in still has the digest under which its receipt was given."""
    for inspection in inspections.all_bodies_for_system(ctx.session):
        yield from _digest("inspection", inspection.id, inspection.body, inspection.content_sha256)
    for proof in rectifications.all_bodies_for_system(ctx.session):
        yield from _digest("rectification", proof.id, proof.body, proof.content_sha256)
    for review in rectifications.all_reviews_for_system(ctx.session):
        yield from _digest("review", review.id, review.body, review.content_sha256)
    for notice in notices.all_for_system(ctx.session):
        yield from _digest("notice", notice.id, notice.body, notice.content_sha256)
        yield from _digest("notice document", notice.id, notice.document, notice.document_sha256)
    for petition in petitions.all_for_system(ctx.session):
        yield from _digest("petition", petition.id, petition.body, petition.content_sha256)
        if petition.decision_body is not None:
            yield from _digest("decision", petition.id, petition.decision_body, petition.decision_sha256 or "")
    for withdrawal in withdrawals.decided_for_system(ctx.session):
        yield from _digest("decision", withdrawal.id, withdrawal.decision_body or b"", withdrawal.decision_sha256 or "")
    for act in acts.all_for_system(ctx.session):
        yield from _digest(f"act {act.kind}", act.id, act.body, act.content_sha256)


def _digest(kind: str, record_id: object, body: bytes, expected: str) -> Iterator[str]:
    if hashlib.sha256(body).hexdigest() != expected:
        yield f"{kind} {record_id}: its bytes have changed"


def audit_faults(ctx: Context) -> Iterator[str]:
    """The log only ever grows: every seal fits, every signature, and every record handed in stands in it."""
    yield from (f"audit log: {fault}" for fault in chain_faults(ctx))
    for action, missing in mission.unrecorded_for_system(ctx.session):
        yield f"audit log: no entry {action} for {missing}"


def chain_faults(ctx: Context) -> list[str]:
    """What the verifier of an exported log would say of this one."""
    ctx.session.rollback()  # the log as it is now, or later than the key
    verifier = Verifier(keys=[ctx.audit_key.read().public_key], is_signed=is_signed)
    for line in log_lines(ctx):
        if line.file == "keys":
            verifier.succession(line.fields)
        elif line.file == "checkpoints":
            verifier.checkpoint(line.fields)
        elif line.file == "entries":
            verifier.entry(line.fields, *(line.said or ()))
        else:
            verifier.head(line.fields)
    for name, number in audit.loose_details_for_system(ctx.session):
        verifier.loose(name, number)
    return verifier.faults()


def mission_faults(ctx: Context) -> Iterator[str]:
    """What `lost_faults` finds, and what a deadline pass set aside."""
    yield from lost_faults(ctx)
    for aside in installation.list_set_aside_for_system(ctx.session):
        yield f"set aside by the deadline pass: {aside.subject_id}: {aside.error}"


def lost_faults(ctx: Context) -> Iterator[str]:
    """Every unfinished problem has one holder and one date, and what was dropped has its reason. The worker asks this
    after each deadline pass as well; ids, numbers, dates and states are all that is said."""
    for lost in mission.lost_for_system(ctx.session):
        yield f"problem {lost.number or lost.id}: {_contradiction(lost)}"
    for problem_id in mission.void_without_reason_for_system(ctx.session):
        yield f"problem {problem_id}: void without a recorded reason"
    for problem_id in mission.merged_into_withdrawn_for_system(ctx.session):
        yield f"problem {problem_id}: merged into one that was withdrawn"


def _contradiction(lost: Lost) -> str:
    if lost.status not in STATUSES:
        return f"nobody holds it ({lost.status})"
    if not lost.petition:
        return "waits for the decision of a petition that is not pending"
    if not lost.proof:
        return "submitted without a proof"
    if lost.expected is None:
        return f"no date ({lost.status})"
    return f"two dates ({lost.expected} and {lost.clock_on})"


def finding_faults(ctx: Context, read_submission: Reader) -> Iterator[str]:
    """Each submission judged again from its bytes: every finding has its problem."""
    for inspection in inspections.all_bodies_for_system(ctx.session):
        expected = _findings_of(ctx, inspection, read_submission)
        have = {row.pointer for row in problems.of_inspections_for_system(ctx.session, [inspection.id])}
        for pointer in expected:
            if pointer not in have:
                yield f"inspection {inspection.id}: finding {pointer} has no problem"


def _findings_of(ctx: Context, inspection: InspectionRow, read_submission: Reader) -> list[str]:
    submission = read_submission(inspection.body)
    checklist = checklists.find_for_system(ctx.session, inspection.checklist_code, inspection.checklist_version)
    assert checklist is not None
    if inspection.circumstances is not None:
        circumstances = rules.Circumstances.of_kept(inspection.circumstances)
    else:  # received before they were kept: today's are the nearest
        profile = institutions.get_for_system(ctx.session, inspection.institution_id).profile
        circumstances = rules.Circumstances(rules.attributes_of(submission, profile), ctx.calendar().terms)
    outcome = rules.judge(submission, checklist, circumstances, inspection.inspected_on)
    return [finding.pointer for finding in rules.findings(submission, checklist, outcome.failing)]
