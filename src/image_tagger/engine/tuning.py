"""How a model runs best on this machine, measured when it is loaded: how many pictures together, on how many cores."""

import time
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from image_tagger.engine.batcher import Tensor, best_size
from image_tagger.models.loaded import LoadedModel, Runtime

SLOW_SECONDS = 0.02  # a run that takes longer is worth more than one core, and too long to be repeated often
MANY_CORES = 4  # more than these are not all kept busy by one picture
TOGETHER = 4  # pictures that keep them busy
REPEATS = 2
KEPT = 0.9  # of the pictures per second, for an answer that comes sooner


@runtime_checkable
class Widening(Protocol):
    """A runtime that can use several cores for one run."""

    def with_threads(self, count: int) -> Runtime:
        """The same network, opened so that one run uses so many cores."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A model as it runs best, and the largest batch."""

    model: LoadedModel
    size: int


def tuned(model: LoadedModel, blank: Tensor, *, batch_size: int, cores: int) -> Tuned:
    """The model with the best batch size, or `batch_size` if that is not 0.

    Pictures are independent, so a core for each is best for many callers. A large network keeps a lone caller waiting
    then, while the other cores rest; it runs on all cores if that costs many callers next to nothing. Blocks.
    """
    narrow = _best_seconds(model, blank, 1)
    if narrow < SLOW_SECONDS:
        return Tuned(model, batch_size or best_size(model.run, blank))
    if cores > 1 and isinstance(model.runtime, Widening):
        wide = replace(model, runtime=model.runtime.with_threads(cores))
        size = batch_size or (TOGETHER if cores > MANY_CORES else 1)
        if _best_seconds(wide, blank, size) / size * KEPT <= narrow / cores:
            return Tuned(wide, size)
    return Tuned(model, batch_size or 1)


def _best_seconds(model: LoadedModel, blank: Tensor, size: int) -> float:
    return min(_seconds(model, blank, size) for _ in range(REPEATS))


def _seconds(model: LoadedModel, blank: Tensor, size: int) -> float:
    batch: np.ndarray[Any, Any] = np.repeat(blank[np.newaxis], size, axis=0)
    started = time.perf_counter()
    model.run(batch)
    return time.perf_counter() - started
