"""What the workbook of the audit log says: its head, its columns, and one row for each entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from inspection.documents.workbook import Head
from inspection.domain.audit import LogEntry
from inspection.domain.clock import Clock

WIDTHS: Final = (22, 14, 16, 22, 14, 40, 60, 16)


def head(texts: Mapping[str, Any], asked: str, moment: datetime) -> Head:
    """`texts` are the desk's words about the log, `asked` the conditions in words."""
    return Head(
        title=texts["title"],
        lines=(f"{texts['filters']} {asked}", moment.strftime("%Y-%m-%d %H:%M:%S %z")),
        headings=tuple(
            texts[name] for name in ("at", "who", "username", "what", "of_kind", "object", "details", "entry")
        ),
        widths=WIDTHS,
        dates=(),
        truncated=texts["truncated"],
    )


def row(entry: LogEntry, texts: Mapping[str, Any], clock: Clock) -> list[Any]:
    """In the order of the columns; what was erased says so."""
    said = (
        texts["erased"]
        if entry.detail is None
        else "\n".join(f"{texts['detail'].get(name, name)}: {_text(value)}" for name, value in entry.detail)
    )
    return [
        clock.local(entry.at).strftime("%Y-%m-%d %H:%M:%S %z"),
        entry.by,
        entry.username,
        texts["action"].get(entry.action, entry.action),
        texts["kind"].get(entry.kind, entry.kind),
        f"{entry.object_name} {entry.object_id}" if entry.object_name else entry.object_id,
        said,
        f"{entry.chain} {entry.number}",
    ]


def _text(value: Any) -> str:
    return ", ".join(_text(one) for one in value) if isinstance(value, list) else str(value)
