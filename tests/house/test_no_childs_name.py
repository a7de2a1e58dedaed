"""Nothing anywhere asks for the name, the number or a photo of a child: no text, no field, no input, no item of a
checklist. Only what forbids it speaks of it. Sources: 未成年人保护法 4 and 103, 个人信息保护法 28 and 31."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from checklists import loader
from inspection.api.openapi import document
from inspection.domain.texts import LANGUAGES, desk_texts, phone_texts, texts

ROOT: Final = Path(__file__).parents[2]

CHILD: Final = (
    r"(?:学生|儿童|孩子|小孩|幼儿|婴幼儿|未成年人|未成年|被害人|受害人|被害|受害|被侵害人|少年|本人子女|童|"
    r"\b(?:child(?:ren)?|pupil|student|minor|victim|infant|girl|boy)s?(?:['’]s?)?)"
)
WHO: Final = (
    r"(?:姓名|名字|名单|全名|身份证|证件|学号|学籍号|照片|相片|肖像|出生日期|生日|家庭住址|"
    r"(?:full |first |last )?names?\b|id\b|ids\b|identit(?:y|ies)\b|photo(?:graph)?s?\b|pictures?\b|"
    r"date of birth|birthday|home address)"
)
ASKING: Final = re.compile(
    rf"{CHILD}(?:的|及其|、| |_|-)*{WHO}"
    rf"|\b(?:names?|identity|photos?|pictures?|id(?: number)?) of (?:a |an |the |any |each |every )?{CHILD}",
    re.IGNORECASE,
)
FORBIDDING: Final = re.compile(
    r"不写|不填|不看|不拍|不得|不要|不问|不记|不收集|不含|不出现|勿|禁止|严禁|隐去|遮挡|保密|kept secret|"
    r"\b(?:no|not|never|nor|without|neither|don['’]t|leave out)\b",
    re.IGNORECASE,
)
SENTENCE: Final = re.compile(r"[。；！？!?;\n]|\.\s")

FIELD: Final = re.compile(
    r"(?:child|pupil|student|minor|victim|infant|girl|boy)s?_?(?:full_?)?"
    r"(?:name|id$|id_|identity|photo|picture|birth|number|class|address)",
    re.IGNORECASE,
)
PERSONAL: Final = re.compile(r"name|identity|id_card|id_number|birth|\bsex\b", re.IGNORECASE)
OF_STAFF_AND_PLACES: Final = {
    *(
        "username",
        "name",
        "sex",
        "responsible_name",
    ),  # of staff: accounts, who took part, who signs, who answers for it
    *("institution_name", "region_name", "device_name"),
}
"""All fields of the interface in which a name may stand; another one has to say whose."""


def asks(text: str) -> list[str]:
    """The sentences of a text that speak of a child's name, number or photo without forbidding it."""
    return [said for said in SENTENCE.split(text) if ASKING.search(said) and not FORBIDDING.search(said)]


def flat(known: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Each text with where it stands."""
    if isinstance(known, dict):
        for name, inner in known.items():
            yield from flat(inner, f"{at}.{name}")
    elif isinstance(known, list):
        for inner in known:
            yield from flat(inner, at)
    elif isinstance(known, str):
        yield at, known


def properties(known: Any) -> Iterator[str]:
    """The names of all that a described interface takes or gives."""
    if isinstance(known, dict):
        found = known.get("properties")
        if isinstance(found, dict):
            yield from found
        if "in" in known and "name" in known:
            yield known["name"]
        for inner in known.values():
            yield from properties(inner)
    elif isinstance(known, list):
        for inner in known:
            yield from properties(inner)


def inputs() -> Iterator[tuple[str, str]]:
    """The names of the inputs in the desk's forms and on the phone's screens, and what is written beside them."""
    sources = [*ROOT.glob("inspection/pages/templates/**/*.html"), *ROOT.glob("inspection/phone/**/*.js")]
    for path in [*sources, ROOT / "inspection/phone/index.html"]:
        source = path.read_text(encoding="utf-8")
        for name in re.findall(r"""\bname=["']([\w.-]+)["']""", source):
            yield path.name, name
        for name in re.findall(r"""\bui\.\w+\(\w+, *["']([\w.-]+)["']""", source):
            yield path.name, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_asks_for_a_child(language: str) -> None:
    for spoken in (texts, phone_texts, desk_texts):
        told = list(flat(spoken(language)))
        assert len(told) > 100
        assert [(at, said) for at, text in told for said in asks(text)] == []
        assert [at for at, _ in told if FIELD.search(at)] == []


def test_no_item_of_a_checklist_asks_for_a_child() -> None:
    sources = sorted(ROOT.glob("checklists/definitions/*.yaml"))
    assert len(sources) == len(loader.published())
    for path in sources:
        assert [said for line in path.read_text(encoding="utf-8").splitlines() for said in asks(line)] == []


def test_no_field_of_the_interface_is_for_a_child() -> None:
    described = document()
    names = set(properties(described))
    assert len(names) > 300, "not all routes are there"
    assert [name for name in names if FIELD.search(name) or asks(name)] == []
    assert {name for name in names if PERSONAL.search(name)} == OF_STAFF_AND_PLACES
    assert [said for _, text in flat(described) for said in asks(text)] == []


def test_a_lead_takes_what_says_nothing_of_who_it_is() -> None:
    taken = document()["components"]["schemas"]["LeadBody"]["properties"]
    assert set(taken) == {
        *("institution_id", "observed_at", "place", "category", "child_safe_now"),
        *("police_called_at", "police_receipt", "text"),
    }


def test_no_input_is_for_a_child() -> None:
    named = list(inputs())
    assert len(named) > 60
    assert [(path, name) for path, name in named if FIELD.search(name) or asks(name)] == []


@pytest.mark.parametrize(
    "said",
    [
        *("学生姓名", "儿童姓名", "未成年人的姓名", "被害人姓名", "学生身份证号", "请填写孩子的名字", "受害人照片"),
        *("child's name", "Pupil’s name", "name of the child", "student name", "photo of a pupil", "Victim's identity"),
        "不得遗漏；请填写学生姓名",
    ],
)
def test_what_asks_would_be_seen(said: str) -> None:
    assert asks(said)


@pytest.mark.parametrize("name", ["student_name", "childName", "pupil_id", "victim_identity", "minor_photo"])
def test_such_a_field_would_be_seen(name: str) -> None:
    assert FIELD.search(name)


@pytest.mark.parametrize(
    "said",
    [
        *("不写孩子的姓名、班级、身份证号", "欺凌事件有登记（不看学生姓名）", "学生数", "签字人姓名", "姓名"),
        *("No name of a child", "Never the child's name", "students", "Name of the institution"),
    ],
)
def test_what_forbids_it_or_speaks_of_others_is_none(said: str) -> None:
    assert not asks(said)
    assert not FIELD.search("students")
