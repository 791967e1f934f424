"""From what a network's last layer gives to scores in 0..1."""

from enum import StrEnum

import numpy as np

from image_tagger.models.detection.boxes import Floats


class Activation(StrEnum):
    """What is done to the scores of one box."""

    NONE = "none"  # they are in 0..1 already
    SIGMOID = "sigmoid"  # each stands for itself
    SOFTMAX = "softmax"  # they add up to 1


def activated(scores: Floats, activation: Activation) -> Floats:
    """Scores (..., classes) -> the same in 0..1."""
    if activation is Activation.SIGMOID:
        return sigmoid(scores)
    return softmax(scores) if activation is Activation.SOFTMAX else scores


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5)


def softmax(values: Floats) -> Floats:
    """Along the last axis; what is no number stays none."""
    with np.errstate(invalid="ignore"):
        powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
