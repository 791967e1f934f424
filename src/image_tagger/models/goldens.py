"""Golden pictures: the same everywhere, so that two ways of running a network can be compared."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Size
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.loaded import LoadedModel, Outputs, postprocessing_of
from image_tagger.models.preprocessing.placement import Placement

WIDTH, HEIGHT = 160, 121  # an odd number, so that roundings show
COUNT = 4
CELLS = (3, 6, 12, 40)  # blotches a side
ANYWHERE = Placement.whole(Size(WIDTH, HEIGHT))  # where only scores are read
PICTURES, PROBABILITIES, NAMES = "pictures", "probabilities", "names"


@dataclass(frozen=True, slots=True, eq=False)
class GoldenAnswers:
    """Pictures, uint8 (number, height, width, 3), and what the network said to them.

    probabilities: (number, labels); None where `outputs` hold every picture's raw outputs instead, in the order of the
    network's, which were called `names`.
    """

    pictures: NDArray[np.uint8]
    probabilities: NDArray[np.float32] | None = None
    outputs: tuple[Outputs, ...] = ()
    names: tuple[str, ...] = ()


def golden_pictures(count: int = COUNT) -> NDArray[np.uint8]:
    """A few pictures of blotches, some large, some small: uint8 (number, height, width, 3), RGB."""
    return np.stack([_picture(seed) for seed in range(count)])


def probabilities(outputs: Iterable[Outputs], spec: Spec) -> NDArray[np.float64]:
    """The outputs of pictures -> scores in 0..1, (number, labels); for networks that score whole pictures only."""
    return np.stack([_by_label(one, spec) for one in outputs])


def run(model: LoadedModel, pictures: NDArray[np.uint8], *, together: bool) -> NDArray[np.float64]:
    """Scores of pictures, (number, labels); one by one, or in one batch."""
    return probabilities(raw_outputs(model, pictures, together=together), model.version.spec)


def raw_outputs(model: LoadedModel, pictures: NDArray[np.uint8], *, together: bool = False) -> list[Outputs]:
    """What the network gives for every picture; one by one, or in one batch."""
    tensors = np.stack([model.prepare(picture).tensor for picture in pictures])
    batches = [tensors] if together else [tensor[np.newaxis] for tensor in tensors]
    return [one for batch in batches for one in model.run(batch)]


def write_golden(file: Path, pictures: NDArray[np.uint8], scores: NDArray[np.float64]) -> None:
    """Pictures and scores (number, labels), as `read_golden` reads them."""
    np.savez_compressed(file, pictures=pictures, probabilities=scores.astype(np.float32))


def write_raw_golden(file: Path, answers: GoldenAnswers) -> None:
    """Pictures and raw outputs, as `read_golden` reads them."""
    arrays: dict[str, Any] = {PICTURES: answers.pictures, NAMES: np.array(answers.names)}
    for picture, outputs in enumerate(answers.outputs):
        arrays |= {f"output.{picture}.{place}": output for place, output in enumerate(outputs)}
    np.savez_compressed(file, **arrays)


def read_golden(file: Path) -> GoldenAnswers:
    """What was written. Raises InvalidModel where it cannot be read."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            if PROBABILITIES in arrays:
                return GoldenAnswers(_pictures(arrays), arrays[PROBABILITIES])
            pictures, names = _pictures(arrays), tuple(map(str, arrays[NAMES]))
            outputs = tuple(_of_picture(arrays, picture, len(names)) for picture in range(len(pictures)))
            return GoldenAnswers(pictures, None, outputs, names)
    except (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise InvalidModel("the golden answers cannot be read") from error


def _pictures(arrays: Any) -> NDArray[np.uint8]:
    pictures: NDArray[np.uint8] = arrays[PICTURES]
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3 or 0 in pictures.shape[1:3]:
        raise ValueError("no pictures")
    return pictures


def _of_picture(arrays: Any, picture: int, count: int) -> Outputs:
    return tuple(arrays[f"output.{picture}.{place}"] for place in range(count))


def _by_label(outputs: Outputs, spec: Spec) -> NDArray[np.float64]:
    """Every label's score; labels of the same name in descending order, since nobody can tell them apart."""
    scores: dict[str, list[float]] = {}
    for prediction in postprocessing_of(spec).read(outputs, spec, Selection(), ANYWHERE):
        scores.setdefault(prediction.label, []).append(prediction.score)
    return np.array([scores[name].pop(0) for name in spec.labels.names])


def _picture(seed: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    total = np.full((HEIGHT, WIDTH, 3), 128.0)
    for cells in CELLS[: seed + 1]:
        blotches = random.uniform(-100, 100, (cells, cells, 3))
        down, across = np.arange(HEIGHT) * cells // HEIGHT, np.arange(WIDTH) * cells // WIDTH
        total += blotches[down][:, across] / (seed + 1) ** 0.5
    return total.clip(0, 255).astype(np.uint8)
