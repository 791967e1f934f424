"""TorchScript files, for operators who trust where theirs come from: such a file is a program that may do anything."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.formats import archives
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

try:
    import torch
except Exception as missing:  # not only ImportError: builds that do not fit together fail in many ways
    raise MissingExtra("PyTorch is not installed: `pip install 'image-tagger[torch]'`") from missing

ALLOWED = "allow_torchscript"  # the setting, and the option under which it comes here
GRANTS = (ALLOWED,)  # options that only the operator may give
TORCHSCRIPT = "TorchScript"  # what archives.network_in says of them
OUTPUT = "output"
TENSOR, TUPLE, MODULE = "TensorType", "TupleType", "ClassType"


@dataclass(frozen=True, slots=True)
class TorchScriptRuntime:
    """An open program. `run` may be called from several threads at once."""

    module: Any
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path
    device: str
    threads: int = 1

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs; none named: the first one. Raises InvalidModel."""
        names = [info.name for info in self.outputs]
        for name in (name for name in outputs if name not in names):
            raise InvalidModel(f"the network has no output {name!r}; it has: {', '.join(names)}")
        if missing := [info.name for info in self.inputs if info.name not in feeds]:
            raise InvalidModel(f"the network's input {missing[0]!r} is not fed")
        fed = [torch.from_numpy(np.array(feeds[info.name])).to(self.device) for info in self.inputs]
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)  # of this thread: torch keeps the number for each
        try:
            with torch.inference_mode():
                given = self.module(*fed)
        except Exception as error:  # the program raises whatever it raises
            raise InvalidModel(f"{self.file.name} cannot be run on these inputs: {type(error).__name__}") from error
        answers = dict(zip(names, given if isinstance(given, tuple) else (given,), strict=True))
        return [_array(answers[name]) for name in outputs or names[:1]]

    def with_threads(self, count: int) -> "TorchScriptRuntime":
        """The same network, one run of which uses so many cores. Nothing is opened again."""
        return TorchScriptRuntime(self.module, self.inputs, self.outputs, self.file, self.device, count)


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> TorchScriptRuntime:
    """Open a TorchScript file on `device`: `cpu`, `cuda`, or `auto`: CUDA if there is one.

    options: `allow_torchscript` must be true; it is the operator's setting, never a model's own word.
    Raises InvalidModel, and ModelUnavailable for a device that is not there.
    """
    if options.get(ALLOWED) is not True:
        raise InvalidModel(
            f"{files.name} is a TorchScript program, which may do anything on this machine; "
            f"the setting `{ALLOWED}` lets such files run; torch.export.save writes what needs no trust"
        )
    _check(files)
    place = _device(device)
    try:
        with _quiet():
            module = torch.jit.load(files, map_location=place).eval()
            inputs, outputs = _inputs(module), _outputs(module)
    except (RuntimeError, ValueError, OSError, AttributeError) as error:
        raise InvalidModel(f"{files.name} is no TorchScript program that torch can open") from error
    if not outputs:
        raise InvalidModel(f"{files.name} gives something else than tensors")
    return TorchScriptRuntime(module, inputs, outputs, files, place)


def library_version() -> str:
    """The version of torch."""
    return str(torch.__version__)


def _check(file: Path) -> None:
    try:
        kind = archives.network_in(file)
    except OSError as error:
        raise InvalidModel(f"{file.name} cannot be read: {error.strerror or 'broken'}") from error
    except ValueError as error:
        raise InvalidModel(f"{file.name} is no TorchScript program: {error}") from error
    if kind != TORCHSCRIPT:
        raise InvalidModel(f"{file.name} is no TorchScript program; it is: {kind}")


def _device(device: str) -> str:
    if device not in {"auto", "cpu", "cuda"}:
        raise ModelUnavailable(f"there is no device {device!r} for PyTorch; there are: auto, cpu, cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelUnavailable("the device 'cuda' does not work here: torch finds none")
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def _inputs(module: Any) -> tuple[TensorInfo, ...]:
    """The program's arguments, without itself; it does not say which shapes they have."""
    values = [value for value in module.graph.inputs() if value.type().kind() != MODULE]
    return tuple(TensorInfo(value.debugName().partition(".")[0], (), "") for value in values)


def _outputs(module: Any) -> tuple[TensorInfo, ...]:
    [value] = module.graph.outputs()
    if value.type().kind() == TENSOR:
        return (TensorInfo(OUTPUT, (), ""),)
    elements = value.type().elements() if value.type().kind() == TUPLE else []
    if any(element.kind() != TENSOR for element in elements):
        return ()
    return tuple(TensorInfo(f"{OUTPUT}_{number}", (), "") for number in range(len(elements)))


def _array(tensor: Any) -> NDArray[Any]:
    if tensor.dtype in {torch.float16, torch.bfloat16}:
        tensor = tensor.float()
    array: NDArray[Any] = tensor.cpu().numpy()
    return array


@contextmanager
def _quiet() -> Iterator[None]:
    """What torch tells developers about TorchScript's end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
