"""Who may import whom in the phone client: arrows only downward, also among the screens; pure modules touch no page."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "inspection/phone"
FLOORS = ("app", "screens", "draft sync", "outbox", "photo checklist", "api db words")
PURE = ("checklist",)
IMPORT = re.compile(r"^import (?:.*? from )?'(\.[^']+)';", re.M | re.S)


def imports() -> dict[Path, set[Path]]:
    return {
        path: {(path.parent / target).resolve() for target in IMPORT.findall(path.read_text(encoding="utf-8"))}
        for path in CLIENT.rglob("*.js")
        if path.name != "sw.js"
    }


def floor_of(path: Path) -> int:
    name = "screens" if path.parent.name == "screens" else path.stem
    return next(floor for floor, names in enumerate(FLOORS) if name in names.split())


def test_arrows_point_downward() -> None:
    known = imports()
    assert len(known) > 15
    for path, targets in known.items():
        for target in targets:
            assert target in known, (path.name, target)
            is_screen_to_screen = path.parent.name == target.parent.name == "screens"
            assert floor_of(path) < floor_of(target) or is_screen_to_screen, (path.name, target.name)
    list(TopologicalSorter(known).static_order())  # raises where the screens go round in a circle


def test_pure_modules_touch_neither_page_nor_network() -> None:
    for name in PURE:
        source = (CLIENT / f"{name}.js").read_text(encoding="utf-8")
        assert not IMPORT.findall(source)
        assert not re.search(r"\b(document|window|navigator|fetch|indexedDB|localStorage)[.(]", source), name


def test_one_place_talks_to_the_server() -> None:
    talking = [
        path.name
        for path in CLIENT.rglob("*.js")
        if re.search(r"(await|return|\|\|) fetch\(|XMLHttpRequest|sendBeacon", path.read_text())
    ]
    assert sorted(talking) == ["api.js", "sw.js"]
