"""TFLite networks on LiteRT, quantised ones included."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.running.fed import chosen, fed
from image_tagger.models.running.pool import Pool
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

INSTALL = "pip install 'image-tagger[tflite]'"
MARK = b"TFL3"  # from the fifth byte on
UNKNOWN = re.compile(r"custom op: (\w+)|Node number \d+ \((Flex\w+|Custom\w*)\)")
CODES = ("uint8", "int8", "int16")  # types of quantised numbers
SIGNED = 128  # what is taken off a byte to make it an int8
HALF = 0.5  # LiteRT rounds halves away from zero, NumPy to even


@dataclass(frozen=True, slots=True)
class Quantised:
    """How whole numbers stand for real ones: (code - zero) x scale, per tensor or along one axis."""

    scale: NDArray[np.float32]
    zero: NDArray[np.float32]
    element: str

    def codes(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """Real numbers or bytes of a picture -> codes. Bytes are codes already, from 0 on."""
        if tensor.dtype == self.element:
            return tensor
        if tensor.dtype == np.uint8 and self.element == "int8":
            return (tensor.astype(np.int16) - SIGNED).astype(np.int8)
        limits = np.iinfo(self.element)
        steps = tensor / self.scale
        rounded = np.trunc(steps + np.copysign(HALF, steps)) + self.zero
        return np.clip(rounded, limits.min, limits.max).astype(self.element)

    def values(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Codes -> real numbers."""
        return (codes.astype(np.float32) - self.zero) * self.scale


@dataclass(frozen=True, slots=True)
class Slot:
    """An input or output of the interpreter."""

    info: TensorInfo
    index: int
    quantised: Quantised | None


@dataclass(frozen=True, slots=True)
class TfliteRuntime:
    """An open network. `run` may be called from several threads at once: each borrows an interpreter."""

    interpreters: Pool[Any]
    taken: tuple[Slot, ...]
    given: tuple[Slot, ...]
    file: Path
    device: str

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        """What it takes: `uint8` for bytes, `float32` for any other quantised numbers, which are made here."""
        return tuple(slot.info for slot in self.taken)

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """What it gives: real numbers, `float32`, where the network gives quantised ones."""
        return tuple(slot.info for slot in self.given)

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs, or all.

        A quantised input takes bytes (the picture's own, as codes) or real numbers. Raises InvalidModel.
        """
        values = fed(
            feeds, [TensorInfo(s.info.name, s.info.shape, "" if s.quantised else s.info.element) for s in self.taken]
        )
        places = chosen(outputs, self.outputs)
        with self.interpreters.lent() as interpreter:
            self._invoke(interpreter, values)
            answers = [(self.given[place], interpreter.get_tensor(self.given[place].index)) for place in places]
        return [slot.quantised.values(answer) if slot.quantised else answer for slot, answer in answers]

    def with_threads(self, count: int) -> "TfliteRuntime":
        """The same network, opened once more so that one run uses so many cores."""
        return _open(self.file, self.device, count)

    def _invoke(self, interpreter: Any, values: Mapping[str, NDArray[Any]]) -> None:
        shapes = ", ".join(" x ".join(map(str, value.shape)) for value in values.values())
        try:
            for slot in self.taken:
                _shape_as(interpreter, slot.index, values[slot.info.name].shape)
            interpreter.allocate_tensors()
            for slot in self.taken:
                value = values[slot.info.name]
                interpreter.set_tensor(slot.index, slot.quantised.codes(value) if slot.quantised else value)
            interpreter.invoke()
        except Exception as error:  # LiteRT raises RuntimeError and ValueError, its bindings others
            raise InvalidModel(f"{self.file.name} cannot be run on inputs of {shapes}") from error


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> TfliteRuntime:
    """Open a TFLite file on the CPU (`auto` or `cpu`). One run uses one core.

    Raises InvalidModel (also for operations of TensorFlow or of somebody's own), MissingExtra, and ModelUnavailable for
    another device.
    """
    if options:
        raise InvalidModel(f"tflite has no option {min(options)!r}")
    if device not in {"auto", "cpu"}:
        raise ModelUnavailable(f"there is no device {device!r} for TFLite networks; there are: auto, cpu")
    return _open(files, device, 1)


def library_version() -> str:
    """The version of LiteRT. Raises MissingExtra."""
    return str(_library().__version__)


@cache
def _library() -> Any:
    try:
        import ai_edge_litert  # noqa: PLC0415 - an extra
        import ai_edge_litert.interpreter  # noqa: PLC0415 - the same
    except Exception as error:  # not only ImportError: builds that do not fit together fail in many ways
        raise MissingExtra(f"LiteRT is not installed: `{INSTALL}`") from error
    return ai_edge_litert


def _open(file: Path, device: str, threads: int) -> TfliteRuntime:
    _library()
    _check_mark(file)
    first = _interpreter(file, threads)
    taken = tuple(_slot(detail, bytes_stay=True) for detail in first.get_input_details())
    given = tuple(_slot(detail, bytes_stay=False) for detail in first.get_output_details())
    return TfliteRuntime(Pool(lambda: _interpreter(file, threads), first), taken, given, file, device)


def _check_mark(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror}") from error
    if head[4:] != MARK:
        raise InvalidModel(f"{file.name} is no TFLite network")


def _interpreter(file: Path, threads: int) -> Any:
    try:
        interpreter = _library().interpreter.Interpreter(str(file), num_threads=threads)
        interpreter.allocate_tensors()
    except Exception as error:  # LiteRT raises RuntimeError and ValueError, its bindings others
        raise InvalidModel(f"{file.name} is no network that LiteRT can open{_because(error)}") from error
    return interpreter


def _because(error: Exception) -> str:
    names = sorted({name for groups in UNKNOWN.findall(str(error)) for name in groups if name})
    return f": it has no operation {', '.join(names)[:200]}" if names else ": it is damaged or cut short"


def _slot(detail: Mapping[str, Any], *, bytes_stay: bool) -> Slot:
    quantised = _quantised(detail)
    element = np.dtype(detail["dtype"]).name
    if quantised and not (bytes_stay and element == "uint8"):
        element = "float32"
    shape = tuple(int(side) if side >= 0 else None for side in detail["shape_signature"])
    return Slot(TensorInfo(detail["name"], shape, element), detail["index"], quantised)


def _quantised(detail: Mapping[str, Any]) -> Quantised | None:
    element, how = np.dtype(detail["dtype"]).name, detail["quantization_parameters"]
    scales, zeros = np.asarray(how["scales"], np.float32), np.asarray(how["zero_points"], np.float32)
    if element not in CODES or not scales.size:
        return None
    along = [1] * len(detail["shape"])
    if scales.size > 1:
        along[how["quantized_dimension"]] = scales.size
    return Quantised(scales.reshape(along), zeros.reshape(along), element)


def _shape_as(interpreter: Any, index: int, shape: tuple[int, ...]) -> None:
    now = next(detail["shape"] for detail in interpreter.get_input_details() if detail["index"] == index)
    if tuple(now) != shape:
        interpreter.resize_tensor_input(index, shape, strict=True)
