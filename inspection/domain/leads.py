"""A lead (线索): suspected harm to a child, or a crime, reported under 未成年人保护法 11 and 强制报告意见 (2020).
Its life as a table, what is in it, and which hints at a person its words hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from checklists.engine import Flag
from inspection.domain.errors import Fault, pointer
from inspection.domain.incoming import Read

CATEGORIES: Final = (
    "private_injury",
    "under_14_sexual",
    "over_14_pregnancy",
    "injury_or_abuse",
    "unnatural_harm",
    "abandoned",
    "missing_or_trafficked",
    "begging",
    "other_danger",
)
"""The nine situations of 意见 art. 4, in their order."""

SAFE: Final = ("yes", "no", "unknown")
STATES: Final = ("created", "called", "handed_over", "followed", "transferred")
BEFORE_HAND_OVER: Final = frozenset({"created", "called"})
"""While a lead is in one of these, who reported it reads it and says what he did."""

TEXT_MOST: Final = 500
KEPT: Final = timedelta(days=365)
"""After the police's receipt; then a lead goes into the procuratorate's case file and is erased (个保法 19, 47)."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The body of `PUT /leads/{uuid}`. `place` is coarse and short; `police_receipt` is the number that the police gave
    for the call."""

    institution_id: UUID
    observed_at: datetime
    place: str
    category: str
    child_safe_now: str
    police_called_at: datetime | None
    police_receipt: str | None
    text: str

    @property
    def state(self) -> str:
        """Where its life begins."""
        return "called" if self.police_called_at is not None else "created"


@dataclass(frozen=True, slots=True)
class LeadStep:
    """The body of `PUT /leads/{id}/steps/{uuid}`; `said` is what its kind asks for, by name."""

    kind: str
    at: datetime
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeadTurn:
    """From which states a step is taken, to which (None: the state stays), what it says; `by_creator`: also who
    reported the lead takes it, until the hand-over."""

    kind: str
    sources: frozenset[str]
    target: str | None
    says: tuple[str, ...]
    by_creator: bool = False


_ALIVE: Final = frozenset(STATES) - {"transferred"}

TURNS: Final = (
    LeadTurn("police_called", frozenset({"created"}), "called", ("agency",), by_creator=True),
    LeadTurn("handed_over", frozenset({"called"}), "handed_over", ("station", "receipt"), by_creator=True),
    LeadTurn("followed", frozenset({"handed_over", "followed"}), "followed", ("text",)),
    LeadTurn("transferred", frozenset({"followed"}), "transferred", ("case_file",)),
    LeadTurn("note", _ALIVE, None, ("text",), by_creator=True),
    LeadTurn("held", _ALIVE, None, ("text",)),
    LeadTurn("released", _ALIVE, None, ("text",)),
)
KINDS: Final = tuple(turn.kind for turn in TURNS)
SAID: Final = ("agency", "station", "receipt", "case_file", "text")
_BY_KIND: Final = {turn.kind: turn for turn in TURNS}


def turn_of(kind: str) -> LeadTurn:
    """KeyError for a kind that there is not."""
    return _BY_KIND[kind]


def may_follow(kind: str, state: str, *, held: bool) -> bool:
    """Whether a step of this kind may be taken now. A legal hold keeps a lead from being transferred and erased; it is
    laid once and lifted once."""
    allowed = state in turn_of(kind).sources
    if kind == "released":
        return allowed and held
    return allowed and not (held and kind in ("held", "transferred"))


def next_steps(state: str, *, held: bool, by_creator: bool) -> list[LeadTurn]:
    """What may be done now, in the order of a lead's life; `by_creator`: by who reported it and does not handle it."""
    if by_creator and state not in BEFORE_HAND_OVER:
        return []
    return [turn for turn in TURNS if may_follow(turn.kind, state, held=held) and (turn.by_creator or not by_creator)]


CLOCKS_DIFFER: Final = timedelta(minutes=5)


def step_faults(step: LeadStep, now: datetime) -> list[Fault]:
    """A step says what its kind asks for and nothing else, and what was done, not what will be."""
    asked = turn_of(step.kind).says
    missing = [Fault(pointer(name), "required") for name in asked if name not in step.said]
    future = [Fault("/at", "moment_in_future")] if step.at > now + CLOCKS_DIFFER else []
    return future + missing + [Fault(pointer(name), "unknown_key") for name in step.said if name not in asked]


def lead_faults(lead: Lead) -> list[Fault]:
    """A receipt without a call says something that did not happen."""
    if lead.police_receipt is not None and lead.police_called_at is None:
        return [Fault("/police_called_at", "required")]
    return []


_HINTS: Final = (
    ("identity_number", re.compile(r"(?<!\d)\d{17}[\dX](?!\d)", re.IGNORECASE)),
    ("phone_number", re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")),
    (
        "class_named",
        re.compile(
            r"[一二三四五六七八九十\d]+年级|[初高][一二三]|(?:[一二三四五六七八九十\d]+\)?|[大中小托])班"
            r"|\b(?:class|grade)\s*\d",
            re.IGNORECASE,
        ),
    ),
    ("person_named", re.compile(r"姓名|名字|名叫|叫做|(?<![喊呼尖吼惨嚎大])叫[\u4e00-\u9fff]{2}|[Nn]amed\s+[A-Z]")),
)
"""What points to one child. The phone has the same rules (`phone/checklist.js`), held together by
`tests/rules/lead_hints.json`."""

_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[ \u00b7.]+(?=\d)|(?<=\d)-(?=\d{4}(?:\D|$)|\d{4}-)")


def odd_moments(lead: Lead, received_at: datetime) -> list[Flag]:
    """What is said to have been after the lead was received: taken in, and pointed out to who reads it."""
    moments = {"observed_at": lead.observed_at, "police_called_at": lead.police_called_at}
    late = received_at + CLOCKS_DIFFER
    return [Flag("future_date", pointer(name)) for name, at in moments.items() if at is not None and at > late]


def identifying(text: str) -> list[str]:
    """Codes of the hints at a person that a text holds: never a reason to refuse it."""
    plain = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    return [code for code, pattern in _HINTS if pattern.search(plain)]


def hints(said: Mapping[str, str]) -> list[Flag]:
    """The same as flags, each with where it was found."""
    return [Flag(code, pointer(name)) for name, text in said.items() for code in identifying(text)]


@dataclass(frozen=True, slots=True)
class LeadLine:
    """What stands of a lead in the open: `moved_at` is when its state last changed, `held`: under legal hold, `erased`:
    its content is in the case file and nowhere else; `proposed_at`: when the time to keep it had run out."""

    id: UUID
    region_code: str
    state: str
    created_at: datetime
    moved_at: datetime
    handed_over_at: datetime | None
    held: bool
    proposed_at: datetime | None
    erased: bool


@dataclass(frozen=True, slots=True)
class LeadStepView:
    id: UUID
    at: datetime
    recorded_at: datetime
    by: str
    kind: str
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeadContent:
    """What only its handlers read, and who reported it until the hand-over; `by` is the reporter's name."""

    lead: Lead
    institution: str
    by: str
    steps: Sequence[LeadStepView]


@dataclass(frozen=True, slots=True)
class LeadReaders:
    """How the bodies of leads and of their steps are read; handed in because the shapes stand beside actions, not
    beneath them."""

    lead: Callable[[bytes], Read[Lead]]
    step: Callable[[bytes], Read[LeadStep]]


@dataclass(frozen=True, slots=True)
class LeadView(LeadLine):
    """`content` None: not for who asks, or erased. `flags` are for who sent the words."""

    content: LeadContent | None = None
    flags: Sequence[Flag] = ()
