"""Checklists from their files."""

from functools import cache
from pathlib import Path
from typing import Any

from checklists.lint import Fault, read, read_bytes
from checklists.model import Checklist, from_document

DEFINITIONS = Path(__file__).parent / "definitions"


class LintError(ValueError):
    """A file is no checklist; `faults` says why, one `lint.Fault` each."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def load(path: Path) -> Checklist:
    """The checklist in a YAML file; `LintError` with all faults if it is none."""
    return _made(*read(path))


def loads(file: str, data: bytes) -> Checklist:
    """The checklist in what a file of this name holds; `LintError` with all faults if it is none."""
    return _made(*read_bytes(file, data))


def _made(document: Any, faults: list[Fault]) -> Checklist:
    if faults:
        raise LintError(faults)
    return from_document(document)


@cache
def published() -> dict[tuple[str, int], Checklist]:
    """Every version in `definitions/` by code and number; the same mapping at each call, not to be changed."""
    checklists = [load(path) for path in sorted(DEFINITIONS.glob("*.yaml"))]
    return {(checklist.code, checklist.version): checklist for checklist in checklists}
