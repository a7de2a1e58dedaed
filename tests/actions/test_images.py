"""What a photo's file says of itself, and derived copies of which nothing but pixels is left."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageDraw, ImageFile

from inspection.images import previews
from inspection.images.facts import PhotoFacts, TooManyPixels, Unsupported, read_facts, sniff
from tests.support.examples import examples

WIDTH, HEIGHT = 600, 400
# Pillow warns of metadata that it cannot read; that is no reason to refuse a photo
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
HTML = b"<html><script>alert('polyglot')</script></html>"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret</x:xmpmeta>"
COMMENT = b"a secret comment"
PLAIN_MARKERS = {0xC0, 0xC4, 0xDA, 0xDB, 0xE0}  # frame, Huffman tables, scan, quantisation tables, JFIF
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def drawing(mode: str = "RGB") -> Image.Image:
    """Grey, with its upper left quarter red."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (200, 200, 200))
    ImageDraw.Draw(image).rectangle((0, 0, WIDTH // 2 - 1, HEIGHT // 2 - 1), fill=(220, 20, 20))
    return image.convert(mode)


def phone_exif(
    *,
    time: str | None = "2026:11:23 09:10:00",
    offset: str | None = "+08:00",
    place: tuple[tuple[float, ...], str, tuple[float, ...], str] | None = (
        (40.0, 50.0, 29.04),
        "N",
        (111.0, 45.0, 6.84),
        "E",
    ),
    orientation: int = 1,
) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Phone"
    exif[ExifTags.Base.Orientation] = orientation
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if time is not None:
        details[ExifTags.Base.DateTimeOriginal] = time
    if offset is not None:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if place is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] = place[0], place[1]
        gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] = place[2], place[3]
    return exif


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def jpeg(exif: Image.Exif | None = None) -> bytes:
    return saved(drawing(), exif=exif or Image.Exif())


def with_segment(picture: bytes, marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    return picture[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + picture[2:]


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    picture = saved(Image.new("RGB", (8, 8)))
    frame = picture.index(b"\xff\xc0")
    return picture[: frame + 5] + struct.pack(">HH", height, width) + picture[frame + 9 :]


def markers(picture: bytes) -> set[int]:
    """The segments that stand before a JPEG's pixels."""
    found, at = set(), 2
    while picture[at + 1] != 0xDA:
        found.add(picture[at + 1])
        at += 2 + struct.unpack(">H", picture[at + 2 : at + 4])[0]
    return found | {0xDA}


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Where the file under test lies; its name says nothing."""
    return tmp_path / "original"


def facts_of(stored: Path, content: bytes) -> PhotoFacts:
    stored.write_bytes(content)
    return read_facts(stored)


def derived(stored: Path, content: bytes, longest: int = 320) -> Image.Image | None:
    """The derived copy, proven to be a JPEG of pixels alone; None where there is none."""
    stored.write_bytes(content)
    target = stored.with_name("copy.jpg")
    done = previews.make(stored, target, longest)
    assert {path.name for path in stored.parent.iterdir()} == {stored.name} | ({target.name} if done else set())
    if not done:
        return None
    assert markers(target.read_bytes()) <= PLAIN_MARKERS
    image = Image.open(io.BytesIO(target.read_bytes()))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
    image.load()
    return image


def colour(image: Image.Image, x: float, y: float) -> str:
    """The colour at this share of width and height, as red, grey, white or its numbers."""
    pixel = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(pixel, tuple)
    known = {"red": (220, 20, 20), "grey": (200, 200, 200), "white": (255, 255, 255)}
    for name, values in known.items():
        if all(abs(one - other) < 12 for one, other in zip(pixel, values, strict=True)):
            return name
    return str(pixel)


# What a file is


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (saved(drawing()), "image/jpeg"),
        (saved(drawing(), "PNG"), "image/png"),
        (saved(drawing(), "WEBP"), "image/webp"),
        (HEIC, "image/heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00", "image/heic"),
        (PDF, "application/pdf"),
        (SVG, None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (saved(drawing("P"), "GIF"), None),
        (saved(drawing(), "BMP"), None),
        (saved(drawing(), "TIFF"), None),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", None),  # a film
        (HTML, None),
        (b"PK\x03\x04", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_type_is_known_by_its_first_bytes(content: bytes, expected: str | None) -> None:
    assert sniff(content[:64]) == expected


@pytest.mark.parametrize("content", [SVG, saved(drawing("P"), "GIF"), b""])
def test_the_name_jpg_makes_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(Unsupported):
        read_facts(path)


@pytest.mark.parametrize(("content", "kind"), [(HEIC, "image/heic"), (PDF, "application/pdf")])
def test_of_heic_and_pdf_only_the_type_is_known(stored: Path, content: bytes, kind: str) -> None:
    assert facts_of(stored, content) == PhotoFacts(kind)


@pytest.mark.parametrize("content", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", jpeg()[:100]])
def test_a_header_that_breaks_off_is_unsupported(stored: Path, content: bytes) -> None:
    with pytest.raises(Unsupported):
        facts_of(stored, content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_dimensions_are_those_of_the_header(stored: Path, kind: str) -> None:
    found = facts_of(stored, saved(drawing(), kind, exif=phone_exif()))
    assert (found.type, found.width, found.height) == (f"image/{kind.lower()}", WIDTH, HEIGHT)
    assert found.taken_at == "2026-11-23T09:10:00+08:00"
    assert found.location == {"lat": 40.8414, "lng": 111.7519}


def test_a_phones_jpeg_with_a_second_picture_behind_it_is_a_jpeg(stored: Path) -> None:
    content = saved(drawing(), "MPO", save_all=True, append_images=[drawing()])
    assert facts_of(stored, content) == PhotoFacts("image/jpeg", WIDTH, HEIGHT)
    copy = derived(stored, content)
    assert copy is not None
    assert copy.size == (320, 213)


# Too many pixels


@pytest.mark.parametrize(
    "content",
    [
        png_claiming(20000, 20000),
        png_claiming(7747, 7747),  # just above sixty million
        jpeg_claiming(60000, 60000),
        jpeg_claiming(16000, 15626),  # just above 250 million
        png_claiming(2**31 - 1, 2**31 - 1),
    ],
    ids=["png-400M", "png-60M", "jpeg-3600M", "jpeg-250M", "png-largest"],
)
def test_a_tiny_file_that_claims_too_many_pixels_is_refused(stored: Path, content: bytes) -> None:
    with pytest.raises(TooManyPixels):
        facts_of(stored, content)
    assert stored.stat().st_size < 2000


@pytest.mark.parametrize(
    ("content", "size"),
    [(png_claiming(10000, 6000), (10000, 6000)), (jpeg_claiming(16000, 11000), (16000, 11000))],
    ids=["png", "jpeg"],
)
def test_large_pictures_within_the_limit_are_taken(stored: Path, content: bytes, size: tuple[int, int]) -> None:
    found = facts_of(stored, content)
    assert (found.width, found.height) == size


@pytest.mark.parametrize("size", [(16320, 12240), (15625, 16000)], ids=["phone-200M", "limit-250M"])
def test_a_jpeg_of_up_to_250_million_pixels_is_taken(stored: Path, size: tuple[int, int]) -> None:
    found = facts_of(stored, jpeg_claiming(*size))
    assert (found.width, found.height) == size


@pytest.mark.parametrize(
    "kind",
    [
        "JPEG",
        "WEBP",
        "PNG",
    ],
)
def test_no_pixel_is_decoded_for_the_facts(stored: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    decoded: list[object] = []
    content = saved(drawing(), kind)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: decoded.append(image))
    facts_of(stored, content)
    assert decoded == []


# What a file claims of time and place


@pytest.mark.parametrize(
    ("time", "offset", "expected"),
    [
        ("2026:11:23 09:10:00", "+08:00", "2026-11-23T09:10:00+08:00"),
        ("2026:11:23 09:10:00", "-03:30", "2026-11-23T09:10:00-03:30"),
        ("2026:11:23 09:10:00", None, "2026-11-23T09:10:00"),
        ("2028:02:29 23:59:59", None, "2028-02-29T23:59:59"),
        ("0000:00:00 00:00:00", None, None),
        ("2026:02:30 09:10:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("yesterday", "+08:00", None),
        ("", None, None),
        (None, "+08:00", None),
    ],
)
def test_the_time_of_a_photo(stored: Path, time: str | None, offset: str | None, expected: str | None) -> None:
    assert facts_of(stored, jpeg(phone_exif(time=time, offset=offset))).taken_at == expected


@pytest.mark.parametrize("offset", ["   :  ", "garbage", "+99:00"])
def test_an_unreadable_offset_leaves_the_time(stored: Path, offset: str) -> None:
    assert facts_of(stored, jpeg(phone_exif(offset=offset))).taken_at == "2026-11-23T09:10:00"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (((40.0, 30.0, 0.0), "N", (111.0, 45.0, 36.0), "E"), {"lat": 40.5, "lng": 111.76}),
        (((40.0, 30.0, 0.0), "S", (111.0, 45.0, 36.0), "W"), {"lat": -40.5, "lng": -111.76}),
        (((0.0, 0.0, 0.0), "N", (0.0, 0.0, 0.0), "E"), {"lat": 0.0, "lng": 0.0}),
        (((91.0, 0.0, 0.0), "N", (111.0, 0.0, 0.0), "E"), None),
        (((40.0, 0.0, 0.0), "N", (181.0, 0.0, 0.0), "E"), None),
        (((40.0, 30.0), "N", (111.0, 45.0), "E"), None),
        (None, None),
    ],
)
def test_the_place_of_a_photo(
    stored: Path,
    place: tuple[tuple[float, ...], str, tuple[float, ...], str] | None,
    expected: dict[str, float] | None,
) -> None:
    assert facts_of(stored, jpeg(phone_exif(place=place))).location == expected


MALFORMED = [
    b"Exif\0\0" + b"\x93garbage" * 20,
    b"Exif\0\0",
    b"Exif\0\0II*\0\xff\xff\xff\x7f",
    b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" * 5,
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0",  # a directory within itself
    b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x02\xff\xff\xff\xff\0\0\0\0",
]


@pytest.mark.parametrize("block", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_exif_never_refuses_a_photo(stored: Path, block: bytes) -> None:
    assert facts_of(stored, with_segment(jpeg(), 0xE1, block)) == PhotoFacts("image/jpeg", WIDTH, HEIGHT)


def test_a_picture_with_malformed_exif_still_has_a_copy(stored: Path) -> None:
    copy = derived(stored, with_segment(jpeg(), 0xE1, MALFORMED[0]))
    assert copy is not None
    assert copy.size == (320, 213)


SMALL = saved(Image.new("RGB", (9, 7)))
BLOCK = phone_exif().tobytes()


@settings(max_examples=examples(60), deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.just(BLOCK)), st.dictionaries(st.integers(6, len(BLOCK)), st.integers(0, 255))
)
def test_whatever_stands_in_the_exif_the_photo_is_taken(block: bytes, changes: dict[int, int]) -> None:
    changed = bytearray(block if block.startswith(b"Exif\0\0") else b"Exif\0\0" + block)
    for position, value in changes.items():
        if position < len(changed):
            changed[position] = value
    with tempfile.TemporaryDirectory() as folder:
        found = facts_of(Path(folder) / "original", with_segment(SMALL, 0xE1, bytes(changed)))
    assert (found.type, found.width, found.height) == ("image/jpeg", 9, 7)


# Derived copies


def test_a_copy_is_upright_of_the_size_asked_and_pixels_alone(stored: Path) -> None:
    content = saved(drawing(), exif=phone_exif(orientation=6), icc_profile=b"secret profile", xmp=XMP, comment=COMMENT)
    assert all(secret in content for secret in (b"Phone", b"secret profile", XMP, COMMENT))
    copy = derived(stored, content)
    assert copy is not None
    assert copy.size == (213, 320)
    assert [colour(copy, x, y) for x, y in ((0.75, 0.25), (0.25, 0.25), (0.75, 0.75))] == ["red", "grey", "grey"]


@pytest.mark.parametrize(
    ("orientation", "red_at", "size"),
    [
        (1, (0.25, 0.25), (100, 67)),
        (2, (0.75, 0.25), (100, 67)),
        (3, (0.75, 0.75), (100, 67)),
        (8, (0.25, 0.75), (67, 100)),
    ],
)
def test_every_way_to_hold_a_phone_gives_an_upright_copy(
    stored: Path, orientation: int, red_at: tuple[float, float], size: tuple[int, int]
) -> None:
    copy = derived(stored, jpeg(phone_exif(orientation=orientation)), 100)
    assert copy is not None
    assert copy.size == size
    quarters = [(x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)]
    assert [at for at in quarters if colour(copy, *at) == "red"] == [red_at]


def test_a_small_picture_is_not_enlarged(stored: Path) -> None:
    copy = derived(stored, jpeg(), 1600)
    assert copy is not None
    assert copy.size == (WIDTH, HEIGHT)


def test_a_picture_of_one_line_has_a_copy(stored: Path) -> None:
    copy = derived(stored, saved(Image.new("RGB", (3000, 1))))
    assert copy is not None
    assert copy.size == (320, 1)


def transparent() -> Image.Image:
    image = drawing("RGBA")
    image.paste((0, 0, 0, 0), (WIDTH // 2, HEIGHT // 2, WIDTH, HEIGHT))
    return image


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(stored: Path, kind: str) -> None:
    copy = derived(stored, saved(transparent(), kind))
    assert copy is not None
    assert copy.size == (320, 213)
    assert [colour(copy, 0.25, 0.25), colour(copy, 0.75, 0.75), colour(copy, 0.75, 0.25)] == ["red", "white", "grey"]


@pytest.mark.parametrize(
    ("mode", "kind"), [("P", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("1", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG")]
)
def test_every_mode_of_a_picture_has_a_copy(stored: Path, mode: str, kind: str) -> None:
    copy = derived(stored, saved(drawing(mode), kind))
    assert copy is not None
    assert copy.size == (320, 213)


def test_a_grey_picture_of_16_bits_keeps_its_greys(stored: Path) -> None:
    ramp = Image.frombytes("I;16", (256, 4), b"".join(struct.pack("<H", 257 * x) for x in range(256)) * 4)
    copy = derived(stored, saved(ramp, "PNG"))
    assert copy is not None
    assert copy.getpixel((128, 2)) == pytest.approx((128, 128, 128), abs=4)


def test_an_html_in_a_picture_does_not_reach_its_copy(stored: Path) -> None:
    content = with_segment(with_segment(jpeg(), 0xFE, HTML), 0xE5, HTML) + HTML
    assert content.count(HTML) == 3
    assert derived(stored, content) is not None
    assert b"html" not in stored.with_name("copy.jpg").read_bytes().lower()


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_truncated_jpeg_has_facts_and_perhaps_a_copy(stored: Path, share: float) -> None:
    whole = saved(Image.effect_noise((WIDTH, HEIGHT), 60), exif=phone_exif())
    content = whole[: int(len(whole) * share)]
    found = facts_of(stored, content)
    assert (found.width, found.height, found.taken_at) == (WIDTH, HEIGHT, "2026-11-23T09:10:00+08:00")
    derived(stored, content)


@pytest.mark.parametrize(
    "content",
    [HEIC, PDF, SVG, HTML, b"", saved(drawing("P"), "GIF"), png_claiming(20000, 20000), jpeg_claiming(60000, 60000)],
    ids=["heic", "pdf", "svg", "html", "empty", "gif", "png-bomb", "jpeg-bomb"],
)
def test_what_cannot_be_decoded_has_no_copy_and_leaves_nothing(stored: Path, content: bytes) -> None:
    assert derived(stored, content) is None


def test_a_picture_that_is_gone_has_no_copy(tmp_path: Path) -> None:
    assert not previews.make(tmp_path / "gone", tmp_path / "copy.jpg", 320)
    assert list(tmp_path.iterdir()) == []


def test_a_decoder_that_takes_too_long_is_given_up(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "TIME_LIMIT_S", 0)
    assert derived(stored, jpeg()) is None


def test_a_copy_replaces_an_earlier_one(stored: Path) -> None:
    assert derived(stored, jpeg(), 100) is not None
    copy = derived(stored, jpeg(), 50)
    assert copy is not None
    assert copy.size == (50, 33)
