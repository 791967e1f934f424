"""One distribution for several frames."""

from collections import Counter, defaultdict

from image_tagger.domain.predictions import Prediction


class Mean:
    """The mean of the predictions of frames. A frame's predictions must be complete, or the mean is too low."""

    def __init__(self) -> None:
        self._totals: defaultdict[tuple[str, int], float] = defaultdict(float)
        self._frames = 0

    def add(self, predictions: tuple[Prediction, ...]) -> None:
        """Take one more frame."""
        before = Counter[str]()
        for prediction in predictions:
            # a label that stands twice in a model stays two labels
            self._totals[prediction.label, before[prediction.label]] += prediction.score
            before[prediction.label] += 1
        self._frames += 1

    def best(self, top: int | None = None) -> tuple[Prediction, ...]:
        """The `top` labels (None: all) with the highest means, the highest first."""
        best = sorted(self._totals.items(), key=lambda item: -item[1])[:top]
        return tuple(Prediction(label, min(total / self._frames, 1.0)) for (label, _), total in best)
