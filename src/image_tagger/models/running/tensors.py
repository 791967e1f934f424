"""What a runtime takes and gives: named tensors in, tensors out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, Self, runtime_checkable

from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]
Outputs = tuple[NDArray[Any], ...]  # of one picture, without the batch dimension, in the order of the network's outputs
Options = Mapping[str, float | str | bool]
NO_OPTIONS: Options = MappingProxyType({})
LOGITS = "logits"  # what exporters call the answer; some networks give hidden states, too
SLOT = ":0"  # TensorFlow's mark of an operation's first output


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of an open network.

    shape: with the batch, None where any number will do; empty where the runtime does not know, as for a scalar.
    element: as numpy names it, such as `float32`; empty where the runtime does not know.
    """

    name: str
    shape: tuple[int | None, ...]
    element: str


class Runtime(Protocol):
    """An open network; safe to call from several threads."""

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        """What it takes, in its order."""

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """What it can give, in its order."""

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs, in that order; those the runtime finds best where none is named.

        Raises InvalidModel for a tensor that it does not have, and where it refuses what it is fed.
        """


@runtime_checkable
class Widening(Runtime, Protocol):
    """A runtime that can use several cores for one run."""

    def with_threads(self, count: int) -> Self:
        """The same network, opened so that one run uses so many cores."""


@runtime_checkable
class Inner(Runtime, Protocol):
    """A runtime that takes tensors inside of a network, too; what they are made of need not be fed then."""

    def inner(self, name: str) -> TensorInfo:
        """Any tensor of the network. Raises InvalidModel where there is none of this name."""


def plain_name(tensor: str) -> str:
    """A tensor's name without the `:0` that means the same."""
    return tensor.removesuffix(SLOT)


def own_name(wanted: str, offered: Sequence[TensorInfo]) -> str:
    """The name that the network itself uses for a tensor; what it does not offer stays as it is."""
    plain = plain_name(wanted)
    return next((info.name for info in offered if plain_name(info.name) == plain), wanted)
