"""What is fed to a network, checked: every input is there, in the type that the network declares."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.running.tensors import TensorInfo, Tensors, own_name


def fed(feeds: Tensors, inputs: Sequence[TensorInfo]) -> dict[str, NDArray[Any]]:
    """The tensors under the network's own names, contiguous; names with and without `:0` mean the same.

    Raises InvalidModel for an input that is missing (libraries would take what they were fed before) or unknown, and
    for whole numbers to be made of fractions.
    """
    given = {own_name(name, inputs): tensor for name, tensor in feeds.items()}
    names = [info.name for info in inputs]
    if unknown := given.keys() - set(names):
        raise InvalidModel(f"the network has no input {min(unknown)!r}; it has: {', '.join(names)}")
    if missing := [name for name in names if name not in given]:
        raise InvalidModel(f"the network's input {missing[0]!r} is not fed")
    return {info.name: _as_declared(given[info.name], info) for info in inputs}


def chosen(wanted: Sequence[str], outputs: Sequence[TensorInfo]) -> list[int]:
    """Places of the named outputs; of all where none is named. Raises InvalidModel for a name that there is not."""
    if not wanted:
        return [*range(len(outputs))]
    names = [info.name for info in outputs]
    own = [own_name(name, outputs) for name in wanted]
    if unknown := [name for name in own if name not in names]:
        raise InvalidModel(f"the network has no output {unknown[0]!r}; it has: {', '.join(names)}")
    return [names.index(name) for name in own]


def _as_declared(tensor: NDArray[Any], info: TensorInfo) -> NDArray[Any]:
    if info.element and not np.can_cast(tensor.dtype, info.element, "same_kind"):
        raise InvalidModel(f"the network's input {info.name!r} takes {info.element}, not {tensor.dtype}")
    return np.ascontiguousarray(tensor, info.element or None)
