"""The pictures of the desk's manual, drawn from the demo's story: `make pictures`."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import databases
from tests.support.browser import LAUNCH
from tests.support.demo import demo_site

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures" / "desk"
COLOURS: Final = 96
SIZE: Final = {"width": 1280, "height": 800}
PICTURES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "bureau": (
        ("bench", "/"),
        ("issuing", "/issuing"),
        ("issue", "/issuing > a[href^='/issuing/']"),
        ("problems", "/problems?status=open&severity=serious"),
        ("review", "/review"),
        ("inspection", "/inspections > main a[href^='/inspections/']"),
        ("institution", "/institutions > main a[href^='/institutions/']:has-text('云杉')"),
        ("plan", "/plan"),
        ("notice", "/notices > main a[href^='/notices/']"),
        ("inbox", "/inbox"),
    ),
    "league": (("regions", "/"), ("stats", "/stats")),
    "procurator": (("parts", "/"),),
    "congress": (("congress", "/stats"),),
    "school": (("school", "/"), ("rectify", "/problems?status=open > main a[href^='/problems/']")),
    "secadmin": (("users", "/users"),),
    "sysadmin": (("calendar", "/calendar"), ("checklists", "/checklists"), ("system", "/system")),
    "auditor": (("log", "/log"),),
}
"""By role: the picture's name and its page, or the page and the link on it that leads there."""
WHOLE: Final = {"issue", "review", "inspection", "institution", "stats"}
"""Pages of which more is shown than the first screen."""


def main() -> None:
    FOLDER.mkdir(exist_ok=True, parents=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(**LAUNCH)
        with demo_site(Path(folder)) as site:
            _take(browser, site.base, None, (("sign-in", "/"),))
            for username, pictures in PICTURES.items():
                _take(browser, site.base, username, pictures)
    taken = list(FOLDER.glob("*.png"))
    print(f"{len(taken)} pictures, {sum(path.stat().st_size for path in taken) // 1024} KB")


def _take(browser: Browser, base: str, username: str | None, pictures: tuple[tuple[str, str], ...]) -> None:
    context = browser.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.goto(base)
    if username is not None:
        page.locator("main [name=username]").fill(username)
        page.locator("main [name=password]").fill(databases.PASSWORD)
        page.locator("main form button").click()
    for name, place in pictures:
        address, _, link = place.partition(" > ")
        page.goto(base + address)
        if link:
            page.locator(link).first.click()
        _keep(page, name)
    context.close()


def _keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    height = 1600 if name in WHOLE else SIZE["height"]
    page.set_viewport_size({**SIZE, "height": height})
    page.wait_for_load_state("networkidle")
    data = page.screenshot(animations="disabled")
    page.set_viewport_size(SIZE)
    image = Image.open(io.BytesIO(data)).convert("RGB")
    small = image.resize((image.width * 3 // 4, image.height * 3 // 4), Image.Resampling.LANCZOS)
    path = FOLDER / f"{re.sub('[^a-z-]', '', name)}.png"
    small.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
