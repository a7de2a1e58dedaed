"""Every screen of the phone, as it is met: nothing sticks out, is cut, is too small for a thumb, or is closed to those
who see or hear otherwise; and all of it is in the reader's language."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from inspection.domain.texts import phone_texts
from tests.support import axe, databases, walk
from tests.support.browser import BREAK_THE_POLICY, POLICY, Phone
from tests.support.line import Line
from tests.support.site import Site, site_on

SMALL: Final = {"width": 320, "height": 568}
USUAL: Final = {"width": 390, "height": 844}

UNRESOLVED: Final = re.compile(
    rf"\b(?:{'|'.join(phone_texts('en'))})\.[a-z][a-z0-9_]+\b|\{{\w+\}}|undefined|\[object |\bNaN\b"
)

CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")

SPEAK: Final = """async (language) => {
    const {app} = await import('/m/app.js')
    document.getElementById('screen').innerHTML = ''
    await app.useLanguage(language)
}"""

UNFOLD: Final = """() => {
    const folded = [...document.querySelectorAll('details:not([open])')]
    for (const one of folded) one.open = true
    window.foldAgain = () => { for (const one of folded) one.open = false }
}"""

SURVEY: Final = """({width, height, scale}) => {
    document.documentElement.style.fontSize = `${100 * scale}%`
    const seen = (one) =>
        one.getClientRects().length && getComputedStyle(one).visibility !== 'hidden' && !one.closest('.away')
    const all = (what) => [...document.querySelectorAll(what)].filter(seen)
    const said = (one) => (one.innerText || one.name || '').trim().slice(0, 30)
    const name = (one) => `${one.tagName.toLowerCase()}.${one.className} ${said(one)}`
    const faults = []
    const root = document.documentElement
    if (root.scrollWidth > width) {
        const isOut = (one) => one.getBoundingClientRect().right > width + 1 && !one.closest('.line')
        const wide = all('body *').filter(isOut)
        faults.push(`${root.scrollWidth} px wide: ${wide.slice(-3).map(name).join(' | ')}`)
    }
    const inSentence = (one) => one.tagName === 'A' && getComputedStyle(one).display === 'inline'
    for (const one of all('button, a[href], input, select, textarea, summary')) {
        const target = ['checkbox', 'radio'].includes(one.type) ? one.closest('label') : one
        const high = target.getBoundingClientRect().height
        if (high < 47.5 && !inSentence(one)) faults.push(`${high} px high: ${name(one)}`)
    }
    for (const one of all('button, .button, h1, h2, h3, h4, summary, label, .tabs a, .badge, .strip, dd, p')) {
        if (getComputedStyle(one).display === 'inline') continue
        if (one.scrollWidth > one.clientWidth + 1) faults.push(`cut: ${name(one)}`)
    }
    const fixed = all('.top, .foot, .tabs').reduce((sum, one) => sum + one.getBoundingClientRect().height, 0)
    if (fixed > height * 0.6) faults.push(`${fixed} px of ${height} never move`)
    root.style.fontSize = ''
    return faults
}"""

SAID: Final = """() => {
    const seen = (one) => one && one.getClientRects().length && !['SCRIPT', 'STYLE'].includes(one.tagName)
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const said = []
    while (walker.nextNode()) {
        const place = walker.currentNode.parentElement
        const text = walker.currentNode.textContent.trim()
        if (text && seen(place) && !place.closest('[lang]:not(html)')) said.push(text)
    }
    for (const name of ['aria-label', 'alt', 'placeholder', 'title']) {
        for (const one of document.querySelectorAll(`[${name}]`)) said.push(one.getAttribute(name))
    }
    return [document.title, ...said]
}"""

KEPT: Final = """async () => {
    const opened = (name) => new Promise((done, fail) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const kept = new Set()
    const look = (value) => {
        if (typeof value === 'string' && /[\\u3400-\\u9fff]/.test(value)) kept.add(value.trim())
        else if (value instanceof ArrayBuffer) return
        else if (value && typeof value === 'object') Object.values(value).forEach(look)
    }
    for (const {name} of await indexedDB.databases()) {
        const db = await opened(name)
        for (const store of db.objectStoreNames) {
            if (['blobs', 'bodies', 'pictures'].includes(store)) continue
            const request = db.transaction(store).objectStore(store).getAll()
            look(await new Promise((done) => { request.onsuccess = () => done(request.result) }))
        }
        db.close()
    }
    return [...kept]
}"""
"""Every text that the phone keeps: what is data, and may be in another language than the reader's."""


class Eye:
    """What is wrong with each screen it is shown."""

    def __init__(self, phone: Phone, *, thorough: bool = False) -> None:
        self.phone = phone
        self.page = phone.page
        self.thorough = thorough
        self.data: set[str] = set()
        self.faults: list[str] = []

    def __call__(self, screen: str) -> None:
        self._look(screen, "zh", looks_closely=True)
        self.page.evaluate(SPEAK, "en")
        self._look(screen, "en", looks_closely=self.thorough)
        self._no_chinese(screen)
        self.page.evaluate(SPEAK, "zh-CN")
        walk.settled(self.phone)

    def _look(self, screen: str, language: str, looks_closely: bool) -> None:
        walk.settled(self.phone)
        self.page.evaluate(UNFOLD)
        faults = [fault for scale in (1, 2) for fault in self._survey(scale)]
        faults += [f"says {text!r}" for text in self.page.evaluate(SAID) if UNRESOLVED.search(text)]
        if looks_closely:
            faults += axe.violations(self.page)
        self.page.evaluate("window.foldAgain()")
        self.faults += [f"{screen} ({language}): {fault}" for fault in faults]

    def _survey(self, scale: int) -> list[str]:
        found: list[str] = self.page.evaluate(SURVEY, {**(self.page.viewport_size or {}), "scale": scale})
        return [f"at {100 * scale} %, {fault}" for fault in found]

    def _no_chinese(self, screen: str) -> None:
        for one in self.page.evaluate(KEPT):
            self.data.update(ISO_DATE.split(one))
        longest_first = sorted(self.data - {""}, key=len, reverse=True)
        for text in self.page.evaluate(SAID):
            left = text
            for part in longest_first if CHINESE.search(text) else ():
                left = left.replace(part, "")
            if CHINESE.search(left):
                self.faults.append(f"{screen} (en): says {text!r}")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A database and its data that all who walk here begin with."""
    data_dir = tmp_path_factory.mktemp("furnished")
    with databases.copy("sqlite") as url:
        walk.furnish(url, data_dir)
        yield url, data_dir


@pytest.fixture
def site(furnished: tuple[str, Path], tmp_path: Path) -> Iterator[Site]:
    url, data_dir = furnished
    shutil.copytree(data_dir, tmp_path / "data")
    own = tmp_path / "data" / "own.sqlite"
    shutil.copyfile(url.removeprefix("sqlite:///"), own)
    with site_on(f"sqlite:///{own}", tmp_path / "data") as made:
        yield made


WALKS: Final = {"nobody": walk.nobody, "inspector": walk.inspector, "school": walk.school}


@pytest.mark.short_drill
@pytest.mark.parametrize("who", WALKS)
def test_on_the_smallest_phone(who: str, site: Site, line: Line, phones: Callable[..., Phone]) -> None:
    go(who, site, line, phones, SMALL)


@pytest.mark.drill
@pytest.mark.parametrize("size", [SMALL, USUAL], ids=["320", "390"])
@pytest.mark.parametrize("who", WALKS)
def test_looked_at_closely_in_both_languages(
    who: str, size: dict[str, int], site: Site, line: Line, phones: Callable[..., Phone]
) -> None:
    go(who, site, line, phones, size, thorough=True)


def go(
    who: str, site: Site, line: Line, phones: Callable[..., Phone], size: dict[str, int], *, thorough: bool = False
) -> None:
    phone = phones(viewport=size, reduced_motion="reduce")
    eye = Eye(phone, thorough=thorough)
    WALKS[who](phone, site, line, eye)
    assert not eye.faults, "\n" + "\n".join(eye.faults)
    assert not phone.faults()  # of which a broken policy would be one, on any screen:
    phone.expects(POLICY)
    assert phone.page.evaluate(BREAK_THE_POLICY) == "img-src"
    assert any(POLICY in text for text in phone.told)
