"""From the boxes that a network proposes to predictions: the way that all detectors share."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.geometry import Region
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Spec
from image_tagger.domain.thresholds import threshold_at
from image_tagger.models.detection.boxes import Floats
from image_tagger.models.detection.suppression import kept
from image_tagger.models.preprocessing.placement import Placement
from image_tagger.models.reading.options import Options
from image_tagger.models.running.tensors import Outputs

COMMON = ("nms_threshold", "discard_threshold", "candidates", "coordinates", "extent")
NMS = 0.45  # what most detectors are published with
DISCARD = 0.025
MOST = 2000  # candidates that reach the suppression, whose work grows with their square
FAR = 1e6  # pixels or fractions; an edge that overflowed lies there
ROUNDING = 1e-3  # by which a score may be above 1
NAMELESS = frozenset({"???", "N/A"})  # rows of a label file for classes that do not exist


class Coordinates(StrEnum):
    """What the numbers of a box count."""

    UNIT = "unit"  # fractions of the network's input
    PIXELS = "pixels"  # of the network's input
    TENSOR = "tensor"  # pixels of what the last output, which begins with a height and a width, is the size of


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of detectors: the options it has beside the common ones, and its own defaults of these."""

    options: tuple[str, ...] = ()
    coordinates: Coordinates = Coordinates.UNIT
    nms: float = NMS


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Proposed boxes: (n, 4) left, top, right, bottom; scores (n,) in 0..1; positions (n,) of their labels."""

    boxes: Floats
    scores: Floats
    positions: NDArray[np.integer]

    def __getitem__(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "Candidates":
        return Candidates(self.boxes[chosen], self.scores[chosen], self.positions[chosen])


class Reading:
    """One picture's outputs while they are read. Everything raises InvalidModel for what the model cannot mean."""

    def __init__(self, kind: Kind, outputs: Outputs, spec: Spec, selection: Selection, placement: Placement) -> None:
        self.options = Options(spec, (*COMMON, *kind.options))
        self.placement = placement
        self.labels = len(spec.labels)
        self._spec, self._selection = spec, selection
        self._nms = self.options.number("nms_threshold", kind.nms, most=1)
        floor = self.options.number("discard_threshold", DISCARD, most=1)
        self._floor = max(floor, selection.min_score)
        self._coordinates = self.options.word("coordinates", kind.coordinates)
        self._extent = self.options.sides("extent")
        if self._coordinates is Coordinates.TENSOR:
            self._extent = _extent(outputs[-1])
            outputs = outputs[:-1]
        self.outputs = tuple(np.asarray(output, np.float32) for output in outputs)

    @property
    def in_units(self) -> bool:
        """Whether boxes are fractions of the input."""
        return self._coordinates is Coordinates.UNIT and not self._extent

    def needs(self, *names: str) -> None:
        """Raises InvalidModel where there are fewer outputs than these."""
        if len(self.outputs) < len(names):
            what = " and ".join(names)
            raise InvalidModel(
                f"{self._spec.postprocessing} reads {what}; the network gives {len(self.outputs)} outputs"
            )

    def of_matrix(self, boxes: Floats, scores: Floats, *, one_label: bool) -> tuple[Prediction, ...]:
        """Corners (n, 4), or (n, labels, 4) where each label has a box of its own, and scores (n, labels).

        one_label: a box is a candidate for its best label only.
        """
        if not len(boxes):  # then nobody can say how many columns the scores would have had
            return ()
        if scores.shape != (len(boxes), self.labels):
            found = " x ".join(map(str, scores.shape))
            raise InvalidModel(f"the network gives {found} scores for {len(boxes)} boxes and {self.labels} labels")
        if one_label:
            columns = _numbers(scores).argmax(axis=1)
            rows = np.flatnonzero(scores[np.arange(len(scores)), columns] >= self._floor)
            columns = columns[rows]
        else:
            rows, columns = np.nonzero(_numbers(scores) >= self._floor)
        chosen = boxes[rows] if boxes.ndim == 2 else boxes[rows, columns]
        return self.of_list(Candidates(chosen, scores[rows, columns], columns))

    def of_list(self, found: Candidates) -> tuple[Prediction, ...]:
        """Candidates, each for one label -> the selected predictions, best first; equal scores keep their order."""
        found = found[_numbers(found.scores) >= self._least(found.positions)]
        order = np.argsort(-found.scores, kind="stable")
        found = found[order[: int(self.options.number("candidates", MOST, least=1))]]
        boxes = np.clip(_numbers(found.boxes), -FAR, FAR).astype(np.float64)
        regions = self._regions(boxes)
        real = np.flatnonzero(_have_sides(boxes) & _have_sides(regions))
        stay = real[kept(boxes[real], found.positions[real], self._nms, self._selection.top)]
        names = self._spec.labels.names
        rows = zip(found[stay].positions.tolist(), _scores(found[stay].scores), regions[stay].tolist(), strict=True)
        return tuple(
            Prediction(names[place], score, region=Region(*region), position=place) for place, score, region in rows
        )

    def positions(self, classes: Floats, first: int) -> NDArray[np.intp]:
        """Positions (n,) of the labels that class numbers (n,) mean; -1 for those without a label.

        They are those of the option `class_ids`, where it is given; else they begin with `first_class`.
        """
        numbers = np.rint(np.nan_to_num(classes, nan=-1).clip(-1, FAR)).astype(np.intp)
        ids = self.options.numbers("class_ids")
        if not ids:
            return self._counted(numbers - int(self.options.number("first_class", first)))
        if len(ids) != self.labels:
            raise InvalidModel(f"there are {len(ids)} class_ids for {self.labels} labels")
        same = numbers[:, None] == np.asarray(ids, np.intp)
        return np.where(same.any(axis=1), same.argmax(axis=1), -1)

    def _counted(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        if positions.size and positions.max() >= self.labels:
            raise InvalidModel(
                f"the network names its class {positions.max() + 1}, and there are {self.labels} labels: "
                f"`class_ids` says which classes they are"
            )
        return positions

    def _least(self, positions: NDArray[np.integer]) -> Floats:
        """The score that a candidate needs, (n,); infinite where its label has no name. NaN scores reach none."""
        least = np.full(self.labels + 1, self._floor)
        least[[place for place, name in enumerate(self._spec.labels.names) if name in NAMELESS]] = np.inf
        if self._selection.sure:
            thresholds = (threshold_at(place, self._spec) for place in range(self.labels))
            least[:-1] = np.maximum(least[:-1], np.fromiter(thresholds, np.float64, self.labels))
        least[-1] = np.inf  # for class numbers that mean nothing
        return least[np.where((positions >= 0) & (positions < self.labels), positions, -1)]

    def _regions(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._extent:
            return self.placement.regions_of_unit(boxes / np.tile(self._extent, 2))
        if self._coordinates is Coordinates.UNIT:
            return self.placement.regions_of_unit(boxes)
        return self.placement.regions(boxes)


def _extent(size: NDArray[np.generic]) -> tuple[float, ...]:
    height, width = np.append(np.asarray(size, np.float64), (0, 0))[:2].tolist()
    if not (0 < height < FAR and 0 < width < FAR):
        raise InvalidModel("the tensor that boxes are measured by does not begin with a height and a width")
    return width, height


def _numbers(values: Floats) -> Floats:
    if np.isnan(values).any():
        raise InvalidModel("the network gives values that are no numbers")
    return values


def _scores(scores: Floats) -> list[float]:
    if (scores > 1 + ROUNDING).any():
        raise InvalidModel("the network gives scores above 1: they may need another `activation`")
    best: list[float] = np.minimum(scores, 1).tolist()
    return best


def _have_sides(boxes: Floats) -> NDArray[np.bool_]:
    return np.asarray((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
