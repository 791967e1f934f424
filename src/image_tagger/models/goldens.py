"""Golden pictures: the same everywhere, so that two ways of running a network can be compared."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.models.loaded import LoadedModel, postprocessing_of

WIDTH, HEIGHT = 160, 121  # an odd number, so that roundings show
COUNT = 4
CELLS = (3, 6, 12, 40)  # blotches a side


def golden_pictures() -> NDArray[np.uint8]:
    """A few pictures of blotches, some large, some small: uint8 (number, height, width, 3), RGB."""
    return np.stack([_picture(seed) for seed in range(COUNT)])


def probabilities(logits: NDArray[np.floating], spec: Spec) -> NDArray[np.float64]:
    """Outputs (number, labels) of a network -> scores in 0..1, in the order of the labels."""
    return np.stack([_by_label(output, spec) for output in logits])


def run(model: LoadedModel, pictures: NDArray[np.uint8], *, together: bool) -> NDArray[np.float64]:
    """Scores of pictures, (number, labels); one by one, or in one batch."""
    tensors = np.stack([model.prepare(picture) for picture in pictures])
    batches = [tensors] if together else [tensor[np.newaxis] for tensor in tensors]
    return probabilities(np.concatenate([model.run(batch) for batch in batches]), model.version.spec)


def write_golden(file: Path, pictures: NDArray[np.uint8], scores: NDArray[np.float64]) -> None:
    """What `contract.check` reads."""
    np.savez_compressed(file, pictures=pictures, probabilities=scores.astype(np.float32))


def _by_label(output: NDArray[np.floating], spec: Spec) -> NDArray[np.float64]:
    """Every label's score; labels of the same name in descending order, since nobody can tell them apart."""
    scores: dict[str, list[float]] = {}
    for prediction in postprocessing_of(spec).read(output, spec, Selection()):
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
