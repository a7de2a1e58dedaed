"""A region's key is changed: whatever breaks off where, every lead can be read, and nothing opens under the old key."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from inspection.actions import lead_keys
from inspection.actions.context import Context
from inspection.actions.lead_keys import drop_old_keys, rotate_key
from inspection.cli import main
from inspection.domain.errors import Refused
from inspection.storage.vault import Vault
from tests.support.leads import lead_in, report, step
from tests.support.world import World


class PowerCut(Exception):
    """The process is gone."""


def change_key(ctx: Context) -> None:
    """As the command does."""
    rotate_key(ctx, "150102")
    drop_old_keys(ctx, "150102")


def readable(world: World, *lead_ids: str) -> bool:
    handler = world.person("procurator")
    return all(handler.get(f"/leads/{lead_id}?purpose=x").status_code == 200 for lead_id in lead_ids)


def keys(world: World) -> list[str]:
    return (world.data_dir / "lead-keys" / "150102").read_text().splitlines()


def test_everything_is_locked_under_a_new_key_and_the_old_one_is_gone(world: World) -> None:
    one, two = lead_in(world, "followed"), lead_in(world, "created")
    lead_in(world, "transferred")
    (before,) = keys(world)
    with world.context() as ctx:
        change_key(ctx)
    (after,) = keys(world)
    assert before != after
    assert readable(world, one, two)
    assert step(world, two, "police_called").status_code == 201
    (world.data_dir / "lead-keys" / "150102").write_text(before + "\n")
    assert not readable(world, one)


def _after(count: int, do: Callable[..., Any]) -> Callable[..., Any]:
    """The same, until the power is cut."""
    left = iter(range(count))

    def run(*given: Any) -> Any:
        if next(left, None) is None:
            raise PowerCut
        return do(*given)

    return run


@pytest.mark.parametrize(
    ("where", "name", "count"),
    [
        (Vault, "add", 0),
        (lead_keys, "_anew", 0),
        (lead_keys, "_anew", 2),
        (Vault, "keep_only", 0),
    ],
)
def test_wherever_it_breaks_off_all_is_readable_and_it_can_be_run_again(
    world: World, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, count: int
) -> None:
    known = [lead_in(world, "followed"), lead_in(world, "called")]
    with monkeypatch.context() as patched, world.context() as ctx:
        patched.setattr(where, name, _after(count, getattr(where, name)))
        with pytest.raises(PowerCut):
            change_key(ctx)
    assert readable(world, *known)
    known.append(report(world).json["id"])
    assert readable(world, *known)
    with world.context() as ctx:
        change_key(ctx)
    assert len(keys(world)) == 1
    assert readable(world, *known)


def test_what_cannot_be_read_is_not_locked_anew(world: World) -> None:
    lead_id = lead_in(world, "called")
    file = world.data_dir / "lead-keys" / "150102"
    kept = file.read_text()
    file.unlink()
    with world.context() as ctx, pytest.raises(Refused, match="sealed"):
        change_key(ctx)
    file.write_text(kept)
    assert readable(world, lead_id)


def test_leads_that_come_in_meanwhile_are_under_a_key_that_stays(world: World) -> None:
    """Eight report while the key is changed by two at once."""
    lead_in(world, "called")

    def change(_: int) -> None:
        with world.context() as ctx:
            change_key(ctx)

    with ThreadPoolExecutor(4) as pool:
        reported = [pool.submit(report, world) for _ in range(4)]
        changed = [pool.submit(change, number) for number in range(4)]
        reported += [pool.submit(report, world) for _ in range(4)]
        for one in changed:
            one.result()
    made = [one.result() for one in reported]
    assert [answer.status_code for answer in made] == [201] * 8
    assert len(keys(world)) == 1
    assert readable(world, *(answer.json["id"] for answer in made))


def test_the_command(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lead_id = lead_in(world, "called")
    (before,) = keys(world)
    monkeypatch.setattr("inspection.cli._app", lambda: world.app)
    assert main(["leads", "rotate-key", "150103"]) == 1
    assert "no leads of this region" in capsys.readouterr().err
    assert main(["leads", "rotate-key", "150102"]) == 0
    assert keys(world) != [before]
    assert readable(world, lead_id)
