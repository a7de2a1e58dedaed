"""The key that signs the audit log's heads gives way to another: whoever knows one of them goes on to verify."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from inspection.actions.audit_export import export_log
from inspection.actions.checkpoints import rotate_audit_key, sign_heads
from inspection.actions.context import Context
from inspection.actions.doctor import examine
from inspection.actions.verification import chain_faults
from inspection.domain import chain as rules
from inspection.domain.verify_audit import verify_folder
from inspection.storage.audit_key import AuditKey
from tests.journeys.test_audit_log import behind_its_back, faults, read, story, verified
from tests.support.world import World


def wrong(ctx: Context) -> set[str]:
    return {one.code for one in examine(ctx, ctx.audit_key.path.parent, proxy_hops=1) if not one.well}


def test_whoever_knows_one_key_knows_those_that_followed_and_went_before(sqlite_world: World, tmp_path: Path) -> None:
    keys = []
    with sqlite_world.context() as ctx:
        for _ in range(3):
            story(sqlite_world)
            sign_heads(ctx)
            keys.append(rotate_audit_key(ctx))
            sqlite_world.clock.go(days=1)
        sign_heads(ctx)
        export_log(ctx, tmp_path / "log")
        assert chain_faults(ctx) == []
        path = ctx.audit_key.path
    assert [new for _, new in keys[:-1]] == [old for old, _ in keys[1:]]
    assert (path.stat().st_mode & 0o777, path.with_name("audit-key.next").exists()) == (0o600, False)
    export = read(tmp_path / "log")
    assert len({line["public_key"] for line in export["checkpoints"]}) == 4
    for key in {key for pair in keys for key in pair}:
        assert verified(export, [], key) == []
        assert verify_folder(tmp_path / "log", key=key).faults() == []
    assert verified(export, [], "0" * 64)
    for at, line in enumerate(export["keys"]):
        without = export | {"keys": [*export["keys"][:at], *export["keys"][at + 1 :]]}
        assert verified(without, [], keys[0][0]), "a succession that is gone"
        for name, value in line.items():
            altered = {**line, name: value[:-1] + ("0" if value[-1] != "0" else "1")}
            assert verified(export | {"keys": [*without["keys"], altered]}, [], keys[0][0]), name


def test_a_change_of_keys_that_was_broken_off_is_done_again_with_the_same(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    story(sqlite_world)
    with sqlite_world.context() as ctx:
        before = ctx.audit_key.read().public_key
        with monkeypatch.context() as patch:
            patch.setattr("inspection.storage.audit_key.put_in_place", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                rotate_audit_key(ctx)
        assert ctx.audit_key.read().public_key == before
        assert "key_half_changed" in wrong(ctx)
        assert sign_heads(ctx) == 3
        assert chain_faults(ctx) == []
        promised = AuditKey(ctx.audit_key.path.with_name("audit-key.next")).read().public_key
        assert rotate_audit_key(ctx) == (before, promised)
        assert ctx.audit_key.read().public_key == promised
        assert "key_half_changed" not in wrong(ctx)
        sqlite_world.clock.go(days=1)
        assert sign_heads(ctx) == 1
        assert chain_faults(ctx) == []


def test_what_a_key_signs_after_another_took_its_place_is_not_taken_for_ours(
    sqlite_world: World, tmp_path: Path
) -> None:
    story(sqlite_world)
    with sqlite_world.context() as ctx:
        stolen = ctx.audit_key.read()
        sign_heads(ctx)
        _, new = rotate_audit_key(ctx)
        sqlite_world.clock.go(days=1)
        story(sqlite_world)
        sign_heads(ctx)
        export_log(ctx, tmp_path / "log")
    export = read(tmp_path / "log")
    assert verified(export, [], new) == []
    later = [line for line in export["checkpoints"] if line["public_key"] == new]
    for line in later:
        head = rules.Head(line["chain"], line["number"], line["seal"])
        line["signature"] = stolen.sign(rules.checkpoint_text(head, date.fromisoformat(line["signed_on"])))
        line["public_key"] = stolen.public_key
    assert len([fault for fault in verified(export, [], new) if "another had taken its place" in fault]) == len(later)


def test_an_altered_succession_is_told_and_hides_no_other_fault(world: World) -> None:
    story(world)
    with world.context() as ctx:
        rotate_audit_key(ctx)
    of_key = "(SELECT number FROM audit_log WHERE action = 'rotate_audit_key')"
    for altered in ("nonsense", "{}", '"x"', "[]", '{"old_key": 1, "new_key": null, "by_old": [], "by_new": {}}'):
        behind_its_back(
            world,
            f"UPDATE audit_detail SET detail = '{altered}' WHERE chain = 'system' AND number = {of_key}",
        )
        told = faults(world)
        assert any("not what was committed to" in fault for fault in told), altered
        assert all(fault.startswith(("system", "key")) for fault in told)


def test_keys_that_are_changed_at_once_follow_one_another(sqlite_world: World) -> None:
    world = sqlite_world
    story(world)

    def change(_: int) -> tuple[str, str]:
        with world.context() as ctx:
            return rotate_audit_key(ctx)

    with world.context() as ctx:
        first = ctx.audit_key.read().public_key
    with ThreadPoolExecutor(4) as pool:
        changed = dict(pool.map(change, range(4)))
    line = [first]
    while line[-1] in changed:
        line.append(changed[line[-1]])
    assert len(set(line)) == 5
    assert faults(world) == []
