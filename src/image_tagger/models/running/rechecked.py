"""A fast runtime and an exact one of the same network: what the fast one leaves in doubt, the exact one decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.models.running.tensors import TensorInfo, Tensors, Widening


@dataclass(frozen=True, slots=True)
class Rechecked:
    """Pictures whose two largest values lead one another by less than `margin` are run once more, by `exact`.

    The values are those of the first wanted output. Such pictures get all their outputs from `exact`, whichever
    pictures are run with them. The network has one input. `run` may be called from several threads at once.
    """

    fast: Widening
    exact: Widening
    margin: float

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        """What the network takes."""
        return self.fast.inputs

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """What it can give."""
        return self.fast.outputs

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        """Whole tensors by name -> the named outputs, or all. Raises InvalidModel."""
        found = self.fast.run(feeds, outputs)
        ((name, tensor),) = feeds.items()
        split = all(one.ndim and len(one) == len(tensor) for one in found)
        doubts = doubtful(found[0].reshape(len(tensor) if split else 1, -1), self.margin)
        if not doubts.any():
            return found
        if doubts.all():
            return self.exact.run(feeds, outputs)
        if self._insists:
            again = [one[doubts] for one in self.exact.run(feeds, outputs)]
        else:
            again = self.exact.run({name: tensor[doubts]}, outputs)
        return [_replaced(one, doubts, other) for one, other in zip(found, again, strict=True)]

    def with_threads(self, count: int) -> "Rechecked":
        """Both opened once more so that one run uses so many cores."""
        return Rechecked(self.fast.with_threads(count), self.exact.with_threads(count), self.margin)

    @property
    def _insists(self) -> bool:
        """Whether the network wants a certain number of pictures in a run."""
        shape = self.inputs[0].shape
        return bool(shape and shape[0])


def doubtful(values: NDArray[Any], margin: float) -> NDArray[np.bool_]:
    """(pictures, values) -> whether a picture's largest value is less than `margin` above its second one.

    What is not a number is doubtful; a single value is not.
    """
    if values.shape[1] < 2:
        return np.zeros(len(values), np.bool_)
    second, first = np.partition(values, -2, axis=1)[:, -2:].T
    with np.errstate(invalid="ignore"):  # infinite ones have no lead, and no number is one either
        trusted: NDArray[np.bool_] = first - second >= margin
    return ~trusted


def _replaced(all_rows: NDArray[Any], where: NDArray[np.bool_], rows: NDArray[Any]) -> NDArray[Any]:
    done = all_rows.copy()
    done[where] = rows
    return done
