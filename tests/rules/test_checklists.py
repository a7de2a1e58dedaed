"""The published checklists, their document, and what the lint says of broken files."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from hashlib import sha256
from pathlib import Path

import pytest

from checklists.engine import KNOWN_FLAGS, applies
from checklists.lint import lint
from checklists.loader import DEFINITIONS, LintError, load, published
from checklists.model import Answer, Checklist, Item, LegalBasis, from_document

SCHOOL = DEFINITIONS / "school.v1.yaml"
CODES = ["school", "kindergarten", "tutoring"]


def checklist(code: str) -> Checklist:
    return published()[code, 1]


def item(code: str) -> Item:
    found = checklist({"S": "school", "K": "kindergarten", "T": "tutoring"}[code[0]]).item(code)
    assert found is not None
    return found


def law(name: str, article: str | None = None, status: str = "verified", note: str | None = None) -> LegalBasis:
    return LegalBasis(name, article, status, note=note)  # type: ignore[arg-type]


# The published versions


@pytest.mark.parametrize(
    ("code", "kinds", "items", "sections"),
    [
        ("school", ("school",), 60, 10),
        ("kindergarten", ("kindergarten",), 55, 9),
        ("tutoring", ("tutoring_centre",), 54, 9),
    ],
)
def test_size_and_kinds(code: str, kinds: tuple[str, ...], items: int, sections: int) -> None:
    document = checklist(code)
    codes = [item.code for item in document.items()]
    assert (document.kinds, len(codes), len(document.sections)) == (kinds, items, sections)
    assert len(set(codes)) == items
    assert lint(DEFINITIONS / f"{code}.v1.yaml") == []


@pytest.mark.parametrize("code", CODES)
def test_the_last_section_and_no_other_is_r1(code: str) -> None:
    *others, last = checklist(code).sections
    assert {(item.red_line, item.photo, item.due_days) for item in last.items} == {("R1", "restricted", None)}
    assert all(item.red_line != "R1" and item.photo != "restricted" for section in others for item in section.items)


def test_r2_items() -> None:
    found = {item.code for code in CODES for item in checklist(code).items() if item.red_line == "R2"}
    assert found == {
        *("S-04-07", "S-09-01", "S-09-04", "S-09-08", "K-08-01", "K-08-02", "K-08-06"),
        *("T-06-02", "T-06-03", "T-06-07", "T-08-03"),
    }
    assert all((item(code).due_days, item(code).severity) == (0, "critical") for code in found)


def test_titles() -> None:
    section = checklist("school").sections[3]
    assert (section.title, section.title_en) == ("寄宿与宿舍管理（寄宿制变式）", "Dormitory management")
    assert checklist("tutoring").title == "校外培训机构督导检查表"


def test_a_whole_row() -> None:
    assert item("S-03-04") == Item(
        code="S-03-04",
        text="空置教室、器材室、仓库、地下空间、楼顶、隐蔽楼梯间等上锁或纳入巡查和监控",
        text_en="Hidden places locked or patrolled",
        method=("site",),
        recommendation=("A",),
        legal_basis=(law("内保条例", "7、8、11"),),
        answer=Answer("number", {"equals": 0}, label="未管控点位数"),
        applies_when=(),
        severity="serious",
        photo="required",
        due_days=7,
        red_line=None,
        responsible="institution",
        advice="绘制隐蔽部位图，逐点上锁或增设照明、探头、巡更点",
    )


@pytest.mark.parametrize(
    ("code", "basis"),
    [
        ("S-01-02", [
            law("学校保护规定", None, "content"),
            law("学校保护规定", "41", "unverified"),
            law("未保法", "25"),
        ]),
        ("S-02-04", [law("未保法", "62(2)")]),
        ("S-03-03", [
            law("学校保护规定", None, "content"),
            law("学校保护规定", "24", "unverified"),
            law("地方规定（贵州2014等）", None, "content"),
        ]),
        ("S-04-02", [law("2013意见", None, "content", "原则要求")]),
        ("S-05-01", [law("视频条例", "7"), law("GB/T 29315-2022", None, "unverified")]),
        ("S-05-05", [
            law("GB/T 29315-2022", None, "content"),
            law("保安条例", "16"),
            law("保安条例", "14", note="自招备案"),
        ]),
        ("S-09-06", [law("食安法", "53—56"), law("食安条例", "28"), law("留样数值", None, "content")]),
        ("S-09-07", [law("学校食品规定", None, "content"), law("学校食品规定", "13、19", "unverified")]),
        ("K-03-03", [law("学校保护规定", "24、62", "unverified"), law("行业惯例", None, "unverified")]),
        ("K-09-02", [law("刑法", "237、260之一"), law("治安法", "53(2)"), law("学前法", "80")]),
        ("T-01-01", [
            law("民促法", "12、18、64"),
            law("民促条例", "63(九)"),
            law("校外处罚办法", None, "content"),
        ]),
        ("T-05-01", [
            law("未保法", "11、130"),
            law("强制报告意见", "2、4"),
            law("强制报告意见", "3", "content"),
        ]),
        ("T-06-08", [law("消防法", "16"), law("校外九项", None, "unverified", "半年")]),
    ],
)  # fmt: skip
def test_legal_basis(code: str, basis: list[LegalBasis]) -> None:
    assert list(item(code).legal_basis) == basis


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("S-01-01", Answer("yes_no")),
        ("S-01-03", Answer("choice", ("全部完成",), ("全部完成", "部分完成", "未整改"))),
        ("S-01-05", Answer("date", {"within_days": 365})),
        ("S-02-01", Answer("number")),
        ("S-02-02", Answer("number", {"equals_item": "S-02-01"})),
        ("S-05-02", Answer("number", {"min": 30, "min_attribute": "playback_days_required"})),
        ("S-05-05", Answer("number", {"min_attribute": "guards_required"})),
        ("S-07-03", Answer("number", {"min": 90}, unit="percent")),
        ("S-08-03", Answer("choice", ("无事件", "要素齐全"), ("无事件", "要素齐全", "要素不全"))),
        ("S-09-03", Answer("date", {"within_term_days": 45})),
        ("S-10-01", Answer("choice", None, ("无", "有"))),
        ("K-04-02", Answer("number", {"min": 30, "min_attribute": "playback_days_required"})),
        ("K-08-08", Answer("date", {"within_term_days": 100})),
        ("T-04-02", Answer("number", {"min": 30})),
        ("T-05-01", Answer("number", {"equals": 3})),
    ],
)
def test_rules(code: str, answer: Answer) -> None:
    assert item(code).answer == answer


def test_only_drills_count_term_days() -> None:
    dates = [item for code in CODES for item in checklist(code).items() if item.answer.type == "date"]
    assert [item.code for item in dates if "within_term_days" in (item.answer.ok or ())] == ["S-09-03", "K-08-08"]
    assert len(dates) == 12


def test_other_columns() -> None:
    assert item("S-01-01").method == ("records", "ask")
    assert item("K-04-02").method == ("test",)
    assert item("S-09-05").applies_when == ("canteen", "external_meal")
    assert item("T-03-03").applies_when == ("one_to_one",)
    assert (item("S-02-01").severity, item("S-02-01").due_days) == (None, None)
    assert (item("S-08-04").severity, item("S-08-04").due_days) == ("serious", 60)
    assert (item("K-07-07").due_days, item("K-07-07").red_line) == (0, None)
    assert [item(code).photo for code in ("S-03-03", "S-01-01", "S-01-04", "T-09-01")] == [
        *("required", "optional", "forbidden", "restricted")
    ]
    departments = [item.code for code in CODES for item in checklist(code).items() if item.responsible == "department"]
    assert departments == ["S-09-09", "K-08-07"]
    used = {flag for code in CODES for item in checklist(code).items() for flag in item.applies_when}
    assert used == KNOWN_FLAGS


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("S-01-01", "A"),
        ("S-01-03", "AB"),
        ("S-01-04", "AC"),
        ("S-04-05", "AB"),
        ("S-06-01", "AB"),
        ("S-06-03", "AC"),
        ("S-07-03", "AB"),
        ("S-08-01", ""),
        ("S-09-01", "B"),
        ("S-10-06", "C"),
        ("K-01-04", "AB"),
        ("K-02-08", "AC"),
        ("K-06-05", "A"),
        ("K-07-01", ""),
        ("K-08-04", "B"),
        ("T-01-06", "AB"),
        ("T-02-08", "AC"),
        ("T-06-03", "B"),
        ("T-07-01", ""),
        ("T-09-01", "C"),
    ],
)
def test_recommendation(code: str, parts: str) -> None:
    assert "".join(item(code).recommendation) == parts


def test_an_item_applies_by_any_of_its_flags() -> None:
    assert applies(item("S-01-01"), {})
    assert applies(item("S-09-05"), {"canteen": False, "external_meal": True})
    assert not applies(item("S-09-05"), {"canteen": False, "boarding": True})


# The document


@pytest.mark.parametrize("code", CODES)
def test_the_document_round_trips_through_json(code: str) -> None:
    document = checklist(code).as_document()
    assert from_document(json.loads(json.dumps(document))) == checklist(code)
    claimed = document.pop("sha256")
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert claimed == sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize("code", CODES)
def test_the_unit_copy_has_no_trace_of_r1(code: str) -> None:
    whole, copy = checklist(code), checklist(code).unit_copy()
    document = copy.as_document()
    text = json.dumps(document, ensure_ascii=False)
    assert copy.sections == whole.sections[:-1]
    assert copy.sha256 != whole.sha256
    assert from_document(document).sha256 == copy.sha256
    assert all(trace not in text for trace in ("R1", "restricted", "红线", whole.sections[-1].code, whole.sha256))
    assert copy.unit_copy() == copy


def test_the_shape_of_answers_in_the_document() -> None:
    def answer(code: str) -> object:
        sections = checklist("school").as_document()["sections"]
        return next(i["answer"] for s in sections for i in s["items"] if i["code"] == code)

    assert answer("S-01-01") == {"type": "yes_no"}
    assert answer("S-02-01") == {"type": "number", "ok": None}
    assert answer("S-02-03") == {"type": "number", "ok": {"equals": 0}, "label": "先上岗后查询人数"}
    assert answer("S-07-03") == {"type": "number", "ok": {"min": 90}, "unit": "percent"}
    assert answer("S-09-09") == {"type": "choice", "choices": ["无", "有且已报告", "有未报告"], "ok": ["无"]}


def test_a_changed_word_changes_the_hash() -> None:
    document = checklist("school").as_document()
    document["sections"][0]["items"][0]["advice"] += "。"
    assert from_document(document).sha256 != document["sha256"]


def test_a_checklist_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        checklist("school").version = 2  # type: ignore[misc]


def test_dates_of_validity_are_dates(tmp_path: Path) -> None:
    file = tmp_path / "school.yaml"
    old = "{law: 2018通知, status: content}"
    new = "{law: 2018通知, status: content, valid_from: 2018-12-12, valid_to: null}"
    file.write_text(SCHOOL.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    basis = load(file).as_document()["sections"][0]["items"][0]["legal_basis"][1]
    assert basis == {
        "law": "2018通知",
        "article": None,
        "status": "content",
        "valid_from": "2018-12-12",
        "valid_to": None,
    }


# Broken files


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def first_item(old: str, new: str) -> Callable[[str], str]:
    return within("S-01-01", old, new)


def within(code: str, old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        at = text.index(f"- code: {code}")
        assert old in text[at:]
        return text[:at] + text[at:].replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "marker", "reason"),
    [
        (replaced("version: 1", "version: 0"), "version: 0", "version must be a whole number of at least 1"),
        (replaced("version: 1", "version: yes"), "version: yes", "version must be a whole number of at least 1"),
        (replaced("kinds: [school]", "kinds: [nursery]"), "kinds: [nursery]", 'kinds is "nursery"'),
        (replaced("title_en: School", "titel: School"), "titel: School", 'unknown key "titel"'),
        (replaced("title_en: School", "titel: School"), "code: school", 'missing key "title_en"'),
        (first_item("severity: general", "severity: grave"), "severity: grave", 'severity is "grave"'),
        (first_item("method: [records, ask]", "method: records"), "method: records", "method must be a list"),
        (first_item("method: [records, ask]", "method: []"), "method: []", "method must not be empty"),
        (first_item("[records, ask]", "[ask, ask]"), "method: [ask, ask]", '"ask" appears twice in method'),
        (first_item("applies_when: []", "applies_when: [zoo]"), "applies_when: [zoo]", 'applies_when is "zoo"'),
        (first_item("status: content", "status: sure"), "1号, status: sure", 'status is "sure"'),
        (first_item("status: content", "valid_from: soon, status: content"), "soon", "valid_from must be a date"),
        (first_item("status: content", "article: 4, status: content"), "article: 4", "article must be one line"),
        (first_item("type: yes_no", "type: maybe"), "type: maybe", 'type is "maybe"'),
        (first_item("{type: yes_no}", "yes_no"), "answer: yes_no", "answer must be a mapping"),
        (first_item("type: yes_no", "type: yes_no, ok: null"), "type: yes_no, ok", 'unknown key "ok"'),
        (first_item("photo: optional", "photo: restricted"), "photo: restricted", "photo is restricted for R1"),
        (first_item("due_days: 15", "due_days: null"), "due_days: null", "due_days is null where severity is null"),
        (first_item("due_days: 15", "due_days: -1"), "due_days: -1", "due_days must be a whole number of at least 0"),
        (first_item("red_line: null", "red_line: R1"), "red_line: R1", "R1 items stand in the last section only"),
        (first_item("severity: general", "severity: null"), "severity: null", "severity is null where no answer fails"),
        (replaced("- code: S-01-02", "- code: S-01-03"), "- code: S-01-03", 'code "S-01-03" appears twice'),
        (replaced("- code: S-02-01", "- code: S-01-99"), "- code: S-01-99", 'item "S-01-99" stands in section "S-02"'),
        (replaced("equals_item: S-02-01", "equals_item: S-01-01"), "equals_item", '"S-01-01" is no other number item'),
        (replaced("equals_item: S-02-01", "equals_item: S-02-02"), "equals_item", '"S-02-02" is no other number item'),
        (replaced("min_attribute: guards", "min_attribute: dogs"), "dogs", 'min_attribute is "dogs_required"'),
        (replaced("{equals_item: S-02-01}", "{min: 1, max: 2}"), "{min: 1, max: 2}", "a number has one rule of"),
        (replaced("{equals_item: S-02-01}", "{}"), "ok: {}", "a number has one rule of"),
        (replaced("{equals_item: S-02-01}", "{min: .nan}"), "min: .nan", "min must be a number from 0"),
        (replaced("{within_days: 365}", "{within_weeks: 52}"), "within_weeks", 'unknown key "within_weeks"'),
        (replaced("ok: [全部完成]", "ok: [做完]"), "ok: [做完]", '"做完" is not among the choices'),
        (replaced("choices: [全部完成, 部分", "choices: [na, 部分"), "choices: [na", '"na" may be answered anywhere'),
        (within("S-04-07", "due_days: 0", "due_days: 1"), "due_days: 1", "an R2 item is critical"),
        (within("S-10-02", "red_line: R1", "red_line: null"), "red_line: null", "the last section holds R1 items only"),
        (within("S-10-02", "due_days: null", "due_days: 3"), "due_days: 3", "an R1 item has no due_days"),
        (replaced("version: 1", "version: 1\nversion: 2"), "version: 2", 'key "version" appears twice'),
    ],
)
def test_lint_names_file_line_and_reason(
    tmp_path: Path, change: Callable[[str], str], marker: str, reason: str
) -> None:
    file = tmp_path / "broken.yaml"
    text = change(SCHOOL.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    (fault,) = [fault for fault in lint(file) if reason in fault.reason]
    assert marker in text.splitlines()[fault.line - 1]
    assert str(fault) == f"{file}:{fault.line}: {fault.reason}"
    with pytest.raises(LintError) as refused:
        load(file)
    assert refused.value.faults == lint(file)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "is empty"),
        (b"# nothing\n", 1, "is empty"),
        (b"code: school\ntitle: \xff\n", 2, "not UTF-8"),
        (b"code: [school\n", 2, "malformed YAML"),
        (b"code: a\n---\ncode: b\n", 2, "malformed YAML"),
        (b"a: &x [1]\nb: *x\n", 2, "aliases and tags are not allowed"),
        (b"a: 1\nb: !!int ''\n", 2, "aliases and tags are not allowed"),
        (b"a: \x01\n", 1, "malformed YAML"),
        (b"a: " + b"9" * 5000, 1, "malformed YAML"),
        (b"[" * 20000, 1, "malformed YAML"),
        (b"[" * 20000 + b"]" * 20000, 1, "malformed YAML: nested too deeply"),
        (b'a: 1\nb: "\\uD800"\n', 2, "malformed YAML"),
        (b"- code\n", 1, "the document must be a mapping"),
        (b"just words\n", 1, "the document must be a mapping"),
        (b"code: a\nsections: [1, {items: 3}, {code: {a: b}, items: [null, {answer: {ok: [x]}}]}]\n", 2, "must be"),
    ],
)
def test_lint_of_what_is_hardly_a_file(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_bytes(content)
    assert any(fault.line == line and reason in fault.reason for fault in lint(file)), lint(file)


def test_lint_of_no_file(tmp_path: Path) -> None:
    assert "cannot be read" in lint(tmp_path / "none.yaml")[0].reason
    assert "cannot be read" in lint(tmp_path)[0].reason
    assert "cannot be read" in lint(Path("\0"))[0].reason


def test_all_faults_of_a_file_are_named_in_the_order_of_lines(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    text = SCHOOL.read_text(encoding="utf-8").replace("severity: general", "severity: grave")
    file.write_text(text, encoding="utf-8")
    lines = [fault.line for fault in lint(file)]
    assert lines == sorted(lines)
    assert len(lines) == text.count("severity: grave")
