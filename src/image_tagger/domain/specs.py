"""What a model is made of, as data: preprocessing, network, specification, and the version that joins them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet


class Resize(StrEnum):
    """How a picture of any shape becomes the network's rectangle."""

    CROP = "crop"  # the centred box of the network's aspect
    SQUASH = "squash"  # the whole picture, proportions given up
    SHORTEST = "shortest"  # the short side to a number of pixels, proportions kept; then the centred box
    KEEP = "keep"  # no resizing: the centred box of the network's size


class Filter(StrEnum):
    """Interpolation when resizing; all but NEAREST average over the source area when shrinking."""

    NEAREST = "nearest"
    BOX = "box"
    BILINEAR = "bilinear"
    HAMMING = "hamming"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"


class Rounding(StrEnum):
    """Where a centred box of whole pixels begins when what is left over is an odd number of pixels."""

    DOWN = "down"  # as transformers does
    EVEN = "even"  # to the even one of both, as torchvision and timm do


class Channels(StrEnum):
    """Order of the colours in the tensor."""

    RGB = "RGB"
    BGR = "BGR"


class Layout(StrEnum):
    """Order of the tensor's dimensions: number, channel, height, width."""

    NCHW = "NCHW"
    NHWC = "NHWC"


class Element(StrEnum):
    """Type of one number of the tensor."""

    FLOAT32 = "float32"
    UINT8 = "uint8"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From RGB pixels to the network's tensor: crop, resize, then (pixel x scale - mean) / std per channel.

    With `before_crop` the picture is first resized to that size (SHORTEST: to its short side), in whole pixels, and
    the centred box of `size` is taken out of the result; black is added where the result is smaller.
    """

    size: Size
    resize: Resize = Resize.CROP
    fraction: float = 1.0  # of the centred box, kept by CROP
    filter: Filter = Filter.BILINEAR
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    layout: Layout = Layout.NCHW
    element: Element = Element.FLOAT32
    before_crop: Size | None = None
    rounding: Rounding = Rounding.DOWN
    channels: Channels = Channels.RGB

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise InvalidModel("the crop fraction must be above 0 and at most 1")
        if self.before_crop is not None and self.resize not in {Resize.SQUASH, Resize.SHORTEST}:
            raise InvalidModel("a size before the crop goes with `squash` and `shortest` only")
        if not all(self.std):
            raise InvalidModel("a standard deviation must not be 0")


@dataclass(frozen=True, slots=True)
class Network:
    """A graph in a file, the runtime that opens it (a plug-in's name) and how pictures enter it.

    companions: further files of the network in the same folder (weights of a large graph), with their SHA-256.
    """

    file: Path
    runtime: str
    preprocessing: Preprocessing
    sha256: str
    companions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """What the answers mean: the labels, and the postprocessing (a plug-in's name) that reads them.

    hierarchy: the groups of exclusive labels, if there are any. sure: the score in 0..1 from which a label or group is
    said where only a sure answer is asked for.
    """

    labels: LabelSet
    postprocessing: str
    options: tuple[tuple[str, float | str | bool], ...] = ()
    hierarchy: Hierarchy | None = None
    sure: float = 0.0

    def __post_init__(self) -> None:
        if self.hierarchy is not None and self.hierarchy.names[: self.hierarchy.labels] != self.labels.names:
            raise InvalidModel("the hierarchy is one of other labels")
        if not 0 <= self.sure <= 1:
            raise InvalidModel("`sure` must be in 0..1")


@dataclass(frozen=True, slots=True)
class Golden:
    """Pictures and the probabilities the network gave when it was made; `tolerance` bounds how far they may move."""

    file: Path
    tolerance: float


@dataclass(frozen=True, slots=True)
class Version:
    """The thing that runs. It carries everything a replica of the engine needs."""

    name: str
    network: Network
    spec: Spec
    golden: Golden | None = None
    about: tuple[tuple[str, str], ...] = ()  # description, licence, what it was trained on
