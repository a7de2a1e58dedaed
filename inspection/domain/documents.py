"""What a notice says, as plain values, before it has the form of a document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

_PRC = "中华人民共和国"
FULL_NAMES: Final = {
    "未保法": _PRC + "未成年人保护法",
    "学前法": _PRC + "学前教育法",
    "预防法": _PRC + "预防未成年人犯罪法",
    "义教法": _PRC + "义务教育法",
    "教师法": _PRC + "教师法",
    "家教法": _PRC + "家庭教育促进法",
    "民促法": _PRC + "民办教育促进法",
    "民促条例": _PRC + "民办教育促进法实施条例",
    "食安法": _PRC + "食品安全法",
    "食安条例": _PRC + "食品安全法实施条例",
    "消防法": _PRC + "消防法",
    "治安法": _PRC + "治安管理处罚法",
    "家暴法": _PRC + "反家庭暴力法",
    "妇保法": _PRC + "妇女权益保障法",
    "个保法": _PRC + "个人信息保护法",
    "反恐法": _PRC + "反恐怖主义法",
    "传防法": _PRC + "传染病防治法",
    "精卫法": _PRC + "精神卫生法",
    "法宣法": _PRC + "法治宣传教育法",
    "刑法": _PRC + "刑法",
    "内保条例": "企业事业单位内部治安保卫条例",
    "保安条例": "保安服务管理条例",
    "校车条例": "校车安全管理条例",
    "教育督导条例": "教育督导条例",
    "网保条例": "未成年人网络保护条例",
    "视频条例": "公共安全视频图像信息系统管理条例",
    "学校保护规定": "未成年人学校保护规定",
    "学校食品规定": "学校食品安全与营养健康管理规定",
    "幼儿园工作规程": "幼儿园工作规程",
    "安管办法": "中小学幼儿园安全管理办法",
    "强制报告意见": "关于建立侵害未成年人案件强制报告制度的意见（试行）",
    "判定指南": "教育系统重大事故隐患判定指南",
    "2018通知": "教育部办公厅关于进一步加强中小学（幼儿园）预防性侵害学生工作的通知",
    "2013意见": "关于做好预防少年儿童遭受性侵工作的意见",
    "非学科意见": "关于规范面向中小学生的非学科类校外培训的意见",
    "法治副校长办法": "中小学法治副校长聘任与管理办法",
    "强奸猥亵解释": "关于办理强奸、猥亵未成年人刑事案件适用法律若干问题的解释",
    "从业禁止意见": "关于落实从业禁止制度的意见",
    "演练指南2014": "中小学幼儿园应急疏散演练指南",
    "准入查询意见": "关于建立教职员工准入查询性侵违法犯罪信息制度的意见",
    "消防十项": "中小学校、幼儿园消防安全十项规定",
    "校外九项": "校外培训机构消防安全管理九项规定",
    "校外处罚办法": "校外培训行政处罚暂行办法",
    "校外培训机构从业人员管理办法": "校外培训机构从业人员管理办法（试行）",
}
"""The checklists' short names whose full name is certain; other documents are printed by the name they have there."""

PLAIN_NAMES: Final = {
    "人大决定": "内蒙古自治区人大常委会2020年11月26日决定",
    "校外从业查询通知": "教监管厅函〔2023〕9号",
}
"""Documents that are cited by number or date, without title marks."""

CUSTOMS: Final = frozenset(
    {
        "惯例",
        "行业惯例",
        "一号检察建议督导惯例",
        "保险",
        "留样",
        "留样数值",
        "电动车",
        "配备标准",
        "地方标准",
        "地方规定",
        "四个100%",
    }
)
"""What the checklists name as a reason and what is no document: never printed as a basis."""

_ARTICLE: Final = re.compile(r"(\d+)(之[一二三四五])?(?:[—-](\d+))?(?:[（(]([1-9]|[一二三四五六七八九十]+)[）)])?")
_PARAGRAPHS: Final = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One problem of a notice. `basis`: (law, article, status of the citation). `running`: it had its date already.
    `unmet`: nobody said what was found, and `fact` is what the item requires."""

    number: str | None
    fact: str
    unmet: bool
    place: str | None
    severity: str
    basis: tuple[tuple[str, str | None, str], ...]
    due_on: date | None
    provisional: bool
    requirement: str
    responsible: str | None
    running: bool


@dataclass(frozen=True, slots=True)
class NoticeDocument:
    """A rectification notice (整改通知书); a draft has neither number nor dates. `transferred` are findings for which
    the institution does not answer."""

    number: str | None
    institution_name: str
    department: str
    region_name: str
    inspected_on: tuple[date, ...]
    issued_on: date | None
    signer: str | None
    opinion: str | None
    service_method: str | None
    service_on: date | None
    rows: tuple[NoticeRow, ...]
    transferred: tuple[NoticeRow, ...]
    draft: bool


def printed_basis(law: str, article: str | None, status: str) -> str | None:
    """How far a citation may be printed: whole when verified, by the law's name when its content is confirmed,
    not at all otherwise."""
    name = law.strip().strip("《》")
    if status == "unverified" or name in CUSTOMS:
        return None
    name = PLAIN_NAMES.get(name, name)
    is_plain = name in PLAIN_NAMES.values() or "〔" in name or name[0].isascii()  # 教师函〔2023〕1号, GB/T 29315-2022
    title = name if is_plain and name not in FULL_NAMES else f"《{FULL_NAMES.get(name, name)}》"
    return title + printed_articles(article) if status == "verified" and article else title


def printed_articles(articles: str) -> str:
    """`62(2)、126` -> `第62条第二款、第126条`; `39—41` -> `第39条至第41条`; `63(九)` -> `第63条第（九）项`."""
    return "、".join(_printed(part) for part in articles.split("、"))


def _printed(part: str) -> str:
    found = _ARTICLE.fullmatch(part)
    if found is None:
        return part
    number, suffix, until, below = found.groups()
    text = f"第{number}条{suffix or ''}"
    if until:
        text += f"至第{until}条"
    if below:
        text += f"第{_PARAGRAPHS[int(below) - 1]}款" if below.isdigit() else f"第（{below}）项"
    return text
