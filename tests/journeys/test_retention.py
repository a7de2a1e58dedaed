"""What is kept no longer than its purpose asks is really gone, says so, and leaves what is still needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from inspection.actions.retention import due, end_holds, erase_expired, hold
from inspection.actions.verification import photo_faults
from inspection.domain.errors import Refused
from inspection.domain.retention import FLOORS, PROPOSED, Periods, periods
from inspection.images.facts import read_facts
from inspection.settings import BadSetting, Settings
from inspection.storage.evidence import PhotoRow
from tests.support.photos import photo
from tests.support.world import World, new_id, sha256

KEPT = periods("")

YEARS_3 = PROPOSED["originals"] + 1


def taken(seed: int = 1) -> bytes:
    """A photo that says where and when it was taken."""
    return photo(seed, (640, 480), gps=(111.6, 40.8))


def run(world: World, kept: Periods = KEPT) -> dict[str, int]:
    with world.context() as ctx:
        return erase_expired(ctx, kept)


def faults(world: World) -> list[str]:
    with world.context() as ctx:
        return list(photo_faults(ctx))


def with_photo(world: World, code: str = "S-01-05", who: str = "inspector") -> tuple[dict[str, Any], str]:
    """An inspection with one finding that has a photo with place and time in it."""
    data = taken()
    digest = sha256(data)
    assert world.person(who).upload(data).status_code in (200, 201)
    made = world.inspect({code: [{"fact": "x", "photos": [digest]}]}, who=who, photos={digest: {}})
    return made, digest


def closed(world: World) -> tuple[str, str]:
    """A problem that was closed, and the photo of its finding."""
    made, digest = with_photo(world)
    problem_id = made["problems"][0]["id"]
    world.issue(made["id"])
    proof = world.prove(problem_id)
    assert world.review(problem_id, proof["id"], "accept").status_code == 201
    return problem_id, digest


def original(world: World, digest: str, who: str = "inspector") -> int:
    return world.person(who).get(f"/photos/{digest}?purpose=复核整改").status_code


def test_an_original_is_erased_three_years_after_the_last_of_it_and_leaves_a_picture_without_metadata(
    world: World,
) -> None:
    _, digest = closed(world)
    world.clock.go(days=YEARS_3 - 2)
    assert run(world)["originals"] == 0
    assert original(world, digest) == 200
    world.clock.go(days=2)
    assert run(world)["originals"] == 1
    with world.context() as ctx:
        assert not ctx.evidence.exists(digest)
        copy = ctx.session.get_one(PhotoRow, digest).copy_sha256
        assert copy is not None
        with ctx.evidence.local(copy) as path:
            left = read_facts(path)
    assert (left.taken_at, left.location) == (None, None)
    answer = world.person("inspector").get(f"/photos/{digest}?purpose=复核整改")
    assert (answer.status_code, answer.json["code"]) == (410, "erased")
    for size in ("shared", "thumbnail"):
        assert world.person("inspector").get(f"/photos/{digest}/{size}").status_code == 200
    assert [(one.object_id, one.detail["copy"]) for one in world.logged("erase_original")] == [(digest, copy)]
    assert faults(world) == []
    assert run(world)["originals"] == 0


def test_what_is_open_merged_or_named_elsewhere_keeps_its_originals(world: World) -> None:
    photos = {sha256(data): data for data in (taken(1), taken(2))}
    still_open, of_merged = photos
    for data in photos.values():
        assert world.person("inspector").upload(data).status_code == 201
    wrong = {"S-01-05": [{"fact": "x", "photos": [still_open]}], "S-08-05": [{"fact": "y", "photos": [of_merged]}]}
    made = world.inspect(wrong, photos={digest: {} for digest in photos})
    target, other = (one["id"] for one in made["problems"])
    world.issue(made["id"], items=[{"problem_id": other, "action": "merge", "into": target, "reason": "同一问题"}])
    world.clock.go(days=YEARS_3 + 400)
    assert run(world)["originals"] == 0
    for digest in (still_open, of_merged):
        assert original(world, digest) == 200


def test_a_hold_keeps_everything_of_its_institution_until_it_ends(world: World) -> None:
    _, digest = closed(world)
    place = UUID(world.person("bureau").get("/problems").json["items"][0]["institution_id"])
    with world.context() as ctx:
        hold(ctx, place, "检察院书面要求保全")
    assert len(world.logged("begin_hold")) == 1
    world.clock.go(days=YEARS_3)
    assert run(world)["originals"] == 0
    with world.context() as ctx:
        assert end_holds(ctx, place) == 1
    assert run(world)["originals"] == 1
    assert original(world, digest) == 410
    assert len(world.logged("end_hold")) == 1


def test_a_run_that_broke_off_anywhere_is_gone_on_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, digest = closed(world)
    world.clock.go(days=YEARS_3)
    with world.context() as ctx:
        erase = type(ctx.evidence).erase

        def breaks(store: Any, name: str) -> None:
            erase(store, name)
            raise RuntimeError("power cut")

        monkeypatch.setattr(type(ctx.evidence), "erase", breaks)
        with pytest.raises(RuntimeError):
            erase_expired(ctx, KEPT)
        monkeypatch.undo()
    assert world.logged("erase_original") == []
    assert run(world)["originals"] == 1
    assert faults(world) == []
    assert world.person("inspector").get(f"/photos/{digest}/shared").status_code == 200


def test_an_original_that_comes_again_counts_from_then_on(world: World) -> None:
    _, digest = closed(world)
    world.clock.go(days=YEARS_3)
    assert run(world)["originals"] == 1
    data = taken()
    assert world.person("inspector").upload(data).status_code in (200, 201)
    assert original(world, digest) == 200
    assert run(world)["originals"] == 0
    assert faults(world) == []


def test_messages_sign_ins_and_files_without_a_record_go_when_their_time_is_over(world: World) -> None:
    closed(world)
    lost = taken(seed=5)
    assert world.person("inspector").upload(lost).status_code == 201
    told = len(world.told("school"))
    assert told > 0
    world.clock.go(days=PROPOSED["messages"] + 1)
    done = run(world)
    assert done["messages"] >= told
    assert done["unnamed"] == 1
    assert world.told("school") == []
    with world.context() as ctx:
        assert not ctx.evidence.exists(sha256(lost))
    assert faults(world) == []
    said = {action: world.logged(action)[0].detail["count"] for action in ("erase_messages",)}
    assert said == {"erase_messages": done["messages"]}
    assert run(world) == dict.fromkeys(done, 0) | {"log": 0}


def test_what_is_due_and_what_awaits_its_appraisal_is_told(world: World) -> None:
    closed(world)
    world.clock.go(days=3651)
    with world.context() as ctx:
        waiting = due(ctx, KEPT)
    assert waiting["originals"] == 1
    assert waiting["records"] >= 1


@pytest.mark.parametrize("given", ["log=1", "originals=-5", "photos=400", "log", "log=x", "log=１８３００"])
def test_a_period_below_its_floor_stops_the_start(given: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="RETENTION"):
        Settings.from_env({"INSPECTION_RETENTION": given, "INSPECTION_DATA_DIR": str(tmp_path)})


def test_a_period_that_is_set_holds_and_the_others_stay() -> None:
    kept = periods(f"log={FLOORS['log']}, messages=40")
    assert (kept.log.days, kept.messages.days, kept.originals.days) == (183, 40, PROPOSED["originals"])


def test_nobody_is_held_who_does_not_exist(world: World) -> None:
    with world.context() as ctx, pytest.raises(Refused):
        hold(ctx, UUID(new_id()), "检察院书面要求保全")
