"""The network: a narrow residual network of basic blocks for small inputs (He et al. 2016, arXiv:1512.03385).

No depthwise convolutions: on a CPU they train an order of magnitude slower per multiply-add. Downsampling follows
ResNet-D (He et al. 2019, arXiv:1812.01187): average pooling before the 1 x 1 shortcut.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

MEAN = (0.480, 0.448, 0.398)  # per channel, of the training photos, in 0..1
STD = (0.277, 0.269, 0.282)


@dataclass(frozen=True, slots=True)
class Shape:
    """Channels and blocks of each stage; the first stage runs at half the input's resolution."""

    widths: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    mixed: int = 0  # channels inside one more block at the end that mixes channels only; 0: there is none
    levels: int = 0  # last maps whose means and maxima the head sees; 0: it sees the means of the very last only
    spread: int = 0  # channels of a 1 x 1 convolution on the last map, whose means the head sees, too; needs `levels`


class Block(nn.Module):
    """Two 3 x 3 convolutions with a shortcut; the last normalisation starts at zero, so a new block is the identity."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        nn.init.zeros_(self.norm2.weight)
        self.shortcut = _shortcut(before, after, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class Mixing(nn.Module):
    """Two 1 x 1 convolutions with a shortcut, as in the blocks of a transformer; a new one is the identity."""

    def __init__(self, width: int, inside: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, inside, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(inside)
        self.conv2 = nn.Conv2d(inside, width, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        nn.init.zeros_(self.norm2.weight)
        self.shortcut = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + x)


class Network(nn.Module):
    """Normalised RGB (batch, 3, side, side) -> logits (batch, classes). Any side from 32 up works.

    maps: the places in `stages` of the blocks whose output the head sees. spread: more channels than the last map has,
    as at the end of MobileNetV3 (Howard et al. 2019, arXiv:1905.02244), or None.
    """

    def __init__(self, classes: int, shape: Shape = Shape()) -> None:
        super().__init__()
        self.frozen: list[nn.Module] = []  # parts that training leaves as they are
        self.stem = nn.Sequential(
            nn.Conv2d(3, shape.widths[0], 5, 2, 2, bias=False), nn.BatchNorm2d(shape.widths[0]), nn.ReLU()
        )
        self.stages = nn.Sequential(*_stages(shape))
        ends = [sum(shape.blocks[: stage + 1]) - 1 for stage in range(len(shape.blocks))]
        self.maps = tuple(dict.fromkeys((*ends, len(self.stages) - 1)))[-shape.levels :] if shape.levels else ()
        self.spread = _spread(shape.widths[-1], shape.spread) if shape.spread else None
        widths = [self.stages[place].conv2.out_channels for place in self.maps]
        seen = 2 * sum(widths) + shape.spread
        self.gauge = nn.BatchNorm1d(seen, affine=False) if self.maps else nn.Identity()
        self.head = nn.Linear(seen or shape.widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.gauge(pooled(self, self.stem(x))))

    def freeze(self, blocks: int) -> None:
        """Leave the stem and the first blocks as they are, weights and statistics; a step takes a third less time.

        Last layers still gain when the first ones have long settled: Brock et al. 2017, arXiv:1706.04983.
        """
        self.frozen = [self.stem, *self.stages[:blocks]] if blocks else []
        for part in self.frozen:
            part.requires_grad_(requires_grad=False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self


def pooled(network: nn.Module, x: Tensor) -> Tensor:
    """What the head sees of what the stem gives, (batch, features).

    The means of the last map; or means and maxima of `maps`, the last map first, and then the means of `spread`.
    network: a `Network`, or one in another form that has the same parts.
    """
    seen: list[Tensor] = []
    for place, block in enumerate(network.stages):
        x = block(x)
        if place in network.maps:
            seen = [x.mean((2, 3)), x.amax((2, 3)), *seen]
    if network.spread is not None:
        seen.append(network.spread(x).mean((2, 3)))
    return torch.cat(seen, 1) if network.maps else x.mean((2, 3))


def _spread(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def _stages(shape: Shape) -> list[nn.Module]:
    stages: list[nn.Module] = []
    before = shape.widths[0]
    for index, (width, count) in enumerate(zip(shape.widths, shape.blocks, strict=True)):
        for position in range(count):
            stages.append(Block(before, width, 2 if index and not position else 1))
            before = width
    return [*stages, Mixing(before, shape.mixed)] if shape.mixed else stages


def _shortcut(before: int, after: int, stride: int) -> nn.Module:
    if before == after and stride == 1:
        return nn.Identity()
    projection = [nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*([nn.AvgPool2d(2, ceil_mode=True)] if stride == 2 else []), *projection)
