"""Large pictures come at a reduced scale, and predictions hardly move."""

from pathlib import Path

import numpy as np
import onnxruntime
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger.domain.geometry import Size
from image_tagger.media.decode import Decoder
from tests.media.drawn import ROOMY, decode, difference, saved, textured

SIDE = 64
NEEDED = 74  # a network of 64 pixels that looks at the central 87.5 %


def exact(content: bytes | Path) -> NDArray[np.uint8]:
    return next(Decoder(ROOMY, exact=True).frames(content, NEEDED)).image.pixels


def centre(pixels: NDArray[np.uint8]) -> PIL.Image.Image:
    """The central square of 87.5 %, at the size of the network."""
    picture = PIL.Image.fromarray(pixels)
    half = min(picture.size) * 0.4375
    x, y = picture.width / 2, picture.height / 2
    return picture.resize((SIDE, SIDE), PIL.Image.Resampling.BILINEAR, box=(x - half, y - half, x + half, y + half))


def scores_of(network: onnxruntime.InferenceSession, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What a MobileNet of 224 pixels says of the central square, seen at 64."""
    large = centre(pixels).resize((224, 224), PIL.Image.Resampling.BICUBIC)
    tensor = (np.asarray(large, dtype=np.float32).transpose(2, 0, 1)[None] - 127.5) / 127.5
    (logits,) = network.run(None, {"pixel_values": tensor})
    powers = np.exp(logits[0].astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())


@pytest.mark.parametrize(
    ("needed", "size"), [(None, (1200, 900)), (225, (600, 450)), (112, (300, 225)), (56, (150, 113)), (9, (150, 113))]
)
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_the_smallest_scale_with_twice_the_needed_pixels_is_chosen(
    needed: int | None, size: tuple[int, int], form: str
) -> None:
    image = decode(saved(textured(1200, 900), form), needed)
    assert (image.size, image.original) == (Size(*size), Size(1200, 900))


def test_exact_decoding_keeps_all_pixels() -> None:
    assert exact(saved(textured(1200, 900), "JPEG")).shape == (900, 1200, 3)


def test_a_larger_margin_keeps_more_pixels() -> None:
    content = saved(textured(1200, 900), "JPEG")
    assert next(Decoder(ROOMY, margin=4).frames(content, 100)).image.size == Size(600, 450)


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB")])
def test_what_the_network_sees_hardly_changes(form: str, mode: str) -> None:
    content = saved(textured(800, 600).convert(mode), form)
    reduced = decode(content, NEEDED).pixels
    assert reduced.shape == (150, 200, 3)
    assert difference(np.asarray(centre(reduced)), np.asarray(centre(exact(content)))) < 1.5


def test_predictions_move_no_further_than_documented(shared_data: Path) -> None:
    """The bound of docs/formats.md: scores by 0.2 at most, the first place only where its lead was below 0.1."""
    network = onnxruntime.InferenceSession(shared_data / "models" / "onnx" / "mobilenet_v1_0.25_224.onnx")

    reduced = 0
    for file in sorted((shared_data / "photos").glob("*.jpg")):
        image, full = decode(file, NEEDED), exact(file)
        before, after = scores_of(network, full), scores_of(network, image.pixels)
        second, first = np.sort(before)[-2:]
        reduced += image.size != image.original
        assert np.abs(after - before).max() <= 0.2, file.name
        assert after.argmax() == before.argmax() or first - second < 0.1, file.name
    assert reduced >= 30
