"""Who and what the demo shows. All persons and institutions are fictional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from inspection.domain.actor import Grant

EDUCATION: Final = {"150102": "新城区教育局", "150103": "回民区教育局", "150104": "玉泉区教育局"}


@dataclass(frozen=True)
class Person:
    """`institution` is an index into INSTITUTIONS for people of a unit."""

    username: str
    name: str
    organisation: str
    grants: tuple[Grant, ...]
    institution: int | None = None
    shown: bool = True
    sex: str | None = None


@dataclass(frozen=True)
class Place:
    name: str
    kind: str
    region_code: str
    profile: dict[str, Any]
    department: str | None = None

    @property
    def address(self) -> str:
        """In a street that is nowhere."""
        return f"{self.name[:2]}路 18 号"

    @property
    def telephone(self) -> str:
        """One that nobody has."""
        return f"0471-0{self.profile['students']:06d}"


def _school(students: int, **flags: Any) -> dict[str, Any]:
    guards = 2 if students < 1000 else 3 + (students - 1000) // 500
    return {"students": students, "staff": students // 12, "guards_required": guards, **flags}


INSTITUTIONS: Final = (
    Place("云杉第一中学", "school", "150102", _school(1480, boarding=True, canteen=True, prior_round=True)),
    Place("小河马幼儿园", "kindergarten", "150102", _school(210, canteen=True, nap=True)),
    Place("晨星艺术培训中心", "tutoring_centre", "150102", _school(130, body_contact=True), "新城区文化和旅游局"),
    Place("青松路小学", "school", "150102", _school(960, canteen=True, outsourced=True)),
    Place("向日葵实验学校", "school", "150102", _school(2100, boarding=True, canteen=True, school_bus=True)),
    Place("启航学科培训学校", "tutoring_centre", "150102", _school(90, one_to_one=True)),
    Place("北原小学", "school", "150103", _school(720, external_meal=True)),
    Place("草原童话幼儿园", "kindergarten", "150103", _school(160, canteen=True, nap=True, school_bus=True)),
    Place("蓝鲸游泳培训中心", "tutoring_centre", "150103", _school(240, body_contact=True, off_site=True)),
    Place("大青山中学", "school", "150104", _school(1720, boarding=True, canteen=True)),
    Place("石榴籽幼儿园", "kindergarten", "150104", _school(190, canteen=True, nap=True)),
    Place("博文外语培训中心", "tutoring_centre", "150104", _school(110, foreign_staff=True)),
)

PEOPLE: Final = (
    Person("inspector", "苏和", "新城区教育局督导室", (Grant("edu_inspector", "150102"),)),
    Person("inspector2", "林晓岚", "新城区教育局安全科", (Grant("edu_inspector", "150102"),), sex="female"),
    Person(
        "procurator",
        "陈立衡",
        "新城区人民检察院",
        (Grant("proc_inspector", "150102"), Grant("lead_handler", "150102")),
    ),
    Person("bureau", "乌兰", "新城区教育局", (Grant("reviewer", "150102"),)),
    Person("league", "赵启明", "呼和浩特市教育局", (Grant("supervisor", "150100"),)),
    Person("neighbour", "高娃", "回民区教育局", (Grant("reviewer", "150103"),)),
    Person("school", "何建平", "云杉第一中学", (), 0),
    Person("kindergarten", "斯琴", "小河马幼儿园", (), 1),
    Person("tutoring", "周可", "晨星艺术培训中心", (), 2),
    Person("stranger", "巴特尔", "北原小学", (), 6),
    Person("congress", "白音", "自治区人大监察和司法委员会", (Grant("npc_viewer", "150000"),)),
    Person("sysadmin", "系统管理员", "信息中心", (Grant("sysadmin", "150000"),)),
    Person("secadmin", "安全管理员", "信息中心", (Grant("secadmin", "150000"),)),
    Person("auditor", "审计员", "信息中心", (Grant("auditor", "150000"),)),
    Person("demo-inspector-hm", "孟和", "回民区教育局督导室", (Grant("edu_inspector", "150103"),), shown=False),
    Person("demo-inspector-yq", "田雨", "玉泉区教育局督导室", (Grant("edu_inspector", "150104"),), shown=False),
    Person("demo-reviewer-yq", "其木格", "玉泉区教育局", (Grant("reviewer", "150104"),), shown=False),
    Person("demo-unit-yq", "马东来", "大青山中学", (), 9, shown=False),
)
