"""What a Darknet configuration describes, and how many weights it asks for."""

from dataclasses import dataclass, field
from pathlib import Path

from image_tagger.domain.errors import InvalidModel

MOST_BYTES = 4 * 1024**2
MOST_LAYERS = 20_000
MOST_NUMBERS = 2**28  # of a tensor: a gigabyte
KNOWN = {
    *("activation", "avgpool", "connected", "convolutional", "cost", "crop", "dropout", "maxpool", "region", "reorg"),
    *("route", "sam", "scale_channels", "shortcut", "softmax", "upsample", "yolo"),
}
NETS = ("net", "network")


@dataclass(slots=True)
class Section:
    """A layer, or the network's own numbers: its type and its options."""

    type: str
    options: dict[str, str] = field(default_factory=dict)

    def whole(self, name: str, default: int) -> int:
        """An option that must be a whole number, not negative. Raises ValueError."""
        value = self.options.get(name, str(default)).strip()
        if not value.isdigit() or len(value) > len("1000000000"):
            raise ValueError(f"{name}={value[:20]} of its [{self.type}] is no number to work with")
        return int(value)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A network: shape is that of one picture (channels, height, width); weights is the least number of weights.

    exact: whether it is the number itself, as for all but fully connected layers.
    """

    shape: tuple[int, int, int]
    weights: int
    exact: bool


def read_configuration(file: Path) -> Configuration:
    """Read a configuration. Raises InvalidModel naming the file and the reason."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidModel(
                f"{file.name} has more than {MOST_BYTES // 1024**2} megabytes: no configuration is so long"
            )
        return configuration(file.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidModel(f"{file.name} cannot be used: {error}") from error


def configuration(text: str) -> Configuration:
    """The network that a text describes. Raises ValueError."""
    first, *layers = _sections(text)
    if first.type not in NETS or not layers:
        raise ValueError("it does not begin with [net] and its layers")
    if unknown := sorted({layer.type for layer in layers} - KNOWN):
        raise ValueError(f"OpenCV has no layers of the types {', '.join(unknown)}"[:300])
    shape = (first.whole("channels", 3), first.whole("height", 0), first.whole("width", 0))
    if not 0 < shape[0] * shape[1] * shape[2] <= MOST_NUMBERS:
        raise ValueError(f"its pictures are of {' x '.join(map(str, shape))} numbers")
    exact = all(layer.type != "connected" for layer in layers)
    return Configuration(shape, _weights(layers, shape[0]), exact)


def _sections(text: str) -> list[Section]:
    found: list[Section] = []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.split("#")[0].split(";")[0].strip()
        if written.startswith("[") and written.endswith("]"):
            found.append(Section(written[1:-1].strip()))
        elif written:
            _add(found, written, number)
        if len(found) > MOST_LAYERS:
            raise ValueError(f"it has more than {MOST_LAYERS} layers")
    if not found:
        raise ValueError("it has no layer")
    return found


def _add(found: list[Section], written: str, number: int) -> None:
    name, equals, value = written.partition("=")
    if not equals or not found:
        raise ValueError(f"line {number} is no Darknet configuration")
    found[-1].options[name.strip()] = value.strip()


def _weights(layers: list[Section], channels: int) -> int:
    total = 0
    depths: list[int] = []
    for place, layer in enumerate(layers):
        before = depths[-1] if depths else channels
        if layer.type == "convolutional":
            total += _of_convolution(layer, before)
        depths.append(_depth(layer, before, depths, place))
    return total


def _of_convolution(layer: Section, before: int) -> int:
    filters, size, groups = layer.whole("filters", 1), layer.whole("size", 1), max(1, layer.whole("groups", 1))
    beside = 4 if layer.whole("batch_normalize", 0) else 1  # bias; with the norm scale, mean and variance, too
    return filters * beside + filters * (before // groups) * size * size


def _depth(layer: Section, before: int, depths: list[int], place: int) -> int:
    """How many channels a layer gives."""
    if layer.type == "convolutional":
        return layer.whole("filters", 1)
    if layer.type == "connected":
        return layer.whole("output", 1)
    if layer.type == "reorg":
        return before * layer.whole("stride", 1) ** 2
    if layer.type == "route":
        together = sum(depths[at] for at in _named(layer, place))
        return together // max(1, layer.whole("groups", 1))
    return before


def _named(layer: Section, place: int) -> list[int]:
    """Places of the layers that a route reads; negative numbers count back from its own."""
    try:
        numbers = [int(word) for word in layer.options["layers"].split(",")]
    except (KeyError, ValueError) as error:
        raise ValueError("a [route] of it names no layers") from error
    places = [number + place if number < 0 else number for number in numbers]
    if any(not 0 <= one < place for one in places):
        raise ValueError("a [route] of it names a layer that does not come before it")
    return places
