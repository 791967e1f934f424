"""Many callers' tensors in few runs, each caller with its own answer or its own error."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from image_tagger.engine.batcher import Batcher, Output, Tensor, best_size


class Doubling:
    """A network that doubles, refuses negative numbers, and remembers how large its batches were."""

    def __init__(self, *, hold: threading.Event | None = None) -> None:
        self.batches: list[int] = []
        self.at_once = 0
        self.most_at_once = 0
        self._hold = hold
        self._lock = threading.Lock()

    def run(self, batch: Tensor) -> Output:
        with self._lock:
            self.batches.append(len(batch))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        if self._hold is not None:
            assert self._hold.wait(5)
        with self._lock:
            self.at_once -= 1
        if (batch < 0).any():
            raise ValueError("negative")
        return (batch * 2).astype(np.float32)


def tensors(count: int) -> list[Tensor]:
    return [np.full(3, number, np.float32) for number in range(count)]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize("parallel", [1, 2])
def test_everyone_gets_their_own_answer(size: int, parallel: int) -> None:
    network = Doubling()
    batcher = Batcher(network.run, size=size, parallel=parallel)
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(batcher.run, tensors(200)))
    assert [answer.tolist() for answer in answers] == [[2.0 * n] * 3 for n in range(200)]
    assert max(network.batches) <= size
    assert sum(network.batches) == 200
    assert network.most_at_once <= parallel


def test_callers_that_wait_are_run_together() -> None:
    hold = threading.Event()
    network = Doubling(hold=hold)
    batcher = Batcher(network.run, size=4, parallel=1)
    with ThreadPoolExecutor(9) as callers:
        first = callers.submit(batcher.run, np.zeros(3, np.float32))
        while not network.batches:
            pass
        others = [callers.submit(batcher.run, tensor) for tensor in tensors(8)]
        while len(batcher._waiting) < 8:
            pass
        hold.set()
        assert [other.result().tolist() for other in others] == [[2.0 * n] * 3 for n in range(8)]
        assert first.result().tolist() == [0.0] * 3
    assert network.batches == [1, 4, 4]


def test_a_bad_tensor_fails_its_caller_alone() -> None:
    hold = threading.Event()
    network = Doubling(hold=hold)
    batcher = Batcher(network.run, size=8, parallel=1)
    numbers = [1.0, -1.0, 2.0]
    with ThreadPoolExecutor(4) as callers:
        first = callers.submit(batcher.run, np.zeros(1, np.float32))
        while not network.batches:
            pass
        asked = [callers.submit(batcher.run, np.full(1, n, np.float32)) for n in numbers]
        while len(batcher._waiting) < 3:
            pass
        hold.set()
        assert first.result().tolist() == [0.0]
        assert asked[0].result().tolist() == [2.0]
        assert asked[2].result().tolist() == [4.0]
        with pytest.raises(ValueError, match="negative"):
            asked[1].result()


def test_the_batch_size_with_the_least_time_per_picture_is_chosen() -> None:
    def constant(batch: Tensor) -> Output:  # as long for eight as for one: batching wins
        threading.Event().wait(0.004)
        return batch.astype(np.float32)

    def proportional(batch: Tensor) -> Output:  # eight times as long for eight: batching gains nothing
        threading.Event().wait(0.004 * len(batch))
        return batch.astype(np.float32)

    assert best_size(constant, np.zeros(1, np.float32)) == 8
    assert best_size(proportional, np.zeros(1, np.float32)) == 1


def test_a_caller_whose_tensor_another_run_took_waits_without_spinning() -> None:
    hold = threading.Event()
    network = Doubling(hold=hold)
    batcher = Batcher(network.run, size=2, parallel=2)
    spent: list[float] = []

    def ask() -> None:
        started = time.thread_time()
        batcher.run(np.zeros(1, np.float32))
        spent.append(time.thread_time() - started)

    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(ask) for _ in range(4)]
        threading.Event().wait(0.3)
        hold.set()
        for one in asked:
            one.result()
    assert max(spent) < 0.1
