"""The model contract: a version must give the golden answers that were recorded when it was made."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Golden
from image_tagger.models import goldens
from image_tagger.models.goldens import GoldenAnswers
from image_tagger.models.loaded import LoadedModel, Outputs


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far today's answers are from the golden ones, at most, over `pictures` pictures.

    difference: of probabilities the largest absolute one; of raw outputs the largest of |answer - golden| over
    1 + |golden|. Infinite where the answers have other shapes.
    """

    pictures: int
    difference: float
    tolerance: float

    @property
    def kept(self) -> bool:
        """Whether the contract is kept."""
        return self.difference <= self.tolerance


def check(model: LoadedModel) -> Agreement:
    """Run the golden pictures. Blocks. Raises InvalidModel where there are none or they cannot be read."""
    golden = model.version.golden
    if golden is None:
        raise InvalidModel(f"the model {model.version.name!r} has no golden answers")
    answers = goldens.read_golden(golden.file)
    if not len(answers.pictures):
        raise InvalidModel(f"the golden answers of {model.version.name!r} are for no picture")
    if answers.probabilities is None:
        found = goldens.raw_outputs(model, answers.pictures)
        difference = _between(answers.outputs, found)
    else:
        difference = _of_scores(model, answers.pictures, answers.probabilities)
    return Agreement(len(answers.pictures), difference, golden.tolerance)


def verify(model: LoadedModel) -> Agreement:
    """The same, once the postprocessing is seen to read what the network gives. Blocks. Raises InvalidModel."""
    read_answers(model)
    return check(model)


def read_answers(model: LoadedModel) -> None:
    """Raises InvalidModel where the network does not take pictures, or the postprocessing cannot read its answers."""
    for picture in goldens.golden_pictures():
        prepared = model.prepare(picture)
        try:
            every = model.run(np.stack([prepared.tensor]))
        except InvalidModel as error:
            raise InvalidModel(f"{error}{model.misfit(prepared.tensor.shape)}") from error
        for outputs in every:
            model.read(outputs, prepared.placement, Selection(top=1))


def record(model: LoadedModel, file: Path, tolerance: float) -> Golden:
    """Write today's raw outputs as golden ones, for any postprocessing. Blocks.

    Raises InvalidModel where the network gives numbers that are not finite, or other ones when it is run again.
    """
    pictures = goldens.golden_pictures()
    outputs, again = (goldens.raw_outputs(model, pictures) for _ in range(2))
    if not all(np.isfinite(output).all() for one in outputs for output in one if output.dtype.kind == "f"):
        raise InvalidModel("the network gives numbers that are not finite for the golden pictures")
    _refuse(Agreement(len(pictures), _between(outputs, again), tolerance), "the network answers otherwise each time")
    names = _output_names(model, len(outputs[0]))
    goldens.write_raw_golden(file, GoldenAnswers(pictures, None, tuple(outputs), names))
    return Golden(file, tolerance)


def compare(reference: LoadedModel, other: LoadedModel, tolerance: float) -> Agreement:
    """How far the raw outputs of two ways to run one model are apart on the golden pictures. Blocks.

    Raises InvalidModel, with the number, beyond the tolerance.
    """
    pictures = goldens.golden_pictures()
    expected, found = (goldens.raw_outputs(model, pictures) for model in (reference, other))
    agreement = Agreement(len(pictures), _between(expected, found), tolerance)
    return _refuse(agreement, f"run by {other.version.network.runtime!r} it answers otherwise")


def _refuse(agreement: Agreement, reason: str) -> Agreement:
    if not agreement.kept:
        found, allowed = agreement.difference, agreement.tolerance
        raise InvalidModel(f"{reason}: its answers differ by {found:.1e}, and {allowed:.1e} is allowed")
    return agreement


def _between(golden: Iterable[Outputs], found: Iterable[Outputs]) -> float:
    pairs = [pair for pictures in zip(golden, found, strict=True) for pair in _paired(*pictures)]
    return max(_difference(*pair) for pair in pairs) if pairs else float("inf")


def _paired(golden: Outputs, found: Outputs) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    if len(golden) != len(found):
        raise InvalidModel(f"there are {len(golden)} golden tensors a picture, and the network gives {len(found)}")
    return [*zip(golden, found, strict=True)]


def _difference(golden: NDArray[Any], found: NDArray[Any]) -> float:
    if golden.shape != found.shape:
        return float("inf")
    if golden.dtype.kind not in "fiub" or found.dtype.kind not in "fiub":
        return 0.0 if np.array_equal(golden, found) else float("inf")
    before, now = golden.astype(np.float64), found.astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinite numbers, of which equal ones are not apart
        apart = np.where(before == now, 0.0, np.abs(now - before) / (1 + np.abs(before)))
    return _finite(apart.max(initial=0.0))


def _of_scores(model: LoadedModel, pictures: NDArray[np.uint8], expected: NDArray[np.float32]) -> float:
    found = goldens.run(model, pictures, together=False)
    if found.shape != expected.shape:
        raise InvalidModel(f"the golden answers of {model.version.name!r} are for another number of labels")
    return _finite(np.abs(found - _ordered(expected, model.version.spec.labels)).max())


def _finite(difference: float) -> float:
    """Not a number is as far apart as can be."""
    return float("inf") if np.isnan(difference) else float(difference)


def _ordered(scores: NDArray[np.float32], labels: LabelSet) -> NDArray[np.float32]:
    """Labels of the same name in descending order of their scores, as `goldens.run` gives them."""
    ordered = scores.copy()
    for name, count in Counter(labels.names).items():
        if count > 1:
            columns = [place for place, label in enumerate(labels.names) if label == name]
            ordered[:, columns] = -np.sort(-scores[:, columns])
    return ordered


def _output_names(model: LoadedModel, count: int) -> tuple[str, ...]:
    """As the version names them, or else as the runtime does, where it gives all it has."""
    names = model.version.network.outputs or tuple(info.name for info in model.runtime.outputs)
    return names if len(names) == count else tuple(f"output {place}" for place in range(count))
