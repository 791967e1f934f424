"""What a deploy prototxt describes: its layers, the blobs it is fed and those it gives."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.caffe.prototxt import Message, parse

MOST_BYTES = 16 * 1024**2  # the longest known ones have a few hundred thousand
MOST_NUMBERS = 2**28  # of an input: a gigabyte
OLD_DIMENSIONS = 4  # of `input_dim`
OLD_NAMES = {  # of the layers that do not merely write their new name in capitals with underscores
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "IM2COL": "Im2col",
    "LRN": "LRN",
    "MVN": "MVN",
    "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}
FED = "Input"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer; type in today's spelling."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Deploy:
    """A described network. inputs: blobs and their shapes, empty where the text says none."""

    text: str
    layers: tuple[Layer, ...]
    inputs: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def types(self) -> tuple[str, ...]:
        """The types of its layers, each once, without its inputs."""
        return tuple(dict.fromkeys(layer.type for layer in self.layers if layer.type != FED))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The blobs that no later layer reads, Caffe's outputs of a network. A layer may write what it reads."""
        waiting: dict[str, None] = {}
        for layer in self.layers:
            for bottom in layer.bottoms:
                waiting.pop(bottom, None)
            waiting |= dict.fromkeys(layer.tops if layer.type != FED else ())
        return tuple(waiting)

    def maker(self, blob: str) -> tuple[str, int] | None:
        """The layer that writes a blob last, and the place of the blob among what it writes."""
        for layer in reversed(self.layers):
            if blob in layer.tops and layer.type != FED:
                return layer.name, layer.tops.index(blob)
        return None


def read_deploy(file: Path) -> Deploy:
    """Read a deploy prototxt. Raises InvalidModel naming the file and the reason."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidModel(f"{file.name} has more than {MOST_BYTES // 1024**2} megabytes: no prototxt is so long")
        return deploy(_text(file.read_bytes()))
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidModel(f"{file.name} cannot be used: {error}") from error


def deploy(text: str) -> Deploy:
    """The network that a text describes. Raises ValueError."""
    tree = parse(text)
    layers = tuple(_layer(message) for name in ("layer", "layers") for message in tree.messages(name))
    if not layers:
        raise ValueError("it has no layer")
    inputs = (*_declared(tree), *(one for layer in layers if layer.type == FED for one in _of_layer(layer)))
    if not inputs:
        raise ValueError("it declares no input: a network for training is not one for use")
    for name, shape in inputs:
        if any(side < 1 for side in shape) or prod(shape) > MOST_NUMBERS:
            raise ValueError(f"its input {name!r} is of {' x '.join(map(str, shape))} numbers")
    return Deploy(text, layers, inputs)


def _text(content: bytes) -> str:
    """Comments are in all languages and encodings; only names that nothing else has are read."""
    if b"\0" in content:
        raise ValueError("it is no text")
    return content.decode("utf-8", "replace")


def _layer(message: Message) -> Layer:
    written = message.text("type")
    if not written:
        raise ValueError(f"its layer {message.text('name')!r} has no type")
    tops, bottoms = message.texts("top"), message.texts("bottom")
    return Layer(message.text("name"), _type(written), tuple(bottoms), tuple(tops), message)


def _type(written: str) -> str:
    """`INNER_PRODUCT` is how `InnerProduct` was written once."""
    if not written.isupper() or len(written) < len("LRN"):
        return written
    return OLD_NAMES.get(written, "".join(part.capitalize() for part in written.split("_")))


def _declared(tree: Message) -> list[tuple[str, tuple[int, ...]]]:
    names, shapes = tree.texts("input"), tree.messages("input_shape")
    old = tree.numbers("input_dim")
    if shapes:
        sides = [tuple(shape.numbers("dim")) for shape in shapes]
    else:
        sides = [tuple(old[at : at + OLD_DIMENSIONS]) for at in range(0, len(old), OLD_DIMENSIONS)]
    return [(name, sides[place] if place < len(sides) else ()) for place, name in enumerate(names)]


def _of_layer(layer: Layer) -> list[tuple[str, tuple[int, ...]]]:
    shapes = [s for parameters in layer.message.messages("input_param") for s in parameters.messages("shape")]
    sides = [tuple(shape.numbers("dim")) for shape in shapes] or [()]
    return [(top, sides[min(place, len(sides) - 1)]) for place, top in enumerate(layer.tops)]
