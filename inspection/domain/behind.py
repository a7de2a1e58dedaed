"""What stands behind a figure: the conditions under which the problem list has exactly as many rows as the figure says.
A property test holds the two together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

STANDING: Final = "found,open,submitted,closed"
"""What is neither void nor a department's: the figures count these as found and as due."""

FOUND: Final[dict[str, dict[str, str]]] = {
    "problems_found": {"status": STANDING, "responsible": "institution"},
    "recurrences": {"status": STANDING, "responsible": "institution", "recurrent": "true"},
    "void": {"status": "void"},
    "transferred": {"status": "transferred"},
    "departments": {"status": STANDING, "responsible": "department"},
}
"""Counted in the period in which they were found."""

DUE: Final[dict[str, dict[str, str]]] = {
    "due": {"status": STANDING, "responsible": "institution"},
    "closed": {"status": "closed", "responsible": "institution"},
    "closed_on_time": {"status": "closed", "responsible": "institution", "on_time": "true"},
    "overdue": {"overdue": "true", "responsible": "institution"},
}
"""Counted in the period of their due date."""


def behind(cell: str, group: str, key: str | None, base: str, first: date, last: date) -> Mapping[str, str]:
    """The filters of the problem list for a cell of a row; `key` None is the row of all. `base` is the region within
    which is counted. A region's own row among those beneath it is what lies in none of them."""
    conditions = {"found_from": first, "found_to": last} if cell in FOUND else {"due_from": first, "due_to": last}
    wanted = {name: day.isoformat() for name, day in conditions.items()} | (FOUND.get(cell) or DUE[cell])
    wanted["region"] = base
    if key is None:
        return wanted
    if group == "region" and key == base and base.endswith("00"):
        return wanted | {"own_region": key}
    return wanted | {group: key}


def inspected(group: str, key: str | None, base: str, first: date, last: date) -> Mapping[str, str] | None:
    """The filters of the list of institutions for those inspected; None where no such list tells them apart: an
    inspection is of all items at once."""
    wanted = {"inspected_from": first.isoformat(), "inspected_to": last.isoformat(), "region": base}
    if key is None or group in ("item", "severity", "recommendation"):
        return wanted
    if group == "institution" or (group == "region" and key == base and base.endswith("00")):
        return None
    return wanted | {group: key}
