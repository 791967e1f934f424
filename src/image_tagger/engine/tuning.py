"""How a model runs best on this machine, measured when it is loaded: how many pictures together, on how many cores."""

import time
from dataclasses import dataclass, replace

import numpy as np

from image_tagger.engine.batcher import SIZES, TURN_SECONDS, WORTH, Tensor, best_size
from image_tagger.models.loaded import LoadedModel
from image_tagger.models.running.tensors import Widening

SLOW_SECONDS = 0.02  # a run that takes longer is worth more than one core, and too long to be repeated often
FEW = 4  # cores that nearly every large network keeps busy
REPEATS = 3
# of the work, for an answer that comes sooner; with all cores busy anyway the difference is a third of that
MORE_WORK = 1.3


@dataclass(frozen=True, slots=True)
class Tuned:
    """A model as it runs best, and the largest batch."""

    model: LoadedModel
    size: int


def tuned(model: LoadedModel, blank: Tensor, *, batch_size: int, cores: int) -> Tuned:
    """The model with the best batch size, or `batch_size` if that is not 0.

    Pictures are independent, so a core for each is best for many callers. A large network would keep a lone caller
    waiting then while the other cores rest, so it runs on all of them, if all together hardly work more than one would.
    What they work is measured, not how long it takes: other processes may be loading the same model now. Blocks.
    """
    took, narrow = _measured(model, blank)
    if took < SLOW_SECONDS:
        together = took * SIZES[-1] <= TURN_SECONDS  # such pictures are answered together anyway, so any gain is one
        return Tuned(model, batch_size or best_size(model.run, blank, worth=1.0 if together else WORTH))
    if isinstance(model.runtime, Widening):
        for count in sorted({cores, min(cores, FEW)} - {1}, reverse=True):
            wide = replace(model, runtime=model.runtime.with_threads(count))
            if _measured(wide, blank)[1] <= narrow * MORE_WORK:
                return Tuned(wide, batch_size or 1)
    return Tuned(model, batch_size or 1)


def _measured(model: LoadedModel, blank: Tensor) -> tuple[float, float]:
    """Seconds that a picture takes, and seconds of work that it is for all cores together; the least of some runs."""
    runs = []
    for _ in range(REPEATS):
        began, worked = time.perf_counter(), time.process_time()
        model.run(blank[np.newaxis])
        runs.append((time.perf_counter() - began, time.process_time() - worked))
    took, work = zip(*runs, strict=True)
    return min(took), min(work)
