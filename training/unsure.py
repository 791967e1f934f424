"""When to say "none of these": fits the threshold on held-out photos, and measures what it does to any pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.hierarchy import Hierarchy

KEPT = 0.9  # of the photos whose first answer is right, those that still get an answer
Floats = NDArray[np.floating]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is said about some pictures: shares (0..1) of all of them, and of the answers, which of them hold."""

    pictures: int
    labels: float
    groups: float
    holding: float

    @property
    def nothing(self) -> float:
        """The share of pictures that none of the labels and groups is said of."""
        return 1 - self.labels - self.groups

    @property
    def wrong(self) -> float:
        """The share of pictures of which something is said that does not hold."""
        return (self.labels + self.groups) * (1 - self.holding)


def assurance(hierarchy: Hierarchy, probabilities: Floats) -> Floats:
    """Probabilities (count, labels) -> (count,): the largest threshold at which something is still said."""
    outermost = [hierarchy.path(label)[0] if len(hierarchy.path(label)) > 1 else None for label in _labels(hierarchy)]
    names = dict.fromkeys(name for name in outermost if name is not None)
    sums = [probabilities[:, [own == name for own in outermost]].sum(axis=1) for name in names]
    most: Floats = np.max([probabilities.max(axis=1), *sums], axis=0)
    return most


def fit_sure(hierarchy: Hierarchy, probabilities: Floats, truth: NDArray[np.integer]) -> float:
    """The threshold that keeps an answer for KEPT of the photos whose first label is right, in whole hundredths."""
    right = probabilities.argmax(axis=1) == truth
    return float(np.floor(100 * np.quantile(assurance(hierarchy, probabilities[right]), 1 - KEPT)) / 100)


def behaviour(hierarchy: Hierarchy, probabilities: Floats, right: Sequence[Sequence[Path]], sure: float) -> Behaviour:
    """What is said of pictures; `right` has the right paths of each, none where nothing that can be said holds."""
    answers = [hierarchy.roll_up(row, sure) for row in probabilities.tolist()]
    said = [(answer.position, paths) for answer, paths in zip(answers, right, strict=True) if answer is not None]
    labels = sum(position < hierarchy.labels for position, _ in said)
    holding = sum(holds(hierarchy.path(position), paths) for position, paths in said)
    count = len(answers)
    return Behaviour(count, labels / count, (len(said) - labels) / count, holding / len(said) if said else 1.0)


def holds(said: Path, right: Sequence[Path]) -> bool:
    """Whether a label or group may be said of a picture: it is one of the right ones, or one around them."""
    return any(said == path[: len(said)] for path in right)


def truths(hierarchy: Hierarchy, truth: NDArray[np.integer]) -> list[tuple[Path]]:
    """The whole path of each photo's class, as the only right one."""
    paths = [(hierarchy.path(label),) for label in _labels(hierarchy)]
    return [paths[label] for label in truth.tolist()]


def without_truth(probabilities: Floats, truth: NDArray[np.integer]) -> Floats:
    """The probabilities of a network that lacks each photo's own label: the others share what it had."""
    others = probabilities.copy()
    others[np.arange(len(truth)), truth] = 0
    shares: Floats = others / others.sum(axis=1, keepdims=True)
    return shares


def energy(logits: Floats) -> Floats:
    """Logits (count, labels) -> (count,): log of the sum of their powers; low for what a network knows nothing of.

    Liu et al. 2020, arXiv:2010.03759.
    """
    highest = logits.max(axis=1)
    sums: Floats = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return sums


def separation(inside: Floats, outside: Floats) -> float:
    """The area under the ROC curve: the chance that one of `inside` is above one of `outside`; ties count half."""
    ordered = np.sort(outside)
    below, up_to = np.searchsorted(ordered, inside, "left"), np.searchsorted(ordered, inside, "right")
    return float((below + up_to).mean() / 2 / len(outside))


def _labels(hierarchy: Hierarchy) -> range:
    return range(hierarchy.labels)
