"""The process that decodes: `python -m inspection.images.decode SOURCE TARGET LONGEST`. It limits itself first."""

from __future__ import annotations

import resource
import sys
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from inspection.images.facts import FORMATS, JPEG_PIXELS

MEMORY = 1536 * 1024 * 1024
CPU_S = 20
QUALITY = 82


def derive(source: Path, target: Path, longest: int) -> None:
    """A JPEG made of pixels alone: shrunk first (the decoder itself skips detail), turned upright second, and
    copied into a new picture, so that nothing but pixels can pass. Raises whatever Pillow raises."""
    Image.MAX_IMAGE_PIXELS = JPEG_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    formats = [name for names in FORMATS.values() for name in names]
    with Image.open(source, formats=[*formats, "MPO"]) as image:
        image.thumbnail((longest, longest))
        upright = ImageOps.exif_transpose(image)
        if upright.mode in ("RGBA", "LA", "PA", "P", "La", "RGBa"):
            upright = upright.convert("RGBA")
            plain = Image.new("RGB", upright.size, "white")
            plain.paste(upright, mask=upright.getchannel("A"))
        else:
            if upright.mode.startswith("I"):  # sixteen bits of grey: `convert` would clip, not scale
                upright = upright.convert("I").point(lambda value: value / 256).convert("L")
            plain = Image.new("RGB", upright.size)
            plain.paste(upright.convert("RGB"))
    plain.save(target, "JPEG", quality=QUALITY)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    derive(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
