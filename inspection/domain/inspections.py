"""What an inspector hands in, and what is odd about it. Odd things are flags, never refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from checklists.engine import NUMBER_ATTRIBUTES, Flag, Outcome, evaluate
from checklists.model import Checklist, Item
from inspection.domain.errors import Fault, pointer

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(days=14)
TEAM_SIZE: Final = 2
SEVERITIES: Final = ("general", "serious", "critical")


@dataclass(frozen=True, slots=True)
class FixedOnTheSpot:
    note: str
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong: by an item (`item_code`), or on no list at all (None)."""

    item_code: str | None
    fact: str
    place: str | None
    quantity: int | None
    photos: tuple[str, ...]
    severity: str | None
    severity_reason: str | None
    due_days: int | None
    responsible_kind: str | None
    responsible_name: str | None
    fixed: FixedOnTheSpot | None
    pointer: str

    @classmethod
    def of(cls, data: Mapping[str, Any], item_code: str | None, at: str) -> Finding:
        """From the wire's object, which the schema has already shaped."""
        responsible = data.get("responsible") or {}
        fixed = data.get("fixed_on_the_spot")
        return cls(
            item_code=item_code,
            fact=data["fact"],
            place=data.get("place"),
            quantity=data.get("quantity"),
            photos=tuple(data.get("photos") or ()),
            severity=data.get("severity"),
            severity_reason=data.get("severity_reason"),
            due_days=data.get("due_days"),
            responsible_kind=responsible.get("kind"),
            responsible_name=responsible.get("name"),
            fixed=FixedOnTheSpot(fixed["note"], tuple(fixed.get("photos") or ())) if fixed else None,
            pointer=at,
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of `PUT /inspections/{uuid}`, shaped. `answers`, `other_findings`, `rechecks`, `participants`,
    `signatures`, `r2_calls` and `photos` keep the wire's objects as the schema loaded them."""

    institution_id: UUID
    assignment_id: UUID | None
    visit_id: UUID
    mode: str
    supersedes: UUID | None
    checklist_code: str
    checklist_version: int
    sections: tuple[str, ...] | None
    started_at: datetime
    finished_at: datetime
    location: Mapping[str, Any] | None
    attributes: Mapping[str, bool | int | None] | None
    answers: Mapping[str, Mapping[str, Any]]
    other_findings: Sequence[Mapping[str, Any]]
    rechecks: Sequence[Mapping[str, Any]]
    r2_calls: Sequence[Mapping[str, Any]]
    photos: Mapping[str, Mapping[str, Any]]
    participants: Sequence[Mapping[str, Any]]
    signatures: Sequence[Mapping[str, Any]]

    @property
    def goes_ahead(self) -> bool:
        """Whether it is a danger that is told ahead of its visit: it covers no section, the rest follows."""
        return self.sections == ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The body of `PUT /inspections/{id}/withdrawals/{uuid}`: why the inspection was entered in error."""

    reason: str


def findings(submission: Submission, checklist: Checklist, failing: Sequence[str]) -> list[Finding]:
    """Every finding of a submission: a failing answer without `findings` is one finding with the item's text."""
    found: list[Finding] = []
    for code in failing:
        answer = submission.answers[code]
        item = checklist.item(code)
        assert item is not None  # the engine names only items of the checklist
        given = answer.get("findings")
        at = pointer("answers", code)
        if given:
            shared = tuple(answer.get("photos") or ())
            for index, data in enumerate(given):
                finding = Finding.of(data, code, pointer("answers", code, "findings", index))
                found.append(finding if finding.photos or not shared else _with_photos(finding, shared))
        else:
            fact = answer.get("note") or item.text
            found.append(Finding.of({"fact": fact, "photos": answer.get("photos")}, code, at))
    for index, data in enumerate(submission.other_findings):
        found.append(Finding.of(data, None, pointer("other_findings", index)))
    return found


def _with_photos(finding: Finding, photos: tuple[str, ...]) -> Finding:
    values = {name: getattr(finding, name) for name in finding.__slots__}
    return Finding(**{**values, "photos": photos})


def counts_of(submission: Submission, checklist: Checklist) -> dict[str, int | float]:
    """The numbers that a submission gives, by item: head counts and counts of failures, never a name."""
    given: dict[str, int | float] = {}
    for item in checklist.items():
        if item.answer.type == "number" and item.code in submission.answers:
            value = submission.answers[item.code]["value"]
            if isinstance(value, int | float):
                given[item.code] = value
    return given


def referenced_photos(submission: Submission) -> Iterator[tuple[str, str]]:
    """Every (pointer, hash) by which the submission speaks of a photo."""
    for code, answer in submission.answers.items():
        if len(answer) == 1:  # a value and nothing else, as most answers are
            continue
        yield from _photos(answer, pointer("answers", code))
        for index, finding in enumerate(answer.get("findings") or ()):
            yield from _finding_photos(finding, pointer("answers", code, "findings", index))
    for index, finding in enumerate(submission.other_findings):
        yield from _finding_photos(finding, pointer("other_findings", index))
    for index, recheck in enumerate(submission.rechecks):
        yield from _photos(recheck, pointer("rechecks", index))
    for index, signature in enumerate(submission.signatures):
        if signature.get("photo"):
            yield pointer("signatures", index, "photo"), signature["photo"]


def _photos(data: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for index, sha256 in enumerate(data.get("photos") or ()):
        yield f"{at}/photos/{index}", sha256


def _finding_photos(data: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    yield from _photos(data, at)
    if data.get("fixed_on_the_spot"):
        yield from _photos(data["fixed_on_the_spot"], f"{at}/fixed_on_the_spot")


def manifest_faults(submission: Submission) -> list[Fault]:
    """A photo that the submission speaks of must stand in its manifest: what is not named there would never arrive."""
    return [
        Fault(at, "photo_not_in_manifest")
        for at, sha256 in referenced_photos(submission)
        if sha256 not in submission.photos
    ]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a submission is judged by beside its own bytes: the institution's attributes, and the school terms."""

    attributes: Mapping[str, Any]
    terms: Sequence[tuple[date, date]]

    def as_kept(self) -> dict[str, Any]:
        terms = [[first.isoformat(), last.isoformat()] for first, last in self.terms]
        return {"attributes": dict(self.attributes), "terms": terms}

    @classmethod
    def of_kept(cls, kept: Mapping[str, Any]) -> Circumstances:
        terms = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in kept["terms"]]
        return cls(kept["attributes"], terms)


def attributes_of(submission: Submission, profile: Mapping[str, Any]) -> dict[str, Any]:
    """The flags of a submission replace the profile's whole, where it gives any attributes; a number it leaves out is
    the profile's."""
    attributes = dict(profile if submission.attributes is None else submission.attributes)
    for name in NUMBER_ATTRIBUTES:
        if attributes.get(name) is None:
            attributes[name] = profile.get(name)
    return attributes


def judge(submission: Submission, checklist: Checklist, circumstances: Circumstances, inspected_on: date) -> Outcome:
    """The checklist's engine on a submission's answers."""
    attributes, terms = circumstances.attributes, circumstances.terms
    return evaluate(checklist, attributes, submission.answers, inspected_on, terms, submission.sections)


def oddities(
    submission: Submission,
    *,
    found: Sequence[Finding],
    checklist: Checklist,
    newest_version: int,
    institution_kind: str,
    received_at: datetime,
    clock_offset: timedelta | None,
    organisation: str,
    institution_closed: bool,
    institution_moved: bool,
) -> list[Flag]:
    """What is odd about a submission beyond its answers. Nothing here ever refuses it. `organisation` is that of who
    hands it in; `institution_moved` out of his scope within the days in which he may still hand in."""
    flags: list[Flag] = []
    if checklist.version < newest_version:
        flags.append(Flag("checklist_superseded", "/checklist/version"))
    if institution_kind not in checklist.kinds:
        flags.append(Flag("checklist_kind_mismatch", "/checklist/code"))
    if clock_offset is not None and abs(clock_offset) > CLOCK_TOLERANCE:
        flags.append(Flag("clock_off", None))
    if submission.finished_at > received_at + CLOCK_TOLERANCE:
        flags.append(Flag("finished_in_future", "/finished_at"))
    if submission.finished_at < submission.started_at:
        flags.append(Flag("finished_before_started", "/finished_at"))
    if received_at - submission.finished_at > LATE_AFTER:
        flags.append(Flag("late_receipt", "/finished_at"))
    if institution_closed:
        flags.append(Flag("institution_closed", "/institution_id"))
    if institution_moved:
        flags.append(Flag("institution_moved", "/institution_id"))
    if not submission.goes_ahead:
        if 1 + len(submission.participants) < TEAM_SIZE:
            flags.append(Flag("small_team", "/participants"))
        elif all(person["organisation"] == organisation for person in submission.participants):
            flags.append(Flag("one_authority", "/participants"))
    referenced = {sha256 for _, sha256 in referenced_photos(submission)}
    flags += [Flag("photo_unreferenced", pointer("photos", sha)) for sha in submission.photos if sha not in referenced]
    for finding in found:
        item = checklist.item(finding.item_code) if finding.item_code else None
        if item is not None and lowers_severity(finding, item) and not finding.severity_reason:
            flags.append(Flag("severity_lowered_without_reason", f"{finding.pointer}/severity"))
    if any(is_r2(finding, checklist) for finding in found) and not submission.r2_calls:
        flags.append(Flag("r2_without_call", "/r2_calls"))
    return flags


def lowers_severity(finding: Finding, item: Item) -> bool:
    return finding.severity is not None and item.severity is not None and is_lower(finding.severity, item.severity)


def is_lower(severity: str, than: str) -> bool:
    return SEVERITIES.index(severity) < SEVERITIES.index(than)


def is_r2(finding: Finding, checklist: Checklist) -> bool:
    item = checklist.item(finding.item_code) if finding.item_code else None
    return item is not None and item.red_line == "R2"


RECEIPT_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def short_code(content_sha256: str) -> str:
    """The receipt's short code, such as `A7K2-93F6`: forty bits of the content's hash, read aloud without doubt
    (no 0, 1, I, O). It identifies a receipt to people; the hash beside it proves."""
    number = int(content_sha256[:10], 16)
    letters = []
    for _ in range(8):
        number, digit = divmod(number, len(RECEIPT_ALPHABET))
        letters.append(RECEIPT_ALPHABET[digit])
    return "".join(letters[:4]) + "-" + "".join(letters[4:])
