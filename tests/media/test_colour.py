"""Every colour mode becomes 8-bit RGB."""

import struct
import tracemalloc
import zlib

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from image_tagger.media.colour import to_rgb
from tests.media.drawn import chunk, decode, difference, quadrants, saved


def tones(*values: float, kind: str) -> PIL.Image.Image:
    return PIL.Image.fromarray(np.array([values], dtype=kind))


def greys(picture: PIL.Image.Image) -> list[int]:
    return [int(pixel[0]) for pixel in np.asarray(to_rgb(picture))[0]]


@pytest.mark.parametrize("mode", ["RGB", "RGBX", "CMYK", "YCbCr", "HSV", "RGBA", "RGBa"])
def test_colour_survives(mode: str) -> None:
    picture = quadrants().convert("RGBA").convert(mode) if mode == "RGBa" else quadrants().convert(mode)
    assert difference(np.asarray(to_rgb(picture)), np.asarray(quadrants())) < 3


def test_lab_becomes_what_it_was() -> None:
    rgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.buildTransform(rgb, lab, "RGB", "LAB").apply(quadrants())
    assert difference(decode(saved(picture, "TIFF")).pixels, np.asarray(quadrants())) < 3


@pytest.mark.parametrize("mode", ["L", "LA", "La", "1", "P", "PA"])
def test_grey_survives(mode: str) -> None:
    grey = quadrants().convert("1").convert("L")
    picture = grey.convert("LA").convert("La") if mode == "La" else grey.convert(mode)
    assert np.array_equal(np.asarray(to_rgb(picture)), np.asarray(grey.convert("RGB")))


def test_adobes_inverted_cmyk_is_no_negative() -> None:
    cmyk = quadrants().convert("CMYK")
    assert difference(decode(saved(cmyk, "JPEG", quality=95)).pixels, np.asarray(quadrants())) < 5


def test_sixteen_bits_are_scaled_and_not_cut() -> None:
    assert greys(tones(0, 257, 32896, 65535, kind="uint16")) == [0, 1, 128, 255]


@pytest.mark.parametrize("order", ["I;16", "I;16B", "I;16L"])
def test_sixteen_bits_of_either_byte_order_are_read(order: str) -> None:
    values = np.array([0, 257, 32896, 65535], dtype=">u2" if order == "I;16B" else "<u2")
    assert greys(PIL.Image.frombytes(order, (4, 1), values.tobytes())) == [0, 1, 128, 255]


def test_sixteen_bit_files_are_scaled() -> None:
    ramp = tones(0, 257, 32896, 65535, kind="uint16")
    for form in ("PNG", "TIFF", "PPM"):
        assert decode(saved(ramp, form)).pixels[0, :, 0].tolist() == [0, 1, 128, 255]


def test_thirty_two_bits_are_sixteen_where_they_fit_and_stretched_where_not() -> None:
    assert greys(tones(0, 257, 65535, kind="int32")) == [0, 1, 255]
    assert greys(tones(-1000, 0, 1000, kind="int32")) == [0, 128, 255]
    assert greys(tones(-5, -5, kind="int32")) == [0, 0]


def test_floats_are_fractions_or_levels_or_stretched() -> None:
    assert greys(tones(0, 0.5, 1, kind="float32")) == [0, 128, 255]
    assert greys(tones(0, 100, 255, kind="float32")) == [0, 100, 255]
    assert greys(tones(-2, 0, 2, kind="float32")) == [0, 128, 255]
    assert greys(tones(float("nan"), float("inf"), 1, kind="float32")) == [0, 0, 255]


def test_a_signalling_nan_warns_nobody() -> None:
    bits = np.array([[0x7F80_0001, 0x3F80_0000]], dtype=np.uint32)
    assert greys(PIL.Image.frombytes("F", (2, 1), bits.tobytes())) == [0, 255]


def test_sixteen_bits_of_colour_come_down_to_eight() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
    row = b"\0" + struct.pack(">6H", 0, 32768, 65535, 65535, 257, 0)
    file = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    assert decode(file).pixels.tolist() == [[[0, 128, 255], [255, 1, 0]]]


@pytest.mark.parametrize("alpha", [0, 51, 255])
def test_transparency_lies_on_white(alpha: int) -> None:
    picture = PIL.Image.new("RGBA", (1, 1), (200, 100, 0, alpha))
    expected = [round((colour * alpha + 255 * (255 - alpha)) / 255) for colour in (200, 100, 0)]
    assert decode(saved(picture, "PNG")).pixels.tolist() == [[expected]]


def test_grey_transparency_lies_on_white() -> None:
    assert decode(saved(PIL.Image.new("LA", (1, 1), (100, 51)), "PNG")).pixels.tolist() == [[[224, 224, 224]]]


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "1"])
def test_a_single_transparent_colour_is_white(mode: str) -> None:
    picture = PIL.Image.new("RGB", (2, 1), "black")
    picture.putpixel((1, 0), (255, 0, 0))
    picture = picture.convert(mode, palette=PIL.Image.Palette.ADAPTIVE) if mode == "P" else picture.convert(mode)
    black = picture.getpixel((0, 0))
    pixels = decode(saved(picture, "PNG", transparency=black)).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("clear", "expected"), [(0, [255, 128]), (32_896, [0, 255]), (5, [0, 128])])
def test_a_single_transparent_grey_of_sixteen_bits_is_white(clear: int, expected: list[int]) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 0, 0, 0, 0)) + chunk(b"tRNS", struct.pack(">H", clear))
    row = b"\0" + struct.pack(">2H", 0, 32_896)
    file = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    assert decode(file).pixels[0, :, 0].tolist() == expected


@pytest.mark.parametrize("kind", ["uint16", "int32", "float32"])
def test_large_grey_pictures_are_whole(kind: str) -> None:
    values = np.arange(600 * 1100).reshape(600, 1100) % 1024 * 64
    expected = np.rint(values / 257 if kind != "float32" else values / values.max() * 255)
    assert np.array_equal(np.asarray(to_rgb(PIL.Image.fromarray(values.astype(kind))))[..., 0], expected)


@pytest.mark.parametrize("kind", ["int32", "float32"])
def test_grey_takes_little_more_memory_than_the_picture(kind: str) -> None:
    picture = PIL.Image.fromarray(np.linspace(-1, 1e6, 4_000_000).reshape(2000, 2000).astype(kind))
    tracemalloc.start()
    to_rgb(picture)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16_000_000  # bytes; what Pillow takes for pictures is not counted


def test_a_transparent_palette_lies_on_white() -> None:
    picture = quadrants().quantize(4)
    opaque = {picture.getpixel((0, 0))}
    alphas = bytes(255 if index in opaque else 0 for index in range(4))
    pixels = decode(saved(picture, "PNG", transparency=alphas)).pixels
    assert difference(pixels[:16, :24], np.asarray(quadrants())[:16, :24]) < 2
    assert pixels[16:].min() == 255
