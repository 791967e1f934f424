"""Too much is refused before it is decoded."""

import struct
import time
import zlib
from pathlib import Path

import PIL.Image
import pytest

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.media.decode import Budget
from tests.media.drawn import ROOMY, chunk, decode, png, quadrants, saved, textured, tiff

BOMB = png((20_000, 20_000))


def icon(content: bytes) -> bytes:
    """An ICO that claims to hold a picture of 16 x 16."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(content), 22) + content


def apple_icon(content: bytes) -> bytes:
    """An ICNS that claims to hold a picture of 512 x 512."""
    return b"icns" + struct.pack(">I4sI", 16 + len(content), b"ic09", 8 + len(content)) + content


def test_a_file_of_exactly_the_budget_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(saved(quadrants(), "PNG"))
    length = file.stat().st_size
    assert decode(file, budget=Budget(length, 48 * 32)).size.pixels == 48 * 32
    for content in (file, file.read_bytes()):
        with pytest.raises(MediaTooLarge, match="bytes"):
            decode(content, budget=Budget(length - 1, 48 * 32))


@pytest.mark.parametrize("form", ["AVIF", "BMP", "GIF", "ICO", "JPEG", "JPEG2000", "PNG", "QOI", "TIFF", "WEBP"])
def test_one_pixel_too_many_is_too_many(form: str) -> None:
    with pytest.raises(MediaTooLarge, match="pixels"):
        decode(saved(quadrants(32, 32), form), budget=Budget(1 << 20, 32 * 32 - 1))


def test_heic_has_a_budget_too() -> None:
    with pytest.raises(MediaTooLarge, match="48 x 32 pixels"):
        decode(Path(__file__).parent / "quadrants.heic", budget=Budget(1 << 20, 48 * 32 - 1))


def test_the_full_size_counts_even_where_a_reduced_one_would_do() -> None:
    with pytest.raises(MediaTooLarge):
        decode(saved(textured(640, 480), "JPEG"), needed=16, budget=Budget(1 << 20, 640 * 480 - 1))


@pytest.mark.parametrize("content", [BOMB, icon(BOMB), apple_icon(BOMB)], ids=["PNG", "ICO", "ICNS"])
def test_a_bomb_is_not_set_off(content: bytes) -> None:
    with pytest.raises(MediaTooLarge):
        decode(content)


def test_a_bitmap_bomb_in_an_icon_is_not_set_off() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 30_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    with pytest.raises(MediaTooLarge):
        decode(icon(header + bytes(100)))


@pytest.mark.filterwarnings("ignore:Image was not")  # as in production; pytest replaces the product's own filters
def test_an_icon_with_more_than_it_claims_is_too_large() -> None:
    with pytest.raises(MediaTooLarge, match="200 x 200"):
        decode(icon(png((200, 200), rows=bytes(201 * 200))), budget=Budget(1 << 20, 10_000))


def test_a_gif_whose_frame_outgrows_its_screen_is_measured_by_the_frame() -> None:
    content = bytearray(saved(quadrants(), "GIF"))
    content[6:10] = struct.pack("<HH", 1, 1)
    with pytest.raises(MediaTooLarge, match="48 x 32"):
        decode(bytes(content), budget=Budget(1 << 20, 100))


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_metadata_that_swells_is_refused(kind: bytes) -> None:
    swelling = chunk(kind, b"name\0\0" + zlib.compress(bytes(32 << 20)))
    with pytest.raises(InvalidMedia):
        decode(png((1, 1), swelling, rows=b"\0\0"))


def test_tiles_larger_than_their_picture_are_refused() -> None:
    size = (256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)
    tiles = (322, 4, 1, 20_000), (323, 4, 1, 20_000), (324, 4, 1, 200), (325, 4, 1, 100)
    with pytest.raises(MediaTooLarge, match="tiles"):
        decode(tiff(*size, *tiles, rest=zlib.compress(bytes(1000))))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff\xfe\x00\x02" * 1_000_000,
        png((1, 1), chunk(b"abCd", b"") * 1_000_000, rows=b"\0\0"),
        tiff((256, 4, 1, 1), (257, 4, 1, 500_000), (273, 4, 500_000, 38), rest=bytes(2_000_000)),
    ],
    ids=["JPEG", "PNG", "TIFF"],
)
def test_a_file_in_a_million_pieces_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidMedia, match="pieces"):
        decode(content)


def test_formats_that_python_decodes_itself_have_a_smaller_budget() -> None:
    header = b"qoif" + struct.pack(">IIBB", 2001, 2000, 3, 0)
    with pytest.raises(MediaTooLarge, match="4000000"):
        decode(header + b"\xc0" * 100, budget=ROOMY)


def test_a_refusal_takes_no_time() -> None:
    start = time.perf_counter()
    with pytest.raises(MediaTooLarge):
        decode(BOMB)
    assert time.perf_counter() - start < 1


def test_pillows_own_limit_follows_the_budget() -> None:
    decode(saved(quadrants(), "PNG"), budget=Budget(1 << 20, 300_000_000))
    assert PIL.Image.MAX_IMAGE_PIXELS == 300_000_000
