"""PyTorch ExportedPrograms (`.pt2`): their graph is followed call by call; nothing in the file is run as Python."""

import math
import operator
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.formats.pt2 import archive, program
from image_tagger.models.formats.pt2.program import ELEMENTS, Call, Program
from image_tagger.models.formats.pt2.writing import named, written
from image_tagger.models.running.tensors import NO_OPTIONS, Options, TensorInfo, Tensors

try:
    import torch
except Exception as missing:  # not only ImportError: builds that do not fit together fail in many ways
    raise MissingExtra("PyTorch is not installed: `pip install 'image-tagger[torch]'`") from missing

ATEN = "torch.ops.aten."
TRACED = 2  # pictures in the batch that is traced: of one, exporters take the number for a constant
NUMBERS: dict[str, Callable[..., Any]] = {  # on sizes; each by its name in Python
    **{f"_operator.{name}": getattr(operator, name) for name in ("add", "sub", "mul", "floordiv", "truediv", "mod")},
    **{f"_operator.{name}": getattr(operator, name) for name in ("neg", "eq", "ne", "lt", "le", "gt", "ge", "and_")},
    **{f"_operator.{name}": getattr(operator, name) for name in ("or_", "getitem")},
    **{f"math.{name}": getattr(math, name) for name in ("ceil", "floor", "trunc")},
    **{f"torch.{name}": getattr(torch, name) for name in ("sym_float", "sym_int", "sym_max", "sym_min", "sym_not")},
}
VALUES = ("as_int", "as_ints", "as_float", "as_floats", "as_string", "as_bool", "as_bools", "as_int_lists")
FORMATS = {1: torch.contiguous_format, 2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format}
PACKET, OVERLOAD = type(torch.ops.aten.add), type(torch.ops.aten.add.Tensor)  # what torch's operators are
FILES = frozenset({"filename", "file_name", "path"})  # arguments of operators that do more than compute


class Followed(torch.nn.Module):  # type: ignore[misc]  # torch is not looked into
    """A program as a module: tensors in their order -> tensors in their order."""

    def __init__(self, followed: Program, device: str) -> None:
        super().__init__()
        self.program, self.device = followed, device
        self.steps = [(_operator(call), call) for call in followed.calls]
        self.written = [_written(step, call, followed) for step, call in self.steps]
        for number, stored in enumerate(followed.held.values()):
            self.register_buffer(f"held_{number}", _tensor(stored.content, stored.meta, device))
        self.kept = _places(self.buffers())

    def forward(self, *fed: Any) -> tuple[Any, ...]:
        """Follow the calls."""
        values: dict[str, Any] = dict(zip((info.name for info in self.program.inputs), fed, strict=True))
        values |= {name: getattr(self, f"held_{number}") for number, name in enumerate(self.program.held)}
        exported = torch.compiler.is_compiling()  # then nothing is written, and tensors have no place
        kept = self.kept if exported else self.kept | _places(fed)
        for (step, call), changed in zip(self.steps, self.written, strict=True):
            arguments = {name: self._value(argument, values) for name, argument in call.arguments}
            if changed and not exported:
                _check_apart((arguments[name] for name in changed), kept)
            given = step(**arguments) if call.operator.startswith(ATEN) else step(*arguments.values())
            _keep(given, call.gives, values)
        return tuple(values[info.name] for info in self.program.outputs)

    def _value(self, argument: dict[str, Any], values: dict[str, Any]) -> Any:
        [(kind, value)] = argument.items()
        if kind in VALUES:
            return value
        if kind.startswith(("as_tensor", "as_optional_tensor", "as_sym")):
            return [_named(one, values) for one in value] if isinstance(value, list) else _named(value, values)
        others: dict[str, Callable[[], Any]] = {
            "as_none": lambda: None,
            "as_scalar_type": lambda: getattr(torch, ELEMENTS[value]),
            "as_memory_format": lambda: FORMATS[value],
            "as_layout": lambda: torch.strided,
            "as_device": lambda: torch.device(self.device),
        }
        if kind not in others:
            raise InvalidModel(f"the network has an argument of the kind {kind!r}, which is not known here")
        return others[kind]()


@dataclass(frozen=True, slots=True)
class TorchRuntime:
    """An open program. `run` may be called from several threads at once."""

    module: Followed
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    file: Path
    threads: int

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs; none named: the first one.

        bfloat16 and float16 become float32. Raises InvalidModel, and ModelUnavailable where the memory does not
        suffice.
        """
        names = [info.name for info in self.outputs]
        for name in (name for name in outputs if name not in names):
            raise InvalidModel(f"the network has no output {name!r}; it has: {', '.join(names)}")
        fed = [self._fed(info, feeds) for info in self.inputs]
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)  # of this thread: torch keeps the number for each
        try:
            with torch.inference_mode():
                answers = dict(zip(names, self.module(*fed), strict=True))
        except torch.OutOfMemoryError as error:
            raise ModelUnavailable(f"{self.file.name} needs more memory than there is", retry_after=5) from error
        except InvalidModel as error:
            raise InvalidModel(f"{self.file.name} cannot be run: {error}") from error
        except Exception as error:  # operators raise whatever they raise
            raise InvalidModel(f"{self.file.name} cannot be run on these inputs: {type(error).__name__}") from error
        return [_array(answers[name]) for name in outputs or names[:1]]

    def with_threads(self, count: int) -> "TorchRuntime":
        """The same network, one run of which uses so many cores. Nothing is opened again."""
        return TorchRuntime(self.module, self.inputs, self.outputs, self.file, count)

    def export(self, into: Path) -> None:
        """Write the network as ONNX with the same names, for any number of pictures where it takes any.

        Raises InvalidModel where that cannot be done.
        """
        free = tuple({0: torch.export.Dim("batch")} if None in info.shape else None for info in self.inputs)
        examples = tuple(self._example(info) for info in self.inputs)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # for developers of exporters
                torch.onnx.export(
                    self.module,
                    examples,
                    into,
                    input_names=[info.name for info in self.inputs],
                    output_names=[info.name for info in self.outputs],
                    dynamic_shapes={"fed": free},
                    dynamo=True,
                    verbose=False,
                    external_data=False,
                )
        except Exception as error:  # anything may go wrong in a foreign architecture; the caller has another way
            raise InvalidModel(f"torch cannot export {self.file.name}: {type(error).__name__}") from error

    def _example(self, info: TensorInfo) -> Any:
        """Zeros to trace with."""
        if None in info.shape[1:]:
            raise InvalidModel(f"{self.file.name} takes pictures of any size, which no export is tried for")
        shape = [TRACED if side is None else side for side in info.shape]
        return torch.zeros(shape, dtype=getattr(torch, info.element), device=self.module.device)

    def _fed(self, info: TensorInfo, feeds: Tensors) -> Any:
        if info.name not in feeds:
            raise InvalidModel(f"the network's input {info.name!r} is not fed")
        array = np.ascontiguousarray(feeds[info.name])
        fits = array.ndim == len(info.shape) and all(
            wanted in {None, side} for wanted, side in zip(info.shape, array.shape, strict=True)
        )
        if not fits:
            raise InvalidModel(f"the network's input {info.name!r} takes the shape {info.shape}, not {array.shape}")
        tensor = torch.from_numpy(array if array.flags.writeable else array.copy())
        return tensor.to(self.module.device, getattr(torch, info.element))


def load(files: Path, device: str, options: Options = NO_OPTIONS) -> TorchRuntime:
    """Open a `.pt2` file on `device`: `cpu`, `cuda`, or `auto`: CUDA if there is one.

    Raises InvalidModel for what needs unpickling or code of its own, and ModelUnavailable for a device that is not
    there.
    """
    del options  # there is nothing to choose
    place = _device(device)
    read = program.of(archive.read(files), files.name)
    try:
        module = Followed(read, place).eval()
    except (InvalidModel, ModelUnavailable) as error:
        raise InvalidModel(f"{files.name} cannot be opened: {error}") from error
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidModel(f"{files.name} contradicts itself: {type(error).__name__}") from error
    inputs, outputs = (
        tuple(TensorInfo(d.name, d.shape, d.element) for d in side) for side in (read.inputs, read.outputs)
    )
    if not outputs:
        raise InvalidModel(f"{files.name} gives no tensor")
    return TorchRuntime(module, inputs, outputs, files, 1)


def library_version() -> str:
    """The version of torch."""
    return str(torch.__version__)


def _device(device: str) -> str:
    if device not in {"auto", "cpu", "cuda"}:
        raise ModelUnavailable(f"there is no device {device!r} for PyTorch; there are: auto, cpu, cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelUnavailable("the device 'cuda' does not work here: torch finds none")
    if device == "cpu" or not torch.cuda.is_available():
        return "cpu"
    torch.backends.cudnn.allow_tf32 = False  # moves answers beyond what the golden ones allow
    return "cuda"


def _operator(call: Call) -> Any:
    """Only torch's own tensor operators and arithmetic: a name can reach nothing else."""
    if call.operator in NUMBERS:
        return NUMBERS[call.operator]
    name, _, overload = call.operator.removeprefix(ATEN).partition(".")
    packet = getattr(torch.ops.aten, name, None) if call.operator.startswith(ATEN) and name.isidentifier() else None
    found = getattr(packet, overload, None) if isinstance(packet, PACKET) else None
    if not isinstance(found, OVERLOAD):
        raise InvalidModel(f"it uses the operator {call.operator!r}, which is none of torch's own for tensors")
    return found


def _written(step: Any, call: Call, followed: Program) -> tuple[str, ...]:
    """Names of the arguments that a call writes to. Raises InvalidModel where one of them is a weight itself."""
    if not isinstance(step, OVERLOAD):
        return ()
    schema = step._schema  # noqa: SLF001 - torch has no other way to tell what an operator changes
    if any(asked.name in FILES for asked in schema.arguments):
        raise InvalidModel(f"it uses the operator {call.operator!r}, which reads files")
    names = written(schema, call)
    if any(name in followed.held for argument, value in call.arguments if argument in names for name in named(value)):
        raise InvalidModel("it changes its own weights when it runs")
    return names


def _places(tensors: Iterable[Any]) -> frozenset[int]:
    """Where tensors lie in memory, those without numbers left out; a part of a tensor has the place of the whole."""
    return frozenset(tensor.untyped_storage().data_ptr() for tensor in tensors) - {0}


def _check_apart(values: Iterable[Any], kept: frozenset[int]) -> None:
    """Raises InvalidModel for a tensor, or a list of them, that lies where nothing may be written."""
    tensors = [tensor for value in values for tensor in (value if isinstance(value, list) else [value])]
    if not kept.isdisjoint(_places(tensor for tensor in tensors if tensor is not None)):
        raise InvalidModel("it changes its own weights, or what it is fed, when it runs")


def _tensor(content: bytes, meta: dict[str, Any], device: str) -> Any:
    element = getattr(torch, ELEMENTS[meta["dtype"]])
    sizes, strides = ([int(side["as_int"]) for side in meta[key]] for key in ("sizes", "strides"))
    if 0 in sizes:  # only then may there be no bytes
        return torch.zeros(sizes, dtype=element, device=device)
    flat = torch.frombuffer(bytearray(content), dtype=element)
    return flat.as_strided(sizes, strides, int(meta["storage_offset"]["as_int"])).to(device)


def _named(value: dict[str, Any], values: dict[str, Any]) -> Any:
    """What an earlier call gave, a number that stands here, or nothing."""
    [(kind, inner)] = value.items()
    if kind in {"name", "as_name"}:
        return values[inner]
    if kind == "as_tensor":
        return values[inner["name"]]
    return None if kind == "as_none" else inner


def _keep(given: Any, names: tuple[str | tuple[str, ...], ...], values: dict[str, Any]) -> None:
    if not names:  # a check, which has raised if it did not hold
        return
    results = given if len(names) > 1 else (given,)
    for name, result in zip(names, results, strict=True):
        if isinstance(name, tuple):
            values |= dict(zip(name, result, strict=True))
        else:
            values[name] = result


def _array(tensor: Any) -> NDArray[Any]:
    if tensor.dtype in {torch.float16, torch.bfloat16}:
        tensor = tensor.float()
    array: NDArray[Any] = tensor.cpu().numpy()
    return array
