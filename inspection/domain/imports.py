"""Institutions and people out of tables: what the columns mean, and what is wrong with a cell.

A table is a list of rows of text; its first row names the columns, in Chinese or English. Rows are counted as a
spreadsheet shows them, the headings being row 1; a fault's pointer is `/row/column heading`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from checklists.engine import KNOWN_FLAGS
from inspection.domain.actor import ROLES
from inspection.domain.errors import Fault, pointer
from inspection.domain.institutions import KINDS

Table = Sequence[Sequence[str]]

INSTITUTION_COLUMNS: Final = {
    "名称": "name",
    "类别": "kind",
    "统一社会信用代码": "credit_code",
    "区划代码": "region_code",
    "主管部门": "competent_department",
    "学生数": "students",
    "教职工数": "staff",
    "应配保安数": "guards_required",
    "录像天数": "playback_days_required",
    "寄宿": "boarding",
    "自办食堂": "canteen",
    "校外供餐": "external_meal",
    "校车": "school_bus",
    "午休": "nap",
    "劳务外包": "outsourced",
    "上轮有问题": "prior_round",
    "身体接触": "body_contact",
    "校外住宿": "off_site",
    "外籍人员": "foreign_staff",
    "一对一": "one_to_one",
}
USER_COLUMNS: Final = {
    "用户名": "username",
    "姓名": "name",
    "单位": "organisation",
    "角色": "role",
    "区划代码": "region_code",
    "机构信用代码": "institution",
    "性别": "sex",
}
INSTITUTION_NEEDS: Final = ("name", "kind", "credit_code", "region_code", "competent_department")
USER_NEEDS: Final = ("username", "name", "organisation", "role")
KIND_WORDS: Final = {"学校": "school", "中小学": "school", "幼儿园": "kindergarten", "校外培训机构": "tutoring_centre"}
ROLE_WORDS: Final = {
    "教育检查人员": "edu_inspector",
    "检察检查人员": "proc_inspector",
    "专业检查人员": "specialist",
    "线索办理人": "lead_handler",
    "复查人": "reviewer",
    "上级督导": "supervisor",
    "被查单位": "unit",
    "人大": "npc_viewer",
    "系统管理员": "sysadmin",
    "安全管理员": "secadmin",
    "审计员": "auditor",
}
SEX_WORDS: Final = {"女": "female", "男": "male", "female": "female", "male": "male", "": None}
TRUE_WORDS: Final = frozenset({"是", "有", "1", "true", "yes", "y", "√"})
FALSE_WORDS: Final = frozenset({"", "否", "无", "0", "false", "no", "n"})
NUMBERS: Final = ("students", "staff", "guards_required", "playback_days_required")
ADMINISTRATORS: Final = frozenset({"sysadmin", "secadmin", "auditor"})
USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
LONGEST: Final = {"name": 128, "competent_department": 128, "organisation": 128, "username": 64}


@dataclass(frozen=True, slots=True)
class ImportedInstitution:
    """`profile` holds what the table says, flags that are false among it; a column that it lacks says nothing."""

    row: int
    name: str
    kind: str
    credit_code: str
    region_code: str
    competent_department: str
    profile: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportedUser:
    """One person with the roles of all his rows: (role, region code, credit code of the institution)."""

    row: int
    username: str
    name: str
    organisation: str
    sex: str | None
    roles: tuple[tuple[str, str | None, str | None], ...]


def institutions_of(table: Table, regions: Collection[str]) -> tuple[list[ImportedInstitution], list[Fault]]:
    """Every institution of a table, and all faults; `regions` are the codes that exist."""
    found: list[ImportedInstitution] = []
    faults: list[Fault] = []
    first_row: dict[str, int] = {}
    for line in _lines(table, INSTITUTION_COLUMNS, INSTITUTION_NEEDS, faults):
        before = len(faults)
        kind = line.choice("kind", {**KIND_WORDS, **{kind: kind for kind in KINDS}})
        credit_code = _credit_code(line, "credit_code")
        region_code = line.text("region_code")
        if region_code and region_code not in regions:
            line.fault("region_code", "unknown_region")
        if credit_code and credit_code in first_row:
            line.fault("credit_code", "duplicate_of_row", row=first_row[credit_code])
        first_row.setdefault(credit_code, line.row)
        profile: dict[str, Any] = {name: value for name in NUMBERS if (value := line.number(name)) is not None}
        profile |= {flag: line.flag(flag) for flag in sorted(KNOWN_FLAGS) if line.has(flag)}
        name, department = line.text("name"), line.text("competent_department")
        if len(faults) == before:
            found.append(ImportedInstitution(line.row, name, kind, credit_code, region_code, department, profile))
    return found, faults


def users_of(
    table: Table, regions: Collection[str], institutions: Collection[str], taken: Collection[str]
) -> tuple[list[ImportedUser], list[Fault]]:
    """Every person of a table, and all faults. `institutions` are the credit codes that are known, `taken` the user
    names. Several rows of one user name are several roles of one person."""
    people: dict[str, ImportedUser] = {}
    faults: list[Fault] = []
    for line in _lines(table, USER_COLUMNS, USER_NEEDS, faults):
        before = len(faults)
        username, name, organisation = (line.text(column) for column in ("username", "name", "organisation"))
        if username and not USERNAME.fullmatch(username):
            line.fault("username", "username_malformed")
        if username in taken:
            line.fault("username", "username_taken")
        role = line.choice("role", {**ROLE_WORDS, **{role: role for role in ROLES}})
        sex = SEX_WORDS.get(line.given("sex"))
        if line.given("sex") not in SEX_WORDS:
            line.fault("sex", "not_a_choice", choices=["女", "男"])
        region, institution = _where(line, role, regions, institutions)
        known = people.get(username)
        if known is not None and (known.name, known.organisation) != (name, organisation):
            line.fault("username", "duplicate_of_row", row=known.row)
        held = {one[0] for one in known.roles} if known is not None else set()
        if (role in ADMINISTRATORS and held - {role}) or (role not in ADMINISTRATORS and held & ADMINISTRATORS):
            line.fault("role", "incompatible_roles")
        if len(faults) == before:
            roles = (*(known.roles if known is not None else ()), (role, region, institution))
            row = known.row if known is not None else line.row
            people[username] = ImportedUser(row, username, name, organisation, sex, roles)
    return list(people.values()), faults


def _where(
    line: _Line, role: str, regions: Collection[str], institutions: Collection[str]
) -> tuple[str | None, str | None]:
    """A unit's role is held for an institution, every other for a region."""
    if role == "unit":
        code = _credit_code(line, "institution")
        if code and code not in institutions:
            line.fault("institution", "unknown_institution")
        return None, code
    region = line.text("region_code")
    if region and region not in regions:
        line.fault("region_code", "unknown_region")
    return region, None


def _credit_code(line: _Line, column: str) -> str:
    """统一社会信用代码 with its check digit (GB 32100)."""
    given = line.text(column)
    if not given:
        return ""
    try:
        return str(uscc.validate(given.upper()))
    except ValidationError:
        line.fault(column, "credit_code_wrong")
        return ""


class _Line:
    """One row by column; every look at a cell that is wrong adds a fault."""

    def __init__(self, row: int, cells: Mapping[str, str], headings: Mapping[str, str], faults: list[Fault]) -> None:
        self.row = row
        self._cells = cells
        self._headings = headings
        self._faults = faults

    def fault(self, column: str, code: str, **params: Any) -> None:
        self._faults.append(Fault(pointer(self.row, self._headings.get(column, column)), code, params))

    def has(self, column: str) -> bool:
        """Whether the table has this column at all."""
        return column in self._headings

    def given(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def text(self, column: str) -> str:
        """A text that has to be there."""
        given = self.given(column)
        if not given:
            self.fault(column, "required")
        elif len(given) > LONGEST.get(column, 32):
            self.fault(column, "length", min=1, max=LONGEST.get(column, 32))
        elif not given.isprintable():
            self.fault(column, "control_character")
        return given

    def choice(self, column: str, words: Mapping[str, str]) -> str:
        given = self.text(column)
        if given and given not in words:
            self.fault(column, "not_a_choice", choices=list(words))
        return words.get(given, "")

    def number(self, column: str) -> int | None:
        """A whole number; spreadsheets write 12 as 12.0."""
        given = self.given(column).removesuffix(".0")
        if not given:
            return None
        if not given.isascii() or not given.isdigit() or len(given) > len("1000000"):
            self.fault(column, "range", min=0, max=1_000_000)
            return None
        return int(given)

    def flag(self, column: str) -> bool:
        given = self.given(column).removesuffix(".0").casefold()
        if given not in TRUE_WORDS | FALSE_WORDS:
            self.fault(column, "not_a_choice", choices=["是", "否"])
        return given in TRUE_WORDS


def _lines(table: Table, columns: Mapping[str, str], needed: Sequence[str], faults: list[Fault]) -> Iterator[_Line]:
    """The rows beneath the headings; nothing where a heading is unknown, doubled or missing."""
    headings = [heading.strip() for heading in table[0]] if table else []
    names = [columns.get(heading, heading if heading in columns.values() else "") for heading in headings]
    shown = dict(zip(names, headings, strict=True))
    wrong = [
        Fault(pointer(1, heading), "unknown_column")
        for heading, name in zip(headings, names, strict=True)
        if heading and not name
    ]
    wrong += [
        Fault(pointer(1, shown[name]), "duplicate") for name in sorted(set(names)) if name and names.count(name) > 1
    ]
    in_chinese = {name: heading for heading, name in columns.items()}
    wrong += [Fault(pointer(1, in_chinese[name]), "column_missing") for name in needed if name not in names]
    faults += wrong
    if wrong:
        return
    for row, cells in enumerate(table[1:], start=2):
        if any(cell.strip() for cell in cells):
            yield _Line(row, dict(zip(names, cells, strict=False)), shown, faults)
