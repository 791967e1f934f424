"""Whatever the bytes, the only error is InvalidMedia."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image_tagger.domain.errors import InvalidMedia
from image_tagger.media.decode import Budget
from tests.media.drawn import decode, exif, quadrants, saved, textured

TIGHT = Budget(max_bytes=1 << 20, max_pixels=1 << 20)
HEIC = (Path(__file__).parent / "quadrants.heic").read_bytes()
MAGIC = (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x99\0\0\0WEBPVP8 ", b"BM", b"II*\0", b"8BPS",
         b"\0\0\0\x1cftypavif", b"\0\0\0\x1cftypheic", b"\0\0\0\x0cjP  \r\n\x87\n", b"\0\0\x01\0", b"icns", b"qoif",
         b"P6 ", b"DDS ", b"BLP1", b"SIMPLE  =", b"\n\x05", b"\x01\xda")  # fmt: skip
VALID = [
    HEIC,
    saved(quadrants(), "JPEG", exif=exif(6)),
    saved(quadrants(), "PNG", exif=exif(6)),
    saved(quadrants(), "TIFF", compression="tiff_lzw"),
    saved(quadrants(256, 256), "ICO"),
    saved(quadrants().convert("P"), "BLP"),
    *(saved(quadrants(), form) for form in ("AVIF", "BMP", "DDS", "GIF", "IM", "JPEG2000", "PCX", "PPM", "QOI", "SGI")),
    *(saved(quadrants(), form) for form in ("SPIDER", "TGA", "TIFF", "WEBP")),
]


def read(content: bytes, needed: int | None = None) -> None:
    """Decode, and let no other error than InvalidMedia pass."""
    try:
        image = decode(content, needed, TIGHT)
    except InvalidMedia:
        return
    assert image.pixels.dtype == "uint8"
    assert image.pixels.shape == (image.size.height, image.size.width, 3)


@given(st.sampled_from(MAGIC), st.binary(max_size=400))
def test_random_bytes_are_invalid_at_worst(magic: bytes, rest: bytes) -> None:
    read(magic + rest)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(VALID), st.floats(0, 1))
def test_cut_files_are_invalid_at_worst(content: bytes, kept: float) -> None:
    read(content[: int(len(content) * kept)], needed=4)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(st.sampled_from(VALID), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=8))
def test_files_with_flipped_bits_are_invalid_at_worst(content: bytes, flips: list[tuple[float, int]]) -> None:
    flipped = bytearray(content)
    for place, bit in flips:
        flipped[int((len(flipped) - 1) * place)] ^= 1 << bit
    read(bytes(flipped))


@pytest.mark.parametrize("needed", [None, 60])
@pytest.mark.parametrize("part", [0.99, 0.5, 0.1])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg_is_invalid(needed: int | None, part: float, progressive: bool) -> None:
    content = saved(textured(640, 480), "JPEG", progressive=progressive)
    with pytest.raises(InvalidMedia):
        decode(content[: int(len(content) * part)], needed)


@pytest.mark.parametrize("form", ["AVIF", "BMP", "GIF", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP"])
def test_half_a_file_is_invalid(form: str) -> None:
    content = saved(textured(64, 48), form)
    with pytest.raises(InvalidMedia):
        decode(content[: len(content) // 2])


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"just some words\n", b"<html><body>404</body></html>", b"%PDF-1.7\n", b'<svg width="1"/>', b"PK\3\4"],
)
def test_what_is_no_picture_is_invalid(content: bytes) -> None:
    with pytest.raises(InvalidMedia, match="no picture"):
        decode(content)


def test_the_message_shows_neither_paths_nor_the_library(tmp_path: Path) -> None:
    file = tmp_path / "secret-name.jpg"
    file.write_bytes(b"no picture")
    with pytest.raises(InvalidMedia) as caught:
        decode(file)
    assert str(caught.value) == "the file is no picture, or a broken one"
