"""Weights of two networks of one shape, mixed."""

import torch
from torch import Tensor


def between(own: Tensor, other: Tensor, share: float) -> Tensor:
    """`own` with this `share` (0..1) of `other`; counts stay as they are."""
    return torch.lerp(own, other, share) if own.is_floating_point() else own
