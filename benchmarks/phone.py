"""The phone: what its client weighs, and how fast it is in a real Chromium that is held back.

The slowdown is the browser's own (`Emulation.setCPUThrottlingRate`): the page's thread gets a quarter of its time. What
goes on beside that thread (the service worker, hashes, the decoding of pictures, the storage) runs at full speed, for
the limits as well. So is the slow line (`Network.emulateNetworkConditions`): all requests of the page share its rate.
"""

from __future__ import annotations

import base64
import gzip
import statistics
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import requests
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.figure import Figure
from inspection.demo.cast import INSTITUTIONS
from tests.support import databases
from tests.support.browser import CHROMIUM, LAUNCH, PHONE, Phone
from tests.support.line import Line
from tests.support.photos import TWELVE_MEGAPIXELS, photo
from tests.support.server import serving_on

SLOWDOWN: Final = 4
INSPECTIONS, PHOTOS, PHOTO_BYTES = 3, 40, 800_000
HOMES, CAMERAS, BARE_PHOTOS = 9, 5, 16
MANY: Final = 20
LINE_BYTES_S, LATENCY_MS = 1_250_000, 50
IN_PAGE: Final = Path(__file__).with_name("in_page.js")
SCHOOL: Final = next(place.name for place in INSTITUTIONS if place.kind == "school")
EMPTY: Final = "<!doctype html><html lang=zh><meta charset=utf-8><title>.</title><button data-do=prepare>.</button>"


@dataclass
class Turns:
    """What was timed, in ms: the client's and the bare one of the same moment, one beside the other."""

    ours: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(values: list[float]) -> str:
    """Median of some milliseconds, and how long it took at most: of many, 95 in 100 times."""
    most = f"p95 {percentile(values, 0.95):.0f}" if len(values) >= MANY else f"worst {max(values):.0f}"
    return f"{statistics.median(values):.0f} ms, {most}"


def timing(name: str, turns: Turns, target: str) -> Figure:
    return Figure(
        f"{name}, {len(turns.ours)} times, {SLOWDOWN} x slower",
        timed(turns.ours),
        timed(turns.limits),
        round(statistics.median(our / limit for our, limit in zip(turns.ours, turns.limits, strict=True)), 2),
        target,
    )


def slow(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    return session


# What it weighs


def packed(address: str) -> bytes:
    """A file as it is sent to who takes gzip."""
    with requests.get(address, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30) as answer:
        assert answer.status_code == 200, address
        return bytes(answer.raw.read(decode_content=False))


def plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def of_shell(line: Line) -> list[Figure]:
    """After a first visit: all requests of it, the service worker's own too."""
    log = list(line.log)  # before what is asked for here
    asked = Counter(one.path for one in log)
    files = {path: packed(line.base + path) for path in asked}
    weight = sum(map(len, files.values()))
    moved = sum(len(files[one.path]) for one in log if one.status == HTTPStatus.OK)
    limit = len(gzip.compress(b"".join(map(plain, files.values())), 9))
    return [
        Figure(
            "the client's files in gzip",
            f"{weight / 1000:.1f} KB",
            f"{limit / 1000:.1f} KB as one",
            round(weight / limit, 2),
            "<= 150 KB",
        ),
        Figure(
            f"requests of a first visit, {moved / 1000:.0f} KB in all",
            f"{asked.total()} requests",
            f"{len(files)} files",
            round(asked.total() / len(files), 2),
            "<= 25 files",
        ),
    ]


# Opening it


def opened(context: BrowserContext, beginnings: int) -> float:
    """A new page with the worker stopped, as on a phone that was put away; ms until something stands there."""
    page = context.new_page()
    session = slow(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    page.goto("/m/")
    took = float(page.evaluate("bench.opened"))
    assert page.evaluate("bench.beginnings()") == beginnings, "not the page that was meant"
    page.close()
    return took


def of_home(page: Page) -> list[Figure]:
    turns = Turns()
    for _ in range(HOMES):
        turns.ours.append(opened(page.context, INSPECTIONS))
        page.evaluate("content => bench.swap(content)", EMPTY)
        turns.limits.append(opened(page.context, 0))
        page.evaluate("bench.swap(null)")
    return [timing("home from the cache, no line", turns, "< 500 ms; bare: an empty page")]


# Going through it


def answer_all(page: Page, draft: str, turns: Turns) -> None:
    """Each plain question of the section that is shown; every third with 不符合, which opens a finding."""
    for code in page.evaluate("bench.unanswered()"):
        value = "no" if len(turns.ours) % 3 == 2 else "yes"
        turns.ours.append(page.evaluate("([code, value]) => bench.answer(code, value)", [code, value]))
        assert page.evaluate("([id, code]) => bench.stored(id, code)", [draft, code]) == value, "drawn, but not stored"
        turns.limits.append(page.evaluate("([id, code]) => bench.bareAnswer(id, code)", [draft, code]))


def of_items(page: Page, ids: list[str]) -> list[Figure]:
    """Through all sections of all inspections, one after the other."""
    answers, steps = Turns(), Turns()
    for draft in ids:
        page.goto(f"/m/#/check/{draft}/S-01")
        page.wait_for_selector("#cards .card")
        for _ in range(page.locator("#views .line").first.locator("a").count()):
            answer_all(page, draft, answers)
            steps.ours.append(page.evaluate("bench.step()"))
            steps.limits.append(page.evaluate("bench.bareStep()"))
    return [
        timing("an answer stored and drawn", answers, "<= 50 ms; bare: one put, one innerHTML"),
        timing("the next section drawn", steps, "<= 50 ms; bare: one innerHTML"),
    ]


# Taking a photo


def of_camera(page: Page, folder: Path) -> list[Figure]:
    file = folder / "camera.jpg"
    draft = page.evaluate(
        """async name => {
            const draft = await bench.begin(name)
            await bench.fail(draft, (await bench.pictured(draft))[0])
            return draft.id
        }""",
        SCHOOL,
    )
    page.goto(f"/m/#/check/{draft}")
    turns = Turns()
    for number in range(CAMERAS):
        file.write_bytes(photo(number, TWELVE_MEGAPIXELS, orientation=6))
        page.evaluate("bench.expect()")
        with page.expect_file_chooser() as chooser:
            page.locator("#cards [data-source=camera]").first.click()
        chooser.value.set_files(file)
        turns.ours.append(page.evaluate("bench.photographed()"))
        assert page.evaluate("id => bench.kept(id)", draft) == number + 1, "shown, but not kept"
        turns.limits.append(page.evaluate("bench.barePhoto()"))
    page.goto("/m/#/queue")
    page.evaluate("id => bench.discard(id)", draft)
    name = f"photo of 12 MP ({file.stat().st_size / 1e6:.1f} MB) kept and shown"
    return [timing(name, turns, "< 2 s; bare: decode, draw, encode, hash, put")]


# Sending it all


def slow_line(session: CDPSession) -> None:
    """From now on, both ways alike."""
    session.send("Network.enable")
    rates = {"uploadThroughput": LINE_BYTES_S, "downloadThroughput": LINE_BYTES_S}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **rates})


def of_queue(page: Page, session: CDPSession, line: Line, ids: list[str], base: str) -> list[Figure]:
    """From the line's return until the last receipt; the page is slowed down here too."""
    page.evaluate("ids => bench.finish(ids)", ids)
    page.goto("/m/#/queue")
    slow_line(session)
    before, patience_ms = len(line.log), 4000 * len(ids) * PHOTOS * PHOTO_BYTES / LINE_BYTES_S
    line.restore()
    seconds = page.evaluate("patience => bench.drain(patience)", patience_ms) / 1000
    sent = [one for one in line.log[before:] if one.path.startswith("/api/v1/photos/")]
    assert [one.status for one in sent] == [201] * len(ids) * PHOTOS, "a photo went twice, or was refused"
    rate = sum(one.size for one in sent) / seconds
    plainly = "([base, photos, token]) => bench.bareDrain(base, photos, token)"
    bare = BARE_PHOTOS * PHOTO_BYTES / page.evaluate(plainly, [base, BARE_PHOTOS, "token-inspector"]) * 1000
    return [
        Figure(
            f"{len(sent)} photos of {PHOTO_BYTES // 1000} KB sent, {LINE_BYTES_S * 8 // 10**6} Mbit/s, {LATENCY_MS} ms",
            f"{rate / 1e6:.2f} MB/s, {seconds:.0f} s",
            f"{LINE_BYTES_S / 1e6:.2f} MB/s, bare {bare / 1e6:.2f}",
            round(rate / LINE_BYTES_S, 3),
            ">= 0.8",
        )
    ]


def figures(engine: str, folder: Path) -> list[Figure]:
    if CHROMIUM is None:
        print("phone: there is no chromium on the PATH (see `make browser`)", flush=True)
        return []
    with (
        databases.copy(engine) as url,
        serving_on(url, folder) as server,
        Line(server.base) as line,
        sync_playwright() as playwright,
        playwright.chromium.launch(**LAUNCH) as browser,
    ):
        context = browser.new_context(base_url=line.base, **PHONE)
        context.add_init_script(path=IN_PAGE)
        phone = Phone(context, line)
        return of_phone(phone, folder)


def of_phone(phone: Phone, folder: Path) -> list[Figure]:
    page, line = phone.open(), phone.line
    phone.installed()
    made = of_shell(line)
    phone.sign_in("inspector")
    page.locator("[data-do=prepare]").click()
    page.locator(".card.done").wait_for()
    base = base64.b64encode(photo(1, at_least=PHOTO_BYTES)).decode()
    fill = "([name, base, photos]) => bench.fill(name, base, photos)"
    ids = [page.evaluate(fill, [SCHOOL, base, PHOTOS]) for _ in range(INSPECTIONS)]
    line.cut()
    made += of_home(page)
    session = slow(page)
    made += of_items(page, ids)
    made += of_camera(page, folder)
    return made + of_queue(page, session, line, ids, base)
