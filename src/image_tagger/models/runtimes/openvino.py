"""OpenVINO: ONNX, TensorFlow's SavedModels and frozen graphs, TFLite and its own IR, without their frameworks."""

import math
import mmap
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.formats.protobuf import fields
from image_tagger.models.running.fed import chosen, fed
from image_tagger.models.running.pool import Pool, usable_cores
from image_tagger.models.running.rechecked import Rechecked
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

INSTALL = "pip install 'image-tagger[openvino]'"
FULL = "f32"
PRECISIONS = (FULL, "f16", "bf16")
OPTIONS = ("precision", "recheck")
CAPABILITIES = "OPTIMIZATION_CAPABILITIES"  # the property that lists them as BF16, FP16, FP32
MESSAGES = (".onnx", ".pb")  # of Protocol Buffers
SAVED_MODEL = "saved_model.pb"
NORMALISATION = "MVN"  # of a layer, as OpenVINO calls it
TFLITE_MARK = slice(4, 8), b"TFL3"
CODES = ("uint8", "int8")  # of quantised answers, whose scale OpenVINO does not tell
UNKNOWN = re.compile(
    r"No translator found for (\S+) node|No conversion rule found for operations: ([^\n]+)"
    r"|not support the following ONNX operations: ([^\n]+)"
)


@dataclass(frozen=True, slots=True)
class OpenVinoRuntime:
    """An open network. `run` may be called from several threads at once."""

    compiled: Any
    requests: Pool[Any]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path
    device: str
    precision: str

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs, or all; halves become float32. Raises InvalidModel."""
        values, places = [*fed(feeds, self.inputs).values()], chosen(outputs, self.outputs)
        try:
            with self.requests.lent() as request:
                answers = request.infer(dict(enumerate(values)), share_inputs=True, share_outputs=True)
                found = [np.array(answers[self.compiled.outputs[place]]) for place in places]
        except Exception as error:  # OpenVINO raises RuntimeError and whatever its bindings raise
            raise InvalidModel(f"{self.file.name} cannot be run on inputs of {_shapes(values)}") from error
        return [one.astype(np.float32) if one.dtype == np.float16 else one for one in found]

    def with_threads(self, count: int) -> "OpenVinoRuntime":
        """The same network, opened once more so that one run uses so many cores."""
        return _open(self.file, self.device, self.precision, count)


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> OpenVinoRuntime | Rechecked:
    """Open a file, or a SavedModel's folder, on `cpu`, `auto` (the same) or another device of OpenVINO's such as `gpu`.

    One run uses one core, and as many as there are cores run side by side. options: `precision`, one of `f32` (unless
    told otherwise), `f16` and `bf16`; `recheck`, the lead of the best value below which a picture is computed in `f32`
    once more. Raises InvalidModel, MissingExtra, and ModelUnavailable for another device.
    """
    precision, margin = _precision(options), _margin(options)
    network = _open(files, device, precision, 1)
    if not margin:
        return network
    if len(network.inputs) != 1:
        raise InvalidModel(f"`recheck` is for networks with one input; this one has {len(network.inputs)}")
    return Rechecked(network, _open(files, device, FULL, 1), margin)


def library_version() -> str:
    """The version of OpenVINO. Raises MissingExtra."""
    return str(_library().__version__)


def computes(precision: str) -> bool:
    """Whether this processor computes in one of PRECISIONS itself, so that it is faster so. Raises MissingExtra."""
    return precision.upper() in {name.replace("FP", "F") for name in _core().get_property("CPU", CAPABILITIES)}


@cache
def _library() -> Any:
    # OpenVINO reports each import to its makers, without asking. Without this package it falls back to a stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # Python's way to say: is not there
    try:
        import openvino  # noqa: PLC0415 - an extra
    except Exception as error:  # not only ImportError: builds that do not fit together fail in many ways
        raise MissingExtra(f"OpenVINO is not installed: `{INSTALL}`") from error
    return openvino


@cache
def _core() -> Any:
    return _library().Core()


def _open(files: Path, device: str, precision: str, threads: int) -> OpenVinoRuntime:
    place, configuration = _place(device), _configuration(precision, threads)
    _check_message(files)
    try:
        model = _core().read_model(str(files.parent if files.name == SAVED_MODEL else files))
        count = len(model.outputs)
        if precision != FULL:
            _keep_normalisations(model)
        compiled = _core().compile_model(model, place, configuration)
        inputs, outputs = _infos(compiled.inputs), _infos(compiled.outputs[:count])
        requests = Pool(compiled.create_infer_request, compiled.create_infer_request())
    except Exception as error:  # OpenVINO raises RuntimeError and whatever its bindings raise
        raise InvalidModel(f"{files.name} is no network that OpenVINO can open{_because(error)}") from error
    if any(info.element in CODES for info in outputs) and _is_tflite(files):
        raise InvalidModel(
            f"{files.name} gives quantised answers, which the runtime `tflite` reads and OpenVINO does not"
        )
    return OpenVinoRuntime(compiled, requests, inputs, outputs, files, device, precision)


def _keep_normalisations(model: Any) -> None:
    """Let normalisations, and the sums that transformers make for them, stay in full precision; it costs no time.

    OpenVINO rounds nothing between an output and the products before it, so they become outputs that nobody reads.
    """
    model.add_outputs([one.output(0) for one in model.get_ops() if one.get_type_name() == NORMALISATION])


def _place(device: str) -> str:
    core, wanted = _core(), "CPU" if device == "auto" else device.upper()
    if wanted not in core.available_devices:
        offered = ", ".join(name.lower() for name in core.available_devices)
        raise ModelUnavailable(f"there is no device {device!r} for OpenVINO here; there are: {offered}")
    return wanted


def _precision(options: Options) -> str:
    if unknown := options.keys() - set(OPTIONS):
        raise InvalidModel(f"openvino has no option {min(unknown)!r}; it has: {', '.join(OPTIONS)}")
    precision = str(options.get("precision", FULL))
    if precision not in PRECISIONS:
        raise InvalidModel(f"the precision must be one of {', '.join(PRECISIONS)}, not {precision[:40]!r}")
    return precision


def _margin(options: Options) -> float:
    """0 where nothing is computed again."""
    margin = options.get("recheck")
    if margin is None:
        return 0
    if isinstance(margin, bool | str) or not 0 < margin < math.inf:
        raise InvalidModel(f"`recheck` must be a positive number, not {str(margin)[:40]!r}")
    if options.get("precision", FULL) == FULL:
        raise InvalidModel(f"`recheck` goes with a lower precision; this network computes in {FULL} anyway")
    return margin


def _configuration(precision: str, threads: int) -> dict[str, str]:
    streams = max(1, usable_cores() // threads)
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": str(streams),
        "INFERENCE_NUM_THREADS": str(streams * threads),
        "ENABLE_CPU_PINNING": "NO",  # several processes would all pin themselves to the same cores
    }


def _check_message(file: Path) -> None:
    """OpenVINO tries a damaged file as one of text, and tells the console about it."""
    if file.suffix not in MESSAGES or not file.is_file():
        return
    try:
        with file.open("rb") as stream:
            for _ in fields(memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))):
                pass
    except (OSError, ValueError) as error:
        raise InvalidModel(f"{file.name} is no network that OpenVINO can open: {error}") from error


def _infos(ports: Sequence[Any]) -> tuple[TensorInfo, ...]:
    return tuple(TensorInfo(_name(port), _shape(port.partial_shape), _element(port.element_type)) for port in ports)


def _name(port: Any) -> str:
    return str(min(port.names, key=len) if port.names else port.node.friendly_name)


def _shape(shape: Any) -> tuple[int | None, ...]:
    return () if shape.rank.is_dynamic else tuple(side.get_length() if side.is_static else None for side in shape)


def _element(element: Any) -> str:
    """As NumPy names it; empty for texts and for what NumPy has no name for."""
    try:
        return str(np.dtype(element.to_dtype()))
    except (RuntimeError, TypeError, ValueError):
        return ""


def _is_tflite(file: Path) -> bool:
    place, mark = TFLITE_MARK
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(8)[place] == mark


def _because(error: Exception) -> str:
    found = UNKNOWN.search(str(error))
    named = next((group for group in found.groups() if group), "") if found else ""
    return f": it has no operation {named.strip(' .')[:200]}" if named else ""


def _shapes(values: Sequence[NDArray[Any]]) -> str:
    return ", ".join(" x ".join(map(str, value.shape)) or "one number" for value in values)
