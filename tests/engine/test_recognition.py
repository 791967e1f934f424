"""A turn of a thread: everyone's own answer, and runs no larger than is good for the network."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidMedia
from image_tagger.domain.queries import Upload
from image_tagger.domain.selection import Selection
from image_tagger.engine.recognition import Request, recognise
from image_tagger.media.decode import Budget, Decoder
from image_tagger.models.embedded import FOLDERS
from image_tagger.models.loaded import LoadedModel, Runtime, TensorInfo, Tensors, load
from image_tagger.models.manifest import read_version
from tests.pictures import jpeg

DECODER = Decoder(Budget(1_000_000, 1_000_000))


@dataclass
class Watched:
    """A runtime that remembers how many pictures came together."""

    runtime: Runtime
    runs: list[int] = field(default_factory=list)

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        return self.runtime.inputs

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        return self.runtime.outputs

    def run(self, feeds: Tensors, outputs: Sequence[str]) -> list[NDArray[Any]]:
        self.runs.append(len(next(iter(feeds.values()))))
        return self.runtime.run(feeds, outputs)


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load(read_version(FOLDERS[0]))


def requests(*contents: bytes) -> list[Request]:
    return [Request(Upload(content), Selection(top=1)) for content in contents]


@pytest.mark.parametrize(("batch", "runs"), [(1, [1] * 5), (2, [2, 2, 1]), (4, [4, 1]), (8, [5])])
def test_a_run_has_at_most_a_batch(model: LoadedModel, batch: int, runs: list[int]) -> None:
    watched = Watched(model.runtime)
    asked = requests(*(jpeg(seed=seed) for seed in range(5)))
    together = recognise(replace(model, runtime=watched), DECODER, batch, asked)
    assert watched.runs == runs
    alone = [recognise(model, DECODER, 1, [one])[0] for one in asked]
    for one, other in zip(together, alone, strict=True):
        assert not isinstance(one, Exception)
        assert not isinstance(other, Exception)
        assert [p.label for p in one] == [p.label for p in other]


def test_a_broken_picture_is_left_out_of_the_runs(model: LoadedModel) -> None:
    watched = Watched(model.runtime)
    good = jpeg()
    answers = recognise(replace(model, runtime=watched), DECODER, 2, requests(good, b"no picture", good, good))
    assert [isinstance(answer, InvalidMedia) for answer in answers] == [False, True, False, False]
    assert watched.runs == [2, 1]
