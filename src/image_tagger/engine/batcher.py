"""Runs many callers' tensors together, without a thread of its own: who finds the network free runs all that wait."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[Any]
Output = NDArray[np.float32]
SIZES = (1, 2, 4, 8)  # tried when a model is loaded
REPEATS = 3  # of each size; the best counts, since disturbances only ever slow down
WORTH = 0.9  # a larger batch must take less than this share of the time per picture


@dataclass(slots=True, eq=False)
class _Waiting:
    tensor: Tensor
    output: Output | None = None
    error: BaseException | None = None
    taken: bool = False  # into a run, this caller's or another's
    done: threading.Event = field(default_factory=threading.Event)


class Batcher:
    """Groups tensors of one shape into runs of at most `size`, at most `parallel` runs at a time.

    `run` blocks and may be called from any number of threads. The threads that call are the bound of the queue.
    """

    def __init__(self, run: Callable[[Tensor], Output], *, size: int, parallel: int) -> None:
        self._run_batch = run
        self._size = size
        self._free = threading.Semaphore(parallel)
        self._taking = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    def run(self, tensor: Tensor) -> Output:
        """One tensor without batch dimension -> its output. Raises what the network raised for this tensor."""
        if self._size == 1:
            with self._free:
                outputs = self._run_batch(tensor[np.newaxis])
            return np.asarray(outputs[0])
        mine = _Waiting(tensor)
        self._waiting.append(mine)
        while not mine.taken:
            with self._free:
                if not mine.taken:
                    self._run_waiting()
        mine.done.wait()  # another caller's run may have it
        if mine.error is not None:
            raise mine.error
        assert mine.output is not None  # noqa: S101 - done, and no error
        return mine.output

    def _run_waiting(self) -> None:
        batch: list[_Waiting] = []
        with self._taking:
            while self._waiting and len(batch) < self._size:
                batch.append(self._waiting.popleft())
                batch[-1].taken = True
        try:
            if batch:
                self._run_together(batch)
        finally:
            for waiting in batch:
                waiting.done.set()

    def _run_together(self, batch: list[_Waiting]) -> None:
        try:
            outputs = self._run_batch(np.stack([waiting.tensor for waiting in batch]))
            for waiting, output in zip(batch, outputs, strict=True):
                waiting.output = output
        except Exception as error:  # noqa: BLE001 - foreign code: any failure belongs to the callers of this batch
            if len(batch) == 1:
                batch[0].error = error
                return
            for waiting in batch:  # one by one, so that only the tensor that fails fails
                self._run_together([waiting])


def best_size(run: Callable[[Tensor], Output], tensor: Tensor) -> int:
    """The batch size with the least time per picture, measured here and now; small ones win ties."""
    best, least = SIZES[0], float("inf")
    for size in SIZES:
        batch = np.repeat(tensor[np.newaxis], size, axis=0)
        seconds = min(_seconds(run, batch) for _ in range(REPEATS)) / size
        if seconds < least * WORTH:
            best, least = size, seconds
    return best


def _seconds(run: Callable[[Tensor], Output], batch: Tensor) -> float:
    started = time.perf_counter()
    run(batch)
    return time.perf_counter() - started
