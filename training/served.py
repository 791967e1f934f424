"""The network as it is served: raw RGB bytes in, logits out, everything linear folded into the convolutions.

What is folded gives the same numbers in less time: normalisations, the averages before shortcuts, and the step of the
first convolution, whose three channels would leave most of a vector unit idle.
"""

import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from training.augment import normalise
from training.network import MEAN, STD, Network, pooled
from training.recipe import Recipe

GREY = 114  # the byte that stands for zero, also in the padding: the mean of all photos and channels


class Served(nn.Module):
    """uint8 (batch, side, side, 3), RGB, 0..255 -> logits, float32 (batch, classes); side is a multiple of 16.

    The first convolution sees pixel - GREY, so that an int8 runtime can take the bytes as they are. Only the padding
    differs from training: one grey for all channels in place of each channel's own mean.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._trained = (network.eval(),)  # in a tuple, so that it is no part of this module
        folded = fold_normalisations(network)
        self.stem, self.stages, self.maps = folded.stem, folded.stages, folded.maps
        self.spread, self.head = folded.spread, folded.head
        _fold_gauge(self.head, folded.gauge)
        _take_bytes(self.stem[0])
        self.stem[0] = _on_squares(self.stem[0])
        for block in self.stages:
            _fold_average(block.shortcut)
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(pooled(self, self.stem(self.entry(pixels))))

    def entry(self, pixels: Tensor) -> Tensor:
        """uint8 (batch, side, side, 3) -> what the first convolution sees: float32 (batch, 12, side / 2, side / 2).

        The twelve channels are the four pixels of a square of 2 x 2, row by row, each less GREY.
        """
        side = pixels.shape[1] // 2
        rows = pixels.reshape(-1, side, 2, 6 * side).split(1, 2)  # upper and lower ones of the squares
        squares = torch.cat([row.reshape(-1, side, side, 6) for row in rows], 3)
        return squares.permute(0, 3, 1, 2).float() - GREY

    @property
    def trained(self) -> Network:
        """The network it was made from."""
        return self._trained[0]

    def expected(self, pixels: Tensor) -> Tensor:
        """What `forward` has to give: the trained network, on photos with a grey border in place of its padding."""
        trained = copy.deepcopy(self.trained)
        width = trained.stem[0].padding[0]
        trained.stem[0].padding = (0, 0)
        return trained(normalise(functional.pad(pixels, (0, 0, width, width, width, width), value=GREY)))


def load_network(checkpoint: Path, recipe: Recipe, classes: int) -> tuple[Network, int]:
    """The network of a checkpoint, ready to answer, and the number of steps it was trained for."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network = Network(classes, recipe.shape)
    network.load_state_dict(state["network"])
    return network.eval(), state["next_step"]


def fold_normalisations(network: Network) -> Network:
    """A copy whose batch normalisations have become part of the convolution before them."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        if hasattr(module, "conv1"):
            module.conv1, module.norm1 = fuse_conv_bn_eval(module.conv1, module.norm1), nn.Identity()
            module.conv2, module.norm2 = fuse_conv_bn_eval(module.conv2, module.norm2), nn.Identity()
        elif isinstance(module, nn.Sequential):
            _fold_pairs(module)
    return folded


def _fold_pairs(layers: nn.Sequential) -> None:
    for position in range(1, len(layers)):
        if isinstance(layers[position], nn.BatchNorm2d):
            layers[position - 1] = fuse_conv_bn_eval(layers[position - 1], layers[position])
            layers[position] = nn.Identity()


def _fold_gauge(head: nn.Linear, gauge: nn.Module) -> None:
    """(seen - mean) / deviation before a linear layer -> other weights and another bias."""
    if isinstance(gauge, nn.BatchNorm1d):
        with torch.no_grad():
            head.weight /= (gauge.running_var + gauge.eps).sqrt()
            head.bias -= head.weight @ gauge.running_mean


def _take_bytes(convolution: nn.Conv2d) -> None:
    """(pixel / 255 - mean) / std = (pixel - GREY) / (255 std) + (GREY / 255 - mean) / std: filters and bias change."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    with torch.no_grad():
        shift = ((GREY / 255 - mean) / std).view(1, 3, 1, 1)
        convolution.bias += (convolution.weight * shift).sum((1, 2, 3))
        convolution.weight /= (255 * std).view(1, 3, 1, 1)


def _on_squares(convolution: nn.Conv2d) -> nn.Conv2d:
    """5 x 5 with step 2 on pixels -> 3 x 3 with step 1 on squares of 2 x 2 pixels: the same sums, and some zeros."""
    filters = convolution.weight.detach()
    padded = functional.pad(filters, (0, 1, 0, 1))  # 6 x 6: three squares each way
    squares = padded.unflatten(2, (3, 2)).unflatten(4, (3, 2)).permute(0, 3, 5, 1, 2, 4).flatten(1, 3)
    made = nn.Conv2d(squares.shape[1], len(squares), 3, 1, 1)
    made.load_state_dict({"weight": squares.contiguous(), "bias": convolution.bias.detach()})
    return made


def _fold_average(shortcut: nn.Module) -> None:
    """The mean of 2 x 2 positions before a 1 x 1 convolution -> one 2 x 2 convolution; sides have to be even."""
    if isinstance(shortcut, nn.Sequential) and isinstance(shortcut[0], nn.AvgPool2d):
        narrow = shortcut[1]
        wide = nn.Conv2d(narrow.in_channels, narrow.out_channels, 2, 2)
        filters = narrow.weight.detach().expand(-1, -1, 2, 2) / 4
        wide.load_state_dict({"weight": filters.contiguous(), "bias": narrow.bias.detach()})
        shortcut[0], shortcut[1] = nn.Identity(), wide
