"""The workbook of the problem list, and the API page."""

from __future__ import annotations

import html
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from inspection.documents import workbook
from inspection.domain.texts import texts
from tests.support.server import ROOT
from tests.support.world import World, jpeg, new_id, sha256

HOSTILE = '=HYPERLINK("http://x","点我")'


def sheet(data: bytes) -> list[list[Any]]:
    rows: list[list[Any]] = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    return rows


def export(world: World, query: str = "", who: str = "bureau", language: str = "zh-CN") -> list[list[Any]]:
    answer = world.person(who).get(f"/problems.xlsx{query}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=problems.xlsx"
    assert answer.headers["Cache-Control"] == "no-store"
    return sheet(answer.data)


def test_the_workbook_is_the_list_with_its_filters_and_moment(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    world.issue(made["id"])
    world.inspect({"K-01-01": []}, place=1)
    rows = export(world, "?status=open&item=S-01-05")
    assert rows[0][0] == "问题清单"
    assert rows[1][0] == "筛选条件：状态 整改中；检查项 S-01-05"
    assert rows[2][0].startswith("导出时间：2026-11-23 10:00:00 +0800")
    header, (row,) = rows[3], rows[4:]
    found = dict(zip(header, row, strict=True))
    assert (found["编号"], found["单位"], found["状态"], found["等级"]) == (
        "150102-2026-0001-01",
        "云杉第一中学",
        "整改中",
        "一般",
    )
    assert found["期限"].isoformat() == "2026-12-23"
    assert (found["时限"], found["当前责任方"]) == ("未到期", "被查单位")


@pytest.mark.parametrize(
    "query", ["", "?status=found", "?severity=serious,critical", "?region=150103", "?overdue=true"]
)
def test_the_workbook_holds_what_the_list_holds(world: World, query: str) -> None:
    made = world.inspect({"S-01-05": [], "S-03-04": [], "S-09-01": []})
    world.issue(made["id"])
    world.inspect({"S-01-05": []}, place=3)
    world.clock.go(days=60)
    for who in ("bureau", "league", "school", "neighbour"):
        listed = world.person(who).get(f"/problems?limit=200{query.replace('?', '&')}").json["items"]
        rows = export(world, query, who)[4:]
        assert [row[4] for row in rows] == [problem["text"] for problem in listed]


def test_a_formula_in_a_name_is_text(world: World) -> None:
    change = {"kind": "rename", "name": HOSTILE, "reason": "x", "effective_on": "2026-11-23"}
    address = f"/institutions/{world.places[0]}/changes/{sha256(jpeg())[:8]}-0000-4000-8000-000000000000"
    assert world.person("bureau").put(address, change).status_code == 201
    world.inspect({"S-08-05": [{"fact": "+1+1", "place": "@SUM(A1)"}, {"fact": "http://evil.example/"}]})
    answer = world.person("bureau").get("/problems.xlsx").data
    rows = sheet(answer)[4:]
    assert [row[1] for row in rows] == [HOSTILE, HOSTILE]
    assert [(row[4], row[5]) for row in rows] == [("+1+1", "@SUM(A1)"), ("http://evil.example/", "")]
    with zipfile.ZipFile(io.BytesIO(answer)) as archive:
        inner = archive.read("xl/worksheets/sheet1.xml").decode()
        assert not re.search("<f[ >]|<hyperlink", inner)


RICH = ("<r>a & b</r>", "<r></is><f>1+1</f><v>2</v></c><c><is></r>", "<r><t>x</t></r>", " <r>x</r>", "<r>_x0041_</r>")


def test_what_looks_like_markup_is_text(world: World) -> None:
    world.inspect({"S-08-05": [{"fact": fact, "place": fact} for fact in RICH]})
    answer = world.person("bureau").get("/problems.xlsx").data
    assert [row[4:6] for row in sheet(answer)[4:]] == [[fact, fact] for fact in RICH]
    with zipfile.ZipFile(io.BytesIO(answer)) as archive:
        inner = archive.read("xl/worksheets/sheet1.xml").decode()
    assert not re.search("<f[ >]|<r>", inner)
    assert "&lt;r&gt;a &amp; b&lt;/r&gt;</t>" in inner


@pytest.mark.parametrize(
    ("query", "language", "expected"),
    [
        ("status=open,closed&severity=critical", "zh-CN", "状态 整改中、已销号；等级 重大"),
        ("status=open,closed&severity=critical", "en", "status open, closed; severity critical"),
        ("institution={0}&region=150102", "zh-CN", "单位 云杉第一中学；区划 新城区 150102"),
        ("region=150102", "en", "region Xincheng District 150102"),
        ("region=119999", "zh-CN", "区划 119999"),
        ("institution={6}", "zh-CN", "单位 {6}"),
        ("due_before=2026-12-01&overdue=false", "zh-CN", "期限早于 2026-12-01；逾期 否"),
        ("petition=extension&supervised=true", "zh-CN", "待决申请 延期；挂牌督办 是"),
    ],
)
def test_the_filters_stand_in_words(sqlite_world: World, query: str, language: str, expected: str) -> None:
    places = sqlite_world.places
    rows = export(sqlite_world, "?" + query.format(*places), language=language)
    assert rows[1][0].partition("：" if language == "zh-CN" else ": ")[2] == expected.format(*places)


def test_the_region_is_that_of_the_day_as_in_the_list(world: World) -> None:
    world.inspect({"S-01-05": []})
    change = {"kind": "move", "region_code": "150103", "reason": "区划调整", "effective_on": "2026-11-23"}
    moved = world.person("league").put(f"/institutions/{world.places[0]}/changes/{new_id()}", change)
    assert moved.status_code == 201
    (listed,) = world.person("neighbour").get("/problems").json["items"]
    (row,) = export(world, who="neighbour")[4:]
    assert (row[2], listed["region_code"]) == ("150102", "150102")


def test_the_workbook_speaks_english_too(sqlite_world: World) -> None:
    sqlite_world.inspect({"S-01-05": []})
    rows = export(sqlite_world, language="en")
    assert (rows[0][0], rows[3][0], rows[4][7]) == ("Problem list", "Number", "preliminary")


def test_a_writer_that_dies_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    head = workbook.Head("x", ("y",), ("z",), (9,), (0,), "more")
    with pytest.raises(workbook.WorkbookFailed):
        workbook.write(head, [["no date"]] * 5000, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with workbook.write(head, [["2026-11-23"]], tmp_path) as made:
        assert list(tmp_path.iterdir()) == []
        assert sheet(made.read())[4][0].isoformat() == "2026-11-23"


def children() -> list[int]:
    me = threading.get_native_id()
    return [int(pid) for pid in Path(f"/proc/{os.getpid()}/task/{me}/children").read_text().split()]


HEAD = workbook.Head("x", ("y",), ("z",), (9,), (), "more")


def test_a_writer_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    before = children()

    def rows() -> Iterator[list[str]]:
        for number in range(200_000):
            yield [str(number)]
            if number == 100_000:
                assert [draft for folder in tmp_path.iterdir() for draft in folder.iterdir()] != []
                (writer,) = set(children()) - set(before)
                os.kill(writer, signal.SIGKILL)

    with pytest.raises(workbook.WorkbookFailed):
        workbook.write(HEAD, rows(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield from ([str(number)] for number in range(5000))
        raise LookupError

    with pytest.raises(LookupError):
        workbook.write(HEAD, rows(), tmp_path)
    assert list(tmp_path.iterdir()) == []


ENDLESS = """
import itertools, sys
from pathlib import Path
from inspection.documents import workbook
from inspection.domain.texts import texts
head = workbook.Head("x", ("y",), ("z",), (9,), (), "more")
def rows():
    for number in itertools.count():
        if number == 50_000:
            print("under way", flush=True)
            sys.stdin.read()
        yield [str(number)]
workbook.write(head, rows(), Path(sys.argv[1]))
"""


def test_a_server_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"under way\n"
        assert list(tmp_path.iterdir()) != []
        server.kill()
    deadline = time.monotonic() + 30
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)  # the writer meets the end of its input
    assert list(tmp_path.iterdir()) == []


def test_a_bad_filter_is_refused_before_anything_is_written(sqlite_world: World) -> None:
    refused = sqlite_world.person("bureau").get("/problems.xlsx?status=nonsense")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/status")


def test_the_api_page_needs_nothing_from_outside(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    for language, title in (("zh-CN", "接口说明"), ("en", "The API")):
        answer = client.get("/api/docs", headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert f"<h1>{title}</h1>" in answer.text
        assert not re.search(r"(src|href)=.https?:", answer.text)
        shown = html.unescape(answer.text)
        words = texts(language.replace("-", "_"))
        for section in ("operation", "subject"):
            assert all(text in shown for text in words[section].values())
    described = client.get("/api/v1/openapi.json").json
    for path, operations in described["paths"].items():
        assert f"/api/v1{path}</code>" in answer.text
        assert all(operation["summary"] in html.unescape(answer.text) for operation in operations.values())
    anchors = set(re.findall(r'id="([^"]+)"', answer.text))
    assert set(re.findall(r'href="#([^"]+)"', answer.text)) <= anchors


def test_the_api_page_shows_lists_as_they_are_served(sqlite_world: World) -> None:
    page = sqlite_world.app.test_client().get("/api/docs").text
    assert '<a href="#schema-Problem">{items: [Problem], next_cursor: string | null}</a>' in page
    assert '<a href="#schema-AnswerBody">{…: AnswerBody}</a>' in page
    assert '<a href="#schema-Fault">[Fault]</a>' in page
    assert "<td>[string (uuid)]</td>" in page
