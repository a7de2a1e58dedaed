"""Five institutions in five places, each with all that can hang on one, every word of it its own: what is met elsewhere
has come the wrong way."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from PIL import ExifTags, Image
from sqlalchemy import select
from stdnum.cn import uscc

from inspection.actions.accounts import create_account
from inspection.domain.actor import Grant
from inspection.storage.accounts import RoleRow, find_user_for_system
from inspection.storage.sessions import TokenRow
from tests.support import databases
from tests.support.leads import lead_body
from tests.support.world import World, jpeg, new_id, sha256

FINDINGS: Final = ("open", "proven", "asked", "objected", "returned", "transferred", "supervised", "closed")
"""What becomes of the findings of the inspection that a notice was issued for, in their order."""


@dataclass(frozen=True)
class Place:
    """Where an institution lies, and who works for it and on it."""

    code: str
    region: str
    inspector: str
    bureau: str
    unit: str
    league: str = "league"
    known: int | None = None


PLACES: Final = (
    Place("own", "150102", "inspector", "bureau", "school", known=0),
    Place("sibling", "150102", "inspector", "bureau", "unit-sibling", known=3),
    Place("neighbour", "150103", "demo-inspector-hm", "neighbour", "stranger", known=6),
    Place("above", "150100", "inspector-above", "bureau-above", "unit-above"),
    Place("beyond", "150200", "inspector-beyond", "bureau-beyond", "unit-beyond", "league-beyond"),
)
OTHERS: Final = (
    ("inspector-above", Grant("edu_inspector", "150100")),
    ("bureau-above", Grant("reviewer", "150100")),
    ("inspector-beyond", Grant("edu_inspector", "150200")),
    ("bureau-beyond", Grant("reviewer", "150200")),
    ("league-beyond", Grant("supervisor", "150200")),
)


def token_of(code: str) -> str:
    """The word that everything of a place holds and nothing else does."""
    return f"Kanarie{code.capitalize()}Q7"


def person_of(code: str) -> str:
    """The word in the name of the account of a place's institution."""
    return f"Mensch{code.capitalize()}Q7"


def name_of(code: str) -> str:
    """The word in the name of a place's institution and in the number of its notice, which those who keep accounts or
    the log read as well."""
    return f"Ort{code.capitalize()}Q7"


def lead_word_of(code: str) -> str:
    """The word in the lead about a place's institution, which nobody reads but who handles or has reported it."""
    return f"Hinweis{code.capitalize()}Q7"


Mark = Callable[[str], str]
"""What a text of this use reads: the place's word among others."""


@dataclass
class Holding:
    """The ids of one institution and of what hangs on it, by the names that paths give them."""

    place: Place
    ids: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    """Who has to do with it, by id; the department by its name."""

    @property
    def token(self) -> str:
        return token_of(self.place.code)


def photo(word: str) -> bytes:
    """A JPEG that says the word in its EXIF and in its comment."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = word
    exif[ExifTags.Base.Artist] = word
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:23 09:30:00"
    made = io.BytesIO()
    Image.open(io.BytesIO(jpeg())).save(made, "JPEG", exif=exif, comment=f"{word} {new_id()}".encode())
    return made.getvalue()


def employ(world: World, username: str, name: str, *grants: Grant, organisation: str = "教育局") -> None:
    with world.context() as ctx:
        create_account(ctx, username, name, organisation, databases.PASSWORD, grants)
        databases.give_token(ctx, username)


def credit_code(number: int) -> str:
    body = f"121501024601{number:05d}"
    return body + str(uscc.calc_check_digit(body))


def furnish(world: World, mark: Mark | None = None) -> dict[str, Holding]:
    """All five. `mark` makes a text of a place's word; by default it is the word with a little round it."""
    for username, grant in OTHERS:
        employ(world, username, username, grant)
    return {place.code: Furnisher(world, place, mark or (lambda word: f"{word} 之")).holding() for place in PLACES}


@dataclass
class Furnisher:
    """Does to one institution all that its people can do."""

    world: World
    place: Place
    mark: Mark

    def put(self, who: str, path: str, body: Any) -> dict[str, Any]:
        answer = self.world.person(who).put(path, body)
        assert answer.status_code in (200, 201), (who, path, answer.json)
        return dict(answer.json)

    def holding(self) -> Holding:
        self.text = self.mark(token_of(self.place.code))
        held = Holding(self.place)
        self._institution(held)
        self._visit(held)
        self._notice(held)
        self._turns(held)
        self._desk(held)
        self._lead(held)
        self._people(held)
        return held

    def _institution(self, held: Holding) -> None:
        world, place, text = self.world, self.place, self.text
        today, name = world.today.isoformat(), self.mark(name_of(place.code))[:128]
        about = {"competent_department": text[:128], "address": text[:128], "telephone": text[:32]}
        if place.known is not None:
            identifier = world.places[place.known]
            address = f"/institutions/{identifier}/changes"
            rename = {"kind": "rename", "name": name, "reason": text, "effective_on": today}
            self.put(place.bureau, f"{address}/{new_id()}", rename)
            correct = {"kind": "correct", "reason": text, "effective_on": today, **about}
            self.put(place.bureau, f"{address}/{new_id()}", correct)
        else:
            identifier = new_id()
            body = {"name": name, "kind": "school", "region_code": place.region, **about}
            body["credit_code"] = credit_code(len(place.code))
            self.put(place.bureau, f"/institutions/{identifier}", body)
        held.ids["institution_id"] = identifier
        if place.unit not in ("school", "stranger"):
            who = self.mark(person_of(place.code))[:64]
            employ(world, place.unit, who, Grant("unit", None, UUID(identifier)), organisation=who)

    def _photo(self, who: str) -> str:
        data = photo(token_of(self.place.code))
        assert self.world.person(who).upload(data).status_code == 201
        return sha256(data)

    def _visit(self, held: Holding) -> None:
        world, place, text = self.world, self.place, self.text
        identifier, sha = held.ids["institution_id"], self._photo(place.inspector)
        inspector = world.person(place.inspector)
        plan = {
            "institution_id": identifier,
            "checklist": {"code": "school"},
            "planned_on": (world.today + timedelta(days=2)).isoformat(),
            "inspectors": [{"user_id": inspector.id}],
            "note": text,
        }
        assignment = new_id()
        self.put(place.bureau, f"/assignments/{assignment}", plan)
        findings = [{"fact": f"{text} {become}", "place": text, "photos": [sha]} for become in FINDINGS]
        more: dict[str, Any] = {
            "institution_id": identifier,
            "photos": {sha: {}},
            "participants": [{"user_id": None, "name": text[:64], "organisation": text[:128]}],
            "signatures": [
                {"role": "inspector", "name": text[:64], "photo": sha},
                {"role": "institution", "name": text[:64], "refused": {"reason": text, "witness": text[:64]}},
            ],
            "r2_calls": [{"agency": text[:128], "called_at": world.clock.now().isoformat()}],
        }
        body = world.body(0, {"S-08-05": findings}, **more)
        body["answers"]["S-08-05"]["note"] = text
        body["other_findings"] = [{"fact": text, "fixed_on_the_spot": {"note": text, "photos": [sha]}}]
        held.ids |= {"assignment_id": assignment, "sha256": sha}
        made = self.put(place.inspector, f"/inspections/{new_id()}", body)
        held.ids |= {"inspection_id": made["id"], "visit_id": body["visit_id"]}
        self.lines = [line for line in made["problems"] if line["item_code"]]
        waiting = self.put(
            place.inspector, f"/inspections/{new_id()}", world.body(0, {"S-08-05": findings[:1]}, **more)
        )
        withdrawal = new_id()
        self.put(place.inspector, f"/inspections/{waiting['id']}/withdrawals/{withdrawal}", {"reason": text})
        held.ids |= {"waiting_id": waiting["id"], "withdrawal_id": withdrawal}
        unissued = world.body(0, {"S-08-05": findings[:1]}, **more)
        made = self.put(place.inspector, f"/inspections/{new_id()}", unissued)
        held.ids |= {"unissued_visit_id": unissued["visit_id"], "unissued_id": made["id"]}

    def _notice(self, held: Holding) -> None:
        text, place = self.text, self.place
        notice = new_id()
        items = [
            {"problem_id": line["id"], "action": "keep", "fact": f"{text} {become}", "place": text, "reason": text}
            for line, become in zip(self.lines, FINDINGS, strict=True)
        ]
        body = self.world.notice_body(held.ids["inspection_id"], items=items, signer=text[:64], opinion=text)
        body["document_number"] = f"{self.mark(name_of(place.code))[:80]}{new_id()[:8]}号"
        self.put(place.bureau, f"/notices/{notice}", body)
        self.put(place.unit, f"/notices/{notice}/acknowledgement", {"name": text[:64], "title": text[:64]})
        held.ids["notice_id"] = notice
        held.problems |= {become: line["id"] for line, become in zip(self.lines, FINDINGS, strict=True)}
        held.ids["problem_id"] = held.problems["open"]

    def _turns(self, held: Holding) -> None:
        text, place, world = self.text, self.place, self.world
        later = (world.today + timedelta(days=40)).isoformat()
        extension, objection = new_id(), new_id()
        asked = {"requested_due_on": later, "reason": text}
        self.put(place.unit, f"/problems/{held.problems['asked']}/extensions/{extension}", asked)
        self.put(place.unit, f"/problems/{held.problems['objected']}/objections/{objection}", {"reason": text})
        held.ids |= {"extension_id": extension, "objection_id": objection}
        for become, decision in (("proven", None), ("returned", "return"), ("closed", "accept")):
            proof, sha = new_id(), self._photo(place.unit)
            body = {"description": text, "completed_on": world.today.isoformat(), "photos": {sha: {}}}
            self.put(place.unit, f"/problems/{held.problems[become]}/rectifications/{proof}", body)
            if decision is not None:
                judged = {"rectification_id": proof, "decision": decision, "comment": text, "method": "desk"}
                self.put(place.bureau, f"/problems/{held.problems[become]}/reviews/{new_id()}", judged)
            else:
                held.ids |= {"rectification_id": proof, "proof_sha256": sha}

    def _desk(self, held: Holding) -> None:
        text, place = self.text, self.place
        order = {"responsible": {"kind": "department", "name": text[:128]}, "reason": text, "due_on": "2027-01-10"}
        self.put(place.bureau, f"/problems/{held.problems['transferred']}/transfers/{new_id()}", order)
        watch = {"reason": text, "due_on": "2027-01-10"}
        self.put(place.league, f"/problems/{held.problems['supervised']}/supervisions/{new_id()}", watch)
        reminder = {"problem_ids": [held.problems["open"]], "text": text[:200]}
        self.put(place.bureau, f"/reminders/{new_id()}", reminder)
        recusal = new_id()
        body = {"user_id": self.world.person(place.inspector).id, "reason": text}
        self.put(place.bureau, f"/institutions/{held.ids['institution_id']}/recusals/{recusal}", body)
        held.ids["recusal_id"] = recusal

    def _lead(self, held: Holding) -> None:
        word = self.mark(lead_word_of(self.place.code))
        body = lead_body(self.world, institution_id=held.ids["institution_id"], text=word[:500], place=word[:60])
        held.ids["lead_id"] = new_id()
        self.put(self.place.inspector, f"/leads/{held.ids['lead_id']}", body)

    def _people(self, held: Holding) -> None:
        """The institution's own account, its device and one of its messages; and one whose password was lost."""
        held.ids["notification_id"] = (
            self.world.person(self.place.unit).get("/notifications?limit=1").json["items"][0]["id"]
        )
        with self.world.context() as ctx:
            user = find_user_for_system(ctx.session, self.place.unit)
            assert user is not None
            device = ctx.session.scalar(select(TokenRow.id).where(TokenRow.user_id == user.id))
            role = ctx.session.scalar(select(RoleRow.id).where(RoleRow.user_id == user.id))
            held.ids |= {"user_id": str(user.id), "device_id": str(device), "role_id": str(role)}
        lost, asking = f"lost-{self.place.code}", f"asking-{self.place.code}"
        employ(self.world, asking, asking, Grant("secadmin", "150000"))
        employ(self.world, lost, lost, Grant("unit", None, UUID(held.ids["institution_id"])))
        held.ids |= {"lost_user_id": self.world.person(lost).id, "reset_id": new_id()}
        reset = f"/users/{held.ids['lost_user_id']}/resets/{held.ids['reset_id']}"
        self.put(asking, reset, {"reason": "手机丢失，本人到场核实", "second_factor": False})
        held.people = {
            "inspector": self.world.person(self.place.inspector).id,
            "second": self.world.person("inspector2").id,
            "department": self.text[:128],
            "successor": self.world.person("demo-unit-yq").id,
        }
