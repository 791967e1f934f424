"""Fingerprints: alike for pictures that look alike, far apart for others."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.fingerprints import content_hash, file_fingerprint, fingerprint
from image_tagger.media.image import Image

DECODER = Decoder(Budget(10_000_000, 10_000_000))


def scene(seed: int) -> PIL.Image.Image:
    """Soft blobs of colour."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return PIL.Image.fromarray(noise).resize((640, 480), PIL.Image.Resampling.BICUBIC)


def of(picture: PIL.Image.Image) -> int:
    found = fingerprint(Image(np.asarray(picture.convert("RGB")), Size(*picture.size)))
    assert found is not None
    return found


def saved(picture: PIL.Image.Image, **options: int) -> PIL.Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return PIL.Image.open(file)


def difference(one: PIL.Image.Image, other: PIL.Image.Image) -> int:
    return (of(one) ^ of(other)).bit_count()


@pytest.mark.parametrize("seed", range(5))
def test_what_looks_alike_is_near(seed: int) -> None:
    picture = scene(seed)
    assert difference(picture, saved(picture, quality=30)) <= 4
    assert difference(picture, picture.resize((200, 150))) <= 4
    assert difference(picture, picture.point(lambda level: int(level * 0.8) + 10)) <= 4


def test_others_are_far() -> None:
    marks = [of(scene(seed)) for seed in range(12)]
    assert min((one ^ other).bit_count() for i, one in enumerate(marks) for other in marks[:i]) > 11


def test_half_of_the_bits_are_set() -> None:
    assert of(scene(1)).bit_count() == 32


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_has_none(level: int) -> None:
    pixels: NDArray[np.uint8] = np.full((20, 30, 3), level, np.uint8)
    assert fingerprint(Image(pixels, Size(30, 20))) is None


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    first, second = scene(1), scene(2)
    first.save(tmp_path / "a.webp", save_all=True, append_images=[second], lossless=True)
    found = file_fingerprint(DECODER, tmp_path / "a.webp")
    assert found is not None
    assert (found ^ of(first)).bit_count() <= 4
    assert (found ^ of(second)).bit_count() > 11


def test_the_same_bytes_have_the_same_hash(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (content_hash(tmp_path / name) for name in "abc")
    assert a == b != c


def test_real_photos_are_no_duplicates_of_each_other(shared_data: Path) -> None:
    marks = [file_fingerprint(DECODER, file) for file in sorted((shared_data / "photos").glob("*.jpg"))]
    known = [mark for mark in marks if mark is not None]
    assert len(known) > 30
    assert min((one ^ other).bit_count() for i, one in enumerate(known) for other in known[:i]) > 11


def test_a_photo_in_other_formats_is_near(shared_data: Path) -> None:
    names = ("cat_rgb.png", "cat_rgb.jpg", "cat_progressive.jpg", "cat_gray.jpg", "cat.webp", "cat.avif", "cat.bmp")
    marks = [file_fingerprint(DECODER, shared_data / "formats" / name) or 0 for name in names]
    assert max((mark ^ marks[0]).bit_count() for mark in marks) <= 4
