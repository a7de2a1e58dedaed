"""How the desk says dates, durations and numbers, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from inspection.domain.clock import Clock
from inspection.domain.figures import Rate
from inspection.domain.texts import desk_texts, notification_text, texts

WEEKDAYS: Final = {"zh_CN": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Wording:
    """A template's `say`."""

    language: str
    clock: Clock

    def day(self, day: date | str | None) -> str:
        """2026年3月1日（周日）; a dash for none."""
        if day is None or day == "":
            return "—"
        day = date.fromisoformat(day) if isinstance(day, str) else day
        week = WEEKDAYS[self.language][day.weekday()]
        if self.language == "zh_CN":
            return f"{day.year}年{day.month}月{day.day}日（周{week}）"
        return f"{week} {day.day} {MONTHS[day.month - 1]} {day.year}"

    def short(self, day: date | None) -> str:
        """3月1日 within this year, with the year else."""
        if day is None:
            return "—"
        this_year = day.year == self.clock.today().year
        if self.language == "zh_CN":
            return f"{day.month}月{day.day}日" if this_year else f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]}" + ("" if this_year else f" {day.year}")

    def moment(self, at: datetime | str | None) -> str:
        """2026年3月1日 09:10, in the installation's zone."""
        if at is None:
            return "—"
        local = self.clock.local(datetime.fromisoformat(at) if isinstance(at, str) else at)
        if self.language == "zh_CN":
            return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
        return f"{local.day} {MONTHS[local.month - 1]} {local.year} {local:%H:%M}"

    def left(self, until: date | None) -> str:
        """还剩 3 天 · 今日到期 · 逾期 2 天."""
        if until is None:
            return "—"
        known = desk_texts(self.language)["common"]
        days = (until - self.clock.today()).days
        if days == 0:
            return str(known["due_today"])
        text = known["days_left"] if days > 0 else known["days_late"]
        return str(text).format(days=abs(days))

    def rate(self, rate: Rate) -> str:
        return "—" if rate.value is None else f"{rate.value * 100:.1f}%"

    def message(self, kind: str, params: Mapping[str, Any]) -> str:
        """A notification as its reader sees it."""
        return notification_text(kind, self.language, params)

    def word(self, section: str, code: str | None) -> str:
        """A word by its code; the code itself where it has none (a department's own, say)."""
        return "—" if code is None else texts(self.language)[section].get(code, code)
