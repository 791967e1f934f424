"""Files of every kind become upright RGB frames."""

import gc
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from image_tagger.domain.errors import InvalidMedia, MediaTooLarge
from image_tagger.domain.geometry import Size
from image_tagger.media.decode import Decoder
from image_tagger.media.stills import FORMATS
from tests.media.drawn import ROOMY, decode, difference, exif, png, quadrants, saved, textured, tiff

HERE = Path(__file__).parent
LOSSLESS = ("BMP", "DDS", "DIB", "IM", "JPEG2000", "PCX", "PNG", "PPM", "QOI", "SGI", "TGA", "TIFF")


@pytest.mark.parametrize("form", LOSSLESS)
def test_a_lossless_file_gives_its_very_pixels(form: str) -> None:
    assert np.array_equal(decode(saved(quadrants(), form)).pixels, np.asarray(quadrants()))


def test_lossless_webp_gives_its_very_pixels() -> None:
    assert np.array_equal(decode(saved(quadrants(), "WEBP", lossless=True)).pixels, np.asarray(quadrants()))


@pytest.mark.parametrize("form", ["AVIF", "GIF", "JPEG", "MPO", "WEBP"])
def test_a_lossy_file_comes_close(form: str) -> None:
    assert difference(decode(saved(quadrants(), form)).pixels, np.asarray(quadrants())) < 4


def test_a_progressive_jpeg_comes_close() -> None:
    assert difference(decode(saved(quadrants(), "JPEG", progressive=True)).pixels, np.asarray(quadrants())) < 4


@pytest.mark.parametrize("form", ["BLP", "MSP", "XBM"])
def test_palettes_and_single_bits_are_read(form: str) -> None:
    few = quadrants().convert("P" if form == "BLP" else "1", dither=PIL.Image.Dither.NONE)
    assert difference(decode(saved(few, form)).pixels, np.asarray(few.convert("RGB"))) < 4


@pytest.mark.parametrize("form", ["ICO", "ICNS"])
def test_an_icon_gives_its_largest_picture(form: str) -> None:
    largest = 64 if form == "ICO" else 1024
    assert decode(saved(quadrants(64, 64), form)).size == Size(largest, largest)


def test_heic_is_read() -> None:
    assert difference(decode(HERE / "quadrants.heic").pixels, np.asarray(quadrants())) < 2


def test_a_turned_heic_is_turned_once() -> None:
    expected = quadrants().transpose(PIL.Image.Transpose.ROTATE_270)
    assert difference(decode(HERE / "quadrants_turned.heic").pixels, np.asarray(expected)) < 2


def test_every_format_of_pillow_is_allowed_or_refused_on_purpose() -> None:
    refused = {"EPS", "WMF", "IPTC", "BUFR", "GRIB", "HDF5", "MPEG"}
    assert set(PIL.Image.OPEN) == {*FORMATS, *refused}


def test_postscript_is_never_run() -> None:
    with pytest.raises(InvalidMedia):
        decode(saved(quadrants(), "EPS"))


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    file = tmp_path / "really-a-png.jpg"
    file.write_bytes(saved(quadrants(), "PNG"))
    assert np.array_equal(decode(file).pixels, np.asarray(quadrants()))


def test_pixels_cannot_be_written() -> None:
    assert not decode(saved(quadrants(), "JPEG")).pixels.flags.writeable


@pytest.mark.parametrize("size", [(1, 1), (33, 17), (4000, 20), (20, 4000)])
def test_pictures_of_odd_shapes_are_read(size: tuple[int, int]) -> None:
    assert decode(saved(quadrants(*size), "JPEG"), needed=64).size == Size(*size)


@pytest.mark.parametrize("form", ["GIF", "PNG", "TIFF", "WEBP"])
def test_of_an_animation_the_first_frame_comes(form: str) -> None:
    others = [PIL.Image.new("RGB", (48, 32), "black")] * 2
    image = decode(saved(quadrants(), form, save_all=True, append_images=others))
    assert difference(image.pixels, np.asarray(quadrants())) < 4


def test_a_missing_file_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match="cannot be opened"):
        decode(tmp_path / "nothing.jpg")


@pytest.mark.parametrize("form", ["AVIF", "GIF", "JPEG", "PNG", "TIFF", "WEBP"])
def test_leaving_early_closes_the_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(saved(quadrants(), form))
    frames = Decoder(ROOMY).frames(file, None)
    next(frames)
    frames.close()
    gc.collect()
    assert str(file) not in open_files()


def open_files() -> set[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open files")
    return {str(link.readlink()) for link in folder.iterdir() if link.is_symlink()}


def test_eight_threads_decode_at_once() -> None:
    picture = textured(240, 160)
    files = [saved(picture, form) for form in ("PNG", "BMP", "TIFF", "PPM")] * 16
    decoder = Decoder(ROOMY)
    with ThreadPoolExecutor(8) as threads:
        images = list(threads.map(lambda file: next(decoder.frames(file, None)).image, files))
    assert all(np.array_equal(image.pixels, np.asarray(picture)) for image in images)


def test_damaged_metadata_warns_nobody(tmp_path: Path) -> None:
    """In a process of its own, since pytest replaces the filters that the product sets."""
    size = (256, 4, 1, 2), (257, 4, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1)
    two_orientations = (274, 3, 2, 0x0001_0001)
    strip = (273, 4, 1, 8 + 2 + 7 * 12 + 4), (279, 4, 1, 2)
    file = tmp_path / "damaged.tiff"
    file.write_bytes(tiff(*size, strip[0], two_orientations, strip[1], rest=b"\x50\x60"))
    with pytest.warns(UserWarning, match="too many entries"), PIL.Image.open(file) as picture:
        picture.load()
    script = (
        "import pathlib, sys; from tests.media.drawn import decode;"
        "print(decode(pathlib.Path(sys.argv[1])).pixels.tolist())"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", script, str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parents[1],
    )
    assert (answer.stdout.strip(), answer.stderr) == ("[[[80, 80, 80], [96, 96, 96]]]", "")


def test_an_orientation_in_a_damaged_block_is_no_reason_to_refuse() -> None:
    assert decode(saved(quadrants(), "JPEG", exif=exif(6)[:20])).size == Size(48, 32)


def test_all_the_listed_files_are_read_or_refused(shared_data: Path) -> None:
    folder = shared_data / "formats"
    reference = decode(folder / "cat_rgb.png").pixels
    for row in json.loads((folder / "formats.json").read_text())["files"]:
        file = folder / row["file"]
        if file.name.startswith(("broken", "bomb")):
            with pytest.raises(MediaTooLarge if file.name.startswith("bomb") else InvalidMedia):
                decode(file)
        else:
            image = decode(file.read_bytes())
            assert image.size.pixels == row["size"][0] * row["size"][1], file.name
            assert image.original == image.size, file.name
            if not file.name.startswith(("one_pixel", "cat_1bit", "cat_very_wide", "cat_tiny")):
                assert difference(np.asarray(small(image.pixels)), np.asarray(small(reference))) < 13, file.name


def small(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> PIL.Image.Image:
    return PIL.Image.fromarray(pixels).convert("L").resize((56, 37), PIL.Image.Resampling.BOX)


def test_a_single_pixel_of_grey() -> None:
    assert decode(png((1, 1), rows=b"\0\x50")).pixels.tolist() == [[[80, 80, 80]]]
