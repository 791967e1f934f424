"""What the engine answers: predictions, one tuple per frame."""

from dataclasses import dataclass

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Region


@dataclass(frozen=True, slots=True)
class Prediction:
    """A label and its score in 0..1; of a sure answer, which may be a group of labels, the groups around it, too.

    region: where in the picture; None where the whole picture is meant. Labels of one region carry equal regions.
    position: of the label in the model's label set, from 0; -1 for a group, and where nobody asks.
    """

    label: str
    score: float
    groups: tuple[str, ...] = ()  # the outermost first
    region: Region | None = None
    position: int = -1

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:  # nor not a number
            raise InvalidModel(f"the score of {self.label!r} is not a number in 0..1")


@dataclass(frozen=True, slots=True)
class FrameResult:
    """The predictions of one frame, best first.

    index: the frame's number in the file, from 0; a still is frame 0.
    seconds: when it is shown, from the beginning of the file.
    """

    index: int
    predictions: tuple[Prediction, ...]
    seconds: float = 0.0
