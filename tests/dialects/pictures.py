"""Pictures that tests generate: the same bytes every time, and different enough that the model tells them apart."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

MANY_SHAPES = 12


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A soft background of random colours with random shapes on it, RGB."""
    return _drawn(
        seed, size
    ).copy()  # Pillow leaves one format's options on a picture, and the next one trips over them


@cache
def _drawn(seed: int, size: tuple[int, int]) -> Image.Image:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (3, 4, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(MANY_SHAPES):
        x, y, radius = (int(random.integers(0, limit)) for limit in (*size, max(2, size[1] // 4)))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x - radius, y - radius, x + radius, y + radius), fill=tuple(random.integers(0, 256, 3).tolist()))
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The bytes of a picture in one of Pillow's formats."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int) -> bytes:
    """A scene as JPEG."""
    return encoded(scene(seed), "JPEG", quality=90)


def png(seed: int) -> bytes:
    """A scene as PNG, which loses nothing."""
    return encoded(scene(seed), "PNG")


def tiny_png(seed: int) -> bytes:
    """A scene of 32 x 24 pixels."""
    return encoded(scene(seed, (32, 24)), "PNG")


def grey16(seed: int) -> Image.Image:
    """A scene in shades of grey of 16 bits (mode I;16), the full range used."""
    return Image.fromarray(np.asarray(scene(seed).convert("L"), dtype=np.uint16) * 257)


def every_mode(seed: int) -> dict[str, tuple[str, bytes]]:
    """One scene in each colour mode and format: name -> (file extension, bytes)."""
    rgb, other = scene(seed), scene(seed + 1000)
    rgba = rgb.copy()
    rgba.putalpha(Image.linear_gradient("L").resize(rgb.size))
    return {
        "rgba": ("png", encoded(rgba, "PNG")),
        "grey": ("png", encoded(rgb.convert("L"), "PNG")),
        "grey jpeg": ("jpg", encoded(rgb.convert("L"), "JPEG")),
        "grey and alpha": ("png", encoded(rgba.convert("LA"), "PNG")),
        "palette": ("png", encoded(rgb.convert("P"), "PNG")),
        "palette with transparency": ("png", encoded(rgb.convert("P"), "PNG", transparency=0)),
        "16 bits": ("png", encoded(grey16(seed), "PNG")),
        "16 bits tiff": ("tiff", encoded(grey16(seed), "TIFF")),
        "1 bit": ("png", encoded(rgb.convert("1"), "PNG")),
        "cmyk jpeg": ("jpg", encoded(rgb.convert("CMYK"), "JPEG")),
        "cmyk tiff": ("tif", encoded(rgb.convert("CMYK"), "TIFF")),
        "still gif": ("gif", encoded(rgb, "GIF")),
        "animated gif": ("gif", animated_gif(rgb, other)),
        "bmp": ("bmp", encoded(rgb, "BMP")),
        "tiff of two pages": ("tiff", encoded(rgb, "TIFF", save_all=True, append_images=[other])),
    }


def animated_gif(*frames: Image.Image) -> bytes:
    """Frames of 100 ms each."""
    first, *rest = frames
    return encoded(first, "GIF", save_all=True, append_images=rest, duration=100, loop=0)


def truncated() -> dict[str, bytes]:
    """The first half of a picture's bytes, in several formats."""
    return {kind: (whole := encoded(scene(1), kind))[: len(whole) // 2] for kind in ("JPEG", "PNG", "GIF", "BMP")}


def bomb(side: int) -> bytes:
    """A valid black PNG of side x side pixels of one bit, a few kilobytes long."""
    rows = zlib.compress(bytes((1 + (side + 7) // 8) * side), 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
