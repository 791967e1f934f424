"""How good answers are: accuracy, calibration of the probabilities, classes taken for each other; numpy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Classes = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Confusion:
    """`count` of the photos of class `truth` were answered with class `answer`."""

    truth: int
    answer: int
    count: int


def softmax(logits: Floats) -> Floats:
    """Logits (count, classes) -> probabilities of the same shape; each row sums to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def hits(scores: Floats, truth: Classes, top: int) -> NDArray[np.bool_]:
    """For each row of scores (count, classes): is the true class among the `top` best? A tie counts against it."""
    own = scores[np.arange(len(truth)), truth]
    found: NDArray[np.bool_] = (scores >= own[:, None]).sum(axis=1) <= top
    return found


def calibration_error(probabilities: Floats, truth: Classes, bins: int = 15) -> float:
    """Expected calibration error (0..1): mean gap between confidence and accuracy over equal bins of confidence."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def loss(logits: Floats, truth: Classes) -> float:
    """Mean negative log-likelihood, in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    own = shifted[np.arange(len(truth)), truth]
    return float((np.log(np.exp(shifted).sum(axis=1)) - own).mean())


def fit_temperature(logits: Floats, truth: Classes) -> float:
    """The temperature T in 0.2..5 for which softmax(logits / T) has the least loss (Guo et al. 2017, arXiv:1706.04599).

    The loss has one minimum in T, so a golden-section search over log T finds it.
    """
    low, high = np.log(0.2), np.log(5.0)
    shrink = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        if loss(logits / np.exp(left), truth) < loss(logits / np.exp(right), truth):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def confusions(answers: Classes, truth: Classes, classes: int, most: int) -> list[Confusion]:
    """The `most` frequent mistakes, worst first."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, answers), 1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    return [Confusion(int(i // classes), int(i % classes), int(counts.flat[i])) for i in order if counts.flat[i]]


def hardest(answers: Classes, truth: Classes, classes: int) -> list[tuple[int, int, Confusion]]:
    """For each class, worst first: the class, how many of its photos are right, and its most frequent mistake."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, answers), 1)
    right = counts.diagonal().copy()
    np.fill_diagonal(counts, 0)
    mistakes = [Confusion(own, int(row.argmax()), int(row.max())) for own, row in enumerate(counts)]
    order = np.argsort(right / np.maximum(1, right + counts.sum(axis=1)), kind="stable")
    return [(int(own), int(right[own]), mistakes[own]) for own in order]
