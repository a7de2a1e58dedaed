"""Photos from the camera or the gallery to the server: upright, bounded where that is enough, the camera's own bytes
where they may have to prove something, and never sent as whole when they are not."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Locator, expect

from tests.support.browser import Phone
from tests.support.field import (
    answer,
    arrived,
    choose,
    field_of,
    find_signal,
    finding,
    finish,
    inspected,
    kept,
    lasting_site,
    lose_signal,
    payload,
    queue,
    ready,
    received,
    row,
    section,
    shoot,
    start,
    stored_photo,
    to_summary,
    type_in,
)
from tests.support.field_more import change_here, id_of, offer, once, stored_here
from tests.support.line import Line
from tests.support.photos import CORNERS, TWELVE_MEGAPIXELS, heic, photo, png
from tests.support.site import Site
from tests.support.world import sha256

SMALL: Final = (640, 480)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lasting_site(tmp_path_factory.mktemp("data")) as made:
        yield made


def strip(place: Locator) -> Locator:
    return place.locator("ul.photos").first.locator("li")


def manifest_of(phone: Phone, record: str) -> dict[str, dict[str, Any]]:
    """By the hash that the camera's own bytes have."""
    manifest = json.loads(kept(phone, record).body)["photos"]
    return {one["camera_sha256"]: {"sha256": digest, **one} for digest, one in manifest.items()}


def at(site: Site, digest: str) -> Image.Image:
    """As it lies on the server, no orientation applied."""
    return Image.open(io.BytesIO(stored_photo(site, digest).read_bytes()))


def corners(image: Image.Image) -> list[str]:
    """What stands in the corners, clockwise from the top left; the nearest of the colours that were put there."""
    width, height = image.size
    inset = min(width, height) // 16
    places = ((inset, inset), (width - inset, inset), (width - inset, height - inset), (inset, height - inset))

    def nearest(seen: Any) -> str:
        return min(
            CORNERS, key=lambda name: sum(abs(a - b) for a, b in zip(ImageColor.getrgb(name), seen, strict=True))
        )

    return [nearest(image.convert("RGB").getpixel(place)) for place in places]


def orientation_of(image: Image.Image) -> int:
    return int(image.getexif().get(0x0112, 1))


def webp(seed: int) -> bytes:
    made = io.BytesIO()
    Image.open(io.BytesIO(png(seed))).save(made, "WEBP", quality=80)
    return made.getvalue()


def handed_in(site: Site, line: Line, phone: Phone) -> str:
    """To the end, whatever was photographed."""
    to_summary(phone)
    record = finish(phone)
    received(phone, record)
    told = arrived(site, phone, record)
    once(line, record, *told["receipt"]["photos"])
    return record


# ── what becomes of them ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_photos_of_every_kind(site: Site, line: Line, phone: Phone, tmp_path: Path) -> None:
    page = ready(phone)
    said = page.locator("#say")
    start(phone)
    found = finding(answer(phone, "S-01-02", "no"))
    large = photo(1, TWELVE_MEGAPIXELS, orientation=6)
    shoot(found, large)
    expect(strip(found).first).to_contain_text("现场拍摄")
    expect(strip(found).first).to_contain_text(re.compile(r"40\.84140,\s111\.75190\s+精度\s12\s米"))

    taken = datetime(2026, 11, 3, 8, 15, 30, tzinfo=UTC)
    chosen = [tmp_path / "IMG_1.jpg", tmp_path / "截图.png"]
    chosen[0].write_bytes(photo(2, SMALL))
    chosen[1].write_bytes(png(3))
    for file in chosen:
        os.utime(file, (taken.timestamp(), taken.timestamp()))
    offer(found, *chosen, source="gallery")
    expect(strip(found)).to_have_count(3)
    offer(found, photo(4, SMALL), payload(b"just words", "notes.txt", "text/plain"), photo(5, SMALL), source="gallery")
    expect(said).to_contain_text("只能使用 JPEG、PNG、WebP、HEIC 照片")
    expect(strip(found)).to_have_count(5)
    offer(found, large, source="gallery")
    expect(said).to_contain_text("已保存 1 张照片")
    expect(strip(found)).to_have_count(5)
    expect(strip(found).first).to_contain_text("现场拍摄")
    raw = heic(6)
    shoot(found, raw)
    expect(strip(found).last).to_contain_text("无预览")
    page.evaluate("() => { navigator.geolocation.getCurrentPosition = (_, failed) => failed({code: 2}) }")
    shoot(found, photo(7, SMALL))
    expect(strip(found).last).to_contain_text("无定位")

    section(phone, "S-06")
    by_default = photo(8, (3000, 2000), orientation=8)
    shoot(finding(answer(phone, "S-06-03", "no")), by_default)
    section(phone, "S-03")
    raised = finding(answer(phone, "S-03-01", "no"))
    choose(raised, "severity", "critical")
    by_choice = photo(9, (3000, 2000))
    shoot(raised, by_choice)

    record = handed_in(site, line, phone)
    manifest = manifest_of(phone, record)
    assert len(manifest) == 9
    bounded = manifest[sha256(large)]
    assert bounded["sha256"] != sha256(large)
    assert (bounded["source"], bounded["type"]) == ("camera", "image/jpeg")
    assert bounded["location"] == {"lat": 40.8414, "lng": 111.7519, "accuracy_m": 12}
    assert abs(datetime.fromisoformat(bounded["captured_at"]) - datetime.now(UTC)) < timedelta(minutes=10)
    image = at(site, bounded["sha256"])
    assert (image.size, orientation_of(image), corners(image)) == ((2560, 1920), 1, list(CORNERS))

    for file, same in zip(chosen, (True, False), strict=True):
        one = manifest[sha256(file.read_bytes())]
        assert (one["source"], one["location"], one["type"]) == ("gallery", None, "image/jpeg")
        assert datetime.fromisoformat(one["captured_at"]) == taken
        assert (one["sha256"] == sha256(file.read_bytes())) is same
    for data in (raw, by_default, by_choice):
        assert manifest[sha256(data)]["sha256"] == sha256(data), "the camera's own bytes"
        assert stored_photo(site, sha256(data)).read_bytes() == data
    assert manifest[sha256(raw)]["type"] == "image/heic"
    assert manifest[sha256(photo(7, SMALL))]["location"] is None


@pytest.mark.drill
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright_in_the_bounded_copy(
    site: Site, line: Line, phone: Phone, orientation: int
) -> None:
    ready(phone)
    start(phone)
    found = finding(answer(phone, "S-01-02", "no"))
    for seed, size in enumerate(((2700, 2000), (2000, 2700)), orientation * 10):
        shoot(found, photo(100 + seed, size, orientation=orientation))
    record = handed_in(site, line, phone)
    images = [at(site, digest) for digest in kept(phone, record).photos]
    assert sorted(image.size for image in images) == [(1896, 2560), (2560, 1896)]
    assert [(orientation_of(image), corners(image)) for image in images] == [(1, list(CORNERS))] * 2


@pytest.mark.drill
def test_what_is_too_large_is_bounded_even_where_it_should_be_whole(
    site: Site, line: Line, phone: Phone, tmp_path: Path
) -> None:
    page = ready(phone)
    start(phone)
    section(phone, "S-06")
    found = finding(answer(phone, "S-06-03", "no"))
    heavy = [photo(200, (3000, 2000), at_least=27_000_000), photo(201, SMALL, at_least=27_000_000)]
    just_so = photo(202, SMALL, at_least=26_000_000)
    for count, data in enumerate((*heavy, just_so, heic(203, 27_000_000))):
        (tmp_path / f"{count}.jpg").write_bytes(data)
        offer(found, tmp_path / f"{count}.jpg")
        expect(strip(found)).to_have_count(min(count + 1, 3), timeout=60_000)
    expect(page.locator("#say")).to_contain_text("照片超过 25 MB，本机又无法压缩，没有存下")
    expect(strip(found)).to_have_count(3)
    record = handed_in(site, line, phone)
    manifest = manifest_of(phone, record)
    assert manifest[sha256(just_so)]["sha256"] == sha256(just_so)
    for data, size in zip(heavy, ((2560, 1707), SMALL), strict=True):
        image = at(site, manifest[sha256(data)]["sha256"])
        assert (image.size, corners(image)) == (size, list(CORNERS))


@pytest.mark.drill
def test_other_formats(site: Site, line: Line, phone: Phone) -> None:
    page = ready(phone)
    start(phone)
    found = finding(answer(phone, "S-01-02", "no"))
    broken = photo(300, SMALL)
    broken = broken[: broken.index(b"\xff\xda")]
    given = [webp(301), broken, png(302, (3000, 2000))]
    shoot(found, *given, source="gallery")
    expect(strip(found).nth(1)).to_contain_text("无预览")
    offer(found, payload(b"%PDF-1.4\n%%EOF", "plan.pdf", "application/pdf"), source="gallery")
    expect(page.locator("#say")).to_contain_text("整改材料另可用 PDF")
    offer(found, payload(b"", "empty.jpg"), source="gallery")
    expect(page.locator("#say")).to_contain_text("没有存下")
    choose(found, "severity", "critical")
    whole = [webp(303), png(304)]
    shoot(found, *whole)
    record = handed_in(site, line, phone)
    manifest = manifest_of(phone, record)
    assert [manifest[sha256(data)]["type"] for data in given] == ["image/jpeg"] * 3
    assert manifest[sha256(broken)]["sha256"] == sha256(broken)
    assert at(site, manifest[sha256(given[2])]["sha256"]).size == (2560, 1707)
    assert [manifest[sha256(data)]["type"] for data in whole] == ["image/webp", "image/png"]
    assert all(stored_photo(site, sha256(data)).read_bytes() == data for data in whole)


# ── damaged on the phone ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_a_photo_damaged_on_the_phone_is_never_sent_as_if_it_were_whole(
    site: Site, line: Line, phone: Phone, tmp_path: Path
) -> None:
    page = ready(phone)
    me = id_of(site)
    lose_signal(phone, line)
    record = inspected(phone, 3, "向日葵实验学校", seed=4)
    bad, *good = kept(phone, record).photos
    change_here(
        phone,
        me,
        "blobs",
        f"if (value.sha256 !== '{bad}') return false; new Uint8Array(value.bytes)[2000] ^= 1; return true",
    )
    find_signal(phone, line)
    queue(phone)
    expect(row(phone, record)).to_have_attribute("data-state", "attention")
    expect(row(phone, record)).to_contain_text("需要您处理")
    expect(row(phone, record)).to_contain_text("有一张照片在本机已损坏，无法上传。其余内容照常上传")
    expect(row(phone, record)).to_contain_text("照片 2/3")
    expect(row(phone, record)).not_to_contain_text("已收妥")
    told = site.caller("inspector").get(f"/inspections/{record}").json()
    assert (told["state"], told["missing_photos"], told["receipt"]) == ("incomplete", [bad], None)
    assert line.seen("PUT", f"/api/v1/photos/{bad}") == []
    once(line, record, *good)

    with page.expect_download() as download:
        row(phone, record).locator("[data-do=export]").click()
    file = tmp_path / "备份"
    download.value.save_as(file)
    said = site.command("import-backup", str(file))
    assert said.returncode == 1
    assert f"检查记录 /inspections/{record}：原已收到，未作改动，尚缺照片 1 张" in said.stdout
    assert f"照片 {bad}：未收" in said.stdout

    row(phone, record).locator("[data-do=correct]").click()
    found = page.locator("section.finding").first
    expect(strip(found)).to_have_count(2)
    shoot(found, photo(499, SMALL))
    type_in(phone, field_of(found, "place"), "值班室")
    fresh = handed_in(site, line, phone)
    assert fresh != record
    body = json.loads(kept(phone, fresh).body)
    assert body["supersedes"] == record
    assert set(body["photos"]) == {*good, sha256(photo(499, SMALL))}
    expect(row(phone, record)).to_have_attribute("data-state", "replaced")
    expect(row(phone, record)).not_to_contain_text("已收妥")
    told = site.caller("inspector").get(f"/inspections/{fresh}").json()
    assert not {"supersedes_nothing", "supersedes_pending"} & {flag["code"] for flag in told["flags"]}
    assert site.caller("inspector").get(f"/inspections/{record}").json()["withdrawn_at"]
    assert stored_here(phone, me, "drafts", "return value.state") == ["finished", "finished"]
