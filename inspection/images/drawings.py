"""Pictures for demo data: drawn, never taken, with the EXIF of a phone's photo."""

from __future__ import annotations

import io
import random
from datetime import datetime
from functools import cache
from typing import Final

from PIL import ExifTags, Image, ImageDraw, ImageFilter

SIZE: Final = (1600, 1200)


def corridor(seed: int, taken_at: datetime, lat: float, lng: float) -> bytes:
    """A JPEG of a corridor with doors, lamps and a few boxes in the way; the same seed gives the same picture."""
    chance = random.Random(seed)
    width, height = SIZE
    wall = (chance.randint(170, 225), chance.randint(165, 215), chance.randint(150, 200))
    image = Image.new("RGB", SIZE, wall)
    draw = ImageDraw.Draw(image)
    vanish = (width // 2 + chance.randint(-120, 120), height // 2 - chance.randint(20, 120))
    far = 150
    box = (vanish[0] - far, vanish[1] - far, vanish[0] + far, vanish[1] + far)
    floor, ceiling = tuple(c - 60 for c in wall), tuple(min(255, c + 25) for c in wall)
    draw.polygon([(0, height), (width, height), (box[2], box[3]), (box[0], box[3])], fill=floor)
    draw.polygon([(0, 0), (width, 0), (box[2], box[1]), (box[0], box[1])], fill=ceiling)
    draw.rectangle(box, fill=tuple(c - 25 for c in wall))
    for side in (0, 1):
        for step in (0.15, 0.42, 0.68):
            _door(draw, side, step, vanish, far, chance)
    for step in (0.25, 0.55, 0.8):
        x, y = _toward((width / 2, 40), vanish, step)
        size = 90 * (1 - step)
        draw.ellipse((x - size, y - size / 4, x + size, y + size / 4), fill=(255, 252, 235))
    for _ in range(chance.randint(1, 4)):
        x, y = chance.randint(250, width - 350), chance.randint(850, 1050)
        side = chance.randint(60, 190)
        colour = (chance.randint(120, 170), chance.randint(80, 120), chance.randint(40, 80))
        draw.rectangle((x, y - side, x + side * 1.3, y), fill=colour, outline=(60, 40, 25), width=4)
    x = chance.randint(60, 160)
    draw.rounded_rectangle((x, 760, x + 60, 930), 24, fill=(190, 30, 30))
    draw.rectangle((x + 20, 735, x + 40, 765), fill=(30, 30, 30))
    image = Image.blend(image.filter(ImageFilter.BoxBlur(1)), _grain(), 0.09)
    made = io.BytesIO()
    image.save(made, "JPEG", quality=84, exif=_exif(taken_at, lat, lng))
    return made.getvalue()


@cache
def _grain() -> Image.Image:
    """The same for all: no two pictures are alike by it."""
    return Image.effect_noise(SIZE, 28).convert("RGB")


def _toward(point: tuple[float, float], vanish: tuple[int, int], step: float) -> tuple[float, float]:
    return point[0] + (vanish[0] - point[0]) * step, point[1] + (vanish[1] - point[1]) * step


def _door(
    draw: ImageDraw.ImageDraw, side: int, step: float, vanish: tuple[int, int], far: int, chance: random.Random
) -> None:
    width, height = SIZE
    edge, corner = (0, vanish[0] - far) if side == 0 else (width, vanish[0] + far)
    corners = []
    for position in (step, step + 0.16):
        x = edge + (corner - edge) * position
        top = 330 + (vanish[1] - far * 0.4 - 330) * position
        bottom = height + (vanish[1] + far - height) * position
        corners.append((x, top, bottom))
    (x1, t1, b1), (x2, t2, b2) = corners
    shade = chance.randint(90, 130)
    draw.polygon([(x1, t1), (x2, t2), (x2, b2), (x1, b1)], fill=(shade, shade - 20, shade - 45), outline=(50, 40, 30))


def _exif(taken_at: datetime, lat: float, lng: float) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Demo"
    exif[ExifTags.Base.Orientation] = 1
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    details[ExifTags.Base.OffsetTimeOriginal] = taken_at.isoformat()[-6:]
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", _dms(lat)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", _dms(lng)
    return exif


def _dms(value: float) -> tuple[float, float, float]:
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    return float(degrees), float(minutes), round(((value - degrees) * 60 - minutes) * 60, 3)
