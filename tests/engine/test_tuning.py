"""How many cores a run gets: all of them where that costs many callers nothing, one otherwise."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.engine.tuning import tuned
from image_tagger.models import embedded, loaded
from image_tagger.models.loaded import LoadedModel, Runtime, TensorInfo, Tensors
from image_tagger.models.manifest import read_version

BLANK = np.zeros((1, 2, 3), np.float32)


@dataclass(frozen=True)
class Working:
    """A network that keeps the processor busy for so long for a picture, by number of cores."""

    seconds: dict[int, float]
    cores: int = 1

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        return (TensorInfo("pixels", (None, 2, 3), "float32"),)

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        return (TensorInfo("logits", (None, 1), "float32"),)

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        until = time.process_time() + self.seconds[self.cores] * len(feeds["pixels"])
        while time.process_time() < until:
            pass
        return [np.zeros((len(feeds["pixels"]), 1), np.float32) for _ in outputs or ("logits",)]

    def with_threads(self, count: int) -> Runtime:
        return replace(self, cores=count)


def model(**seconds: float) -> LoadedModel:
    """A model whose picture is so many seconds of work: `on1`, `on2` cores."""
    real = loaded.load(read_version(embedded.FOLDER))
    return replace(real, runtime=Working({int(name[2:]): value for name, value in seconds.items()}))


def cores_used(best: LoadedModel) -> int:
    assert isinstance(best.runtime, Working)
    return best.runtime.cores


@pytest.mark.parametrize(("on1", "on2", "used"), [(0.1, 0.1, 2), (0.1, 0.11, 2), (0.1, 0.15, 1), (0.001, 0.001, 1)])
def test_a_slow_network_gets_all_cores_if_they_hardly_work_more(on1: float, on2: float, used: int) -> None:
    best = tuned(model(on1=on1, on2=on2), BLANK, batch_size=0, cores=2)
    assert cores_used(best.model) == used


def test_of_very_many_cores_some_may_be_enough() -> None:
    best = tuned(model(on1=0.05, on4=0.05, on16=0.1), BLANK, batch_size=0, cores=16)
    assert cores_used(best.model) == 4


def test_one_core_is_all_there_may_be() -> None:
    assert cores_used(tuned(model(on1=0.05), BLANK, batch_size=0, cores=1).model) == 1


def test_the_operators_batch_size_counts() -> None:
    assert tuned(model(on1=0.03, on2=0.03), BLANK, batch_size=3, cores=2).size == 3
    assert tuned(model(on1=0.001), BLANK, batch_size=5, cores=2).size == 5


def test_the_embedded_model_opens_for_several_cores_and_answers_alike() -> None:
    one = loaded.load(read_version(embedded.FOLDER))
    wide = one.runtime.with_threads(2)  # type: ignore[attr-defined]  # ONNX Runtime's own offer
    tensor = one.prepare(np.zeros((9, 9, 3), np.uint8)).tensor[np.newaxis]
    np.testing.assert_allclose(one.run(tensor)[0][0], replace(one, runtime=wide).run(tensor)[0][0], atol=1e-4)
