"""What a phone exported when nothing else helped: taken in as if it had been sent, whatever became of the file."""

from __future__ import annotations

import errno
import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from inspection.actions import backups
from inspection.actions.verification import mission_faults
from inspection.domain.actor import Grant
from inspection.storage.db import db
from inspection.storage.evidence_store import FolderStore
from tests.journeys.test_handovers import hand_over
from tests.support.backups import (
    Saved,
    backup,
    content,
    first_line,
    inspection,
    packed,
    saved,
    state,
    stored,
    take_in,
)
from tests.support.server import environment_for, run_command
from tests.support.visits import flags
from tests.support.world import World, jpeg, new_id, sha256


def test_a_day_of_an_inspector_is_taken_in_and_again_changes_nothing(world: World) -> None:
    pictures = [jpeg() for _ in range(3)]
    fact = [{"fact": "未上锁", "photos": [sha256(pictures[0])]}]
    first = inspection(world, pictures[0], pictures[1], wrong={"S-03-04": fact})
    second = inspection(world, pictures[2])
    data = backup(world, "inspector", [first, second], pictures)
    done = take_in(world, data)
    assert (done.code, done.errors) == (0, [])
    assert done.lines == [
        f"检查记录 {first.path}：已收",
        f"检查记录 {second.path}：已收",
        "照片：新收 3 张，原已收到 0 张，未收 0 张",
    ]
    assert (state(world, first), state(world, second)) == ("complete", "complete")
    receipt = world.person("inspector").get(f"{first.path}/receipt").json
    assert (receipt["content_sha256"], receipt["photos"]) == (
        sha256(first.body),
        sorted(sha256(one) for one in pictures[:2]),
    )
    assert world.person("inspector").put(first.path, first.body).status_code == 200  # the phone may still send it
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []
    before = content(world)
    again = take_in(world, data)
    assert again.code == 0
    assert [again.of(one) for one in (first, second)] == ["原已收到，未作改动"] * 2
    assert again.lines[-1] == "照片：新收 0 张，原已收到 3 张，未收 0 张"
    assert content(world) == before
    me = world.person("inspector").id.replace("-", "")
    assert [str(actor).replace("-", "") for actor, _, _ in world.logged("submit_inspection")] == [me, me]
    told = {"user_id": world.person("inspector").id, "made_at": "2026-11-23T10:00:00+08:00", "entries": 2, "photos": 3}
    assert world.logged("import_backup") == [(None, sha256(data), told)] * 2


def test_all_that_a_unit_may_hand_in(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-02-06": [], "S-03-04": []})
    notice = world.issue(made["id"])
    found = {one["item_code"]: one["id"] for one in made["problems"]}
    picture = jpeg()
    today = world.today.isoformat()
    proof = {"description": "已整改", "completed_on": today, "photos": {sha256(picture): {}}}
    entries = [
        saved("acknowledgement", {"name": "赵校长", "title": "校长"}, of=notice["id"]),
        saved("rectification", proof, of=found["S-03-04"]),
        saved("extension", {"reason": "须停电施工", "requested_due_on": "2027-01-29"}, of=found["S-01-05"]),
        saved("objection", {"reason": "已有台账"}, of=found["S-02-06"]),
    ]
    done = take_in(world, backup(world, "school", entries, [picture]))
    assert (done.code, [done.of(one) for one in entries]) == (0, ["已收"] * 4)
    assert [line.split(" ")[0] for line in done.lines[:4]] == ["签收", "整改材料", "延期申请", "异议"]
    assert world.person("school").get(f"/notices/{notice['id']}").json["acknowledgement"]["name"] == "赵校长"
    proven = world.problem(found["S-03-04"])
    assert (proven["status"], proven["rounds"][0]["state"], proven["rounds"][0]["id"]) == (
        "submitted",
        "complete",
        entries[1].id,
    )
    assert world.problem(found["S-01-05"])["petition"] == "extension"
    assert world.problem(found["S-02-06"])["petition"] == "objection"
    before = content(world)
    again = take_in(world, backup(world, "school", entries, [picture]))
    assert (again.code, [again.of(one) for one in entries]) == (0, ["原已收到，未作改动"] * 4)
    assert content(world) == before


def test_what_the_phone_sent_itself_meanwhile_was_there_already(world: World) -> None:
    pictures = [jpeg() for _ in range(2)]
    sent, unsent = inspection(world, pictures[0]), inspection(world, pictures[0], pictures[1])
    assert world.person("inspector").put(sent.path, sent.body).status_code == 201
    assert world.person("inspector").upload(pictures[0]).status_code == 201
    done = take_in(world, backup(world, "inspector", [sent, unsent], pictures))
    assert (done.code, done.of(sent), done.of(unsent)) == (0, "原已收到，未作改动", "已收")
    assert done.lines[-1] == "照片：新收 1 张，原已收到 1 张，未收 0 张"
    assert (state(world, sent), state(world, unsent)) == ("complete", "complete")


def test_photos_that_the_file_lacks_are_still_missing(world: World) -> None:
    here, gone = jpeg(), [jpeg(), jpeg()]
    one = inspection(world, here, *gone)
    done = take_in(world, backup(world, "inspector", [one], [here]))
    assert (done.code, done.of(one)) == (0, "已收，尚缺照片 2 张")
    assert state(world, one) == "incomplete"


def test_a_file_that_ends_early_gives_what_stands_before_its_end(world: World) -> None:
    """Cut ever later, the same file: what is whole by then is in, and nothing of what is not."""
    pictures = [jpeg() for _ in range(3)]
    entries = [inspection(world, pictures[0]), inspection(world, *pictures)]
    data = backup(world, "inspector", entries, pictures)
    begin = data.index(b"\n") + 1
    parts: list[tuple[Saved | bytes, int]] = []
    end = begin
    for part in (*entries, *pictures):
        end += len(part.body if isinstance(part, Saved) else part)
        parts.append((part, end))
    for cut in (0, 1, begin // 2, begin - 1):
        refused = take_in(world, data[:cut])
        assert (refused.code, refused.lines, len(refused.errors)) == (1, [], 1)
    ends = [begin, *(end for _, end in parts)]
    between = [(a + b) // 2 for a, b in pairwise(ends)]
    for cut in sorted({*ends, *between, *(end - 1 for end in ends[1:]), *(end + 1 for end in ends[:-1])}):
        done = take_in(world, data[:cut])
        assert done.code == (0 if cut == len(data) else 1), cut
        for part, end in parts:
            if isinstance(part, Saved):
                assert (state(world, part) is not None) == (end <= cut), (cut, end)
                assert done.of(part).startswith("未收：文件不完整") == (end > cut)
            else:
                assert stored(world, part) == (end <= cut), (cut, end)
    assert [state(world, one) for one in entries] == ["complete", "complete"]
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []


def test_a_flipped_byte_costs_one_part(world: World) -> None:
    pictures = [jpeg() for _ in range(2)]
    entries = [inspection(world, one) for one in pictures]
    data = backup(world, "inspector", entries, pictures)

    def flipped(part: bytes) -> bytes:
        at = data.index(part) + len(part) // 2
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    body = take_in(world, flipped(entries[0].body))
    assert (body.code, body.of(entries[0])[:3], body.of(entries[1])) == (1, "未收：", "已收")
    assert "校验值" in body.of(entries[0])
    assert state(world, entries[0]) is None
    other = jpeg()
    third = inspection(world, other)
    data = backup(world, "inspector", [third], [other, pictures[0]])
    photo = take_in(world, flipped(other))
    assert (photo.code, photo.of(third)) == (1, "已收，尚缺照片 1 张")
    assert "校验值" in photo.of(other)
    assert photo.lines[-1] == "照片：新收 0 张，原已收到 1 张，未收 1 张"
    assert not stored(world, other)


def test_the_backup_of_somebody_who_is_not_here(world: World) -> None:
    one = inspection(world)
    line = first_line(world, "inspector", [one])
    elsewhere = line | {"user": line["user"] | {"id": new_id()}}
    before = content(world)
    said = take_in(world, packed(elsewhere, one.body))
    assert (said.code, said.lines) == (1, [])
    assert said.errors == [
        f"inspection: 备份属于 {line['user']['name']}（inspector）：本系统没有这个账号，或账号已停用，全部未收"
    ]
    with world.app.app_context():
        db.session.execute(text("UPDATE user_account SET disabled_at = created_at WHERE username = 'inspector'"))
        db.session.commit()
    said = take_in(world, packed(line, one.body))
    assert (said.code, said.lines, len(said.errors)) == (1, [], 1)
    assert content(world, "user_account") == {k: v for k, v in before.items() if k != "user_account"}
    assert world.logged("import_backup") == []


@pytest.mark.parametrize(("days", "taken"), [(3, True), (20, False)])
def test_a_role_counts_for_fourteen_days_after_its_end(world: World, days: int, taken: bool) -> None:
    picture = jpeg()
    one = inspection(world, picture)
    data = backup(world, "inspector", [one], [picture])
    assert hand_over(world, "inspector", "inspector2").status_code == 201
    world.clock.go(days=days)
    done = take_in(world, data)
    if taken:
        assert (done.code, done.of(one), state(world, one, "inspector2")) == (0, "已收", "complete")
        return
    assert (done.code, state(world, one, "inspector2")) == (1, None)
    assert done.of(one) == done.of(picture) == "未收：您的账号没有办理此事的权限。"


def test_what_was_begun_after_the_role_is_flagged_as_when_it_is_sent(world: World) -> None:
    assert hand_over(world, "inspector", "inspector2").status_code == 201
    world.clock.go(days=1)
    one = inspection(world)
    assert take_in(world, backup(world, "inspector", [one])).code == 0
    assert "role_ended_before" in flags(world.person("inspector2").get(one.path).json)


def test_what_is_not_his_is_refused_and_the_rest_taken_in(world: World) -> None:
    problem, theirs = world.open_problem(), world.inspect({"K-01-01": []}, place=1)
    foreign = theirs["problems"][0]["id"]
    taken = world.inspect({})  # an id that somebody else has
    proof = {"description": "已整改", "completed_on": world.today.isoformat(), "photos": {}}
    good = saved("rectification", proof, of=problem["id"])
    bad = {
        "没有找到": saved("rectification", proof, of=foreign),
        "没有": saved("objection", {"reason": "无此事"}, of=new_id()),
        "权限": saved("inspection", world.body()),
        "/reason": saved("objection", {"reason": " ", "surprise": 1}, of=problem["id"]),
        "JSON": saved("objection", b"[" * 100_000, of=problem["id"]),
        "上限": saved("rectification", b" " * (2 * 2**20 + 1), of=problem["id"]),
    }
    done = take_in(world, backup(world, "school", [*bad.values(), good, good]))
    assert done.code == 1
    refused = [line for line in done.lines if "：未收：" in line]
    assert [line.split(" ")[1].split("：")[0] for line in refused] == [one.path for one in bad.values()]
    assert "该内容不存在" in done.of(bad["没有找到"])
    for word in ("权限", "/reason", "JSON", "上限"):
        assert word in done.of(bad[word]), word
    assert "/surprise" in done.of(bad["/reason"])
    assert [line for line in done.lines if good.path in line] == [
        f"整改材料 {good.path}：已收",
        f"整改材料 {good.path}：原已收到，未作改动",
    ]
    own = replace(inspection(world), id=taken["id"], path=f"/inspections/{taken['id']}")
    other = take_in(world, backup(world, "inspector2", [own]))
    assert (other.code, "编号已对应其他内容" in other.of(own)) == (1, True)


def test_a_fault_of_ours_in_one_part_does_not_stop_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [jpeg(), jpeg()]
    first, second = inspection(world, pictures[0]), inspection(world, pictures[1])
    submit, keep = backups.submit_inspection, FolderStore.keep

    def broken(ctx: Any, actor: Any, own: Any, body: Any) -> Any:
        if str(own) == first.id:
            raise RuntimeError("broken")
        return submit(ctx, actor, own, body)

    def full(store: FolderStore, received: Any) -> None:
        if received.sha256 == sha256(pictures[0]):
            raise OSError(errno.ENOSPC, "full")
        keep(store, received)

    monkeypatch.setattr(backups, "submit_inspection", broken)
    monkeypatch.setattr(FolderStore, "keep", full)
    data = backup(world, "inspector", [first, second], pictures)
    done = take_in(world, data)
    assert (done.code, done.of(second), state(world, second)) == (1, "已收", "complete")
    assert "系统出现故障" in done.of(first)
    assert "存储空间不足" in done.of(pictures[0])
    monkeypatch.undo()
    mended = take_in(world, data)
    assert (mended.code, mended.of(first), state(world, first)) == (0, "已收", "complete")


def test_who_holds_two_roles_hands_in_what_each_allows(world: World) -> None:
    """As over the wire, no role does in its region what another allows elsewhere."""
    world.employ("both", Grant("edu_inspector", "150103"), Grant("reviewer", "150102"))
    done = take_in(world, backup(world, "both", [here := inspection(world)]))
    assert (done.code, "该内容不存在" in done.of(here)) == (1, True)


def test_a_file_is_never_held_in_memory(sqlite_world: World, tmp_path: Path) -> None:
    world, picture = sqlite_world, jpeg()
    one = inspection(world, picture)
    line = first_line(world, "inspector", [one], [picture, picture])
    line["photos"][0]["length"] = 300 * 2**20
    path = tmp_path / "large"
    with path.open("wb") as file:
        begin = file.write(packed(line, one.body))
        file.seek(begin + 300 * 2**20)
        file.write(picture)
    tracemalloc.start()
    try:
        done = take_in(world, path)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()
    assert (done.code, "25 MB" in done.lines[1]) == (1, True)
    assert state(world, one) == "complete"


def test_the_command_as_an_operator_types_it(world: World, tmp_path: Path) -> None:
    url: Any = world.app.config["SQLALCHEMY_DATABASE_URI"]
    environment = environment_for(url.render_as_string(hide_password=False), world.data_dir)
    picture = jpeg()
    one = inspection(world, picture, wrong={"S-01-05": []})
    path = tmp_path / "导出备份"
    path.write_bytes(backup(world, "inspector", [one], [picture]))
    for said in ("已收", "原已收到，未作改动"):
        done = run_command(environment, "import-backup", str(path))
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"检查记录 {one.path}：{said}"), done.stderr
    assert state(world, one) == "complete"
    for name in (tmp_path, tmp_path / "nothing"):
        refused = run_command(environment, "import-backup", str(name))
        assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1), refused.stderr
    verified = run_command(environment, "verify")
    assert verified.returncode == 0, verified.stdout
