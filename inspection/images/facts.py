"""What a file is and says of itself, read from its header: never a pixel is decoded here."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image, UnidentifiedImageError

JPEG_PIXELS: Final = 250_000_000
OTHER_PIXELS: Final = 60_000_000
HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})
OFFSET: Final = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
FORMATS: Final = {"image/jpeg": ("JPEG",), "image/png": ("PNG",), "image/webp": ("WEBP",)}
Image.MAX_IMAGE_PIXELS = None  # the limits above hold here; the decoding process sets its own
UNREADABLE: Final = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    ZeroDivisionError,
    SyntaxError,
    EOFError,
    struct.error,
)
"""What Pillow raises on a header or on metadata that is not what it seems."""


class TooManyPixels(ValueError):
    """The header claims more pixels than are taken."""


class Unsupported(ValueError):
    """The file is none of the types taken, or its header cannot be read."""


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """`taken_at` and `location` are what the file claims: ISO 8601 text (with an offset only if the file has one) and
    `{"lat", "lng"}` in WGS-84 degrees. Width and height are those of the header, in pixels."""

    type: str
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    location: dict[str, float] | None = None


def sniff(head: bytes) -> str | None:
    """The content type by the first bytes; None for every type not taken here."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return "image/heic"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    return None


def read_facts(path: Path) -> PhotoFacts:
    """Type, dimensions and claims of a file. Raises `TooManyPixels`, `Unsupported`."""
    with path.open("rb") as handle:
        kind = sniff(handle.read(64))
    if kind is None:
        raise Unsupported("not a type taken here")
    if kind not in FORMATS:
        return PhotoFacts(kind)
    try:
        # MPO is what many phones call a JPEG with a second picture behind it
        with Image.open(path, formats=(*FORMATS[kind], *(("MPO",) if kind == "image/jpeg" else ()))) as image:
            width, height = image.size
            limit = JPEG_PIXELS if kind == "image/jpeg" else OTHER_PIXELS
            if width * height > limit:
                raise TooManyPixels(f"{width} x {height}")
            taken_at, location = _claims(image)
    except (UnidentifiedImageError, *UNREADABLE) as error:
        if isinstance(error, TooManyPixels):
            raise
        raise Unsupported("the header cannot be read") from None
    return PhotoFacts(kind, width, height, taken_at, location)


def _claims(image: Image.Image) -> tuple[str | None, dict[str, float] | None]:
    """EXIF time and place; a photo is never refused for its metadata, so what cannot be read is None."""
    if image.format == "PNG" and "exif" not in image.info:
        return None, None  # Pillow would decode the pixels to look behind them
    try:
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except UNREADABLE:
        return None, None
    return _time(details), _place(gps)


def _time(details: dict[int, Any]) -> str | None:
    try:
        text = str(details[ExifTags.Base.DateTimeOriginal])[:19]
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the offset, if any, is a tag of its own
    except UNREADABLE:
        return None
    offset = str(details.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\x00 ")
    return moment.isoformat() + (offset if OFFSET.fullmatch(offset) else "")


def _place(gps: dict[int, Any]) -> dict[str, float] | None:
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
        lng = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    except UNREADABLE:
        return None
    if not (math.isfinite(lat) and math.isfinite(lng) and abs(lat) <= 90 and abs(lng) <= 180):
        return None
    return {"lat": round(lat, 7), "lng": round(lng, 7)}


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(reference).strip("\x00 ").upper() == negative else value
