"""Derived copies, each made in a process of its own: a hostile picture takes down nothing but that process."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

log = logging.getLogger("inspection.images")
TIME_LIMIT_S: Final = 30
ROOT: Final = Path(__file__).parents[2]


def make(source: Path, target: Path, longest: int) -> bool:
    """Write a JPEG of `source` with this longest side, in pixels, to `target`; whether it could be decoded."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    draft = Path(name)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "inspection.images.decode", str(source), str(draft), str(longest)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        if done.returncode != 0:
            log.warning("no preview", extra={"subject": source.name, "code": _kind(done.stderr)})
            return False
        draft.replace(target)
        return True
    except subprocess.TimeoutExpired:
        log.warning("no preview within the time", extra={"subject": source.name})
        return False
    finally:
        draft.unlink(missing_ok=True)


def _kind(complaint: bytes) -> str:
    """The error's kind alone, of what the process complained: the rest may be the picture's words."""
    last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
    return last.partition(":")[0]
