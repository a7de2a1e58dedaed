"""What may follow for an institution, who goes back with whom, and who may take over what."""

from __future__ import annotations

from uuid import UUID

import pytest

from inspection.domain.institutions import already_decided, came_with

B, C, D = (str(UUID(int=number)) for number in (2, 3, 4))


def successions(*steps: tuple[bool, str | None, str | None]) -> list[tuple[bool, dict, dict]]:  # type: ignore[type-arg]
    renamed = (True, {"name": "旧"}, {"name": "新"})
    return [renamed, *((decided, {"successor_id": a}, {"successor_id": b}) for decided, a, b in steps), renamed]


@pytest.mark.parametrize(
    ("steps", "goes_back"),
    [
        ([], False),
        ([(True, None, B)], False),
        ([(True, None, B), (False, B, C)], True),
        ([(True, None, B), (False, B, C), (False, C, D)], True),
        ([(True, None, D), (False, D, B), (False, B, C)], True),
        ([(True, None, C)], False),
        ([(True, None, B), (False, B, C), (True, C, None), (True, None, C)], False),
        ([(True, None, B), (False, B, C), (False, C, B), (False, B, C)], True),
    ],
)
def test_who_was_carried_along_goes_back_with_the_one_that_carried_it(
    steps: list[tuple[bool, str | None, str | None]], goes_back: bool
) -> None:
    assert came_with(successions(*steps), UUID(B)) is goes_back


@pytest.mark.parametrize(
    ("kind", "closed", "answered_for", "unfinished", "decided"),
    [
        ("close", False, True, 3, False),
        ("merge", True, True, 3, True),
        ("close", True, False, 0, True),
        ("close", True, False, 1, False),
        ("merge", True, False, 1, False),
        ("reopen", True, True, 0, False),
        ("reopen", False, True, 0, True),
        ("rename", True, False, 0, False),
    ],
)
def test_a_closing_is_decided_once_unless_something_turns_up_that_nobody_answers_for(
    kind: str, closed: bool, answered_for: bool, unfinished: int, decided: bool
) -> None:
    assert already_decided(kind, closed=closed, answered_for=answered_for, unfinished=unfinished) is decided
