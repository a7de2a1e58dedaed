"""Handing in: inspections and photos against a bare durable store, and what photos cost in memory."""

from __future__ import annotations

import io
import json
import statistics
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import bare, load
from benchmarks.figure import ROUNDS, Figure, resident
from tests.support.server import Server, serving_on
from tests.support.world import made_world, new_id, sha256

INSPECTIONS, PHOTOS = 240, 160
WRONG: dict[str, Any] = {
    code: [{"fact": "未达到要求", "place": "二楼东"}]
    for code in ("S-01-05", "S-03-04", "S-05-06", "S-07-04", "S-08-05")
}


def inspections(world_body: dict[str, Any], count: int) -> list[load.Request]:
    made = []
    for _ in range(count):
        body = json.dumps({**world_body, "visit_id": new_id()}, ensure_ascii=False).encode()
        made.append((f"/inspections/{new_id()}", body, "application/json"))
    return made


def photo(width: int, height: int, quality: int) -> bytes:
    noise = Image.merge("RGB", [Image.effect_noise((width, height), 60) for _ in range(3)])
    made = io.BytesIO()
    noise.save(made, "JPEG", quality=quality)
    return made.getvalue()


def photos(base: bytes, count: int) -> list[tuple[str, bytes]]:
    """The same picture with a comment of its own each: other bytes, same work."""
    made = []
    for _ in range(count):
        comment = new_id().encode()
        data = base[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + base[2:]
        made.append((sha256(data), data))
    return made


def of_inspections(engine: str, url: str, server: Server, folder: Path, body: dict[str, Any]) -> list[Figure]:
    port = int(server.base.rsplit(":", 1)[1])
    load.put_all(port, inspections(body, 60), 4)
    ours, limits, ratios = [], [], []
    example = inspections(body, 1)[0][1]
    for _ in range(ROUNDS):
        if engine == "sqlite":
            limit = bare.sqlite_transactions(folder, example, 800)
        else:
            limit = bare.postgresql_transactions(url, example, 800)
        run = load.put_all(port, inspections(body, INSPECTIONS), 4)
        assert run.refused == 0, "an inspection was refused"
        ours.append(run.per_second)
        limits.append(limit)
        ratios.append(run.per_second / limit)
    figures = [
        Figure(
            f"PUT inspection, 5 findings, 4 connections, {engine}",
            f"{statistics.median(ours):.0f}/s",
            f"{statistics.median(limits):.0f} tx/s",
            round(statistics.median(ratios), 3),
            ">= 0.11, goal 0.15",
        )
    ]
    tails = [load.put_all(port, inspections(body, INSPECTIONS), 16) for _ in range(ROUNDS)]
    tail = sorted(tails, key=lambda run: run.percentile(0.99) / run.percentile(0.5))[ROUNDS // 2]
    figures.append(
        Figure(
            f"PUT inspection, 16 connections, {engine}: p99 / p50",
            f"p99 {tail.percentile(0.99) * 1000:.0f} ms, refused {sum(run.refused for run in tails)}",
            f"p50 {tail.percentile(0.5) * 1000:.0f} ms",
            round(tail.percentile(0.99) / tail.percentile(0.5), 2),
            "<= 3, none refused" if engine == "sqlite" else "",
        )
    )
    return figures


def of_photos(engine: str, server: Server, folder: Path) -> list[Figure]:
    port = int(server.base.rsplit(":", 1)[1])
    base = photo(800, 600, 82)
    ours, limits, ratios = [], [], []
    for number in range(ROUNDS):
        files = photos(base, PHOTOS)
        limit = bare.stored_files(folder / f"bare-{number}", [data for _, data in photos(base, PHOTOS)])
        run = load.put_all(port, [(f"/photos/{name}", data, "image/jpeg") for name, data in files], 4)
        assert run.refused == 0, "a photo was refused"
        ours.append(run.per_second)
        limits.append(limit)
        ratios.append(run.per_second / limit)
    return [
        Figure(
            f"PUT photo, {len(base) // 1000} KB, 4 connections, {engine}",
            f"{statistics.median(ours):.0f}/s",
            f"{statistics.median(limits):.0f} files/s",
            round(statistics.median(ratios), 3),
            ">= 0.25, goal 0.4",
        )
    ]


def of_memory(engine: str, server: Server) -> list[Figure]:
    port = int(server.base.rsplit(":", 1)[1])
    before = resident(server)
    files = photos(photo(4000, 3000, 60), 50)
    run = load.put_all(port, [(f"/photos/{name}", data, "image/jpeg") for name, data in files], 4)
    caller = server.caller("inspector")
    shown = [caller.get(f"/photos/{name}/thumbnail").status_code for name, _ in files[:5]]
    after = resident(server)
    growth = max(late - early for early, late in zip(before, after, strict=True))
    return [
        Figure(
            f"worker memory while 50 photos of 12 MP go in, {engine}",
            f"+{growth} MB (photos of {len(files[0][1]) / 1e6:.1f} MB, refused {run.refused}, thumbnails {set(shown)})",
            f"{max(before)} MB before",
            None,
            "<= +50 MB",
        )
    ]


def figures(engine: str, folder: Path) -> list[Figure]:
    with made_world(engine, folder) as world:
        body = world.body(wrong=WRONG)
        url = world.app.config["SQLALCHEMY_DATABASE_URI"].render_as_string(hide_password=False)
        with serving_on(url, folder) as server:
            return [
                *of_inspections(engine, url, server, folder, body),
                *of_photos(engine, server, folder),
                *of_memory(engine, server),
            ]
