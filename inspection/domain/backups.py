"""A backup (导出备份) that a phone writes as a last resort: what its first line says, and what became of each part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final
from uuid import UUID

from inspection.domain.errors import Refused

FORMAT, VERSION = "inspection-backup", 1

PATHS: Final = {
    "inspection": "/inspections/({own})",
    "rectification": "/problems/({other})/rectifications/{own}",
    "extension": "/problems/({other})/extensions/{own}",
    "objection": "/problems/({other})/objections/{own}",
    "acknowledgement": "/notices/({other})/acknowledgement",
}
OTHER: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A body that was to be `PUT` to a path, which ends in `id` where the phone makes the id."""

    kind: str
    id: UUID
    path: str
    length: int
    sha256: str

    @property
    def subject(self) -> UUID | None:
        """What it is about: the problem, the notice, the inspection itself. None where kind, id and path disagree."""
        pattern = PATHS.get(self.kind, "").format(own=self.id, other=OTHER)
        found = re.fullmatch(pattern, self.path)
        return UUID(found[1]) if pattern and found else None


@dataclass(frozen=True, slots=True)
class Photo:
    sha256: str
    type: str
    length: int


@dataclass(frozen=True, slots=True)
class Backup:
    """The first line. `made_at` is what the phone's clock said, right or wrong."""

    made_at: str
    client_version: str
    user_id: UUID
    username: str
    name: str
    entries: Sequence[Entry]
    photos: Sequence[Photo]

    @property
    def parts(self) -> Sequence[Entry | Photo]:
        """In the order in which their bytes follow."""
        return [*self.entries, *self.photos]


@dataclass(frozen=True, slots=True)
class Part:
    """An entry or a photo with its bytes; not `whole` where the file ends before they do."""

    what: Entry | Photo
    stream: IO[bytes]
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a part. `done`: taken_in, there_already, refused (with why), cut_off, not_understood; `missing`:
    photos that its record still waits for when all parts are through."""

    what: Entry | Photo
    done: str
    why: Refused | None = None
    missing: int = 0

    @property
    def is_in(self) -> bool:
        return self.done in ("taken_in", "there_already")
