"""How pictures' tensors go through a network: under which names, with which constants, how many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.specs import Constant, Network
from image_tagger.models.running.tensors import Inner, Outputs, Runtime, TensorInfo, own_name, plain_name


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant of the network under the network's own name for it."""

    constant: Constant
    info: TensorInfo

    def array(self, shape: tuple[int, ...], number: int) -> NDArray[Any]:
        """What is fed beside tensors of this shape (without the batch), `number` of them."""
        entries = [float(_axis(entry, shape)) if isinstance(entry, str) else entry for entry in self.constant.data]
        element = self.info.element or self.constant.element.value
        one = np.asarray(entries, np.float64).reshape(self.constant.shape).astype(element)
        if len(self.info.shape) == len(self.constant.shape):
            return one
        return np.repeat(one[np.newaxis], number, axis=0)


@dataclass(frozen=True, slots=True)
class Feeding:
    """Everything about a network's inputs and outputs that is the same in every run.

    batch: how many pictures the network insists on in a run; 0 where it takes any number.
    """

    tensor: str
    fixed: tuple[Fixed, ...]
    outputs: tuple[str, ...]
    batch: int
    batched: bool

    @classmethod
    def of(cls, network: Network, runtime: Runtime) -> "Feeding":
        """The names as the open network has them. Raises InvalidModel for an input that it has not."""
        fixed = tuple(Fixed(constant, _info(constant.tensor, runtime)) for constant in network.constants)
        rest = [info for info in runtime.inputs if info.name not in {one.info.name for one in fixed}]
        taken = _info(network.tensor, runtime) if network.tensor else next(iter(rest), TensorInfo("", (), ""))
        batch = taken.shape[0] if taken.shape and taken.shape[0] else 0
        outputs = tuple(own_name(name, runtime.outputs) for name in network.outputs)
        return cls(taken.name, fixed, outputs, batch if network.batched else 1, network.batched)

    def run(self, runtime: Runtime, batch: NDArray[Any]) -> list[Outputs]:
        """Tensors (number, ...) -> every picture's outputs."""
        if not self.batched:
            return [tuple(self._run(runtime, tensor[np.newaxis])) for tensor in batch]
        if self.batch and len(batch) != self.batch:
            return self._run_in_parts(runtime, batch)
        return _split(self._run(runtime, batch), len(batch))

    def misfit(self, runtime: Runtime, shape: tuple[int, ...]) -> str:
        """In words how tensors of this shape (without the batch) differ from what the network declares; else empty."""
        own = _info(self.tensor, runtime).shape[1:]
        if not own or (
            len(own) == len(shape) and all(side in {None, mine} for side, mine in zip(own, shape, strict=True))
        ):
            return ""
        return f"; its input {self.tensor!r} takes {sides(own)}, the preprocessing gives {sides(shape)}"

    def _run(self, runtime: Runtime, batch: NDArray[Any]) -> list[NDArray[Any]]:
        feeds = {self.tensor: batch}
        for one in self.fixed:
            feeds[one.info.name] = one.array(batch.shape[1:], len(batch))
        return runtime.run(feeds, self.outputs)

    def _run_in_parts(self, runtime: Runtime, batch: NDArray[Any]) -> list[Outputs]:
        """As many pictures at a time as the network insists on; the last ones filled up with copies."""
        missing = -len(batch) % self.batch
        filled = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        parts = [filled[start : start + self.batch] for start in range(0, len(filled), self.batch)]
        done = [one for part in parts for one in _split(self._run(runtime, part), self.batch)]
        return done[: len(batch)]


def _split(outputs: Sequence[NDArray[Any]], number: int) -> list[Outputs]:
    if len(outputs) == 1 and outputs[0].ndim and len(outputs[0]) == number:
        return [(one,) for one in outputs[0]]
    for output in outputs:
        if output.ndim == 0 or len(output) != number:
            shape = " x ".join(map(str, output.shape)) or "a single number"
            raise InvalidModel(f"an output of {shape} for {number} pictures has no batch dimension: not `batched`")
    return [*zip(*outputs, strict=True)]


def _info(name: str, runtime: Runtime) -> TensorInfo:
    own = own_name(name, runtime.inputs)
    for info in runtime.inputs:
        if info.name == own:
            return info
    if isinstance(runtime, Inner):
        return runtime.inner(name)
    names = ", ".join(plain_name(info.name) for info in runtime.inputs)
    raise InvalidModel(f"the network has no input {name!r}; it has: {names}")


def sides(shape: Sequence[int | None]) -> str:
    """A shape in words."""
    return " x ".join("any" if side is None else str(side) for side in shape)


def _axis(entry: str, shape: tuple[int, ...]) -> int:
    """`data.1`: the second dimension of the picture's tensor, the batch not counted."""
    axis = int(entry.rpartition(".")[2])
    if axis >= len(shape):
        raise InvalidModel(f"{entry!r} names no axis of a tensor of {len(shape)} dimensions")
    return shape[axis]
