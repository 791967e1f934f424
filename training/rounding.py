"""Rounds the weights of convolutions so that the errors cancel out (GPTQ, Frantar et al. 2022, arXiv:2210.17323).

Rounding each weight to the nearest step is best for the weight alone. Here the weights of a filter are rounded one
after the other, and those that are still to come take up the error of those before, as the inputs of that layer allow.
Then the bias takes up the mean of what is left.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.served import Served

STEPS = 64  # weights lie in -64..64: training.graph says why not -127..127
ROWS = 24_000  # of a layer's inputs, that its errors are measured on
CHUNK = 64  # photos at a time
DAMPING = 0.01  # of the mean energy of the inputs, so that rare directions do not decide
CLIPPING = tuple(
    1 - step / 100 for step in range(41)
)  # shares of a filter's largest weight that are tried as its range
GROUP = 128  # weights whose errors are handed on together


@dataclass(frozen=True, slots=True)
class Rounded:
    """A network whose filters lie on a grid of STEPS steps, and each filter's step, by the name of the weights."""

    served: Served
    steps: dict[str, list[float]]


def rounded(served: Served, photos: Tensor) -> Rounded:
    """Round layer by layer, each on what the rounded layers before it give; photos: uint8 (count, side, side, 3)."""
    made = copy.deepcopy(served)
    names = {id(layer): f"{name}.weight" for name, layer in made.named_modules()}
    steps: dict[str, list[float]] = {}

    def fit(layer: nn.Conv2d, exact: nn.Conv2d, inputs: Tensor, exact_inputs: Tensor) -> None:
        steps[names[id(layer)]] = _fit(layer, exact, inputs, exact_inputs)

    with torch.no_grad():
        x = served.entry(photos)
        fit(made.stem[0], served.stem[0], x, x)
        x, exact_x = _chunked(made.stem, x), _chunked(served.stem, x)
        for block, exact in zip(made.stages, served.stages, strict=True):
            fit(block.conv1, exact.conv1, x, exact_x)
            fit(
                block.conv2,
                exact.conv2,
                _chunked(nn.Sequential(block.conv1, nn.ReLU()), x),
                _chunked(nn.Sequential(exact.conv1, nn.ReLU()), exact_x),
            )
            for place, layer in enumerate(block.shortcut if isinstance(block.shortcut, nn.Sequential) else ()):
                if isinstance(layer, nn.Conv2d):
                    before, exact_before = block.shortcut[:place], exact.shortcut[:place]
                    fit(layer, exact.shortcut[place], _chunked(before, x), _chunked(exact_before, exact_x))
            x, exact_x = _chunked(block, x), _chunked(exact, exact_x)
        if made.spread is not None:
            fit(made.spread[0], served.spread[0], x, exact_x)
    return Rounded(made, steps)


def _fit(layer: nn.Conv2d, exact: nn.Conv2d, inputs: Tensor, exact_inputs: Tensor) -> list[float]:
    """Round one layer in place and correct its bias; answers each filter's step."""
    rows, exact_rows = _rows(layer, inputs), _rows(exact, exact_inputs)
    weights = exact.weight.reshape(len(exact.weight), -1)
    energy = rows.T @ rows / len(rows)
    steps = ranges(weights, energy.diagonal()) / STEPS
    grid = round_filters(weights, energy, steps) * steps[:, None]
    layer.bias += weights @ exact_rows.mean(0) - grid @ rows.mean(0)
    layer.weight.copy_(grid.view_as(layer.weight))
    found: list[float] = steps.tolist()
    return found


def ranges(weights: Tensor, importance: Tensor) -> Tensor:
    """For each filter (filters, inputs) the range whose grid is nearest to it, weighted by the inputs' energy."""
    largest = weights.abs().amax(1)
    tried = torch.stack([largest * share for share in CLIPPING])
    steps = tried[:, :, None] / STEPS
    grids = (weights / steps).round().clamp(-STEPS, STEPS) * steps
    errors = ((grids - weights).square() * importance).sum(2)
    return tried.gather(0, errors.argmin(0, keepdim=True))[0]


def round_filters(weights: Tensor, energy: Tensor, steps: Tensor) -> Tensor:
    """Weights (filters, inputs) -> whole numbers -STEPS..STEPS; energy (inputs, inputs): mean product of two inputs."""
    order = energy.diagonal().argsort(descending=True)  # what matters most first, while there are others to correct it
    left, spread = weights[:, order].double(), _spread(energy[order][:, order].double())
    whole = torch.zeros_like(left)
    for first in range(0, left.shape[1], GROUP):
        group = range(first, min(first + GROUP, left.shape[1]))
        errors = torch.zeros(len(left), len(group), dtype=left.dtype)
        for column in group:
            whole[:, column] = (left[:, column] / steps).round().clamp(-STEPS, STEPS)
            error = (left[:, column] - whole[:, column] * steps) / spread[column, column]
            left[:, column : group.stop] -= error[:, None] * spread[column, column : group.stop]
            errors[:, column - first] = error
        left[:, group.stop :] -= errors @ spread[first : group.stop, group.stop :]
    return torch.zeros_like(whole).index_copy(1, order, whole).to(weights.dtype)


def _spread(energy: Tensor) -> Tensor:
    """How the error of one weight is handed on to later ones: the upper Cholesky factor of the inverse."""
    damped = energy + torch.eye(len(energy), dtype=energy.dtype) * (DAMPING * energy.diagonal().mean())
    return torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(damped)), upper=True)


def _rows(layer: nn.Conv2d, inputs: Tensor) -> Tensor:
    """An even sample of what the filters are multiplied with: (rows, inputs), the same places at every call."""
    parts = []
    generator = torch.Generator().manual_seed(0)
    for chunk in inputs.split(CHUNK):
        columns = functional.unfold(chunk, layer.kernel_size, padding=layer.padding, stride=layer.stride)
        rows = columns.transpose(1, 2).reshape(-1, columns.shape[1])
        kept = max(1, ROWS * len(chunk) // len(inputs))
        parts.append(rows[torch.randperm(len(rows), generator=generator)[:kept]])
    return torch.cat(parts)


def _chunked(layers: nn.Module, inputs: Tensor) -> Tensor:
    return torch.cat([layers(chunk) for chunk in inputs.split(CHUNK)])
