"""ONNX Runtime: on the CPU, or through the execution provider of another device."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.models.running.tensors import LOGITS, NO_OPTIONS, Options, TensorInfo, Tensors

CPU = "CPUExecutionProvider"
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": CPU,
}
# Full precision: TF32 and bfloat16 move answers beyond what the golden ones allow.
EXACT = {
    "CUDAExecutionProvider": {"use_tf32": "0"},
    "OpenVINOExecutionProvider": {"device_type": "CPU", "precision": "FP32"},
}
ERRORS_ONLY = 3  # of ONNX Runtime's log severities
UNKNOWN = re.compile(
    r"([\w.:]+)\(-?\d+\) is not a registered function|No Op registered for (\w+)|an implementation for (\w+)\("
)
NEWEST = re.compile(r"till (opset \d+)|max supported (IR version: \d+)")
ELEMENTS = {"tensor(float)": "float32", "tensor(double)": "float64"}  # the other names are NumPy's


def providers() -> tuple[str, ...]:
    """The execution providers that this build of ONNX Runtime offers, fastest first."""
    return tuple(onnxruntime.get_available_providers())


def library_version() -> str:
    """The version of ONNX Runtime, which may change what a network answers in the last digits."""
    return str(onnxruntime.__version__)


@dataclass(frozen=True, slots=True)
class OnnxRuntime:
    """An open network. `run` may be called from several threads at once."""

    session: onnxruntime.InferenceSession
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path
    device: str

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs; none named: `logits`, or else the first one.

        Whole numbers and truth values stay what they are, halves become float32. Raises InvalidModel.
        """
        fed = {info.name: _as_asked(feeds[info.name], info) for info in self.inputs if info.name in feeds}
        wanted = self._names(outputs)
        try:
            answers: list[Any] = self.session.run(wanted, fed)
        except Exception as error:  # ONNX Runtime raises types of its own that share no base
            raise InvalidModel(f"the network cannot be run: {type(error).__name__}") from error
        return [_as_tensor(answer, name) for name, answer in zip(wanted, answers, strict=True)]

    def with_threads(self, count: int) -> "OnnxRuntime":
        """The same network, opened once more so that one run uses so many cores."""
        return _open(self.file, self.device, count)

    def _names(self, wanted: Sequence[str]) -> list[str]:
        names = [info.name for info in self.outputs]
        if not wanted:
            return [LOGITS if LOGITS in names else names[0]]
        for name in wanted:
            if name not in names:
                raise InvalidModel(f"the network has no output {name!r}; it has: {', '.join(names)}")
        return [*wanted]


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> OnnxRuntime:
    """Open an ONNX file on `device`: `cpu`, `cuda`, `tensorrt`, `coreml`, `openvino`, or `auto`: CUDA if there is one.

    One run uses one core: pictures are independent, so cores serve different pictures. Raises InvalidModel, and
    ModelUnavailable for a device that is not there.
    """
    del options  # there is nothing to choose
    return _open(files, device, 1)


def _open(file: Path, device: str, threads: int) -> OnnxRuntime:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work wants the cores in between
    wanted = [(name, EXACT.get(name, {})) for name in _wanted(device)]
    try:
        session = onnxruntime.InferenceSession(file, options, providers=wanted)
    except Exception as error:  # ONNX Runtime raises types of its own that share no base
        raise InvalidModel(f"{file.name} is no network that ONNX Runtime can open{_because(error)}") from error
    if device != "auto" and wanted[0][0] not in session.get_providers():
        raise ModelUnavailable(f"the device {device!r} does not work here: its libraries cannot be loaded")
    return OnnxRuntime(session, _infos(session.get_inputs()), _infos(session.get_outputs()), file, device)


def _because(error: Exception) -> str:
    """The reason, where the library's words have one for users."""
    for pattern, reason in ((UNKNOWN, "it has no operation"), (NEWEST, "the newest that it reads is")):
        if (found := pattern.search(str(error))) is not None:
            return f": {reason} {next(filter(None, found.groups()))[:80]}"
    return ""


def _wanted(device: str) -> list[str]:
    """The device's provider first, then the CPU's for what it cannot do."""
    here = providers()
    if device == "auto":
        return [name for name in (PROVIDERS["cuda"], CPU) if name in here]
    if PROVIDERS.get(device) not in here:
        offered = ", ".join(name for name, provider in PROVIDERS.items() if provider in here)
        raise ModelUnavailable(f"there is no device {device!r} for ONNX networks here; there are: {offered}")
    return [*dict.fromkeys((PROVIDERS[device], CPU))]


def _infos(nodes: Sequence[Any]) -> tuple[TensorInfo, ...]:
    return tuple(TensorInfo(node.name, _shape(node.shape), _element(node.type)) for node in nodes)


def _shape(sides: Sequence[Any]) -> tuple[int | None, ...]:
    return tuple(side if isinstance(side, int) else None for side in sides or ())


def _element(name: str) -> str:
    """`tensor(uint8)` -> `uint8`; empty for what NumPy has no name for."""
    element = ELEMENTS.get(name, name.removeprefix("tensor(").removesuffix(")"))
    return element if element in np.sctypeDict else ""


def _as_tensor(answer: Any, name: str) -> NDArray[Any]:
    if not isinstance(answer, np.ndarray):  # a sequence, a map, or nothing at all
        raise InvalidModel(f"the network's output {name!r} is no tensor")
    return answer.astype(np.float32) if answer.dtype == np.float16 else answer


def _as_asked(tensor: NDArray[Any], info: TensorInfo) -> NDArray[Any]:
    """Other widths of the same kind are converted; bytes from fractions would be all zeros."""
    if not info.element or tensor.dtype == info.element:
        return tensor
    if not np.can_cast(tensor.dtype, info.element, "same_kind"):
        raise InvalidModel(f"the network's input {info.name!r} takes {info.element}, not {tensor.dtype}")
    return tensor.astype(info.element)
