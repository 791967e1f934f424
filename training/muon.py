"""Muon: momentum whose update is the nearest orthogonal matrix (Jordan et al. 2024, kellerjordan.github.io/posts/muon).

For convolutions each filter bank is taken as a matrix (outputs, inputs x height x width). Weights are kept at a fixed
norm, which batch normalisation makes harmless, so the rate is the relative change per step.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic Newton-Schulz iteration in the source above


class Muon(torch.optim.Optimizer):
    """For convolution filters, of two or more dimensions, each followed by a normalisation."""

    def __init__(self, filters: Iterable[nn.Parameter], rate: float, momentum: float = 0.9) -> None:
        super().__init__(filters, {"lr": rate, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override] # no closure is ever used here
        for group in self.param_groups:
            for weight in group["params"]:
                self._update(weight, group["lr"], group["momentum"])

    def _update(self, weight: Tensor, rate: float, momentum: float) -> None:
        state = self.state[weight]
        if not state:
            state["average"] = torch.zeros_like(weight)
        average = state["average"].mul_(momentum).add_(weight.grad)
        direction = weight.grad.add(average, alpha=momentum)
        update = orthogonal(direction.reshape(len(weight), -1)).view_as(weight)
        weight.add_(update.to(weight.dtype), alpha=-rate)
        weight.mul_(len(weight) ** 0.5 / weight.norm())


def orthogonal(matrix: Tensor, steps: int = 4) -> Tensor:
    """Nearly the nearest semi-orthogonal matrix: all singular values driven towards 1."""
    a, b, c = COEFFICIENTS
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    transposed = x.shape[0] > x.shape[1]
    x = x.T if transposed else x
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if transposed else x
