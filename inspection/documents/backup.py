"""A phone's backup file: one line of JSON that says what follows, then the bytes of every body and of every photo.

It may hold a gigabyte, so its parts are windows into the file and never read whole here.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from inspection.documents.tables import Unreadable
from inspection.domain.backups import PATHS, Backup, Entry, Outcome, Part, Photo
from inspection.domain.errors import Refused
from inspection.domain.incoming import Read
from inspection.domain.texts import backup_text, detail, fault_text

LONGEST_LINE: Final = 4 * 1024 * 1024
MOST_FAULTS: Final = 20
LANGUAGE: Final = "zh_CN"


@dataclass(frozen=True, slots=True)
class Opened:
    """What the first line says, the file's digest, and where the parts begin and the file ends."""

    file: io.BufferedReader
    backup: Backup
    sha256: str
    begin: int
    end: int

    def parts(self) -> Iterator[Part]:
        """Every entry, then every photo, each to be read before the next is taken."""
        at = self.begin
        for what in self.backup.parts:
            whole = at + what.length <= self.end
            yield Part(what, _window(self.file, at, what.length if whole else 0), whole)
            at += what.length

    @property
    def rest(self) -> int:
        """How many bytes stand behind the last part, of which the first line says nothing."""
        return max(0, self.end - self.begin - sum(what.length for what in self.backup.parts))


def opened(file: io.BufferedReader, read: Callable[[bytes], Read[Backup]]) -> Opened:
    """Raises `Unreadable` where the file is no backup, or its first line is damaged, cut off or too long."""
    line = file.readline(LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        raise Unreadable("not_a_backup", at="/")
    try:
        said = read(line)
    except Refused:
        raise Unreadable("not_a_backup", at="/") from None
    if said.faults or said.value is None:
        raise Unreadable("not_a_backup", at=(said.faults[0].pointer if said.faults else "") or "/")
    begin, end = file.tell(), file.seek(0, os.SEEK_END)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Opened(file, said.value, digest, begin, end)


def _window(file: io.BufferedReader, at: int, length: int) -> IO[bytes]:
    return io.BufferedReader(_Window(file, at, length))


class _Window(io.RawIOBase):
    """A stretch of a file as a file of its own."""

    def __init__(self, file: io.BufferedReader, at: int, length: int) -> None:
        self.file, self.at, self.left = file, at, length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.file.seek(self.at)
        chunk = self.file.read(min(len(buffer), self.left))
        buffer[: len(chunk)] = chunk
        self.at += len(chunk)
        self.left -= len(chunk)
        return len(chunk)


def report(outcomes: Sequence[Outcome], rest: int) -> Iterator[str]:
    """A line for each record, for each photo that is not in, and for all photos together."""
    yield from (_line(one) for one in outcomes if isinstance(one.what, Entry) or not one.is_in)
    photos = Counter(one.done for one in outcomes if isinstance(one.what, Photo))
    if photos:
        new, known = photos["taken_in"], photos["there_already"]
        yield _words("photos", new=new, known=known, refused=photos.total() - new - known)
    if rest:
        yield _words("rest", count=rest)


def _line(outcome: Outcome) -> str:
    what = outcome.what
    if isinstance(what, Entry):
        name = f"{_words(what.kind) if what.kind in PATHS else what.kind} {what.path}"
    else:
        name = f"{_words('photo')} {what.sha256}"
    said = f"{name}：{_words(outcome.done, why=_why(outcome.why) if outcome.why else '')}"
    return f"{said}，{_words('missing', count=outcome.missing)}" if outcome.missing else said


def _why(refused: Refused) -> str:
    faults = [f"{f.pointer} {fault_text(f.code, LANGUAGE, f.params)}" for f in refused.faults[:MOST_FAULTS]]
    more = ["…"] if len(refused.faults) > MOST_FAULTS else []
    return " ".join([detail(refused.code, LANGUAGE, refused.params), *faults, *more])


def _words(code: str, **params: Any) -> str:
    return backup_text(code, LANGUAGE, params)
