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
HALF = "tensor(float16)"  # ONNX Runtime's name of the type
LOGITS = "logits"  # what exporters call the answer; some networks give hidden states, too


def providers() -> tuple[str, ...]:
    """The execution providers that this build of ONNX Runtime offers, fastest first."""
    return tuple(onnxruntime.get_available_providers())


def library_version() -> str:
    """The version of ONNX Runtime, which may change what a network answers in the last digits."""
    return str(onnxruntime.__version__)


@dataclass(frozen=True, slots=True)
class OnnxRuntime:
    """An open network. `run` may be called from several threads at once.

    batch: the number of pictures that the network insists on; 0 where it takes any.
    """

    session: onnxruntime.InferenceSession
    input_name: str
    output_name: str
    element: str
    batch: int
    file: Path
    device: str

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """(number, ...) as the network's input asks -> its output `logits`, or else its first one, (number, ...)."""
        if self.element == HALF:
            batch = batch.astype(np.float16)
        if self.batch and len(batch) != self.batch:
            return self._run_in_parts(batch)
        output: NDArray[np.float32] = self.session.run([self.output_name], {self.input_name: batch})[0]
        return output

    def with_threads(self, count: int) -> "OnnxRuntime":
        """The same network, opened once more so that one run uses so many cores."""
        return _open(self.file, self.device, count)

    def _run_in_parts(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """As many pictures at a time as the network insists on; the last ones filled up with copies."""
        missing = -len(batch) % self.batch
        filled = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        parts = [self.run(filled[start : start + self.batch]) for start in range(0, len(filled), self.batch)]
        return np.concatenate(parts)[: len(batch)]


def load(file: Path, device: str) -> OnnxRuntime:
    """Open an ONNX file on `device` (`cpu`, or `auto`: the fastest provider there is).

    One run uses one core: pictures are independent, so cores serve different pictures. Raises InvalidModel.
    """
    return _open(file, device, 1)


def _open(file: Path, device: str, threads: int) -> OnnxRuntime:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work wants the cores in between
    wanted = PREFERRED[-1:] if device == "cpu" else [p for p in PREFERRED if p in providers()]
    try:
        session = onnxruntime.InferenceSession(file, options, providers=wanted)
    except Exception as error:  # ONNX Runtime raises types of its own that share no base
        raise InvalidModel(f"{file.name} is no network that ONNX Runtime can open") from error
    takes, gives = session.get_inputs()[0], [output.name for output in session.get_outputs()]
    batch = takes.shape[0] if takes.shape and isinstance(takes.shape[0], int) else 0
    answer = LOGITS if LOGITS in gives else gives[0]
    return OnnxRuntime(session, takes.name, answer, takes.type, batch, file, device)
