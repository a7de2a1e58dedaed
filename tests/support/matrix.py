"""Asks every route and page as everybody, of what lies in every place, and says what is wrong with the answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from zlib import crc32

from flask import session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from werkzeug.test import TestResponse

from inspection.domain.actor import Grant
from inspection.storage.accounts import RoleRow, find_user_for_system
from inspection.storage.sessions import TokenRow
from tests.support.access import (
    DONE,
    IN_BODY,
    PAGES,
    PLACES,
    PREFIX,
    SAME,
    SEES,
    Access,
    Cell,
    fresh_part,
    objects,
)
from tests.support.addresses import PART, QUERIES, declared, filled
from tests.support.bodies import BODIES, form_of
from tests.support.desk import Clerk
from tests.support.holdings import Holding, employ, furnish
from tests.support.witnesses import BOOKKEEPING, Rows, foreign
from tests.support.world import World, new_id, sha256

XINCHENG: Final = "150102"
HUIMIN: Final = "150103"


@dataclass
class Matrix:
    """`outcomes` is how each question was decided; `done`, what somebody got done."""

    world: World
    access: Access
    held: dict[str, Holding]
    rows: Rows
    faults: list[str] = field(default_factory=list)
    outcomes: dict[Cell, str] = field(default_factory=dict)
    done: set[tuple[str, str]] = field(default_factory=set)

    def ask(self, cell: Cell) -> None:
        """Three witnesses: the status, the words, and the rows. What was allowed and done is undone."""
        wanted = self.access.expected(cell)
        answer = self._answer(cell)
        status = answer.status_code
        self.outcomes[cell] = outcome_of(status)
        if status not in wanted:
            self.faults.append(f"{cell}: {status}, not {sorted(wanted)}")
        elif status in DONE:
            self.done.add((cell.method, cell.path))
        self.faults += [f"{cell}: says {word}" for word in foreign(cell, answer, self.access.sees(cell))]
        self._look(cell, acted=cell.method != "GET" and self.access.lets_in(cell))

    def _look(self, cell: Cell, *, acted: bool = False) -> None:
        """At the rows: nobody but who acts changes any."""
        if acted:
            if self.rows.touched():
                self.rows.restore()
        elif changed := self.rows.changed():
            if changed - BOOKKEEPING.get(cell.path, set()):
                self.faults.append(f"{cell}: changed {sorted(changed)}")
            self.rows.restore()

    def _answer(self, cell: Cell) -> TestResponse:
        held = self.held.get(cell.at or "")
        path = self._path(cell, held)
        if cell.on_desk:
            return self._at_desk(cell, path, held or self.held["own"])
        headers = {"Authorization": f"Bearer token-{cell.who}"} if cell.who else {}
        client = self.world.app.test_client()
        if cell.method == "GET":
            return client.get(path, headers=headers, buffered=True)
        make = BODIES.get(cell.key)
        body = make(self.world, held or self.held["own"]) if make else {}
        if isinstance(body, bytes):
            path = path.rpartition("/")[0] + "/" + sha256(body)
            headers["Content-Type"] = "image/jpeg"
            return client.open(path, method=cell.method, headers=headers, data=body, buffered=True)
        return client.open(path, method=cell.method, headers=headers, json=body, buffered=True)

    def _at_desk(self, cell: Cell, path: str, held: Holding) -> TestResponse:
        client = Clerk(self.world, cell.who).client
        if cell.method == "GET":
            return client.get(path, buffered=True)
        data = {**form_of(self.world, held, cell.path), "csrf_token": signed_form(client), "act": new_id()}
        return client.post(path, data=data, buffered=True)

    def _path(self, cell: Cell, held: Holding | None) -> str:
        fresh = fresh_part(cell.method, cell.path)
        path = cell.path
        if fresh is not None and held is not None and "<hash" not in path:
            path = re.sub(rf"<\w+:{fresh}>", new_id(), path)
        query = cell.query or QUERIES.get(cell.path, "")
        known = {**(held or self.held["own"]).ids, "region": held.place.region if held else XINCHENG}
        return filled(path, held) + query.format(**known)

    def cells(self, who: str | None, *, thorough: bool = True) -> Iterator[Cell]:
        """Every question to somebody: of each place where it is looked up, or of one where he may and one where he may
        not. Whoever may not at all is asked of one place alone: nothing is looked up for him."""
        for method, path, _ in declared():
            cell = Cell(who, method, path, "own")
            if not (objects(method, path) or cell.key in IN_BODY) or not self.access.allowed(cell):
                yield cell
                continue
            nowhere = () if cell.key in IN_BODY else (None,)
            every = [Cell(who, method, path, place) for place in (*PLACES, *nowhere)]
            if thorough:
                yield from every
                continue
            for group in (True, False):
                some = [one for one in every if self.access.lets_in(one) == group]
                yield from some[crc32(str(cell).encode()) % len(some) :][:1] if some else ()

    def alike(self, who: str | None) -> Iterator[str]:
        """Where somebody was decided upon in one way at the desk and in another at the API."""
        for page, route in SAME:
            desk = "GET" if ("GET", page) in PAGES else "POST"
            reads = desk == "GET" or page.endswith("/original")  # which is a form, since it asks for the purpose
            methods = ("GET", "PUT", "DELETE") if reads else ("PUT", "DELETE")
            api = next(method for method in methods if (method, route) in self.access.api)
            for place in (*PLACES, None):
                one, other = Cell(who, desk, page, place), Cell(who, api, PREFIX + route, place)
                decided = self.outcomes.get(one), self.outcomes.get(other)
                if None not in decided and decided[0] != decided[1]:
                    yield f"{one}: {decided[0]}, and {other}: {decided[1]}"

    def lists(self, who: str, places: Sequence[str]) -> Iterator[Cell]:
        """Every list, asked by whoever may for what lies elsewhere: by institution, region, word and cursor."""
        for method, path, _ in declared():
            if method != "GET" or PART.search(path):
                continue
            if self.access.allowed(Cell(who, method, path, "own")):
                for place in places:
                    yield from (Cell(who, method, path, place, query) for query in self._queries(path, place))

    def _queries(self, path: str, place: str) -> Iterator[str]:
        yield from ("?institution={institution_id}", "?region={region}", "?own_region={region}", "?q=Q7", "?since=")
        yield "?group_by=institution"
        route = path.removeprefix(PREFIX)
        if ("GET", route) in self.access.api:
            for viewer in (self.held[place].place.bureau, self.held[place].place.unit):
                answer = self.world.person(viewer).get(f"{route}?limit=1")
                if answer.mimetype == "application/json" and (answer.json or {}).get("next_cursor"):
                    yield f"?cursor={answer.json['next_cursor']}"  # type: ignore[index]

    def ask_list(self, cell: Cell) -> None:
        """Nothing of another place's is in the answer, whatever it is."""
        answer = self._answer(cell)
        if answer.status_code not in (200, 303, 400, 404, 422):
            self.faults.append(f"{cell}: {answer.status_code}")
        self.faults += [f"{cell}: says {word}" for word in foreign(cell, answer, self.access.sees(cell))]
        self._look(cell)

    def ask_taken(self, who: str, path: str, place: str) -> None:
        """To make something under an id that another place's thing has: a conflict or nothing, and no word of it."""
        cell = Cell(who, "PUT", PREFIX + path, place)
        near = self.held[min(SEES[who], key=PLACES.index)]
        body = BODIES["PUT", path](self.world, near)
        answer = self.world.person(who).put(filled(path, self.held[place]), body)
        if answer.status_code not in (404, 409):
            self.faults.append(f"{cell} taken: {answer.status_code}")
        self.faults += [f"{cell} taken: says {word}" for word in foreign(cell, answer, self.access.sees(cell))]
        self._look(cell)


def outcome_of(status: int) -> str:
    return {401: "nobody", 403: "no role", 404: "not there"}.get(status, "let in" if status < 500 else "fault")


def signed_form(client: Any) -> str:
    """A form's token that is good for this session."""
    with client.session_transaction() as kept:
        kept["csrf_token"] = "f" * 40
    with client.application.test_request_context():
        session["csrf_token"] = "f" * 40
        token: str = generate_csrf()
    return token


def people(world: World, school: str) -> None:
    """Those whom the cast does not have: who is gone, whose role has ended, and who has moved."""
    for name in ("disabled", "revoked", "moved"):
        employ(world, name, name, Grant("reviewer", XINCHENG))
    for name in ("moved-inspector", "left", "long-gone"):
        employ(world, name, name, Grant("edu_inspector", XINCHENG))
    employ(world, "two-hats", "two-hats", Grant("edu_inspector", XINCHENG), Grant("reviewer", HUIMIN))
    employ(world, "secadmin-near", "secadmin-near", Grant("secadmin", XINCHENG))
    employ(world, "auditor-near", "auditor-near", Grant("auditor", XINCHENG))
    employ(world, "left-school", "left-school", Grant("unit", None, uuid.UUID(school)))
    ended = {"moved": 1, "moved-inspector": 1, "left": 1, "left-school": 13, "long-gone": 15}
    with world.context() as ctx:
        now = ctx.now()
        for name in ("disabled", "revoked", *ended):
            user = find_user_for_system(ctx.session, name)
            assert user is not None
            role = ctx.session.scalars(select(RoleRow).where(RoleRow.user_id == user.id)).one()
            role.since_at = now - timedelta(days=60)
            if name == "disabled":
                user.disabled_at = now
            elif name == "revoked":
                ctx.session.scalars(select(TokenRow).where(TokenRow.user_id == user.id)).one().revoked_at = now
            else:
                role.ended_at = now - timedelta(days=ended[name])
            if name.startswith("moved"):
                there = {"role": role.role, "region_code": HUIMIN, "since_at": role.ended_at}
                ctx.session.add(RoleRow(id=uuid.uuid4(), user_id=user.id, **there))
        ctx.session.commit()


def made_matrix(world: World, api: dict[tuple[str, str], set[str]]) -> Matrix:
    held = furnish(world)
    people(world, held["own"].ids["institution_id"])
    return Matrix(world, Access(api), held, Rows(world).open())
