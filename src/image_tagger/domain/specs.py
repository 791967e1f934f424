"""What a model is made of, as data: preprocessing, network, specification, and the version that joins them."""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.hierarchy import Hierarchy
from image_tagger.domain.labels import LabelSet

# So that a file from strangers cannot ask for all memory.
MOST_NUMBERS = 1_000_000  # in a constant
MOST_SIDE = 4096  # pixels of the network's rectangle


class Resize(StrEnum):
    """How a picture of any shape becomes the network's rectangle."""

    CROP = "crop"  # the centred box of the network's aspect
    SQUASH = "squash"  # the whole picture, proportions given up
    SHORTEST = "shortest"  # the short side to a number of pixels, proportions kept; then the centred box
    KEEP = "keep"  # no resizing: the centred box of the network's size
    FILL = "fill"  # the whole picture, proportions kept, and the rest of the rectangle filled with a colour
    NETWORK = "network"  # the long side to a number of pixels, proportions kept; the tensor has the picture's shape


class Align(StrEnum):
    """Where the picture lies in a rectangle that it does not fill."""

    CENTRE = "centre"
    TOP_LEFT = "top-left"


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
    GREY = "L"  # one channel, the luma of ITU-R 601

    @property
    def planes(self) -> int:
        """How many numbers a pixel of the tensor has."""
        return 1 if self is Channels.GREY else 3


class Layout(StrEnum):
    """Order of the tensor's dimensions: number, channel, height, width."""

    NCHW = "NCHW"
    NHWC = "NHWC"
    NCWH = "NCWH"
    NWHC = "NWHC"


class Element(StrEnum):
    """Type of one number of the tensor."""

    FLOAT32 = "float32"
    UINT8 = "uint8"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From RGB pixels to the network's tensor: resize, then (pixel x scale - mean file - mean) / std per channel.

    With `before_crop` the picture is first resized to that size (SHORTEST: to its short side), in whole pixels, and
    the centred box of `size` is taken out of the result; black is added where the result is smaller.

    fill, align, multiple: FILL and NETWORK put the picture on a rectangle of this colour (RGB); NETWORK's has sides
    that are multiples of `multiple`, and of `size` it is the larger side that counts.
    mean_file: `.npy` (height, width, channels) or Caffe's `.binaryproto`, in the tensor's order of colours; resized to
    the tensor. mean, std: in the tensor's order of colours; GREY has the first one only.
    reducing_gap: a larger picture is first averaged over squares of 8, 4 or 2 pixels where that leaves so many times
    the pixels that are needed, so that it makes no difference whether it was decoded at a reduced scale. 0: it is not.
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
    fill: tuple[int, int, int] = (255, 255, 255)
    align: Align = Align.CENTRE
    multiple: int = 1
    mean_file: Path | None = None
    reducing_gap: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise InvalidModel("the crop fraction must be above 0 and at most 1")
        if self.before_crop is not None and self.resize not in {Resize.SQUASH, Resize.SHORTEST}:
            raise InvalidModel("a size before the crop goes with `squash` and `shortest` only")
        self._check_numbers()
        if not all(0 <= value <= 255 for value in self.fill):
            raise InvalidModel("the colour to fill with needs three numbers in 0..255")
        if max(self.size.long_side, self.before_crop.long_side if self.before_crop else 1, self.multiple) > MOST_SIDE:
            raise InvalidModel(f"the network's rectangle may have sides of at most {MOST_SIDE} pixels")
        if self.multiple < 1 or (self.multiple > 1 and self.resize is not Resize.NETWORK):
            raise InvalidModel("`multiple` must be at least 1, and goes with `network` only")
        if self.reducing_gap != 0 and not 1 <= self.reducing_gap <= 64:
            raise InvalidModel("the reducing gap must be 0, or in 1..64")

    def _check_numbers(self) -> None:
        if not all(map(math.isfinite, (self.scale, *self.mean, *self.std))):
            raise InvalidModel("the scale, the mean and the standard deviation must be finite")
        if not all(self.std):
            raise InvalidModel("a standard deviation must not be 0")


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor that is fed besides the picture, always the same for pictures of one size.

    shape: without the batch where the network's input has a batch. data: as many entries, the last axis first to move;
    a text `<tensor>.<axis>` stands for a dimension of the picture's tensor, counted without the batch.
    """

    tensor: str
    shape: tuple[int, ...]
    data: tuple[float | str, ...]
    element: Element = Element.FLOAT32

    def __post_init__(self) -> None:
        numbers = math.prod(self.shape)
        if not self.tensor or any(side < 1 for side in self.shape) or numbers > MOST_NUMBERS:
            raise InvalidModel(f"a constant needs a tensor's name and a shape of at most {MOST_NUMBERS} numbers")
        if len(self.data) != numbers:
            raise InvalidModel(f"the constant {self.tensor!r} has {len(self.data)} entries for {numbers} places")
        for entry in self.data:
            if isinstance(entry, str) and not entry.rpartition(".")[2].isdecimal():
                raise InvalidModel(f"the constant {self.tensor!r}: {entry!r} names no axis of a tensor")


@dataclass(frozen=True, slots=True)
class Network:
    """A graph in a file, the runtime that opens it (a plug-in's name) and how pictures enter it.

    file: may be a folder, as TensorFlow's SavedModel is. companions: further files of the network in the same folder,
    or inside of it where `file` is one, with their SHA-256.
    tensor: the input for the picture; empty: the first that is no constant. outputs: the tensors that the
    postprocessing reads, in its order; none: what the runtime gives first. Names with and without `:0` mean the same.
    batched: whether pictures run together; if not, one at a time, and the outputs have no batch dimension.
    options: for the runtime.
    """

    file: Path
    runtime: str
    preprocessing: Preprocessing
    sha256: str
    companions: tuple[tuple[str, str], ...] = ()
    tensor: str = ""
    constants: tuple[Constant, ...] = ()
    outputs: tuple[str, ...] = ()
    batched: bool = True
    options: tuple[tuple[str, float | str | bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """What the answers mean: the labels, and the postprocessing (a plug-in's name) that reads them.

    hierarchy: the groups of exclusive labels, if there are any. sure: the score in 0..1 from which a label or group is
    said where only a sure answer is asked for. thresholds: the score in 0..1 from which a label counts as predicted,
    one per label, or none at all.
    """

    labels: LabelSet
    postprocessing: str
    options: tuple[tuple[str, float | str | bool | tuple[float, ...]], ...] = ()
    hierarchy: Hierarchy | None = None
    sure: float = 0.0
    thresholds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.hierarchy is not None and self.hierarchy.names[: self.hierarchy.labels] != self.labels.names:
            raise InvalidModel("the hierarchy is one of other labels")
        if not 0 <= self.sure <= 1:
            raise InvalidModel("`sure` must be in 0..1")
        if self.thresholds and len(self.thresholds) != len(self.labels):
            raise InvalidModel(f"there are {len(self.thresholds)} thresholds for {len(self.labels)} labels")
        if not all(0 <= threshold <= 1 for threshold in self.thresholds):
            raise InvalidModel("every threshold must be in 0..1")


@dataclass(frozen=True, slots=True)
class Golden:
    """Pictures and what the network answered when it was made; `tolerance` bounds how far the answers may move."""

    file: Path
    tolerance: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            raise InvalidModel("the tolerance of golden answers must be a number of at least 0")


@dataclass(frozen=True, slots=True)
class Version:
    """The thing that runs. It carries everything a replica of the engine needs."""

    name: str
    network: Network
    spec: Spec
    golden: Golden | None = None
    about: tuple[tuple[str, str], ...] = ()  # description, licence, what it was trained on

    def __hash__(self) -> int:
        """By name and network alone: every request looks its version up, and there may be thousands of labels."""
        return hash((self.name, self.network))
