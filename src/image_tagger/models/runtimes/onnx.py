"""ONNX Runtime: the best execution provider that works here, the CPU otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel

PREFERRED = ("CUDAExecutionProvider", "CPUExecutionProvider")
ERRORS_ONLY = 3  # of ONNX Runtime's log severities


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
    input_name: str

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """(number, ...) as the network's input asks -> its first output, (number, ...)."""
        output: NDArray[np.float32] = self.session.run(None, {self.input_name: batch})[0]
        return output


def load(file: Path, device: str) -> OnnxRuntime:
    """Open an ONNX file on `device` (`cpu`, or `auto`: the fastest provider there is).

    One run uses one core: pictures are independent, so cores serve different pictures. Raises InvalidModel.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    wanted = PREFERRED[-1:] if device == "cpu" else [p for p in PREFERRED if p in providers()]
    try:
        session = onnxruntime.InferenceSession(file, options, providers=wanted)
    except Exception as error:  # ONNX Runtime raises types of its own that share no base
        raise InvalidModel(f"{file.name} is no network that ONNX Runtime can open") from error
    return OnnxRuntime(session, session.get_inputs()[0].name)
