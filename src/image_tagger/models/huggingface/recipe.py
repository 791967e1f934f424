"""From `preprocessor_config.json`, or a timm configuration, to `Preprocessing`: the same tensor as theirs to 1e-3.

The reference for transformers is its processors on Pillow (`backend="pil"`, formerly `use_fast=False`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Channels, Filter, Preprocessing, Resize, Rounding
from image_tagger.models.huggingface.processors import CLASSES, IMAGENET, MODEL_TYPES, STANDARD

Table = Mapping[str, Any]
FILTERS = (
    Filter.NEAREST,
    Filter.LANCZOS,
    Filter.BILINEAR,
    Filter.BICUBIC,
    Filter.BOX,
    Filter.HAMMING,
)  # Pillow's order
ENDINGS = ("Pil", "Fast", "ImageProcessor", "FeatureExtractor")
LARGEST = 2048  # pixels a side, so that a file from strangers cannot ask for all memory
UNCROPPED = 384  # from this size on, ConvNext processors squash
LEVIT = 256 / 224


@dataclass(frozen=True, slots=True)
class Recipe:
    """A preprocessing, and whether the class that it was read for is one whose steps are known here."""

    preprocessing: Preprocessing
    processor: str
    known: bool


@dataclass(frozen=True, slots=True)
class _Geometry:
    resize: Resize
    size: Size
    before_crop: Size | None = None


def transformers_recipe(table: Table, model_type: str) -> Recipe:
    """What an image processor of transformers does. Raises InvalidModel where pictures would keep their own shapes."""
    kind = _kind(table, model_type)
    wanted = {**STANDARD, **CLASSES.get(kind, {}), **{key: value for key, value in table.items() if value is not None}}
    try:
        geometry, (mean, std) = _geometry(kind, wanted), _normalisation(kind, wanted)
        preprocessing = Preprocessing(
            size=_bounded(geometry.size),
            resize=geometry.resize,
            filter=_filter(wanted["resample"]),
            scale=float(wanted["rescale_factor"]) if wanted["do_rescale"] else 1.0,
            mean=mean,
            std=std,
            before_crop=_bounded(geometry.before_crop) if geometry.before_crop else None,
            channels=Channels.BGR if kind == "MobileViT" and wanted["do_flip_channel_order"] else Channels.RGB,
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidModel(f"its preprocessor_config.json cannot be read: {type(error).__name__}: {error}") from error
    return Recipe(preprocessing, kind or "none", kind in CLASSES)


def timm_recipe(config: Table) -> Recipe:
    """What `timm.data.create_transform` does for evaluation. Raises InvalidModel for shapes that are not read here."""
    try:
        wanted = {key: value for key, value in config["pretrained_cfg"].items() if value is not None}
        channels, height, width = wanted.get("input_size", (3, 224, 224))
        size, before = Size(width, height), [math.floor(n / wanted.get("crop_pct", 0.875)) for n in (width, height)]
        mode = wanted.get("crop_mode", "center")
        if channels != 3 or not (mode == "squash" or (mode == "center" and width == height)):
            raise InvalidModel(f"pictures of {channels} x {height} x {width} with crop mode {mode!r} are not supported")
        preprocessing = Preprocessing(
            size=_bounded(size),
            resize=Resize.SQUASH if mode == "squash" else Resize.SHORTEST,
            filter=Filter(wanted.get("interpolation", "bicubic")),
            mean=_channels(wanted.get("mean", IMAGENET[0])),
            std=_channels(wanted.get("std", IMAGENET[1])),
            before_crop=_bounded(Size(*before)),
            rounding=Rounding.EVEN,
        )
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InvalidModel(f"its pretrained_cfg cannot be read: {type(error).__name__}: {error}") from error
    return Recipe(preprocessing, "timm", known=True)


def _kind(table: Table, model_type: str) -> str:
    """`ViT` of ViTImageProcessor, ViTImageProcessorFast and ViTFeatureExtractor."""
    name = str(table.get("image_processor_type") or table.get("feature_extractor_type") or "")
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name or MODEL_TYPES.get(model_type, "")


def _geometry(kind: str, wanted: Table) -> _Geometry:
    if kind == "ConvNext" and wanted["do_resize"]:
        return _convnext(wanted)
    resized = _resized(kind, wanted) if wanted["do_resize"] else _Geometry(Resize.KEEP, Size(1, 1))
    if wanted["do_center_crop"]:
        crop = _sides(wanted["crop_size"], square=True)
        before = None if resized.resize is Resize.KEEP else resized.size
        return _Geometry(resized.resize, crop, before)
    if resized.resize is not Resize.SQUASH:
        raise InvalidModel("its pictures would keep their own shapes, which cannot be run together")
    return resized


def _resized(kind: str, wanted: Table) -> _Geometry:
    shortest = _shortest(wanted["size"], square=wanted["default_to_square"])
    if kind == "PoolFormer" and wanted["crop_pct"]:
        side = shortest or _sides(wanted["size"], square=True).short_side
        return _Geometry(Resize.SHORTEST, _square(int(side / wanted["crop_pct"])))
    if shortest is None:
        return _Geometry(Resize.SQUASH, _sides(wanted["size"], square=True))
    return _Geometry(Resize.SHORTEST, _square(int(LEVIT * shortest) if kind == "Levit" else shortest))


def _convnext(wanted: Table) -> _Geometry:
    side = _shortest(wanted["size"], square=False)
    if side is None:
        raise InvalidModel("a ConvNext processor needs the shortest edge as its size")
    if side >= UNCROPPED:
        return _Geometry(Resize.SQUASH, _square(side))
    return _Geometry(Resize.SHORTEST, _square(side), _square(int(side / wanted["crop_pct"])))


def _shortest(size: Any, *, square: bool) -> int | None:
    """The short side that a size asks for; None where it asks for both sides."""
    if isinstance(size, Mapping):
        if "longest_edge" in size or "max_height" in size:
            raise InvalidModel("its pictures would keep their own shapes, which cannot be run together")
        return int(size["shortest_edge"]) if "shortest_edge" in size else None
    return None if square or not isinstance(size, int) else size


def _sides(size: Any, *, square: bool) -> Size:
    if isinstance(size, Mapping):
        return Size(int(size["width"]), int(size["height"]))
    if isinstance(size, int) and square:
        return _square(size)
    height, width = size
    return Size(int(width), int(height))


def _square(side: int) -> Size:
    return Size(side, side)


def _normalisation(kind: str, wanted: Table) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and deviation of (value - mean) / deviation, with all that comes before and after drawn into them."""
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if wanted["do_normalize"] and kind != "MobileViT":  # whose class never looks at it
        mean, std = _channels(wanted["image_mean"]), _channels(wanted["image_std"])
    if kind == "EfficientNet":
        if wanted["do_rescale"] and wanted["rescale_offset"]:
            mean = (mean[0] + 1, mean[1] + 1, mean[2] + 1)
        if wanted["include_top"]:  # divided by the deviation once more
            again = _channels(wanted["image_std"])
            std = (std[0] * again[0], std[1] * again[1], std[2] * again[2])
    return mean, std


def _channels(values: Any) -> tuple[float, float, float]:
    first, second, third = (values,) * 3 if isinstance(values, int | float) else values
    return float(first), float(second), float(third)


def _filter(resample: Any) -> Filter:
    return dict(enumerate(FILTERS))[resample] if isinstance(resample, int) else Filter(resample)


def _bounded(size: Size) -> Size:
    if max(size.width, size.height) > LARGEST:
        raise InvalidModel(
            f"its pictures have {size.width} x {size.height} pixels; at most {LARGEST} a side are accepted"
        )
    return size
