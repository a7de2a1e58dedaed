"""Secrets that live in files: made by the first process that asks, for their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; made by the first process that asks, whole or not at all, for its owner alone."""
    if not path.exists():
        draft = _draft(path, make())
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
        _sync_folder(path.parent)
    return path.read_text(encoding="ascii")


def replace_secret(path: Path, text: str) -> None:
    """The file holds this from now on, whole or not at all, and after a loss of power too."""
    put_in_place(_draft(path, text), path)


def put_in_place(made: str | Path, path: Path) -> None:
    """One file, of the same folder, takes the place of another, whole or not at all, and after a loss of power too."""
    os.replace(made, path)
    _sync_folder(path.parent)


def _draft(path: Path, text: str) -> str:
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="ascii") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
