"""Photos: bound to their bytes, seen only by who may, shown without what the file says of itself."""

from __future__ import annotations

import io

import pytest
from PIL import ExifTags, Image
from sqlalchemy import text

from inspection.storage.db import db
from tests.support.world import World, jpeg, new_id, sha256


def phone_photo() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "SecretPhone"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:11:23 09:30:00"
    details[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (40.0, 50.0, 29.0)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (111.0, 45.0, 7.0)
    made = io.BytesIO()
    Image.effect_mandelbrot((800, 600), (-2, -1.2, 1, 1.2), 60).convert("RGB").save(made, "JPEG", exif=exif)
    return made.getvalue()


def test_a_photo_is_stored_once_and_shown_without_metadata(world: World) -> None:
    inspector, photo = world.person("inspector"), phone_photo()
    first, again = inspector.upload(photo), inspector.upload(photo)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == {
        "sha256": sha256(photo),
        "type": "image/jpeg",
        "width": 800,
        "height": 600,
        "bytes": len(photo),
        "taken_at": "2026-11-23T09:30:00+08:00",
        "has_location": True,
    }
    for name, longest in (("thumbnail", 320), ("shared", 800)):
        shown = inspector.get(f"/photos/{sha256(photo)}/{name}")
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        image = Image.open(io.BytesIO(shown.data))
        assert image.height == longest  # turned upright
        assert not image.getexif()
        assert b"SecretPhone" not in shown.data
    etag = shown.headers["ETag"]
    assert inspector.get(f"/photos/{sha256(photo)}/shared", headers={"If-None-Match": etag}).status_code == 304


def test_the_same_bytes_from_another_person_are_created_for_him_too(world: World) -> None:
    photo = jpeg()
    assert world.person("inspector").upload(photo).status_code == 201
    assert world.person("school").get(f"/photos/{sha256(photo)}/thumbnail").status_code == 404
    assert world.person("school").upload(photo).status_code == 201
    assert world.person("school").get(f"/photos/{sha256(photo)}/thumbnail").status_code == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415, "unsupported_image"),
        (b"GIF89a" + b"\x00" * 40, 415, "unsupported_image"),
        (b"", 415, "unsupported_image"),
        (b"\xff\xd8\xff\xe0 no jpeg at all", 415, "unsupported_image"),
    ],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(world: World, data: bytes, status: int, code: str) -> None:
    answer = world.person("inspector").upload(data)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert [path for path in (world.data_dir / "evidence").rglob("*") if path.is_file()] == []


def test_a_lying_hash_a_bomb_and_a_giant(world: World) -> None:
    inspector = world.person("inspector")
    lying = inspector.upload(jpeg(), name="0" * 64)
    assert (lying.status_code, lying.json["code"]) == (422, "hash_mismatch")
    made = io.BytesIO()
    Image.new("1", (9000, 9000)).save(made, "PNG")
    bomb = inspector.upload(made.getvalue(), content_type="image/png")
    assert (bomb.status_code, bomb.json["code"]) == (422, "too_many_pixels")
    giant = inspector.upload(jpeg() + b"\0" * (25 * 2**20))
    assert (giant.status_code, giant.json["code"]) == (413, "too_large")
    assert inspector.upload(jpeg(), content_type="text/html").status_code == 415
    with world.app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM photo")).scalar() == 0


def test_a_genuine_photo_that_does_not_decode_is_stored_without_a_preview(world: World) -> None:
    whole = phone_photo()
    broken = whole[: len(whole) // 8]
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\0" * 64
    inspector = world.person("inspector")
    for data, kind in ((broken, "image/jpeg"), (heic, "image/heic")):
        assert inspector.upload(data, content_type=kind).status_code == 201
        shown = inspector.get(f"/photos/{sha256(data)}/thumbnail")
        assert (shown.status_code, shown.json["code"]) == (404, "no_preview")
        assert inspector.get(f"/photos/{sha256(data)}").data == data


def test_originals_are_for_their_uploader_and_the_supervising_with_a_purpose_and_each_read_is_recorded(
    world: World,
) -> None:
    photo = phone_photo()
    world.person("inspector").upload(photo)
    address = f"/photos/{sha256(photo)}"
    assert world.person("bureau").get(address).status_code == 404  # knowing a hash is no right
    world.inspect({"S-03-04": [{"fact": "未锁", "photos": [sha256(photo)]}]}, photos={sha256(photo): {}})
    assert world.person("bureau").get(address).json["errors"][0]["pointer"] == "/purpose"
    for who, status in {
        "inspector": 200,
        "bureau": 200,
        "league": 200,
        "procurator": 200,
        "inspector2": 403,
        "school": 403,
        "neighbour": 404,
        "stranger": 404,
        "kindergarten": 404,
        "congress": 403,
        "sysadmin": 403,
    }.items():
        assert world.person(who).get(f"{address}?purpose=核对").status_code == status, who
        shown = world.person(who).get(f"{address}/thumbnail").status_code
        assert shown == (200 if who in ("inspector2", "school") else status), who
    assert [read.detail["purpose"] for read in world.logged("read_original")] == ["核对"] * 4


def test_a_claimed_hash_of_somebody_elses_photo_gives_no_right_to_it(world: World) -> None:
    photo = jpeg()
    world.person("stranger").upload(photo)
    body = world.body(photos={sha256(photo): {}})
    made = world.person("inspector").put(f"/inspections/{new_id()}", body).json
    assert made["missing_photos"] == [sha256(photo)]
    assert world.person("inspector").get(f"/photos/{sha256(photo)}/thumbnail").status_code == 404
