"""A backup as a phone writes it, byte for byte."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from inspection import cli
from inspection.storage.db import db
from tests.support.world import World, new_id, sha256

TAILS = {
    "inspection": "/inspections/{own}",
    "rectification": "/problems/{of}/rectifications/{own}",
    "extension": "/problems/{of}/extensions/{own}",
    "objection": "/problems/{of}/objections/{own}",
    "acknowledgement": "/notices/{of}/acknowledgement",
}


@dataclass(frozen=True)
class Saved:
    """A body that the phone has frozen for its path."""

    kind: str
    id: str
    path: str
    body: bytes

    @property
    def line(self) -> dict[str, Any]:
        told = {"kind": self.kind, "id": self.id, "path": self.path}
        return told | {"length": len(self.body), "sha256": sha256(self.body)}


def saved(kind: str, body: Any, of: str = "", own: str | None = None) -> Saved:
    """An entry about `of`, a problem or a notice."""
    own = own or new_id()
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Saved(kind, own, TAILS[kind].format(own=own, of=of), data)


def first_line(world: World, who: str, entries: Sequence[Saved] = (), photos: Sequence[bytes] = ()) -> dict[str, Any]:
    me = world.person(who).get("/me").json
    return {
        "format": "inspection-backup",
        "version": 1,
        "made_at": "2026-11-23T10:00:00+08:00",
        "client_version": "0.3.0",
        "user": {name: me[name] for name in ("id", "username", "name")},
        "entries": [one.line for one in entries],
        "photos": [{"sha256": sha256(one), "type": "image/jpeg", "length": len(one)} for one in photos],
    }


def packed(line: Any, *parts: bytes) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n" + b"".join(parts)


def backup(world: World, who: str, entries: Sequence[Saved] = (), photos: Sequence[bytes] = ()) -> bytes:
    return packed(first_line(world, who, entries, photos), *(one.body for one in entries), *photos)


@dataclass(frozen=True)
class Said:
    """What a run of the command said."""

    code: int
    lines: list[str]
    errors: list[str]

    def of(self, one: Saved | bytes) -> str:
        """The line about an entry or a photo."""
        name = one.path if isinstance(one, Saved) else sha256(one)
        (line,) = [line for line in self.lines if name in line]
        return line.split("：", 1)[1]


def take_in(world: World, given: bytes | Path) -> Said:
    """`inspection import-backup` of these bytes or of this file, on the world's clock."""
    path = given if isinstance(given, Path) else world.data_dir / "导出备份"
    if isinstance(given, bytes):
        path.write_bytes(given)
    lines, errors = io.StringIO(), io.StringIO()
    with patch.object(cli, "_app", lambda: world.app), redirect_stdout(lines), redirect_stderr(errors):
        code = cli.main(["import-backup", str(path)])
    assert "Traceback" not in errors.getvalue()
    return Said(code, lines.getvalue().splitlines(), errors.getvalue().splitlines())


def content(world: World, *without: str) -> dict[str, list[Any]]:
    """Every row of every table but the log."""
    with world.app.app_context():
        return {
            name: sorted(map(repr, db.session.execute(text(f"SELECT * FROM {name}")).all()))
            for name in db.metadata.tables
            if not name.startswith("audit_") and name not in without
        }


def inspection(world: World, *photos: bytes, wrong: dict[str, Any] | None = None, **changes: Any) -> Saved:
    return saved("inspection", world.body(0, wrong, photos={sha256(one): {} for one in photos}, **changes))


def state(world: World, one: Saved, who: str = "inspector") -> str | None:
    """Of an inspection: incomplete, complete, or None where it was not taken in."""
    answer = world.person(who).get(one.path)
    return str(answer.json["state"]) if answer.status_code == 200 else None


def stored(world: World, one: bytes, who: str = "inspector") -> bool:
    return world.person(who).get(f"/photos/{sha256(one)}").status_code == 200
