"""What a notice says, word for word and in its order, for every form in which it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from inspection.domain.documents import NoticeDocument, NoticeRow, printed_basis
from inspection.domain.texts import word

HEADINGS: Final = ("编号", "存在的问题（部位）", "等级", "依据", "整改要求", "整改期限")
SERVICE: Final = {"on_site": "当场送达", "in_app": "系统送达", "paper": "书面送达", "post": "邮寄送达"}


@dataclass(frozen=True, slots=True)
class NoticeText:
    """Lines and cells as they are printed. `rows`: one tuple for each problem, in the order of `HEADINGS`."""

    department: str
    title: str
    number: str
    addressee: str
    opening: str
    opinion: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    transferred: tuple[str, ...]
    closing: tuple[str, ...]
    signature: tuple[str, ...]
    receipt: tuple[str, ...]


def composed(notice: NoticeDocument) -> NoticeText:
    """A draft has no number. What the institution does not answer for is told beneath the table."""
    return NoticeText(
        department=notice.department,
        title="责令限期整改通知书",
        number="（草稿，未编号）" if notice.draft else notice.number or "",
        addressee=f"{notice.institution_name}：",
        opening=_opening(notice),
        opinion=tuple((notice.opinion or "").splitlines()),
        headings=HEADINGS,
        rows=tuple(_cells(row, position) for position, row in enumerate(notice.rows, start=1)),
        transferred=tuple(_transferred(notice)),
        closing=(_closing(),) if notice.rows else (),
        signature=tuple(_signature(notice)),
        receipt=(
            "受送达单位（盖章）：＿＿＿＿＿＿＿＿＿＿",
            "签收人：＿＿＿＿＿＿　职务：＿＿＿＿＿＿　日期：＿＿＿＿＿＿",
        ),
    )


def _opening(notice: NoticeDocument) -> str:
    days = "、".join(_day(day) for day in notice.inspected_on)
    visit = f"{days}，检察机关与教育行政部门依法对你单位（{notice.region_name}）开展了校园安全联合检查，"
    if not notice.rows:
        return visit + "未发现须由你单位整改的问题。"
    return visit + f"发现下列{len(notice.rows)}个问题。现责令你单位按期整改："


def _transferred(notice: NoticeDocument) -> list[str]:
    """What is told to the institution and is not its fault."""
    if not notice.transferred:
        return []
    lines = [f"另有{len(notice.transferred)}个问题责任不在你单位，已移交有关部门处理，不计入你单位整改："]
    for position, row in enumerate(notice.transferred, start=1):
        place = f"（{row.place}）" if row.place else ""
        lines.append(f"{row.number or position}　{row.fact}{place}；移交：{row.responsible or '有关部门'}。")
    return lines


def _closing() -> str:
    return (
        "请在期限届满前完成整改，并提交整改说明和佐证材料。对上述要求有异议的，可以陈述、申辩；"
        "确需延期的，应当在期限届满前提出。逾期未整改的，将依法督办并通报有关机关。"
    )


def _signature(notice: NoticeDocument) -> list[str]:
    lines = [f"{notice.department}（印章）"]
    if notice.signer:
        lines.append(f"签发人：{notice.signer}")
    if notice.issued_on is not None:
        lines.append(_day(notice.issued_on))
    if notice.service_method is not None and notice.service_on is not None:
        lines.append(f"{SERVICE.get(notice.service_method, notice.service_method)}：{_day(notice.service_on)}")
    return lines


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _cells(row: NoticeRow, position: int) -> tuple[str, ...]:
    return (
        row.number or str(position),
        (word("problem", "unmet", "zh_CN") if row.unmet else "") + row.fact + (f"（{row.place}）" if row.place else ""),
        word("severity", row.severity, "zh_CN"),
        "；".join(text for basis in row.basis if (text := printed_basis(*basis)) is not None),
        row.requirement + (f"（责任：{row.responsible}）" if row.responsible else ""),
        _due(row),
    )


def _due(row: NoticeRow) -> str:
    if row.due_on is None:
        return "已当场整改，待核查" if row.running else "待定"
    return _day(row.due_on) + ("（暂定）" if row.provisional else "")
