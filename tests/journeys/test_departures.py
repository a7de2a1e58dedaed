"""Who leaves is gone at his next request, at the desk and with the phone, whichever way he leaves; for fourteen days he
still hands in what he has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from sqlalchemy import select

from inspection.domain.actor import Grant
from inspection.storage.accounts import RoleRow, find_user_for_system
from inspection.storage.sessions import TokenRow
from tests.support.databases import ENGINES
from tests.support.desk import Clerk
from tests.support.matrix import signed_form
from tests.support.world import World, jpeg, made_world, new_id

HERE, ELSEWHERE = "150102", "150103"


@dataclass(frozen=True)
class Leaver:
    """An inspector of the district with a token, and the ids of his account, his role and his device."""

    world: World
    user_id: str
    role_id: str
    device_id: str

    @classmethod
    def employed(cls, world: World) -> Leaver:
        world.employ("leaver", Grant("edu_inspector", HERE))
        with world.context() as ctx:
            user = find_user_for_system(ctx.session, "leaver")
            assert user is not None
            role = ctx.session.scalars(select(RoleRow.id).where(RoleRow.user_id == user.id)).one()
            device = ctx.session.scalars(select(TokenRow.id).where(TokenRow.user_id == user.id)).one()
            return cls(world, str(user.id), str(role), str(device))

    def told(self, act: str, **fields: str) -> None:
        """The security administrator does this to him."""
        client = Clerk(self.world, "secadmin").client
        fields |= {"csrf_token": signed_form(client), "act": new_id()}
        answer = client.post(f"/users/{self.user_id}/{act}", data=fields, buffered=True)
        assert answer.status_code == 303, answer.text

    def sees(self, problem: str) -> list[int]:
        """By token and by session."""
        desk = Clerk(self.world, "leaver").client.get(f"/problems/{problem}", buffered=True)
        return [self.world.person("leaver").get(f"/problems/{problem}").status_code, desk.status_code]

    def hands_in(self, place: int = 0) -> list[int]:
        """A photo, and an inspection that was finished just now."""
        leaver = self.world.person("leaver")
        inspection = self.world.body(place, {"S-01-05": []})
        return [
            leaver.upload(jpeg()).status_code,
            leaver.put(f"/inspections/{new_id()}", inspection).status_code,
        ]


def his_role_ends(leaver: Leaver) -> None:
    leaver.told(f"roles/{leaver.role_id}/end")


def he_is_disabled(leaver: Leaver) -> None:
    leaver.told("disable")


def his_session_is_ended(leaver: Leaver) -> None:
    leaver.told(f"sessions/{leaver.device_id}/end")


def he_moves(leaver: Leaver) -> None:
    leaver.told(f"roles/{leaver.role_id}/end")
    leaver.told("roles", role="edu_inspector", region_code=ELSEWHERE)


def he_hands_over(leaver: Leaver) -> None:
    successor = leaver.world.person("inspector2").id
    leaver.told("handover", to_user_id=successor, reason="调离", signed_by="王局")


WAYS: Final = (
    (his_role_ends, 403, [201, 201]),
    (he_is_disabled, 401, [401, 401]),
    (his_session_is_ended, 401, [401, 401]),
    (he_moves, 404, [201, 201]),
    (he_hands_over, 403, [201, 201]),
)


@pytest.mark.parametrize(
    ("engine", "leaves", "status", "hands_in"),
    [pytest.param(ENGINES[n % 2], *way, id=f"{way[0].__name__}-{ENGINES[n % 2]}") for n, way in enumerate(WAYS)]
    + [
        pytest.param(ENGINES[1 - n % 2], *way, id=f"{way[0].__name__}-{ENGINES[1 - n % 2]}", marks=pytest.mark.drill)
        for n, way in enumerate(WAYS)
    ],
)
def test_gone_at_the_next_request(
    engine: str,
    leaves: Callable[[Leaver], None],
    status: int,
    hands_in: list[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with made_world(engine, tmp_path_factory.mktemp("world")) as world:
        problem = str(world.open_problem()["id"])
        leaver = Leaver.employed(world)
        assert leaver.sees(problem) == [200, 200]
        leaves(leaver)
        assert leaver.sees(problem) == [status, status]
        world.clock.go(days=13, hours=23)
        assert leaver.hands_in() == hands_in
        world.clock.go(hours=2)
        gone = {401: [401, 401], 403: [403, 403], 404: [201, 404]}[status]  # who moved has photos of his new district
        assert leaver.hands_in() == gone
        assert leaver.sees(problem) == [status, status]
