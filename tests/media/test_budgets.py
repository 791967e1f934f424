"""Too much is refused before it is decoded."""

import re
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
FIELDS = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 279: 1}
ONE_PIXEL = [(tag, 4, 1, value) for tag, value in FIELDS.items()]  # of a TIFF


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


@pytest.mark.parametrize("kind", [9, 16], ids=["signed", "elsewhere"])
def test_tiles_whose_size_only_libtiff_reads_are_refused(kind: int) -> None:
    size = (256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)
    tiles = (322, kind, 1, 122), (323, kind, 1, 122), (324, 4, 1, 200), (325, 4, 1, 100)
    with pytest.raises(InvalidMedia, match="tiles"):
        decode(tiff(*size, *tiles, rest=struct.pack("<Q", 20_000) + zlib.compress(bytes(1000))))


def test_a_tiff_whose_tags_all_say_the_same_megabyte_is_refused() -> None:
    swelling = [(40_000 + number, 7, 1 << 20, 8) for number in range(30)]
    with pytest.raises(InvalidMedia, match="tags"):
        decode(tiff(*ONE_PIXEL, *swelling, rest=bytes(1 << 20)))


def test_an_exif_block_whose_tags_all_say_the_same_megabyte_is_refused() -> None:
    tags = [(40_000 + number, 7, 1 << 20, 8) for number in range(30)]
    swelling = tiff(*tags, rest=bytes(1 << 20))
    harmless = swelling[:8] + bytes(2) + swelling[10:]  # Pillow copies the tags of what it writes, too
    content = saved(quadrants(), "AVIF", exif=harmless)
    assert decode(content).size.pixels == 48 * 32
    with pytest.raises(InvalidMedia, match="tags"):
        decode(content.replace(harmless, swelling))


def test_numbers_without_end_in_a_tag_are_refused() -> None:
    with pytest.raises(InvalidMedia, match="tags"):
        decode(tiff(*ONE_PIXEL, (40_000, 3, 600_000, 200), rest=bytes(2_000_000)))


def test_tags_that_share_a_value_within_reason_are_read() -> None:
    assert decode(tiff(*ONE_PIXEL, *[(40_000 + number, 7, 1 << 20, 8) for number in range(3)], rest=bytes(1 << 20)))


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


def rescanned(scans: int, **options: bool) -> bytes:
    """A JPEG whose second scan is there so many times more."""
    content = saved(quadrants(), "JPEG", **options)
    first = content.index(b"\xff\xda")
    begin = content.index(b"\xff\xda", first + 2) if options else first
    behind = re.compile(rb"\xff[^\0\xd0-\xd7]").search(content, begin + 2)
    assert behind
    return content[: behind.start()] + content[begin : behind.start()] * scans + content[behind.start() :]


def test_a_progressive_jpeg_of_a_thousand_scans_is_refused() -> None:
    assert decode(rescanned(50, progressive=True)).size.pixels == 48 * 32
    with pytest.raises(InvalidMedia, match="pieces"):
        decode(rescanned(1000, progressive=True))


def test_scans_are_counted_behind_what_looks_like_the_end() -> None:
    content = rescanned(1000, progressive=True)
    scan = content.index(b"\xff\xda", content.index(b"\xff\xda") + 2)
    with pytest.raises(InvalidMedia, match="pieces"):
        decode(content[:scan] + b"\xff\xfe\0\x04\xff\xd9" + content[scan:])


def test_what_follows_the_picture_is_not_taken_for_scans(tmp_path: Path) -> None:
    file = tmp_path / "with-a-film.jpg"
    file.write_bytes(saved(quadrants(), "JPEG", progressive=True) + b"\xff\xda\0\x02" * 1000)
    assert decode(file).size.pixels == 48 * 32


def test_a_jpeg_whose_components_come_apart_has_its_scans_counted_too() -> None:
    content = saved(quadrants(), "JPEG")
    scan = content.index(b"\xff\xda")
    apart = content[:scan] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\0" * 1000 + content[scan:]
    with pytest.raises(InvalidMedia, match="pieces"):
        decode(apart)


@pytest.mark.parametrize(("segments", "size"), [(2000, 10), (40, 60_000)])
def test_exif_in_very_many_segments_is_refused(segments: int, size: int) -> None:
    content = saved(quadrants(), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", size + 8) + b"Exif\0\0" + bytes(size)
    assert decode(content[:2] + segment * 10 + content[2:]).size.pixels == 48 * 32
    with pytest.raises(InvalidMedia, match="pieces"):
        decode(content[:2] + segment * segments + content[2:])


def test_a_gif_with_endless_comments_is_refused() -> None:
    content = saved(quadrants().convert("L"), "GIF")
    begin = 13 + (3 << ((content[10] & 7) + 1))
    block = b"\xff" + b"a" * 255
    long, short = (b"!\xfe" + block * number + b"\0" for number in (5000, 3000))
    assert decode(content[:begin] + short + content[begin:]).size.pixels == 48 * 32
    with pytest.raises(InvalidMedia, match="comments"):
        decode(content[:begin] + long + content[begin:])


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
