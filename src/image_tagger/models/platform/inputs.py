"""`preprocessing` of the v0.7 protocol -> how pictures enter the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.specs import Channels, Constant, Element, Filter, Layout, Preprocessing, Resize

Json = Mapping[str, Any]
BYTE = 255.0
COLOURS = {"RGB": Channels.RGB, "BGR": Channels.BGR, "L": Channels.GREY, "GRAY": Channels.GREY}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The one input that takes pictures, and those that are always the same."""

    tensor: str
    preprocessing: Preprocessing
    constants: tuple[Constant, ...]
    batched: bool


def inputs_of(described: Json, files: Mapping[str, Path]) -> Inputs:
    """`files`: the network's by name. Raises InvalidModel for what contradicts itself or cannot be done here."""
    entries = described["inputs"]
    pictures = [entry for entry in entries if entry.get("image") is not None]
    if len(pictures) != 1:
        raise InvalidModel(f"a network must take one picture here, this one takes {len(pictures)}")
    constants = tuple(_constant(entry) for entry in entries if entry.get("constant") is not None)
    image = pictures[0]["image"]
    batched = bool(described.get("batched_output", True))
    return Inputs(pictures[0]["tensor_name"], _preprocessing(image, files), constants, batched)


def mean_files(described: Json) -> frozenset[str]:
    """The names of the files that hold means."""
    images = (entry.get("image") or {} for entry in described["inputs"])
    return frozenset(image["mean_file"] for image in images if image.get("mean_file"))


def _preprocessing(image: Json, files: Mapping[str, Path]) -> Preprocessing:
    mean = image.get("mean_file") or ""
    if mean and mean not in files:
        raise InvalidModel(f"the mean file {mean!r} was not uploaded")
    return Preprocessing(
        size=_size(image["target_size"]),
        resize=Resize[image["resize_type"]],
        filter=Filter.BILINEAR,
        scale=image["pixel_scaling"] / BYTE,
        layout=Layout[image["dimension_order"]],
        element=Element[image["data_type"]],
        channels=COLOURS[image["color_channels"]],
        mean_file=files[mean] if mean else None,
    )


def _size(text: str) -> Size:
    width, _, height = text.partition("x")
    try:
        return Size(int(width), int(height or width))
    except ValueError as error:
        raise InvalidModel(f"target_size must be `WxH` or `N`, not {text!r}") from error


def _constant(entry: Json) -> Constant:
    constant = entry["constant"]
    return Constant(entry["tensor_name"], tuple(constant["shape"]), tuple(constant["data"]))
