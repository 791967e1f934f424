"""Pictures the tests draw themselves, and the files made of them."""

import io
import struct
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.image import Image

ROOMY = Budget(max_bytes=64 << 20, max_pixels=100_000_000)
QUADRANTS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (230, 230, 230))  # row by row


def decode(content: bytes | Path, needed: int | None = None, budget: Budget = ROOMY) -> Image:
    """The first frame of the file."""
    with closing(Decoder(budget).frames(content, needed)) as frames:
        return next(frames).image


def quadrants(width: int = 48, height: int = 32) -> PIL.Image.Image:
    """Four even fields of different colours, so that every turn shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for number, colour in enumerate(QUADRANTS):
        top, left = number // 2 * height // 2, number % 2 * width // 2
        pixels[top : top + height // 2, left : left + width // 2] = colour
    return PIL.Image.fromarray(pixels)


def textured(width: int, height: int) -> PIL.Image.Image:
    """Soft shapes with fine grain, much like a photo."""
    random = np.random.default_rng(7)
    coarse = PIL.Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), PIL.Image.Resampling.BICUBIC)).astype(np.int16)
    grain = random.normal(0, 8, (height, width, 1)).astype(np.int16)
    return PIL.Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8))


def saved(picture: PIL.Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file of this format."""
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    """An EXIF block that tells an orientation."""
    block = PIL.Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def png(size: tuple[int, int], *extra: bytes, rows: bytes = b"") -> bytes:
    """An 8-bit grey PNG that claims this size, whatever its rows hold; `extra` chunks stand before them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    return b"".join([b"\x89PNG\r\n\x1a\n", header, *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")])


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def tiff(*tags: tuple[int, int, int, int], rest: bytes = b"") -> bytes:
    """A TIFF of one directory: tag, kind, count, value; the rest follows it directly."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + rest


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean distance of two pictures of one shape, in levels of 0..255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
