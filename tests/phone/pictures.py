"""The manual's pictures, drawn by the client itself: `make pictures`. The same each time, but for dates and codes."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.support import databases, walk
from tests.support.browser import LAUNCH, PHONE, Phone
from tests.support.line import Line
from tests.support.site import site_on

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
TOP: Final = "#app"
AS_IT_IS: Final = ""
PICTURES: Final = {
    "signin": TOP,
    "home-task": TOP,
    "home-ready": TOP,
    "task": TOP,
    "check": TOP,
    "photo": AS_IT_IS,
    "mark": TOP,
    "danger": AS_IT_IS,
    "red": TOP,
    "summary": TOP,
    "refusal": AS_IT_IS,
    "queue-waiting": TOP,
    "queue-attention": TOP,
    "entry-received": TOP,
    "me-unsent": TOP,
    "school-returned": TOP,
    "notice": TOP,
    "problem": TOP,
    "rectify": "form[data-do=proof]",
    "extension": "#ask-extension",
}
"""Of which screens, and what stands at the upper edge."""
COLOURS: Final = 128

DATED: Final = """() => {
    window.dates = [...document.querySelectorAll('input[type=date]')].map((one) => [one, one.value])
    for (const [one, value] of window.dates) {
        one.type = 'text'
        one.value = value.replace(/-/g, '/') || '年/月/日'
    }
}"""
"""Dates as a Chinese phone shows them, whatever languages the browser here was delivered with."""
UNDATED: Final = """() => {
    for (const [one, value] of window.dates) {
        one.type = 'date'
        one.value = value
    }
}"""

TIDY: Final = """top => {
    document.activeElement?.blur()
    document.getElementById('say').textContent = ''
    const place = top && document.querySelector(top)
    const under = place?.id === 'app' ? 0 : 72
    if (place) window.scrollBy({top: place.getBoundingClientRect().top - under, behavior: 'instant'})
}"""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for go in (walk.nobody, walk.inspector, walk.school):
            _take(browser, go)
    taken = {path.stem for path in FOLDER.glob("*.png")}
    assert taken == set(PICTURES), taken ^ set(PICTURES)
    print(f"{len(taken)} pictures, {sum(path.stat().st_size for path in FOLDER.glob('*.png')) // 1024} KB")


def _take(browser: Browser, go: walk.Walk) -> None:
    with tempfile.TemporaryDirectory() as folder, databases.copy("sqlite") as url:
        walk.furnish(url, Path(folder))
        with site_on(url, Path(folder)) as site, Line(site.base) as line:
            phone = Phone(browser.new_context(base_url=line.base, reduced_motion="reduce", **PHONE), line)
            _promise(phone)

            def look(screen: str) -> None:
                walk.settled(phone)
                if screen not in PICTURES:
                    return
                phone.page.evaluate(TIDY, PICTURES[screen])
                phone.page.evaluate(DATED)
                _keep(phone.page.screenshot(animations="disabled"), FOLDER / f"{screen}.png")
                phone.page.evaluate(UNDATED)

            go(phone, site, line, look)
            phone.context.close()


def _promise(phone: Phone) -> None:
    """As on a phone whose owner put the client on the home screen, the browser promises to keep what is stored."""
    session = phone.context.new_cdp_session(phone.page)
    about = session.send("Target.getTargetInfo")["targetInfo"]
    session.send(
        "Browser.grantPermissions",
        {
            "permissions": ["durableStorage", "geolocation"],
            "origin": phone.line.base,
            "browserContextId": about["browserContextId"],
        },
    )


def _keep(data: bytes, path: Path) -> None:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
