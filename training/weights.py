"""Weights of networks of one shape, mixed; and a head as it is without what stands before it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

LAST = ("norm2.weight", "norm2.bias")  # of a block, before its shortcut is added


HEAD = ("head.weight", "head.bias", "gauge.running_mean", "gauge.running_var", "gauge.num_batches_tracked")
EPSILON = 1e-5  # of torch's batch normalisation


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer on what the network sees as it is: weight (classes, features), bias (classes,)."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weights: Mapping[str, Tensor]) -> "Head":
        """The head among the weights of a network, with the gauge before it folded in where there is one."""
        weight, bias = weights["head.weight"], weights["head.bias"]
        if "gauge.running_var" not in weights:
            return cls(weight, bias)
        weight = weight / (weights["gauge.running_var"] + EPSILON).sqrt()
        return cls(weight, bias - weight @ weights["gauge.running_mean"])


def between(own: Tensor, other: Tensor, share: float) -> Tensor:
    """`own` with this `share` (0..1) of `other`; counts stay as they are."""
    return torch.lerp(own, other, share) if own.is_floating_point() else own


def with_silent_blocks(weights: Mapping[str, Tensor], larger: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights, and those of blocks that only `larger` has, as blocks that add nothing to their shortcuts."""
    silent = {name: torch.zeros_like(own) if name.endswith(LAST) else own for name, own in larger.items()}
    return {**silent, **weights}
