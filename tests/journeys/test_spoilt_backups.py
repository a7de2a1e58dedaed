"""Backups that are none, or that somebody has tampered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.backups import backup, content, first_line, inspection, packed, state, stored, take_in
from tests.support.world import World, jpeg, new_id


def with_entry(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda line: line["entries"][0].update(changes)


def with_photo(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda line: line["photos"][0].update(changes)


def refused(world: World, data: bytes) -> str:
    """The one line of a file that is refused as a whole."""
    said = take_in(world, data)
    assert (said.code, said.lines) == (1, [])
    (line,) = said.errors
    return line


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (with_entry(length=-1), "/entries/0/length"),
        (with_entry(length=2**70), "/entries/0/length"),
        (with_entry(length=True), "/entries/0/length"),
        (with_entry(length="10"), "/entries/0/length"),
        (with_entry(length=1.5), "/entries/0/length"),
        (with_entry(sha256="x"), "/entries/0/sha256"),
        (with_entry(id="1"), "/entries/0/id"),
        (with_entry(path=None), "/entries/0/path"),
        (with_entry(path="/inspections/\u202e"), "/entries/0/path"),
        (with_entry(kind=["inspection"]), "/entries/0/kind"),
        (with_photo(length=-5), "/photos/0/length"),
        (with_photo(sha256="../../etc/passwd"), "/photos/0/sha256"),
        (lambda line: line.update(entries={}), "/entries"),
        (lambda line: line.update(entries=[1]), "/entries/0"),
        (lambda line: line.update(photos=None), "/photos"),
        (lambda line: line.pop("photos"), "/photos"),
        (lambda line: line.update(user="inspector"), "/user"),
        (lambda line: line["user"].update(id=7), "/user/id"),
        (lambda line: line.update(format="zip"), "/format"),
        (lambda line: line.update(version=2), "/version"),
    ],
)
def test_a_first_line_that_cannot_be_followed_stops_all(sqlite_world: World, spoil: Any, place: str) -> None:
    world = sqlite_world
    one, picture = inspection(world), jpeg()
    line = first_line(world, "inspector", [one], [picture])
    spoil(line)
    assert refused(world, packed(line, one.body, picture)).endswith(f"（{place}）。")
    assert state(world, one) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"not a backup\n",
        b"PK\x03\x04" + b"\0" * 100,
        b"[]\n",
        b"null\n",
        b'{"format": "inspection-backup"',
        b"[" * 5000 + b"]" * 5000 + b"\n",
        b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\n",
        b'{"format": "\xff"}\n',
        b" " * (5 * 2**20) + b"\n",
        b"\0" * (5 * 2**20),
    ],
    ids=range(12),
)
def test_what_is_no_backup_is_one_line(sqlite_world: World, data: bytes) -> None:
    assert "不是手机端导出的备份" in refused(sqlite_world, data)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "notice"},
        {"kind": "{why}"},
        {"kind": "rectification"},
        {"path": f"/inspections/{new_id()}"},
        {"path": "/inspections/{own}"},
        {"path": "/problems/1/rectifications/2"},
        {"path": "/inspections/../auth/password"},
        {"length": 2**52},
    ],
)
def test_an_entry_that_cannot_be_followed_leaves_the_others(world: World, changes: Any) -> None:
    """A length that no file has is a file that ends before it, and what would follow is lost with it."""
    first, odd, picture = inspection(world), inspection(world), jpeg()
    line = first_line(world, "inspector", [first, odd], [picture])
    line["entries"][1] |= changes
    before = content(world, "photo", "photo_upload")
    done = take_in(world, packed(line, first.body, odd.body, picture))
    assert (done.code, done.lines[0]) == (1, f"检查记录 {first.path}：已收")
    assert done.lines[1].split("：", 1)[1].startswith("未收：")
    assert stored(world, picture) == ("length" not in changes)
    assert len(content(world)["inspection"]) == len(before["inspection"]) + 1


def test_bytes_behind_the_last_part_are_told(world: World) -> None:
    one = inspection(world)
    done = take_in(world, backup(world, "inspector", [one]) + b"more")
    assert (done.code, done.of(one), done.lines[-1].split("不")[0]) == (1, "已收", "文件末尾另有 4 个字节")


def test_a_photo_that_is_none_or_too_large_is_named(world: World) -> None:
    good, text_file, giant = jpeg(), b"hello", jpeg() + b"\0" * (25 * 2**20)
    done = take_in(world, backup(world, "inspector", [], [text_file, giant, good]))
    assert (done.code, len(done.lines)) == (1, 3)
    assert "JPEG" in done.of(text_file)
    assert "25 MB" in done.of(giant)
    assert done.lines[-1] == "照片：新收 1 张，原已收到 0 张，未收 2 张"
    assert list((world.data_dir / "evidence" / "incoming").iterdir()) == []
