"""Outputs as rows of boxes and columns of labels, whatever dimensions of 1 stand in front."""

from enum import StrEnum

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.detection.boxes import Floats
from image_tagger.models.detection.candidates import Reading
from image_tagger.models.reading.activations import Activation, activated


class Background(StrEnum):
    """Which column of the scores says that there is nothing."""

    NONE = "none"
    FIRST = "first"
    LAST = "last"


def box_rows(output: Floats, columns: int = 4) -> Floats:
    """(..., columns) -> (n, columns). Raises InvalidModel where it is something else."""
    if output.ndim == 0 or output.shape[-1] != columns:
        raise InvalidModel(f"an output of the network is {_shape(output)}, and should have rows of {columns} numbers")
    return output.reshape(-1, columns)


def matrix(output: Floats) -> Floats:
    """(1, ..., rows, columns) -> (rows, columns). Raises InvalidModel where it is something else."""
    if output.ndim < 2 or any(side != 1 for side in output.shape[:-2]):
        raise InvalidModel(f"an output of the network is {_shape(output)}, and should have rows and columns")
    return output.reshape(output.shape[-2:])


def label_scores(reading: Reading, boxes: Floats, activation: Activation, background: Background) -> Floats:
    """The first output as scores (n, labels) of n boxes, by the options `activation` and `background`."""
    scores = score_rows(reading.outputs[0], len(boxes))
    where = reading.options.word("background", background)
    scores = activated(scores, reading.options.word("activation", activation))
    return without(scores, where)


def score_rows(output: Floats, boxes: int) -> Floats:
    """(...) -> (boxes, columns). Raises InvalidModel where it is something else."""
    if boxes and output.size % boxes == 0:
        return output.reshape(boxes, -1)
    if boxes or output.size:
        raise InvalidModel(f"the network gives {output.size} scores for {boxes} boxes")
    return output.reshape(0, output.shape[-1] or 1)


def without(scores: Floats, background: Background) -> Floats:
    """The columns that are labels."""
    if background is Background.NONE:
        return scores
    return scores[:, 1:] if background is Background.FIRST else scores[:, :-1]


def _shape(output: Floats) -> str:
    return " x ".join(map(str, output.shape)) or "a single number"
