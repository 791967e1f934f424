"""A picture decoded at a reduced scale gives the tensor of the picture decoded in full, where a reducing gap is set."""

import io
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Preprocessing, Resize
from image_tagger.media.decode import MARGIN, Budget, Decoder
from image_tagger.models.embedded import FOLDERS
from image_tagger.models.loaded import load
from image_tagger.models.manifest import read_version
from image_tagger.models.preprocessing.preparing import needed_pixels, prepare
from image_tagger.models.preprocessing.resizing import averaged

STARTER = read_version(FOLDERS[0])
PLAIN = replace(STARTER.network.preprocessing, reducing_gap=0.0)


def encoded(form: str, width: int, height: int, *, subsampling: str = "4:2:0", coloured: bool = True) -> bytes:
    """Sharp noise on blotches: what tells filters apart. Unless coloured, the noise is the same in R, G and B."""
    random = np.random.default_rng(5)
    blotches = PIL.Image.fromarray(random.integers(0, 256, (6, 6, 3), np.uint8)).resize((width, height))
    noisy = np.asarray(blotches, np.int16) + random.integers(-40, 40, (height, width, 3 if coloured else 1))
    file, options = io.BytesIO(), {"quality": 92, "subsampling": subsampling} if form == "JPEG" else {}
    PIL.Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, form, **options)
    return file.getvalue()


def tensor(content: bytes, preprocessing: Preprocessing, *, exact: bool) -> NDArray[np.int16]:
    image = next(Decoder(Budget(2**30, 10**8), exact=exact).frames(content, needed_pixels(preprocessing))).image
    model = load(replace(STARTER, network=replace(STARTER.network, preprocessing=preprocessing)))
    return model.prepare(image.pixels, image.original).tensor.astype(np.int16)


def contrast(content: bytes, wanted: Preprocessing, *, exact: bool) -> float:
    image = next(Decoder(Budget(2**30, 10**8), exact=exact).frames(content, needed_pixels(wanted))).image
    return float(prepare(averaged(image.pixels, image.original, wanted), wanted).std())


def movement(content: bytes) -> float:
    """Mean change of a value of the embedded network's tensor, in steps of 256."""
    wanted = STARTER.network.preprocessing
    assert wanted.reducing_gap == MARGIN
    return float(np.abs(tensor(content, wanted, exact=True) - tensor(content, wanted, exact=False)).mean())


SIZES = [(1600, 1200), (1403, 1877), (640, 480), (200, 900), (512, 384)]  # of the last, just twice the needed is left


@pytest.mark.parametrize("size", SIZES)
def test_a_png_gives_the_same_tensor_reduced_and_exact(size: tuple[int, int]) -> None:
    assert movement(encoded("PNG", *size)) == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("subsampling", "coloured"), [("4:4:4", True), ("4:2:0", False)])
def test_a_jpeg_gives_the_same_tensor_but_for_rounding(subsampling: str, coloured: bool, size: tuple[int, int]) -> None:
    content = encoded("JPEG", *size, subsampling=subsampling, coloured=coloured)
    assert movement(content) <= 0.5  # half of a step is what rounding may do


@pytest.mark.parametrize(
    ("size", "bound"),
    [((1600, 1200), 0.5), ((1403, 1877), 0.5), ((200, 900), 0.5), ((640, 480), 1.0), ((512, 384), 1.0)],
)
def test_colours_stored_at_half_the_size_move_further_where_little_more_than_twice_the_needed_is_left(
    size: tuple[int, int], bound: float
) -> None:
    """Decoding at full scale smooths them on the way to every pixel, at half the scale they come as they are stored.

    One of 640 x 480 stayed within half of a step while the network saw 80 pixels and three times that were left.
    """
    assert movement(encoded("JPEG", *size, subsampling="4:2:0", coloured=True)) <= bound


@pytest.mark.parametrize("resize", [Resize.SQUASH, Resize.CROP, Resize.FILL, Resize.SHORTEST, Resize.NETWORK])
@pytest.mark.parametrize("sides", [(256, 32), (32, 256), (64, 64)])
@pytest.mark.parametrize("gap", [0.0, MARGIN])
def test_what_the_network_can_see_is_not_lost_by_decoding(resize: Resize, sides: tuple[int, int], gap: float) -> None:
    wanted = Preprocessing(Size(*sides), resize=resize, reducing_gap=gap)
    bars = np.zeros((512, 512, 3), np.uint8)
    bars[:, np.arange(512) // 4 % 2 == 0] = 255  # as fine as 256 pixels can show
    if sides[1] > sides[0]:
        bars = bars.transpose(1, 0, 2)
    file = io.BytesIO()
    PIL.Image.fromarray(bars).save(file, "PNG")
    exact, reduced = (contrast(file.getvalue(), wanted, exact=exact) for exact in (True, False))
    assert reduced == pytest.approx(exact, abs=0.03)


def test_without_the_gap_they_differ_more() -> None:
    content = encoded("PNG", 1403, 1877)
    assert np.abs(tensor(content, PLAIN, exact=True) - tensor(content, PLAIN, exact=False)).mean() > 0.2


@pytest.mark.parametrize(
    ("size", "original", "result"),
    [
        ((800, 600), None, (200, 150)),  # 150 = 1.5 x 100; 75 would be too few
        ((400, 300), (800, 600), (200, 150)),  # half of it is done already
        ((200, 150), (800, 600), (200, 150)),
        ((190, 150), None, (190, 150)),
        ((8000, 6000), None, (1000, 750)),  # 8 is the most that decoders do
    ],
)
def test_the_largest_square_that_leaves_enough(
    size: tuple[int, int], original: tuple[int, int] | None, result: tuple[int, int]
) -> None:
    wanted = Preprocessing(Size(100, 100), reducing_gap=1.5)
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    done = averaged(pixels, Size(*original) if original else None, wanted)
    assert (done.shape[1], done.shape[0]) == result


def test_a_network_that_takes_pictures_as_they_are_gets_them_so() -> None:
    pixels = np.zeros((600, 800, 3), np.uint8)
    assert averaged(pixels, None, Preprocessing(Size(9, 9), resize=Resize.KEEP, reducing_gap=2.0)) is pixels


@pytest.mark.parametrize("gap", [-1.0, 0.5, 65.0, float("nan")])
def test_a_gap_that_means_nothing_is_refused(gap: float) -> None:
    with pytest.raises(InvalidModel, match="reducing gap"):
        Preprocessing(Size(9, 9), reducing_gap=gap)
