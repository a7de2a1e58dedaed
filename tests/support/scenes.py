"""Drawn places that look like what an inspector photographs: the same door before and after it was put right."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ExifTags, Image, ImageDraw, ImageFilter, ImageFont

SIZE: Final = (1600, 1200)
FONTS: Final = (
    (Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), 2),
    (Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"), 0),
)
"""File and face; the first that is there."""
VANISH: Final = (800, 470)
"""Where the lines of the corridor meet."""
WALL: Final = (560, 190, 1040, 730)
"""The end of the corridor: left, top, right, bottom."""
BOXES: Final = ((590, 640, 150, 170), (690, 690, 190, 180), (905, 640, 130, 150), (700, 560, 140, 130))
"""Left, top, width, height."""
EDGE: Final = (110, 82, 48)


@lru_cache(maxsize=8)
def door(*, blocked: bool, light: int = 0) -> bytes:
    """A JPEG: an emergency exit at the end of a corridor, chained and stacked up with boxes, or free. `light` makes it
    another photo of the same."""
    image = Image.new("RGB", SIZE, (226, 224, 214))
    draw = ImageDraw.Draw(image)
    _corridor(draw)
    _sign(draw)
    _leaves(draw)
    _extinguisher(draw)
    if blocked:
        _chain(draw)
        for x, y, width, height in (
            (590, 640, 150, 170),
            (690, 690, 190, 180),
            (905, 640, 130, 150),
            (700, 560, 140, 130),
        ):
            _box(draw, x, y, width, height)
    return _jpeg(_lit(image, light), datetime(2026, 11, 25, 2, 30 + light, tzinfo=UTC))


@lru_cache(maxsize=8)
def extinguishers(*, expired: bool, light: int = 0) -> bytes:
    """A JPEG: a cabinet with two fire extinguishers, the one without pressure or both in order."""
    image = Image.new("RGB", SIZE, (231, 229, 222))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 930, 1600, 1200), fill=(150, 146, 140))
    draw.rectangle((0, 905, 1600, 935), fill=(122, 116, 108))
    draw.rectangle((440, 330, 1160, 910), fill=(196, 38, 34), outline=(120, 20, 18), width=10)
    draw.rectangle((480, 400, 1120, 880), fill=(236, 236, 234), outline=(120, 20, 18), width=6)
    draw.text((800, 365), "灭火器箱", font=_font(52), fill=(255, 255, 255), anchor="mm")
    for x, empty in ((560, expired), (860, False)):
        draw.rounded_rectangle((x, 520, x + 180, 870), 70, fill=(204, 40, 36), outline=(130, 22, 20), width=6)
        draw.rectangle((x + 62, 470, x + 118, 530), fill=(46, 46, 48))
        draw.line((x + 40, 478, x + 160, 458), fill=(46, 46, 48), width=18)
        draw.line((x + 118, 500, x + 205, 560, x + 196, 720), fill=(40, 40, 42), width=16)
        draw.ellipse((x + 58, 560, x + 122, 624), fill=(250, 250, 250), outline=(60, 60, 60), width=5)
        draw.line((x + 90, 592, x + (66 if empty else 104), 600 if empty else 572), fill=(200, 30, 30), width=7)
        draw.rectangle((x + 32, 660, x + 148, 790), fill=(246, 240, 224))
        for row in range(4):
            draw.line((x + 46, 685 + row * 26, x + 134, 685 + row * 26), fill=(120, 110, 100), width=5)
    return _jpeg(_lit(image, light), datetime(2026, 11, 25, 2, 40 + light, tzinfo=UTC))


def _corridor(draw: ImageDraw.ImageDraw) -> None:
    left, top, right, bottom = WALL
    width, height = SIZE
    draw.polygon([(0, 0), (width, 0), (right, top), (left, top)], fill=(243, 242, 237))
    draw.polygon([(0, height), (width, height), (right, bottom), (left, bottom)], fill=(176, 172, 164))
    for x in range(-800, width + 801, 200):
        draw.line((x, height, VANISH[0] + (x - 800) * 0.3, bottom), fill=(160, 156, 148), width=3)
    for step in (0.1, 0.24, 0.42, 0.62, 0.82):
        y = bottom + (height - bottom) * step
        draw.line((0, y, width, y), fill=(160, 156, 148), width=3)
    for side, edge in ((0, left), (width, right)):
        draw.polygon([(side, 0), (edge, top), (edge, bottom), (side, height)], fill=(222, 219, 208))
        draw.polygon(
            [(side, height * 0.72), (edge, top + (bottom - top) * 0.68), (edge, bottom), (side, height)],
            fill=(150, 178, 168),
        )
    for near in (0.15, 0.5, 0.8):
        y, half = near * top, 260 - 170 * near
        draw.polygon(
            [(800 - half, y), (800 + half, y), (800 + half * 0.8, y + 26), (800 - half * 0.8, y + 26)],
            fill=(255, 255, 248),
        )
    draw.rectangle(WALL, fill=(214, 211, 200))
    for side, edge in ((0, left), (width, right)):
        for near in (0.2, 0.62):
            x1, x2 = side + (edge - side) * near, side + (edge - side) * (near + 0.2)
            tops = [height * 0.2 + (top + 110 - height * 0.2) * n for n in (near, near + 0.2)]
            feet = [height + (bottom - height) * n for n in (near, near + 0.2)]
            draw.polygon(
                [(x1, tops[0]), (x2, tops[1]), (x2, feet[1]), (x1, feet[0])], fill=(166, 124, 82), outline=(104, 74, 46)
            )


def _sign(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((680, 205, 920, 265), fill=(18, 132, 76), outline=(240, 250, 244), width=4)
    draw.text((800, 235), "安全出口", font=_font(42), fill=(255, 255, 255), anchor="mm")


def _leaves(draw: ImageDraw.ImageDraw) -> None:
    for x in (640, 800):
        draw.rectangle((x, 285, x + 160, 730), fill=(112, 136, 148), outline=(64, 78, 86), width=5)
        draw.rectangle((x + 45, 330, x + 115, 470), fill=(206, 222, 228), outline=(64, 78, 86), width=4)
    draw.rectangle((776, 480, 788, 580), fill=(206, 206, 206))
    draw.rectangle((812, 480, 824, 580), fill=(206, 206, 206))


def _extinguisher(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((1085, 640, 1130, 780), 20, fill=(200, 34, 30), outline=(120, 20, 18), width=4)
    draw.rectangle((1098, 615, 1118, 645), fill=(42, 42, 44))
    draw.line((1118, 628, 1142, 660, 1136, 730), fill=(42, 42, 44), width=7)


def _chain(draw: ImageDraw.ImageDraw) -> None:
    for link in range(9):
        x, y = 752 + link * 11, 528 + (12 - abs(link - 4) * 3)
        draw.ellipse((x, y, x + 17, y + 12), outline=(60, 60, 62), width=4)
    draw.rounded_rectangle((786, 548, 816, 582), 5, fill=(190, 150, 60), outline=(104, 80, 26), width=4)


def _box(draw: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int) -> None:
    right, bottom, deep, up = x + width, y + height, 24, 28
    lid = [(x, y), (x + deep, y - up), (right + deep, y - up), (right, y)]
    side = [(right, y), (right + deep, y - up), (right + deep, bottom - up), (right, bottom)]
    draw.polygon(lid, fill=(196, 158, 108), outline=EDGE)
    draw.polygon(side, fill=(148, 112, 70), outline=EDGE)
    draw.rectangle((x, y, right, bottom), fill=(176, 136, 88), outline=EDGE, width=3)
    draw.rectangle((x, y + height // 2 - 8, right, y + height // 2 + 8), fill=(206, 182, 138))


def _lit(image: Image.Image, light: int) -> Image.Image:
    """Soft as a lens is, darker towards the corners, with a little grain."""
    shade = Image.radial_gradient("L").resize(SIZE).point(lambda value: max(0, value - 90) // 2 + light)
    darker = Image.composite(Image.new("RGB", SIZE, (30, 30, 34)), image, shade)
    grain = Image.effect_noise(SIZE, 24).convert("RGB")
    return Image.blend(darker.filter(ImageFilter.GaussianBlur(1.6)), grain, 0.05)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    found = next(((path, face) for path, face in FONTS if path.exists()), None)
    return ImageFont.truetype(found[0], size, index=found[1]) if found else ImageFont.load_default(size)


def _jpeg(image: Image.Image, taken_at: datetime) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Phone"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    made = io.BytesIO()
    image.save(made, "JPEG", quality=84, exif=exif)
    return made.getvalue()
