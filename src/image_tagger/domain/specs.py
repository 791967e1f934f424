"""What a model is made of, as data: preprocessing, network, specification, and the version that joins them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet


class Resize(StrEnum):
    """How a picture of any shape becomes the network's rectangle."""

    CROP = "crop"  # the centred box of the network's aspect
    SQUASH = "squash"  # the whole picture, proportions given up


class Filter(StrEnum):
    """Interpolation when resizing; all average over the source area when shrinking."""

    BOX = "box"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


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
    """From RGB pixels to the network's tensor: crop, resize, then (pixel x scale - mean) / std per channel."""

    size: Size
    resize: Resize = Resize.CROP
    fraction: float = 1.0  # of the centred box, kept by CROP
    filter: Filter = Filter.BILINEAR
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    layout: Layout = Layout.NCHW
    element: Element = Element.FLOAT32

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise InvalidModel("the crop fraction must be above 0 and at most 1")
        if not all(self.std):
            raise InvalidModel("a standard deviation must not be 0")


@dataclass(frozen=True, slots=True)
class Network:
    """A graph in a file, the runtime that opens it (a plug-in's name) and how pictures enter it."""

    file: Path
    runtime: str
    preprocessing: Preprocessing
    sha256: str


@dataclass(frozen=True, slots=True)
class Spec:
    """What the answers mean: the labels, and the postprocessing (a plug-in's name) that reads them."""

    labels: LabelSet
    postprocessing: str
    options: tuple[tuple[str, float | str | bool], ...] = ()


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
