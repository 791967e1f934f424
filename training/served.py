"""The network as it is served: raw RGB bytes in, logits out, normalisations folded into the convolutions."""

import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from training.augment import normalise
from training.network import MEAN, STD, Network
from training.recipe import Recipe
from training.weights import between

GREY = 114  # the byte that stands for zero, also in the padding: the mean of all photos and channels


class Served(nn.Module):
    """uint8 (batch, side, side, 3), RGB, 0..255 -> logits, float32 (batch, classes).

    The first convolution sees pixel - GREY, so that an int8 runtime can take the bytes as they are. Only the padding
    differs from training: one grey for all channels in place of each channel's own mean.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._trained = (network.eval(),)  # in a tuple, so that it is no part of this module
        folded = fold_normalisations(network)
        self.stem, self.stages, self.head = folded.stem, folded.stages, folded.head
        _take_bytes(self.stem[0])
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        x = pixels.permute(0, 3, 1, 2).float() - GREY
        return self.head(self.stages(self.stem(x)).mean((2, 3)))

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
    """The network of a checkpoint, ready to answer, and the number of steps it was trained for.

    Where the recipe says so, its weights are averaged with those of an earlier recipe, whose checkpoint lies beside it
    (Wortsman et al. 2022, Robust fine-tuning of zero-shot models).
    """
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights = state["network"]
    if recipe.averaged_with:
        earlier = torch.load(checkpoint.with_stem(recipe.averaged_with), map_location="cpu", weights_only=True)
        weights = {name: between(own, earlier["network"][name], recipe.share) for name, own in weights.items()}
    network = Network(classes, recipe.shape)
    network.load_state_dict(weights)
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


def _take_bytes(convolution: nn.Conv2d) -> None:
    """(pixel / 255 - mean) / std = (pixel - GREY) / (255 std) + (GREY / 255 - mean) / std: filters and bias change."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    with torch.no_grad():
        shift = ((GREY / 255 - mean) / std).view(1, 3, 1, 1)
        convolution.bias += (convolution.weight * shift).sum((1, 2, 3))
        convolution.weight /= (255 * std).view(1, 3, 1, 1)
