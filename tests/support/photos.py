"""Photos as a phone takes them: large, with true EXIF, each unlike any other; the same seed makes the same bytes."""

from __future__ import annotations

import io
import random
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from PIL import ExifTags, Image, ImageDraw

TWELVE_MEGAPIXELS: Final = (4032, 3024)
HOHHOT: Final = (40.8414, 111.7519)
TAKEN_AT: Final = datetime(2026, 9, 14, 10, 30, tzinfo=timezone(timedelta(hours=8)))
CORNERS: Final = ("red", "lime", "blue", "yellow")
"""Of the upright picture, clockwise from the top left; each an eighth of the shorter side."""
STORED: Final = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera held so lays the upright picture down."""


def photo(
    seed: int,
    size: tuple[int, int] = (1600, 1200),
    *,
    orientation: int = 1,
    gps: tuple[float, float] | None = None,
    taken_at: datetime | None = TAKEN_AT,
    quality: int = 82,
    noise: int = 60,
    at_least: int = 0,
) -> bytes:
    """A JPEG. `size` is what a person sees, upright; `noise` (0 to 255) makes it heavy as grain does, and `at_least`
    bytes are reached by what follows the picture, where phones put a film."""
    image = _ground(size, noise).copy()
    _mark(image, random.Random(seed))
    stored = STORED[orientation]
    if stored is not None:
        image = image.transpose(stored)
    made = io.BytesIO()
    image.save(made, "JPEG", quality=quality, exif=_exif(orientation, gps, taken_at), comment=f"{seed}".encode())
    data = made.getvalue()
    return data + random.Random(seed).randbytes(max(0, at_least - len(data)))


def png(seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture of the screen."""
    image = _ground(size, 0).copy()
    _mark(image, random.Random(seed))
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def heic(seed: int, size: int = 200_000) -> bytes:
    """By its first bytes a HEIC; no browser here can show one, so the rest is noise."""
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + random.Random(seed).randbytes(size)


def pdf(seed: int) -> bytes:
    """A document of one page."""
    text = f"BT /F1 24 Tf 72 720 Td (Plan {seed}) Tj ET".encode()
    fonts = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + head + table + tail


@lru_cache(maxsize=4)
def _ground(size: tuple[int, int], noise: int) -> Image.Image:
    """What all photos of a size share, since at twelve megapixels it is the dear part: light, and grain on it."""
    chance = random.Random(0)
    light = Image.frombytes("RGB", (8, 6), bytes(chance.randint(70, 190) for _ in range(8 * 6 * 3)))
    ground = light.resize(size, Image.Resampling.BICUBIC)
    if noise:
        tile = Image.frombytes("L", (256, 256), chance.randbytes(256 * 256))
        grain = Image.new("L", size)
        for x in range(0, size[0], 256):
            for y in range(0, size[1], 256):
                grain.paste(tile, (x, y))
        ground = Image.blend(ground, grain.convert("RGB"), noise / 255)
    return ground


def _mark(image: Image.Image, chance: random.Random) -> None:
    """What makes it this photo and no other, and shows which way is up."""
    draw = ImageDraw.Draw(image)
    width, height = image.size
    cell = (width / 16, height / 16)
    for _ in range(24):
        x, y = chance.randint(2, 13) * cell[0], chance.randint(2, 13) * cell[1]
        draw.rectangle((x, y, x + cell[0], y + cell[1]), fill=tuple(chance.randbytes(3)))
    side = min(width, height) // 8
    for colour, (x, y) in zip(
        CORNERS, ((0, 0), (width - side, 0), (width - side, height - side), (0, height - side)), strict=True
    ):
        draw.rectangle((x, y, x + side, y + side), fill=colour)


def _exif(orientation: int, gps: tuple[float, float] | None, taken_at: datetime | None) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Phone"
    exif[ExifTags.Base.Orientation] = orientation
    if taken_at is not None:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        details[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        if taken_at.tzinfo is not None:
            details[ExifTags.Base.OffsetTimeOriginal] = taken_at.isoformat()[-6:]
    if gps is not None:
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        for reference, value, letters, degrees in (
            (ExifTags.GPS.GPSLatitudeRef, ExifTags.GPS.GPSLatitude, "NS", gps[0]),
            (ExifTags.GPS.GPSLongitudeRef, ExifTags.GPS.GPSLongitude, "EW", gps[1]),
        ):
            place[reference] = letters[degrees < 0]
            whole, minutes = divmod(abs(degrees) * 60, 60)
            place[value] = (whole, float(int(minutes)), round(minutes % 1 * 60, 3))
    return exif
