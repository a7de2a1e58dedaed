"""Institutions and people out of tables: what the columns mean, and what is wrong with a cell.

A table is a list of rows of text; its first row names the columns, in Chinese or English. Rows are counted as a
spreadsheet shows them, the headings being row 1; a fault's pointer is `/row/column heading`, or the column's letters
where it has no heading. An empty cell, or one of blanks, says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from checklists.engine import KNOWN_FLAGS
from inspection.domain.actor import ROLES, incompatible
from inspection.domain.errors import Fault, pointer
from inspection.domain.institutions import KINDS
from inspection.domain.texts import texts

Table = Sequence[Sequence[str]]
Place = tuple[str, str | None, str | None]
"""A role, and the region code or the institution's credit code that it is held for."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One kind of table: its headings, the columns that it must have, and the longest texts that are kept."""

    names: Mapping[str, str]
    needed: tuple[str, ...]
    longest: Mapping[str, int]


INSTITUTION_COLUMNS: Final = Columns(
    names={
        "名称": "name",
        "类别": "kind",
        "统一社会信用代码": "credit_code",
        "区划代码": "region_code",
        "主管部门": "competent_department",
        "地址": "address",
        "办公电话": "telephone",
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
    },
    needed=("name", "kind", "credit_code", "region_code", "competent_department"),
    longest={"name": 128, "competent_department": 128, "address": 128},
)
USER_COLUMNS: Final = Columns(
    names={
        "用户名": "username",
        "姓名": "name",
        "单位": "organisation",
        "角色": "role",
        "区划代码": "region_code",
        "机构信用代码": "institution",
        "性别": "sex",
    },
    needed=("username", "name", "organisation", "role"),
    longest={"username": 64, "name": 64, "organisation": 128},
)
LONGEST_WORD: Final = 32
KIND_WORDS: Final = {
    "学校": "school",
    "中小学": "school",
    "幼儿园": "kindergarten",
    "校外培训机构": "tutoring_centre",
    **{kind: kind for kind in KINDS},
}
ROLE_WORDS: Final = {word: role for role, word in texts("zh_CN")["role"].items()} | {role: role for role in ROLES}
SEX_WORDS: Final = {"女": "female", "男": "male", "female": "female", "male": "male"}
TRUE_WORDS: Final = frozenset({"是", "有", "1", "true", "yes", "y", "√"})
FALSE_WORDS: Final = frozenset({"否", "无", "0", "false", "no", "n"})
NUMBERS: Final = ("students", "staff", "guards_required", "playback_days_required")
LARGEST_NUMBER: Final = 1_000_000
USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
SHORTENED: Final = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
"""How a spreadsheet shows, and saves, a long code that it took for a number: the last digits are gone."""
WIDE_SPACES: Final = str.maketrans("\u3000\u00a0", "  ")


@dataclass(frozen=True, slots=True)
class KnownInstitution:
    """What is registered under a credit code; `closed` also when it was merged into another, `hidden` where whoever
    imports does not see it."""

    kind: str
    region_code: str
    closed: bool
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ImportedInstitution:
    """`profile` holds what the table says, flags that are false among it; what it does not say is not there. `row` is
    where it stands in the table."""

    name: str
    kind: str
    credit_code: str
    region_code: str
    competent_department: str
    profile: dict[str, Any]
    address: str | None = None
    telephone: str | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """What a row of a table would do: `state` is new, changed or unchanged; `changes` are (before, after) by name."""

    row: int
    name: str
    credit_code: str
    state: str
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class ImportedUser:
    """One person with the roles of all his rows; `row` is the first of them."""

    row: int
    username: str
    name: str
    organisation: str
    sex: str | None = None
    roles: tuple[Place, ...] = ()


def institutions_of(
    table: Table,
    regions: Collection[str],
    known: Mapping[str, KnownInstitution],
    own: Collection[str] | None = None,
) -> tuple[list[ImportedInstitution], list[Fault]]:
    """Every institution of a table, or all faults; `regions` are the codes that exist, `own` those of whoever imports
    (None: all), `known` is by credit code."""
    found: list[ImportedInstitution] = []
    faults: list[Fault] = []
    first_row: dict[str, int] = {}
    for line in _lines(table, INSTITUTION_COLUMNS, faults):
        kind = line.choice("kind", KIND_WORDS)
        credit_code = _credit_code(line, "credit_code")
        region_code = _region(line, regions)
        if region_code and own is not None and region_code not in own:
            line.fault("region_code", "region_not_own")
        if credit_code:
            if credit_code in first_row:
                line.fault("credit_code", "duplicate_of_row", row=first_row[credit_code])
            first_row.setdefault(credit_code, line.row)
            _as_registered(line, known.get(credit_code), kind, region_code)
        profile: dict[str, Any] = {name: said for name in NUMBERS if (said := line.number(name)) is not None}
        profile |= {flag: said for flag in sorted(KNOWN_FLAGS) if (said := line.flag(flag)) is not None}
        name, department = line.text("name"), line.text("competent_department")
        where = line.words("address"), line.words("telephone")
        found.append(ImportedInstitution(name, kind, credit_code, region_code, department, profile, *where, line.row))
    return ([] if faults else found), faults


def _as_registered(line: _Line, known: KnownInstitution | None, kind: str, region_code: str) -> None:
    """Kind and region of a known institution are changed by a decision, and one that is closed stays as it was. Of one
    that is hidden nothing is told."""
    if known is None:
        return
    if known.hidden:
        line.fault("credit_code", "credit_code_not_here")
        return
    if known.closed:
        line.fault("credit_code", "closed_institution")
    for column, given, registered in (("kind", kind, known.kind), ("region_code", region_code, known.region_code)):
        if given and given != registered:
            line.fault(column, "changed_by_decision")


def users_of(
    table: Table,
    regions: Collection[str],
    institutions: Collection[str],
    taken: Collection[str],
    own: Collection[str] | None = None,
) -> tuple[list[ImportedUser], list[Fault]]:
    """Every person of a table, or all faults. `institutions` are the credit codes of those that are not closed, `taken`
    the user names, `own` the regions of whoever imports (None: all). Several rows of one user name are several roles of
    one person."""
    people: dict[str, ImportedUser] = {}
    sexes: dict[str, tuple[str, int]] = {}
    held: dict[str, dict[Place, int]] = {}
    faults: list[Fault] = []
    folded = {username.casefold() for username in taken}
    for line in _lines(table, USER_COLUMNS, faults):
        username, name, organisation = (line.text(column) for column in ("username", "name", "organisation"))
        key = username.casefold()
        if username and not USERNAME.fullmatch(username):
            line.fault("username", "username_malformed")
        if key in folded:
            line.fault("username", "username_taken")
        role = line.choice("role", ROLE_WORDS)
        place = (role, *_where(line, role, regions, institutions))
        if own is not None and place[1] and place[1] not in own:
            line.fault("region_code", "region_not_own")
        sex = line.choice("sex", SEX_WORDS) if line.given("sex") else None
        if not username:
            continue
        first = people.setdefault(key, ImportedUser(line.row, username, name, organisation))
        if (first.username, first.name, first.organisation) != (username, name, organisation):
            line.fault("username", "duplicate_of_row", row=first.row)
        if sex:
            said, row = sexes.setdefault(key, (sex, line.row))
            if sex != said:
                line.fault("sex", "duplicate_of_row", row=row)
        if role:
            _another_role(line, place, held.setdefault(key, {}))
    if faults:
        return [], faults
    return [replace(one, sex=sexes.get(key, (None,))[0], roles=tuple(held[key])) for key, one in people.items()], []


def _another_role(line: _Line, place: Place, held: dict[Place, int]) -> None:
    if place in held:
        line.fault("role", "duplicate_of_row", row=held[place])
    held.setdefault(place, line.row)
    if incompatible({role for role, _, _ in held}):
        line.fault("role", "incompatible_roles")


def _where(
    line: _Line, role: str, regions: Collection[str], institutions: Collection[str]
) -> tuple[str | None, str | None]:
    """A unit's role is held for an institution, every other for a region."""
    if not role:
        return None, None
    beside = "region_code" if role == "unit" else "institution"
    if line.given(beside):
        line.fault(beside, "not_expected")
    if role != "unit":
        return _region(line, regions), None
    code = _credit_code(line, "institution")
    if code and code not in institutions:
        line.fault("institution", "unknown_institution")
    return None, code


def _region(line: _Line, regions: Collection[str]) -> str:
    given = line.text("region_code")
    if given and given not in regions:
        line.fault("region_code", "unknown_region")
        return ""
    return given


def _credit_code(line: _Line, column: str) -> str:
    """统一社会信用代码 with its check digit (GB 32100)."""
    given = line.text(column)
    if not given or SHORTENED.fullmatch(given):
        return ""
    code = credit_code_of(given)
    if code is None:
        line.fault(column, "credit_code_wrong")
    return code or ""


def credit_code_of(text: str) -> str | None:
    """A 统一社会信用代码 as it is kept; None where its length, letters or check digit are wrong."""
    try:
        return str(uscc.validate(text.upper()))
    except ValidationError:
        return None


class _Line:
    """One row by column; every look at a cell that is wrong adds a fault."""

    def __init__(
        self,
        row: int,
        cells: Mapping[str, str],
        headings: Mapping[str, str],
        longest: Mapping[str, int],
        faults: list[Fault],
    ) -> None:
        self.row = row
        self._cells = cells
        self._headings = headings
        self._longest = longest
        self._faults = faults

    def fault(self, column: str, code: str, **params: Any) -> None:
        self._faults.append(Fault(pointer(self.row, self._headings[column]), code, params))

    def given(self, column: str) -> str:
        return self._cells.get(column, "")

    def words(self, column: str) -> str | None:
        """A text that need not be there."""
        return self.text(column) if self.given(column) else None

    def text(self, column: str) -> str:
        """A text that has to be there."""
        given = self.given(column)
        longest = self._longest.get(column, LONGEST_WORD)
        if not given:
            self.fault(column, "required")
        elif SHORTENED.fullmatch(given):
            self.fault(column, "digits_lost")
        elif len(given) > longest:
            self.fault(column, "length", min=1, max=longest)
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
        digits = given.isascii() and given.isdigit() and len(given) <= len(str(LARGEST_NUMBER))
        if not digits or int(given) > LARGEST_NUMBER:
            self.fault(column, "range", min=0, max=LARGEST_NUMBER)
            return None
        return int(given)

    def flag(self, column: str) -> bool | None:
        given = self.given(column).removesuffix(".0").casefold()
        if not given:
            return None
        if given not in TRUE_WORDS | FALSE_WORDS:
            self.fault(column, "not_a_choice", choices=["是", "否"])
        return given in TRUE_WORDS


def _lines(table: Table, columns: Columns, faults: list[Fault]) -> Iterator[_Line]:
    """The rows beneath the headings; nothing where a heading is unknown, doubled or missing."""
    headings = [_plain(heading) for heading in table[0]] if table else []
    known = {**columns.names, **{name: name for name in columns.names.values()}}
    names = [known.get(heading, "") for heading in headings]
    shown = dict(zip(names, headings, strict=True))
    wrong = [
        Fault(pointer(1, heading), "unknown_column")
        for heading, name in zip(headings, names, strict=True)
        if heading and not name
    ]
    wrong += [
        Fault(pointer(1, shown[name]), "duplicate") for name in sorted(set(names)) if name and names.count(name) > 1
    ]
    shown = {**{name: heading for heading, name in columns.names.items()}, **shown}
    wrong += [Fault(pointer(1, shown[name]), "column_missing") for name in columns.needed if name not in names]
    faults += wrong
    if wrong:
        return
    for row, given in enumerate(table[1:], start=2):
        cells = [_plain(cell) for cell in given]
        for number, cell in enumerate(cells):
            if cell and (number >= len(names) or not names[number]):
                faults.append(Fault(pointer(row, _letters(number)), "cell_without_heading"))
        if any(cells):
            yield _Line(row, dict(zip(names, cells, strict=False)), shown, columns.longest, faults)


def _plain(cell: str) -> str:
    """Without blanks around it; wide blanks within (王　芳) are blanks."""
    return cell.translate(WIDE_SPACES).strip()


def _letters(number: int) -> str:
    """A column as a spreadsheet names it: 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    while number >= 0:
        number, digit = divmod(number, 26)
        letters = chr(ord("A") + digit) + letters
        number -= 1
    return letters
