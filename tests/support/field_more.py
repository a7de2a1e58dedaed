"""What a test does to a phone behind its owner's back, and looks up in its storage."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator

from inspection import serving
from tests.support.browser import Phone
from tests.support.field import payload
from tests.support.line import Line
from tests.support.site import Site

SHIFTED: Final = """() => {
    const True = Date
    window.shift = ms => sessionStorage.setItem('shift', ms)
    const now = () => True.now() + Number(sessionStorage.getItem('shift') || 0)
    window.Date = class extends True {
        constructor(...given) { given.length ? super(...given) : super(now()) }
        static now() { return now() }
    }
}"""
"""For an init script: a clock that `shift(ms)` puts forward or back, also under the feet of a page that runs."""

OWN: Final = """async ([user, store, mode]) => {
    const name = `inspection-${user}`
    if (!(await indexedDB.databases()).some((one) => one.name === name)) return null
    const db = await new Promise((done, fail) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const transaction = db.transaction(store, mode)
    const over = new Promise((done, fail) => { transaction.oncomplete = done; transaction.onabort = fail })
    const values = await new Promise((done) => {
        const request = transaction.objectStore(store).getAll()
        request.onsuccess = () => done(request.result)
    })
    const change = (value) => { CHANGE }
    const told = []
    for (const value of values) {
        const result = change(value)
        if (mode === 'readonly') told.push(result)
        else if (result) transaction.objectStore(store).put(value)
    }
    await over
    db.close()
    return told
}"""


def id_of(site: Site, username: str = "inspector") -> str:
    return str(site.caller(username).get("/me").json()["id"])


def stored_here(phone: Phone, user: str, store: str, value: str = "return value.id") -> list[Any]:
    """Of every record of this person's store, what the body of a function of `value` gives."""
    return list(phone.page.evaluate(OWN.replace("CHANGE", value), [user, store, "readonly"]) or [])


def stored_soon(phone: Phone, user: str, store: str, value: str, wanted: Any) -> None:
    """Until it is among them; nothing but looking tells."""
    for _ in range(1000):
        if wanted in stored_here(phone, user, store, value):
            return
    raise AssertionError(f"{wanted} was not stored")


def change_here(phone: Phone, user: str, store: str, change: str) -> None:
    """Change what is stored: the body of a function of `value`, true where it has changed it."""
    phone.page.evaluate(OWN.replace("CHANGE", change), [user, store, "readwrite"])


def offer(place: Locator, *photos: Any, source: str = "camera", strip: int = 0) -> None:
    """Give these files to the camera or gallery at once, whatever comes of it; bytes are a JPEG."""
    with place.page.expect_file_chooser() as chooser:
        place.locator(f"[data-do=photo][data-source={source}]").nth(strip).click()
    chooser.value.set_files([payload(one) if isinstance(one, bytes) else one for one in photos])


def once(line: Line, record: str, *photos: str) -> None:
    """The server created the record once, always of the same bytes, and each photo once."""
    sent = line.seen("PUT", f"/api/v1/inspections/{record}")
    assert [one.served for one in sent].count(201) == 1, line.told()
    assert len({one.sha256 for one in sent if one.served}) == 1
    for photo in photos:
        assert [one.served for one in line.seen("PUT", f"/api/v1/photos/{photo}")].count(201) == 1, line.told()


def tree(site: Site, folder: Path) -> Path:
    """A copy of the program, for a server that is another from the next start on; what is changed there is served."""
    for name in ("inspection", "checklists", "migrations"):
        shutil.copytree(serving.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(serving.ROOT / "wsgi.py", folder)
    return folder
