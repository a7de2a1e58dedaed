"""An inspector's steps on the phone, as he taps them, and what must be true of his work afterwards."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.support import databases
from tests.support.browser import Phone
from tests.support.line import Line
from tests.support.photos import photo
from tests.support.site import ENGINE, Site, site_on
from tests.support.world import new_id, sha256

PATIENCE_MS: Final = 20_000
expect.set_options(timeout=PATIENCE_MS)

SCHOOL: Final = "云杉第一中学"

FROZEN: Final = """async (id) => {
    const opened = (name) => new Promise((done, fail) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const read = (db, store, key) => new Promise((done, fail) => {
        const request = db.transaction(store).objectStore(store).get(key)
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const shared = await opened('inspection')
    const {user} = await read(shared, 'settings', 'session')
    shared.close()
    const own = await opened(`inspection-${user.id}`)
    const [body, entry] = [await read(own, 'bodies', id), await read(own, 'outbox', id)]
    own.close()
    if (!body) return null
    const text = Array.from(new Uint8Array(body.bytes), (byte) => String.fromCharCode(byte)).join('')
    return {body: btoa(text), sha256: entry.sha256, photos: entry.photos.map((one) => one.sha256)}
}"""
"""What the phone has finished, as it lies in its own storage."""


# ── before the day ───────────────────────────────────────────────────────────────────────────────────────────────────


def enter(phone: Phone, username: str = "inspector") -> Page:
    """Open the client and sign in; ends on 工作台."""
    page = phone.open()
    page.set_default_timeout(PATIENCE_MS)
    phone.sign_in(username)
    expect(page.locator("[data-do=prepare]")).to_be_visible()
    return page


def prepare(phone: Phone) -> None:
    """离线准备, until the phone says that a day without signal can begin."""
    button = phone.page.locator("[data-do=prepare]")
    button.click()
    expect(phone.page.locator(".card.done", has=button)).to_contain_text("可离线使用")
    phone.installed()


def ready(phone: Phone, username: str = "inspector") -> Page:
    """Signed in and prepared."""
    page = enter(phone, username)
    prepare(phone)
    return page


def plan(site: Site, place: str, *usernames: str, sections: list[str] | None = None, **changes: Any) -> str:
    """A visit that the bureau plans for today, with each inspector's own sections; the assignment's id."""
    bureau = site.caller("bureau")
    institution = bureau.get(f"/institutions?q={place}").json()["items"][0]
    today = site.caller(usernames[0]).get("/sync").json()["server_time"][:10]
    body = {
        "institution_id": institution["id"],
        "checklist": {"code": {"tutoring_centre": "tutoring"}.get(institution["kind"], institution["kind"])},
        "planned_on": today,
        "inspectors": [
            {"user_id": site.caller(name).get("/me").json()["id"], "sections": sections} for name in usernames
        ],
    }
    assignment = new_id()
    answer = bureau.put(f"/assignments/{assignment}", body | changes)
    assert answer.status_code == 201, answer.text
    return assignment


# ── a visit ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def home(phone: Phone) -> None:
    phone.page.goto("/m/#/")
    expect(phone.page.locator("[data-do=prepare]")).to_be_visible()


def _begun(page: Page) -> str:
    page.locator("form[data-do=start] [type=submit]").click()
    expect(page.locator("#cards")).to_be_attached()
    return page.url.split("#/check/")[1].split("/")[0]


def only_sections(page: Page, *sections: str) -> None:
    """Before the start: 本人检查的部分."""
    fields = page.locator("[name=section]")
    page.locator("details", has=fields.first).locator("summary").click()
    for field in fields.all():
        field.set_checked(field.get_attribute("value") in sections)


def start(phone: Phone, place: str = SCHOOL, *sections: str) -> str:
    """新建检查 at an institution found by its name; the id of what is begun. Without `sections`, all of them."""
    page = phone.page
    home(phone)
    page.locator("a[href='#/new']").click()
    page.locator("input[type=search]").fill(place)
    page.locator("#found a").click()
    if sections:
        only_sections(page, *sections)
    return _begun(page)


def start_task(phone: Phone, place: str = SCHOOL) -> str:
    """Begin today's task at this institution, with the sections that were planned."""
    home(phone)
    phone.page.locator("a[href^='#/task/']", has_text=place).click()
    return _begun(phone.page)


def section(phone: Phone, name: str) -> None:
    """Another part of the checklist: a section, or `~other`, `~recheck`, `~todo`, `~bad`, `~photo`."""
    chip = phone.page.locator(f"#views [data-view='{name}']")
    chip.click()
    expect(chip).to_have_attribute("aria-current", "true")


def card(phone: Phone, code: str) -> Locator:
    """An item, where its section is shown."""
    return phone.page.locator(f"article[id='card-{code}']")


def answer(phone: Phone, code: str, value: str) -> Locator:
    """合格 (`yes`) or 不合格 (`no`), a choice, a number, a date or a text, and until that is stored; the card."""
    here = card(phone, code)
    button = here.locator(f"[data-do=answer][data-value='{value}']")
    if here.locator("[data-do=answer]").count():
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    else:
        type_in(phone, here.locator("[data-on=answer]"), value)
    return here


def not_applicable(phone: Phone, code: str, reason: str = "no_such_facility") -> None:
    here = card(phone, code)
    here.locator("[data-do=na]").click()
    button = here.locator(f"[data-do=na-reason][data-reason='{reason}']")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def type_in(phone: Phone, field: Locator, text: str) -> None:
    """Type into a field of the checklist, and until the phone says that it is stored."""
    phone.page.locator("#saved").evaluate("place => place.textContent = ''")
    field.fill(text)
    expect(phone.page.locator("#saved")).to_contain_text("已保存")


def finding(here: Locator, number: int = 1) -> Locator:
    """问题 of this number within a card."""
    return here.locator("section.finding").nth(number - 1)


def field_of(found: Locator, name: str) -> Locator:
    """`fact`, `place`, `quantity`, `severity_reason`, `department`, `fixed_note` of a finding."""
    return found.locator(f"[data-name='{name}'][data-on=finding]")


def choose(found: Locator, name: str, value: str | int) -> None:
    """`severity`, `due_days` or `responsible` of a finding."""
    button = found.locator(f"[data-do=set][data-name='{name}'][data-value='{value}']")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def call(here: Locator, agency: str) -> None:
    """Telephone from a danger's card, and until that is noted. No telephone opens: a browser that has none swallows
    what is tapped next."""
    here.page.evaluate("""() => document.addEventListener('click', (event) => {
        if (event.target.closest('a[href^="tel:"]')) event.preventDefault()
    })""")
    here.locator(f"[data-do=call][data-agency='{agency}']").click()
    expect(here).to_contain_text(f"已拨打 {agency}")


def payload(data: bytes, name: str = "IMG.jpg", kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


def shoot(place: Locator, *photos: bytes, source: str = "camera", strip: int = 0) -> None:
    """Give these photos to the camera or gallery button within `place` (its pair number `strip`), and until they are
    in the strip beneath it."""
    shown = place.locator("ul.photos").nth(strip).locator("li")
    before = shown.count()
    for data in photos:
        with place.page.expect_file_chooser() as chooser:
            place.locator(f"[data-do=photo][data-source={source}]").nth(strip).click()
        chooser.value.set_files([payload(data)])
        before += 1
        expect(shown).to_have_count(before)


def draw(canvas: Locator) -> None:
    """A stroke on the glass."""
    box = canvas.bounding_box()
    assert box is not None
    mouse = canvas.page.mouse
    mouse.move(box["x"] + 40, box["y"] + 40)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    mouse.up()


def to_summary(phone: Phone) -> None:
    """汇总签字, from the checklist."""
    phone.page.locator(".foot a.main").click()
    expect(phone.page.locator("[data-do=finish]")).to_be_visible()


def sign(phone: Phone, index: int = 0) -> None:
    """On the glass, as the signer of this place in the list."""
    page = phone.page
    page.locator(f"a[href^='#/sign/'][href$='/{index}']").click()
    canvas = page.locator(".canvas canvas")
    expect(canvas).to_be_visible()
    draw(canvas)
    page.locator("[data-do=keep]").click()
    expect(page.locator("img.signature").first).to_be_visible()


def finish(phone: Phone) -> str:
    """完成检查 on the summary; the id of the record, which the phone now shows."""
    page = phone.page
    page.locator("[data-do=finish]").click()
    shown = page.locator("[data-entry]")
    expect(shown).to_be_visible()
    return str(shown.get_attribute("data-entry"))


def filled(
    phone: Phone, photos: int = 3, place: str = SCHOOL, seed: int = 1, size: tuple[int, int] = (320, 240)
) -> str:
    """A short visit with one failing item and so many photos of it, on its summary and not finished yet; its id."""
    draft = start(phone, place)
    first = phone.page.locator("article.card:has([data-do=answer][data-value=no])").first
    code = str(first.get_attribute("id")).removeprefix("card-")
    here = answer(phone, code, "no")
    type_in(phone, field_of(finding(here), "fact"), "查无记录")
    shoot(finding(here), *(photo(seed * 100 + number, size) for number in range(photos)))
    to_summary(phone)
    return draft


def inspected(
    phone: Phone, photos: int = 3, place: str = SCHOOL, seed: int = 1, size: tuple[int, int] = (320, 240)
) -> str:
    """The same, and finished."""
    draft = filled(phone, photos, place, seed, size)
    assert finish(phone) == draft
    return draft


# ── what the phone says ──────────────────────────────────────────────────────────────────────────────────────────────


def waiting(phone: Phone, count: int) -> None:
    """待上传, as it stands above every screen."""
    strip = phone.page.locator("#strip")
    expect(strip).to_contain_text(f"待上传 {count}" if count else "没有待上传")


def queue(phone: Phone) -> None:
    phone.page.goto("/m/#/queue")
    expect(phone.page.locator("h2.section").first).to_contain_text("待上传（")


def row(phone: Phone, record: str) -> Locator:
    """A record on 待上传 or on its own page."""
    return phone.page.locator(f"[data-entry='{record}']")


def lose_signal(phone: Phone, line: Line) -> None:
    """No byte passes any more, and the phone's own system says so."""
    line.cut()
    phone.context.set_offline(True)


def find_signal(phone: Phone, line: Line) -> None:
    """The line is there again, and the phone's own system says so."""
    line.restore()
    phone.context.set_offline(True)
    phone.context.set_offline(False)


def received(phone: Phone, record: str, timeout: float = PATIENCE_MS) -> None:
    """Until the phone says 已收妥 of it."""
    queue(phone)
    expect(row(phone, record)).to_have_attribute("data-state", "done", timeout=timeout)
    expect(row(phone, record)).to_contain_text("已收妥，回执")


SHOWN: Final = """() => [...document.querySelectorAll('[data-entry]')].map(one => ({
    id: one.dataset.entry, state: one.dataset.state, text: one.textContent}))"""


def honest(site: Site, phone: Phone, username: str = "inspector") -> None:
    """On 待上传: nothing is called received, taken or stored that the server has not."""
    queue(phone)
    shown = phone.page.evaluate(SHOWN)
    assert shown
    for one in shown:
        told = site.caller(username).get(f"/inspections/{one['id']}")
        photos = re.search(r"照片 (\d+)/(\d+)", one["text"])
        claimed, named = map(int, photos.groups()) if photos else (0, 0)
        if told.status_code == 404:
            assert one["state"] in ("waiting", "attention"), one["text"]
            assert ("文字 ✓" in one["text"], claimed) == (False, 0), one["text"]
        else:
            assert claimed <= named - len(told.json()["missing_photos"]), one["text"]
            code = (told.json()["receipt"] or {}).get("code")
            assert one["state"] != "done" or (code and code in one["text"]), one["text"]
        assert one["state"] == "done" or "已收妥" not in one["text"], one["text"]


# ── what is true ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Kept:
    """What the phone froze when a record was finished."""

    body: bytes
    sha256: str
    photos: list[str]


def kept(phone: Phone, record: str) -> Kept:
    found = phone.page.evaluate(FROZEN, record)
    assert found is not None, f"the phone has no body of {record}"
    made = Kept(base64.b64decode(found["body"]), found["sha256"], found["photos"])
    assert sha256(made.body) == made.sha256
    return made


def stored_body(site: Site, record: str) -> bytes:
    """As it lies in the server's database."""
    engine = sqlalchemy.create_engine(site.url)
    identifier = record.replace("-", "") if engine.dialect.name == "sqlite" else record
    try:
        with engine.connect() as connection:
            statement = sqlalchemy.text("SELECT body FROM inspection WHERE id = :id")
            return bytes(connection.execute(statement, {"id": identifier}).scalar_one())
    finally:
        engine.dispose()


def stored_photo(site: Site, digest: str) -> Path:
    """Where the server keeps a photo's bytes; no file where it does not."""
    return site.data_dir / "evidence" / digest[:2] / digest


def arrived(site: Site, phone: Phone, record: str, username: str = "inspector") -> dict[str, Any]:
    """The server holds what the phone froze, byte for byte, with every photo, and has given its receipt; what it says
    of the record."""
    frozen = kept(phone, record)
    told = site.caller(username).get(f"/inspections/{record}").json()
    assert told["content_sha256"] == frozen.sha256
    assert stored_body(site, record) == frozen.body
    assert (told["state"], told["missing_photos"]) == ("complete", [])
    assert sorted(told["receipt"]["photos"]) == sorted(frozen.photos)
    assert told["receipt"]["code"] in (row(phone, record).text_content() or "")
    for digest in frozen.photos:
        assert sha256(stored_photo(site, digest).read_bytes()) == digest
    return dict(told)


@contextmanager
def lasting_site(folder: Path) -> Iterator[Site]:
    """A server for many visits; at the end nothing in it may be wrong."""
    with databases.copy(ENGINE) as url, site_on(url, folder) as made:
        yield made
        said = made.command("verify")
    assert said.returncode == 0, said.stdout


def growth(site: Site) -> Callable[[], tuple[int, int]]:
    """How many inspections and photos the server has got since."""

    def held() -> tuple[int, int]:
        return site.count("SELECT count(*) FROM inspection"), site.count("SELECT count(*) FROM photo")

    inspections, photos = held()
    return lambda: (held()[0] - inspections, held()[1] - photos)


def whole(site: Site, *records: str) -> None:
    """The server has these records and no other, no photo that none of them names, and finds nothing wrong with it."""
    assert site.count("SELECT count(*) FROM inspection") == len(records)
    named = {
        name
        for record in records
        for name in site.caller("bureau").get(f"/inspections/{record}").json()["receipt"]["photos"]
    }
    assert site.count("SELECT count(*) FROM photo") == len(named)
    assert {path.name for path in (site.data_dir / "evidence").glob("??/*")} == named
    said = site.command("verify")
    assert said.returncode == 0, said.stdout
