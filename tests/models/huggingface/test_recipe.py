"""The same tensors as the processors of transformers and timm, from their own files."""

from typing import Any

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.huggingface.processors import CLASSES
from image_tagger.models.huggingface.recipe import timm_recipe, transformers_recipe
from image_tagger.models.preprocessing.preparing import needed_pixels, prepare
from tests.models.preprocessing.make_processor_goldens import FILE, timm_tensor, transformers_tensor
from tests.models.preprocessing.processor_cases import CASES, SIZES, TIMM, picture

CLOSE = 1e-3
LARGE = ((640, 427), (427, 640), (333, 1001), (225, 223), (40, 900), (500, 500))


@pytest.mark.parametrize("case", CASES)
def test_a_processor_of_transformers_is_matched(case: str) -> None:
    name, settings = CASES[case]
    recipe = transformers_recipe({**settings, "image_processor_type": name}, "")
    assert recipe.known
    with np.load(FILE) as expected:
        for width, height in SIZES:
            tensor = prepare(picture(width, height), recipe.preprocessing)
            np.testing.assert_allclose(tensor, expected[f"{case} {width}x{height}"], atol=CLOSE, rtol=0)


@pytest.mark.parametrize("case", TIMM)
def test_a_transform_of_timm_is_matched(case: str) -> None:
    preprocessing = timm_recipe({"pretrained_cfg": TIMM[case]}).preprocessing
    with np.load(FILE) as expected:
        for width, height in SIZES:
            tensor = prepare(picture(width, height), preprocessing)
            np.testing.assert_allclose(tensor, expected[f"{case} {width}x{height}"], atol=CLOSE, rtol=0)


@pytest.mark.parametrize("kind", CLASSES)
def test_the_defaults_of_a_class_are_those_of_transformers_here_and_now(kind: str) -> None:
    pytest.importorskip("transformers", reason="needs the extra `hf`")
    name = f"{kind}ImageProcessor"
    preprocessing = transformers_recipe({"image_processor_type": name}, "").preprocessing
    for width, height in LARGE:
        pixels = picture(width, height)
        tensor = prepare(pixels, preprocessing)
        np.testing.assert_allclose(tensor, transformers_tensor(name, {}, pixels), atol=CLOSE, rtol=0)


@pytest.mark.parametrize("crop_pct", [0.875, 0.9, 0.904, 0.95, 1.0])
def test_timm_is_matched_here_and_now(crop_pct: float) -> None:
    pytest.importorskip("timm", reason="needs the extra `hf`")
    settings: dict[str, Any] = {"input_size": [3, 300, 300], "crop_pct": crop_pct, "interpolation": "bicubic"}
    preprocessing = timm_recipe({"pretrained_cfg": settings}).preprocessing
    for width, height in LARGE:
        pixels = picture(width, height)
        np.testing.assert_allclose(prepare(pixels, preprocessing), timm_tensor(settings, pixels), atol=CLOSE, rtol=0)


@pytest.mark.parametrize(
    ("settings", "side"),
    [
        ({"image_processor_type": "ViTImageProcessor", "size": 224}, 224),
        ({"image_processor_type": "DeiTImageProcessor"}, 256),
        ({"image_processor_type": "ConvNextImageProcessor", "size": 224}, 256),
        ({"image_processor_type": "ConvNextImageProcessor", "size": 384}, 384),
        ({"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_center_crop": 1, "crop_size": 9}, None),
    ],
)
def test_a_jpeg_is_decoded_as_finely_as_the_crop_needs(settings: dict[str, Any], side: int | None) -> None:
    assert needed_pixels(transformers_recipe(settings, "").preprocessing) == side


def test_a_file_without_a_class_is_read_by_the_kind_of_its_model() -> None:
    assert transformers_recipe({"size": 224}, "resnet").processor == "ConvNext"
    unknown = transformers_recipe({"size": 224, "image_processor_type": "OddImageProcessor"}, "vit")
    assert (unknown.processor, unknown.known) == ("Odd", False)
    assert not transformers_recipe({"size": 224}, "odd").known


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 224}}, "their own shapes"),
        ({"image_processor_type": "ViTImageProcessor", "do_resize": False}, "their own shapes"),
        ({"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 2, "longest_edge": 9}}, "own shapes"),
        ({"image_processor_type": "ConvNextImageProcessor", "size": {"height": 2, "width": 2}}, "shortest edge"),
        ({"image_processor_type": "ViTImageProcessor", "size": 100_000}, "at most 2048 a side"),
        ({"image_processor_type": "ViTImageProcessor", "size": "large"}, "cannot be read: ValueError"),
        ({"image_processor_type": "ViTImageProcessor", "image_mean": [0.5]}, "cannot be read: ValueError"),
        ({"image_processor_type": "ViTImageProcessor", "image_std": [0, 1, 1]}, "must not be 0"),
        ({"image_processor_type": "ViTImageProcessor", "resample": 9}, "cannot be read"),
        ({"image_processor_type": "ConvNextImageProcessor", "size": 224, "crop_pct": 0}, "cannot be read"),
    ],
)
def test_what_cannot_be_matched_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        transformers_recipe(settings, "")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"input_size": [1, 28, 28]}, "1 x 28 x 28"),
        ({"crop_mode": "border"}, "crop mode 'border'"),
        ({"input_size": [3, 20, 30]}, "are not supported"),
        ({"input_size": "large"}, "cannot be read"),
    ],
)
def test_what_timm_does_and_is_not_matched_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        timm_recipe({"pretrained_cfg": settings})
