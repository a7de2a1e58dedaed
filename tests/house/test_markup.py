"""What people write stays what they wrote: on no page does it become markup, in no file a formula, in no header a
line. Every text field of three institutions holds what would be one."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from docx import Document
from python_calamine import CalamineWorkbook
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from inspection.documents.tables import listed
from inspection.pages.routes import PAGES
from tests.support.addresses import declared, filled
from tests.support.desk import Clerk
from tests.support.holdings import PLACES, Furnisher, Holding
from tests.support.imports import PEOPLE as PEOPLE_COLUMNS
from tests.support.imports import PLACES as PLACE_COLUMNS
from tests.support.imports import comma, person, place
from tests.support.world import World, made_world

LEADS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""With what a spreadsheet begins to calculate, or passes over what stands before."""
TAG: Final = "<x-q7 a=\"'>"
READERS: Final = ("bureau", "school", "inspector", "secadmin")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Holding]]]:
    with made_world("sqlite", tmp_path_factory.mktemp("markup")) as world:
        marks = {place.code: f"{lead}{TAG}" for place, lead in zip(PLACES[:3], "=＝@", strict=True)}
        yield world, {code: furnished(world, code, mark) for code, mark in marks.items()}


def furnished(world: World, code: str, mark: str) -> Holding:
    place = next(place for place in PLACES if place.code == code)
    return Furnisher(world, place, lambda word: f"{mark}{word}之").holding()


def become(answer: TestResponse) -> list[str]:
    """Where a word of somebody's has become markup."""
    found = [f"header {name}" for name, value in answer.headers if "x-q7" in value or "\n" in value]
    if answer.mimetype in ("text/html", "image/svg+xml"):
        text = answer.get_data(as_text=True)
        found += [text[max(0, at.start() - 80) : at.end() + 40] for at in re.finditer("<x-q7|a=\"'", text)]
    elif answer.mimetype not in ("application/json", "application/problem+json", "image/jpeg"):
        assert b"<x-q7" not in answer.data or "attachment" in answer.headers["Content-Disposition"], answer.mimetype
    return found


@pytest.mark.parametrize("who", READERS)
def test_on_no_page_does_a_word_become_markup(full: tuple[World, dict[str, Holding]], who: str) -> None:
    """Every page of what there is, in the place that the reader knows; and it is shown, so that the test can fail."""
    world, held = full
    clerk, shown, found = Clerk(world, who), 0, []
    for page in PAGES.values():
        if page.method == "GET":
            answer = clerk.open(filled(page.path, held["own"])).response
            found += [(page.path, place) for place in become(answer)]
            shown += "&lt;x-q7" in answer.get_data(as_text=True) if answer.mimetype == "text/html" else 0
    assert found == []
    assert shown >= {"bureau": 15, "school": 5, "inspector": 8}.get(who, 0)


@pytest.mark.parametrize("who", [None, "bureau"])
def test_what_stands_in_an_address_or_a_form_does_not_either(
    full: tuple[World, dict[str, Holding]], who: str | None
) -> None:
    """Said back where it makes no sense: conditions of a list, an address that is nowhere, a form that is refused."""
    world, held = full
    clerk, word = Clerk(world, who), quote(TAG)
    names = ("q", "text", "cursor", "status", "region", "institution", "to", "from", "item", "kind", "year", "on")
    query = "&".join(f"{name}={word}" for name in names)
    found = []
    for page in PAGES.values():
        path = filled(page.path, held["own"])
        if page.method == "GET":
            answers = [clerk.open(f"{path}?{query}").response]
        else:
            form = dict.fromkeys(("comment", "reason", "username", "name", "to", "form", "csrf_token", TAG), TAG)
            answers = [clerk.post(path, form, follow=False).response]
            if page.path == "/sign-out":  # of which the rest would be about nobody
                continue
            token = next(form.fields["csrf_token"] for form in clerk.open("/").forms if "csrf_token" in form.fields)
            answers += [clerk.post(path, {**form, "csrf_token": token}, follow=False).response]
        found += [(page.path, place) for answer in answers for place in become(answer)]
    for path in (f"/{word}", f"/problems/{word}", f"/m/{word}", f"/assets/{word}", f"/api/docs?{word}", f"/?{word}"):
        found += [(path, place) for place in become(clerk.client.get(path, buffered=True))]
    assert found == []


def test_the_api_says_it_back_as_data_alone(full: tuple[World, dict[str, Holding]]) -> None:
    """JSON under its own type, which no browser takes for a page."""
    world, held = full
    for method, path, _ in declared():
        if method == "GET" and path.startswith("/api/"):
            answer = world.person("bureau").get(filled(path, held["own"]).removeprefix("/api/v1") + f"?q={quote(TAG)}")
            assert answer.mimetype != "text/html"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert become(answer) == [], path


# ---- files


@pytest.mark.parametrize("address", ["/api/v1/problems.xlsx", "/problems.xlsx"])
def test_a_workbook_calculates_nothing(full: tuple[World, dict[str, Holding]], address: str) -> None:
    world, _ = full
    for who in ("bureau", "neighbour"):
        client = Clerk(world, who).client
        answer = client.get(address, headers={"Authorization": f"Bearer token-{who}"}, buffered=True)
        assert answer.status_code == 200, (who, address)
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
        assert any(TAG in str(cell) for row in sheet.to_python() for cell in row), who
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            for name in archive.namelist():
                inner = archive.read(name).decode()
                assert not re.search("<f[ >/]|<hyperlink|<ddeLink|externalLink|TargetMode", inner), name
                ElementTree.fromstring(inner)


def test_a_notice_holds_text_alone(full: tuple[World, dict[str, Holding]]) -> None:
    world, held = full
    for code, who in (("own", "bureau"), ("neighbour", "neighbour")):
        data = world.person(who).get(f"/notices/{held[code].ids['notice_id']}.docx").data
        tables = Document(io.BytesIO(data)).tables
        assert any(TAG in cell.text for table in tables for row in table.rows for cell in row.cells), code
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if name.endswith((".xml", ".rels")):
                    inner = archive.read(name).decode()
                    assert not re.search(
                        '<w:instrText|<w:fldSimple|<w:hyperlink[ >]|altChunk|Mode="External"', inner
                    ), name
                    ElementTree.fromstring(inner)


def test_tables_as_csv_begin_no_cell_with_a_formula(full: tuple[World, dict[str, Holding]]) -> None:
    world, _ = full
    for path, who in (("/institutions/import.csv", "bureau"), ("/users/import.csv", "secadmin")):
        answer = Clerk(world, who).open(path).response
        assert answer.status_code == 200
        for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")):
            assert not [cell for cell in row if cell.startswith(LEADS)]
    hostile = [[f"{lead}1+1" for lead in LEADS], [f" {lead}1" for lead in LEADS], ["a\r\n=1", "\0=1", "\ufeff=1"]]
    rows = list(csv.reader(io.StringIO(listed(hostile), newline="")))
    assert len(rows) == 3
    for cell in [cell for row in rows for cell in row]:
        assert not cell.lstrip(" \0\ufeff").startswith(LEADS), repr(cell)


def test_the_faults_of_a_table_show_its_words_as_words(full: tuple[World, dict[str, Holding]]) -> None:
    world, _ = full
    wrong = [PLACE_COLUMNS, [f"{TAG}{cell}" for cell in place(1)], place(2, 名称=f"={TAG}", 区划代码=TAG)]
    people = [PEOPLE_COLUMNS, [f"{TAG}{cell}" for cell in person("x")], person("y", TAG, 姓名=f"={TAG}")]
    tables: list[tuple[str, str, Any]] = [
        ("/institutions/import", "bureau", wrong),
        ("/users/import", "secadmin", people),
    ]
    for path, who, rows in tables:
        page = Clerk(world, who).open(path)
        told = page.send("check", files={"file": FileStorage(io.BytesIO(comma(rows)), f"{TAG}.csv")})
        assert told.status == 422
        assert become(told.response) == []
