"""What is read out of CSV and Excel, and what is told of it; the commands that read tables and write codes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from inspection.documents import tables
from inspection.domain import imports as rules
from inspection.domain.errors import Refused
from tests.support.imports import PEOPLE, PLACES, comma, excel, faults, person, place, places
from tests.support.server import ROOT, run_command
from tests.support.world import World


def environment_of(world: World) -> dict[str, str]:
    return {
        "INSPECTION_DATABASE_URL": str(world.app.config["SQLALCHEMY_DATABASE_URI"]),
        "INSPECTION_DATA_DIR": str(world.data_dir),
        "PATH": "/usr/bin:/bin",
    }


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ([*PLACES[:4], "电话"], [("/1/主管部门", "column_missing"), ("/1/电话", "unknown_column")]),
        ([*PLACES, "名称"], [("/1/名称", "duplicate")]),
        ([], [(f"/1/{name}", "column_missing") for name in sorted(PLACES[:5])]),
    ],
)
def test_headings_are_checked_first(sqlite_world: World, heads: list[str], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused) as refused:
        places(sqlite_world, comma([heads, ["x"] * len(heads)]))
    assert sorted(faults(refused)) == sorted(expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_table"),
        (b"PK\x03\x04broken", "not_a_table"),
        (b"\xd0\xcf\x11\xe0broken", "not_a_table"),
        (b"\xff\xfe\x00\x01", "not_a_table"),
        (b"a\0b", "not_a_table"),
    ],
)
def test_what_is_no_table_is_told(data: bytes, expected: str) -> None:
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(data)
    assert unreadable.value.code == expected


def test_content_outside_the_columns_is_a_fault(sqlite_world: World) -> None:
    rows = [
        [*PLACES, "", "  "],
        [*place(1), "", "x"],
        [*place(2), "y", "　"],
        [*place(3), "", "", "z"],
        [*place(4), " "],
    ]
    with pytest.raises(Refused) as refused:
        places(sqlite_world, comma(rows))
    expected = [("/2/I", "cell_without_heading"), ("/3/H", "cell_without_heading"), ("/4/J", "cell_without_heading")]
    assert faults(refused) == expected
    with pytest.raises(Refused) as refused:
        places(sqlite_world, excel([PLACES, place(1) + [""] * 20 + ["x"]]))
    assert faults(refused) == [("/2/AB", "cell_without_heading")]


def test_one_sheet_is_read_and_several_are_told(sqlite_world: World) -> None:
    rows = [PLACES, place(1)]
    for data in (
        excel(rows, []),
        excel([], rows),
        excel(rows, [["学校"], ["幼儿园"]], hidden=[1]),
        excel(rows, [[" "]]),
    ):
        assert tables.read(data) == rows
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(excel([], rows, [PLACES, place(2)]))
    assert (unreadable.value.code, unreadable.value.params) == ("several_sheets", {"sheets": ["Sheet2", "Sheet3"]})


def test_a_cell_in_the_last_corner_ends_nobody() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "名称")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(made.getvalue())
    assert unreadable.value.code == "too_many_rows"


@pytest.mark.parametrize(("parts", "size"), [(1, 2**24), (tables.PARTS + 1, 0)])
def test_what_would_swell_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch, parts: int, size: int
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for number in range(parts):
            with packed.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(bytes(size))
    monkeypatch.setattr(tables, "UNPACKED", 2**24 - 1)
    monkeypatch.setattr(tables, "CalamineWorkbook", None)  # which unpacks it
    with pytest.raises(tables.Unreadable) as unreadable:
        list(tables.sheet_rows(made.getvalue()))
    assert unreadable.value.code == "too_many_rows"


@pytest.mark.parametrize("data", [b"PK", b"PK\x03\x04" + bytes(64), b"PK\x05\x06" + b"\xff" * 18])
def test_what_only_begins_like_a_workbook_is_none(data: bytes) -> None:
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(data)
    assert unreadable.value.code == "not_a_table"


@pytest.mark.short_drill
@pytest.mark.parametrize("how", ["csv", "xlsx"])
def test_rows_have_an_upper_bound(how: str) -> None:
    rows = [["名称"]] * (tables.MOST_ROWS + 1)
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(comma(rows) if how == "csv" else excel(rows))
    assert unreadable.value.code == "too_many_rows"


@pytest.mark.parametrize("how", ["csv", "xlsx"])
def test_a_code_that_lost_its_digits_is_told(sqlite_world: World, how: str) -> None:
    if how == "csv":
        data = comma([PLACES, place(1, 统一社会信用代码="1.21501E+17")])
    else:
        row: list[Any] = place(1, 学生数="12")
        row[2], row[3], row[5] = 121501024600000016.0, 150102, 800
        data = excel([PLACES, row])
    with pytest.raises(Refused) as refused:
        places(sqlite_world, data)
    assert faults(refused) == [("/2/统一社会信用代码", "digits_lost")]


@pytest.mark.parametrize(("data", "line"), [('a,b\n"1\n2",x\n"3,y\n4,z\n', 4), ('a,b\n"x"y,z\n', 2), ('"a', 1)])
def test_quotes_that_do_not_pair_are_told_with_their_line(data: str, line: int) -> None:
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(data.encode())
    assert (unreadable.value.code, unreadable.value.params) == ("quotes_wrong", {"line": line})


def test_what_looks_like_a_formula_is_listed_as_text() -> None:
    cells = ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "王, 芳", '"', "王芳"]
    assert (
        next(csv.reader(io.StringIO(tables.listed([cells]), newline=""))) == [f"'{c}" for c in cells[:10]] + cells[10:]
    )


def test_columns_and_words_are_documented() -> None:
    documented = (ROOT / "docs/imports.md").read_text(encoding="utf-8")
    for columns in (rules.INSTITUTION_COLUMNS, rules.USER_COLUMNS):
        for heading, name in columns.names.items():
            assert f"| {heading} | `{name}` |" in documented
    for word, meaning in {**rules.KIND_WORDS, **rules.ROLE_WORDS, **rules.SEX_WORDS}.items():
        assert word in documented
        assert f"`{meaning}`" in documented


def test_the_commands_import_and_tell_faults(sqlite_world: World, tmp_path: Path) -> None:
    environment = environment_of(sqlite_world)
    file = tmp_path / "单位.csv"
    file.write_bytes(comma([PLACES, place(1, 区划代码="1")]))
    refused = run_command(environment, "institutions", "import", str(file))
    assert (refused.returncode, "/2/区划代码" in refused.stderr) == (1, True)
    file.write_bytes(comma([PLACES, place(1)]))
    assert run_command(environment, "institutions", "import", str(file)).stdout == "1 new, 0 changed, 0 unchanged\n"
    users, codes = tmp_path / "people.xlsx", tmp_path / "codes.csv"
    users.write_bytes(excel([PEOPLE, person("wangfang")]))
    done = run_command(environment, "users", "import", str(users), "--codes", str(codes))
    assert done.returncode == 0, done.stderr
    assert codes.stat().st_mode & 0o077 == 0
    assert codes.read_text(encoding="utf-8-sig").splitlines()[1].startswith("wangfang,王芳,")
    again = run_command(environment, "users", "code", "wangfang")
    assert (again.returncode, len(again.stdout.strip())) == (0, 11)
    assert run_command(environment, "users", "code", "bureau").returncode == 1
    assert run_command(environment, "users", "import", str(tmp_path / "none.csv")).returncode == 1


@pytest.mark.short_drill
def test_the_file_of_codes_comes_first_and_goes_with_a_refusal(sqlite_world: World, tmp_path: Path) -> None:
    environment = environment_of(sqlite_world)
    users, codes = tmp_path / "people.csv", tmp_path / "codes.csv"
    users.write_bytes(comma([PEOPLE, person("wangfang", 区划代码="")]))
    assert run_command(environment, "users", "import", str(users), "--codes", str(codes)).returncode == 1
    assert not codes.exists()
    users.write_bytes(comma([PEOPLE, person("wangfang", 姓名='=王"芳'), person("liming", 姓名="李, 明")]))
    codes.write_text("of another day")
    taken = run_command(environment, "users", "import", str(users), "--codes", str(codes))
    assert (taken.returncode, str(codes) in taken.stderr, codes.read_text()) == (1, True, "of another day")
    with open("/dev/full", "w") as full:
        lost = subprocess.run(
            [sys.executable, "-m", "inspection.cli", "users", "import", str(users)],
            env=environment,
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert lost.returncode != 0
    assert ("No space left" in lost.stderr, "Traceback" in lost.stderr) == (True, False), lost.stderr
    assert sqlite_world.person("secadmin").get("/users?q=wangfang").json["items"] == []
    codes.unlink()
    done = run_command(environment, "users", "import", str(users), "--codes", str(codes))
    assert (done.returncode, codes.stat().st_mode & 0o777) == (0, 0o600), done.stderr
    rows = list(csv.reader(io.StringIO(codes.read_text(encoding="utf-8-sig"), newline="")))
    assert [row[:2] for row in rows] == [["用户名", "姓名"], ["wangfang", "'=王\"芳"], ["liming", "李, 明"]]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2099-01-01"])
def test_a_sweep_is_asked_for_within_ten_years(sqlite_world: World, day: str) -> None:
    done = run_command(environment_of(sqlite_world), "sweep", "--today", day)
    assert (done.returncode, done.stderr.count("\n"), "ten years" in done.stderr) == (2, 1, True), done.stderr


def test_a_day_that_is_none_is_told(sqlite_world: World) -> None:
    done = run_command(environment_of(sqlite_world), "sweep", "--today", "x")
    assert (done.returncode, "a date like 2026-11-24" in done.stderr) == (2, True), done.stderr
