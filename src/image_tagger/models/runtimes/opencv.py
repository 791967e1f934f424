"""OpenCV 4: networks of Caffe (`.prototxt` and `.caffemodel`) and of Darknet (`.cfg` and `.weights`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.formats.caffe import proposals
from image_tagger.models.formats.caffe.network import read_deploy
from image_tagger.models.formats.caffe.weights import check_weights as check_caffemodel
from image_tagger.models.formats.darknet.network import read_configuration
from image_tagger.models.formats.darknet.weights import check_weights as check_darknet
from image_tagger.models.running.fed import fed
from image_tagger.models.running.pool import Pool
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors, own_name

INSTALL = "pip install 'image-tagger[opencv]'"
FLOAT = "float32"
DARKNET, CAFFE = (".cfg", ".weights"), (".prototxt", ".caffemodel")
WITHOUT_LAYER = "Can't create layer"  # OpenCV's words for a type that it does not know
ONLY_READ = frozenset({"Axpy", "ConvolutionDepthwise"})  # types that its reader replaces by others
MOST_NUMBERS = 2**30  # of all blobs together: four gigabytes

Shapes = dict[str, list[tuple[int, ...]]]  # of what each layer writes


@dataclass(frozen=True, slots=True)
class Described:
    """A network as its text describes it. maker: a blob -> the layer that writes it, and its place among those."""

    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    outputs: tuple[str, ...]
    maker: Callable[[str], tuple[str, int] | None]
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class OpenCvRuntime:
    """An open network. `run` may be called from several threads at once: each borrows a network of its own."""

    networks: Pool[Any]
    described: Described
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named blobs, any that there are, or all outputs. Raises InvalidModel."""
        values = fed(feeds, self.inputs)
        names = [own_name(name, self.outputs) for name in outputs] or [info.name for info in self.outputs]
        makers = [self._maker(name) for name in names]
        try:
            with self.networks.lent() as network:
                for name, value in values.items():
                    network.setInput(value, name)
                answers = network.forwardAndRetrieve([layer for layer, _ in makers])
                found = [np.array(answer[place]) for answer, (_, place) in zip(answers, makers, strict=True)]
        except _library().error as error:
            shapes = ", ".join(" x ".join(map(str, value.shape)) for value in values.values())
            raise InvalidModel(f"{self.file.name} cannot be run on inputs of {shapes}") from error
        ranks = {info.name: len(info.shape) for info in self.outputs}
        return [
            one[np.newaxis] if one.ndim + 1 == ranks.get(name) else one for name, one in zip(names, found, strict=True)
        ]

    def _maker(self, blob: str) -> tuple[str, int]:
        found = self.described.maker(blob)
        if found is None:
            raise InvalidModel(f"the network has no blob {blob!r}; it gives: {', '.join(self.described.outputs)}")
        return found


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> OpenCvRuntime:
    """Open a `.prototxt` or `.cfg` with its weights on the CPU (`auto` or `cpu`). One run uses one core.

    options: `weights`, the name of the file beside it that holds them; else it is the one of the same stem, or the only
    one.
    Raises InvalidModel (also for layers of code, and of types that OpenCV has not), MissingExtra, and ModelUnavailable
    for another device.
    """
    _library()
    if device not in {"auto", "cpu"}:
        raise ModelUnavailable(f"there is no device {device!r} for networks of Caffe and Darknet; there are: auto, cpu")
    if unknown := options.keys() - {"weights"}:
        raise InvalidModel(f"opencv has no option {min(unknown)!r}; it has: weights")
    described = (_darknet if files.suffix == DARKNET[0] else _caffe)(files, str(options.get("weights", "")))
    try:
        first = described.make()
        inputs, outputs = _infos(first, described, files.name)
    except InvalidModel:
        raise
    except _library().error as error:
        raise InvalidModel(f"{files.name} is no network that OpenCV can open") from error
    return OpenCvRuntime(Pool(described.make, first), described, inputs, outputs, files)


def library_version() -> str:
    """The version of OpenCV. Raises MissingExtra."""
    return str(_library().__version__)


@cache
def _library() -> Any:
    try:
        import cv2  # noqa: PLC0415 - an extra
    except Exception as error:  # not only ImportError: builds that do not fit together fail in many ways
        raise MissingExtra(f"OpenCV is not installed: `{INSTALL}`") from error
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise MissingExtra(f"OpenCV {cv2.__version__} reads no Caffe and no Darknet any more: `{INSTALL}`")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(1)  # for the whole process: pictures are independent, so cores serve different ones
    return cv2


def _caffe(file: Path, named: str) -> Described:
    weights = _weights(file, CAFFE[1], named)
    try:
        network = proposals.without_code(read_deploy(file))
    except ValueError as error:
        raise InvalidModel(f"{file.name} cannot be used: {error}") from error
    if unknown := [one for one in network.types if not _has(one)]:
        raise InvalidModel(f"{file.name} cannot be used: OpenCV has no layers of the types {', '.join(unknown)[:200]}")
    check_caffemodel(weights, network)
    text = np.frombuffer(network.text.encode(), np.uint8)
    read = _library().dnn.readNetFromCaffe
    return Described(network.inputs, network.outputs, network.maker, lambda: read(text, np.fromfile(weights, np.uint8)))


def _darknet(file: Path, named: str) -> Described:
    weights = _weights(file, DARKNET[1], named)
    network = read_configuration(file)
    check_darknet(weights, network)
    text = np.fromfile(file, np.uint8)

    def made() -> Any:
        return _library().dnn.readNetFromDarknet(text, np.fromfile(weights, np.uint8))

    try:
        first = made()
    except _library().error as error:
        raise InvalidModel(f"{file.name} is no network that OpenCV can open") from error
    layers = frozenset(first.getLayerNames())
    ends = tuple(first.getUnconnectedOutLayersNames())
    return Described((("data", (1, *network.shape)),), ends, lambda name: (name, 0) if name in layers else None, made)


def _weights(file: Path, suffix: str, named: str) -> Path:
    if named and Path(named).name != named:
        raise InvalidModel(f"the option 'weights' is the name of a file beside {file.name}, not {named[:80]!r}")
    wanted = file.with_name(named) if named else file.with_suffix(suffix)
    if wanted.is_file():
        return wanted
    found = [] if named else sorted(file.parent.glob(f"*{suffix}"))
    if len(found) != 1:
        what = f"there are {len(found)}" if found else "there is none"
        raise InvalidModel(f"{file.name} needs {named or f'a {suffix} file'} beside it; {what}")
    return found[0]


def _has(kind: str) -> bool:
    """Whether OpenCV has layers of a type. One without its numbers cannot be made, for another reason."""
    cv2 = _library()
    network = cv2.dnn.Net()
    try:
        network.getLayer(network.addLayer("asked", kind, cv2.CV_32F, {}))
    except cv2.error as error:
        return WITHOUT_LAYER not in str(error) or kind in ONLY_READ
    return True


def _infos(network: Any, described: Described, name: str) -> tuple[tuple[TensorInfo, ...], tuple[TensorInfo, ...]]:
    """Inputs and outputs, with no number of pictures where every output has so many entries as there are pictures."""
    if not all(shape for _, shape in described.inputs):
        return _unknown(described.inputs), tuple(TensorInfo(blob, (), FLOAT) for blob in described.outputs)
    for number in (1, described.inputs[0][1][0]):
        if (alone := _outputs(network, described, number)) is not None:
            break
    else:
        raise InvalidModel(f"{name}: its layers and weights do not fit together, or need more than four gigabytes")
    pairs = _outputs(network, described, 2 * number) if number == 1 else None
    free = pairs is not None and all(map(_grows, alone, pairs))
    first, *rest = described.inputs
    inputs = ((first[0], (None if free else number, *first[1][1:])), *rest)
    shapes: list[tuple[int | None, ...]] = [(None, *shape[1:]) for shape in pairs or ()] if free else [*alone]
    outputs = (TensorInfo(blob, shape, FLOAT) for blob, shape in zip(described.outputs, shapes, strict=True))
    return _unknown(inputs), tuple(outputs)


def _unknown(inputs: Sequence[tuple[str, tuple[int | None, ...]]]) -> tuple[TensorInfo, ...]:
    return tuple(TensorInfo(name, shape, FLOAT) for name, shape in inputs)


def _grows(one: tuple[int, ...], two: tuple[int, ...]) -> bool:
    """Whether an output for two pictures has two entries. For one picture, Darknet's layers leave the dimension out."""
    return two == (2, *one) or (one[:1] == (1,) and two == (2, *one[1:]))


def _outputs(network: Any, described: Described, number: int) -> list[tuple[int, ...]] | None:
    """Shapes of the outputs for so many pictures; None where the network does not take them."""
    (_, picture), *rest = described.inputs
    try:
        identities, _, written = network.getLayersShapes([(number, *picture[1:]), *(shape for _, shape in rest)])
    except _library().error:
        return None
    shapes = {
        int(one): [tuple(map(int, shape)) for shape in each] for one, each in zip(identities, written, strict=True)
    }
    if sum(prod(shape) for each in shapes.values() for shape in each) > MOST_NUMBERS * number:
        return None
    makers = [described.maker(name) for name in described.outputs]
    return [shapes[network.getLayerId(maker[0])][maker[1]] for maker in makers if maker]
