"""A turn of a thread: everyone's own answer, and runs no larger than is good for the network."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from numpy.typing import NDArray

from image_tagger.domain.crops import Crop
from image_tagger.domain.errors import InvalidMedia
from image_tagger.domain.geometry import Region
from image_tagger.domain.queries import Upload
from image_tagger.domain.selection import Selection
from image_tagger.engine import recognition
from image_tagger.engine.frames import decode_first
from image_tagger.engine.recognition import Request, recognise
from image_tagger.media.decode import Budget, Decoder
from image_tagger.models.embedded import FOLDERS
from image_tagger.models.loaded import LoadedModel, Runtime, TensorInfo, Tensors, load, postprocessing_of
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


LARGE = jpeg(640, 480, seed=3)


def answer_of(request: Request, model: LoadedModel) -> list[tuple[str, float]]:
    (answer,) = recognise(model, DECODER, 1, [request])
    assert not isinstance(answer, Exception)
    return [(prediction.label, prediction.score) for prediction in answer]


def asked(exact: bool = False, crop: Crop | None = None) -> Request:
    return Request(Upload(LARGE), Selection(top=3), crop, exact)


@pytest.mark.parametrize("crop", [None, Crop(Region(0.05, 0.05, 0.95, 0.95))])
def test_a_picture_whose_best_labels_are_close_gets_the_answer_of_its_full_size(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch, crop: Crop | None
) -> None:
    exact = answer_of(asked(True, crop), model)
    monkeypatch.setattr(recognition, "CLOSE", 0.0)
    assert answer_of(asked(crop=crop), model) != exact
    monkeypatch.setattr(recognition, "CLOSE", 1.1)
    assert answer_of(asked(crop=crop), model) == exact


def test_only_what_is_in_doubt_is_decoded_again(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(model.runtime)
    found = recognise(model, DECODER, 1, [asked()])[0]
    assert not isinstance(found, Exception)
    monkeypatch.setattr(recognition, "CLOSE", found[0].score - found[1].score)
    recognise(replace(model, runtime=watched), DECODER, 8, [asked(), asked()])
    assert watched.runs == [2]
    monkeypatch.setattr(recognition, "CLOSE", recognition.CLOSE + 1e-6)
    recognise(replace(model, runtime=watched), DECODER, 8, [asked(), asked(exact=True)])
    assert watched.runs == [2, 2, 1]


def test_what_is_decoded_already_or_small_is_recognised_once(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "CLOSE", 1.1)
    watched = Watched(model.runtime)
    frame = decode_first(DECODER, Upload(LARGE), 96)
    assert frame.size != frame.original
    recognise(replace(model, runtime=watched), DECODER, 8, [Request(frame, Selection(top=1)), *requests(jpeg())])
    assert watched.runs == [2]


def test_labels_that_do_not_exclude_each_other_have_no_first_one(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "CLOSE", 1.1)
    watched = Watched(model.runtime)
    spec = replace(model.version.spec, postprocessing="tagging", options=(("activation", "sigmoid"),))
    tagging = replace(
        model, runtime=watched, version=replace(model.version, spec=spec), postprocessing=postprocessing_of(spec)
    )
    recognise(tagging, DECODER, 8, [asked()])
    assert watched.runs == [1]
