"""`make bench`: each figure beside its limit, measured in the same run, as a ratio. Reported, never asserted.

`python -m benchmarks field`, `desk`, `phone`, `log` or `armour` measures one part: what phones hand in; what the desk
reads and the worker does on a database of a million problems; the phone's client in a browser, on SQLite only; the
audit log; what else protects.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks import armour, audit_log, desk, field, phone
from benchmarks.figure import Figure
from tests.support import databases

PARTS = {
    "field": (field.figures, databases.ENGINES),
    "desk": (desk.figures, databases.ENGINES),
    "phone": (phone.figures, ("sqlite",)),
    "log": (audit_log.figures, databases.ENGINES),
    "armour": (armour.figures, databases.ENGINES),
}


def main() -> None:
    figures: list[Figure] = []
    folder = Path(tempfile.mkdtemp(prefix="inspection-bench-"))
    try:
        for part in sys.argv[1:] or PARTS:
            measure, engines = PARTS[part]
            for engine in engines:
                data = folder / f"{part}-{engine}"
                data.mkdir()
                made = measure(engine, data)
                for figure in made:
                    ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}"
                    line = f"{figure.name:<64} {figure.ours:>24}  {figure.limit:>24}  {ratio:>7}  {figure.target}"
                    print(line, flush=True)
                figures += made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    reports = Path("reports")
    reports.mkdir(exist_ok=True)
    (reports / "benchmarks.json").write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
