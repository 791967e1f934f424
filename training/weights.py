"""Weights of two networks of one shape, mixed."""

from collections.abc import Mapping

import torch
from torch import Tensor

LAST = ("norm2.weight", "norm2.bias")  # of a block, before its shortcut is added


def between(own: Tensor, other: Tensor, share: float) -> Tensor:
    """`own` with this `share` (0..1) of `other`; counts stay as they are."""
    return torch.lerp(own, other, share) if own.is_floating_point() else own


def with_silent_blocks(weights: Mapping[str, Tensor], larger: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights, and those of blocks that only `larger` has, as blocks that add nothing to their shortcuts."""
    silent = {name: torch.zeros_like(own) if name.endswith(LAST) else own for name, own in larger.items()}
    return {**silent, **weights}
