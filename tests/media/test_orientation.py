"""Pictures come upright, whichever way the camera was held."""

import numpy as np
import PIL.Image
import pytest
from PIL import ImageOps

from image_tagger.domain.geometry import Size
from image_tagger.media.decode import Decoder
from image_tagger.media.orientation import exif_orientation
from tests.media.drawn import ROOMY, chunk, decode, difference, exif, quadrants, saved, textured

# Where the fields of the stored picture (row by row: 0 1 / 2 3) have to end up, by the EXIF standard.
UPRIGHT = {1: "0123", 2: "1032", 3: "3210", 4: "2301", 5: "0213", 6: "2031", 7: "3120", 8: "1302"}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_every_orientation_is_turned_upright(orientation: int, form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    pixels = decode(saved(quadrants(), form, exif=exif(orientation), **options)).pixels
    bottom, right = pixels.shape[0] - 1, pixels.shape[1] - 1
    corners = [pixels[0, 0], pixels[0, right], pixels[bottom, 0], pixels[bottom, right]]
    stored = np.asarray(quadrants())
    fields = [stored[0, 0], stored[0, 47], stored[31, 0], stored[31, 47]]
    assert [corner.tolist() for corner in corners] == [fields[int(field)].tolist() for field in UPRIGHT[orientation]]


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("form", ["AVIF", "JPEG"])
def test_lossy_pictures_are_turned_upright(orientation: int, form: str) -> None:
    content = saved(quadrants(), form, exif=exif(orientation))
    turned = quadrants()
    turned.getexif()[0x0112] = orientation
    assert difference(decode(content).pixels, np.asarray(ImageOps.exif_transpose(turned))) < 4


def test_the_original_size_is_upright_too() -> None:
    image = decode(saved(textured(640, 480), "JPEG", exif=exif(6)), needed=60)
    assert (image.size, image.original) == (Size(120, 160), Size(480, 640))


@pytest.mark.parametrize("late", [False, True])
def test_of_a_png_the_orientation_may_stand_behind_the_pixels(late: bool) -> None:
    content = saved(quadrants(), "PNG")
    place = content.index(b"IEND" if late else b"IDAT") - 4
    turned = content[:place] + chunk(b"eXIf", exif(6).removeprefix(b"Exif\0\0")) + content[place:]
    assert Decoder(ROOMY).describe(turned).size == decode(turned).size == Size(32, 48)


def test_a_square_picture_is_turned() -> None:
    content = saved(quadrants(32, 32), "PNG", exif=exif(3))
    assert np.array_equal(
        decode(content).pixels, np.asarray(quadrants(32, 32).transpose(PIL.Image.Transpose.ROTATE_180))
    )


@pytest.mark.parametrize("order", [b"II", b"MM"])
def test_both_byte_orders_are_read(order: bytes) -> None:
    little = order == b"II"
    numbers = (42, 2), (8, 4), (1, 2), (0x0112, 2), (3, 2), (1, 4), (7, 2)
    block = order + b"".join(value.to_bytes(size, "little" if little else "big") for value, size in numbers)
    assert exif_orientation(b"Exif\0\0" + block) == 7
    assert exif_orientation(block) == 7


@pytest.mark.parametrize("block", [b"", b"Exif\0\0", b"II*\0", b"MM\0*\xff\xff\xff\xff", exif(9), exif(0)])
def test_a_damaged_block_tells_nothing(block: bytes) -> None:
    assert exif_orientation(block) == 1
