"""From the network in the wheel back to a checkpoint: `python -m training.restore --data DIR --work DIR`.

With it, training goes on from the weights in the repository instead of from nothing. The answers are those of the
float32 form; its filters stay rounded until they are trained, and what the optimisers knew is gone. What was folded
into the convolutions (training.served) is unfolded: each filter gets the norm 1, and its normalisation gets the mean
and the deviation that training photos give it.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.augment import augment
from training.data import load_training, read_classes
from training.equalise import equalise
from training.network import MEAN, STD, Network, pooled
from training.recipe import RECIPES, Recipe
from training.served import GREY

WHEEL = Path("src/image_tagger/models/embedded/fp32/starter-fp32.onnx")
SAMPLE = 1536  # photos that give means and deviations
AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Folded:
    """A convolution, the normalisation after it, and what the file holds of both: filters and a bias."""

    convolution: nn.Conv2d
    norm: nn.BatchNorm2d
    filters: Tensor
    bias: Tensor

    def unfold(self) -> None:
        """Filters of norm 1 and a normalisation that gives them their size; the product is the same."""
        norms = self.norms()
        self.convolution.weight.copy_(self.filters / norms.view(-1, 1, 1, 1))
        self.gauge(torch.zeros_like(norms), torch.ones_like(norms) - self.norm.eps)

    def gauge(self, mean: Tensor, variance: Tensor) -> None:
        """The same function with these statistics of what the convolution gives."""
        self.norm.running_mean.copy_(mean)
        self.norm.running_var.copy_(variance)
        self.norm.weight.copy_(self.norms() * (variance + self.norm.eps).sqrt())
        self.norm.bias.copy_(self.bias + self.norms() * mean)

    def norms(self) -> Tensor:
        """Of the filters in the file."""
        return self.filters.flatten(1).norm(dim=1).clamp_(min=1e-8)


@torch.no_grad()
def restored(file: Path, recipe: Recipe, classes: int, sample: Tensor) -> Network:
    """The network of a recipe with the weights of a float32 file; sample: uint8 (count, 64, 64, 3)."""
    stored = _stored(file)
    network = Network(classes, recipe.shape).eval()
    if stored["head.weight"].shape != network.head.weight.shape:
        raise SystemExit(f"{file.name} was made by another recipe: its head has another shape")
    parts = list(_parts(network, stored))
    for part in parts:
        part.unfold()
    torch.manual_seed(recipe.seed)
    stage = recipe.stages[-1]
    images = [augment(equalise(some), stage.side, stage.least_area) for some in sample.split(AT_ONCE)]
    found = [_Moments() for _ in parts]
    watching = [p.convolution.register_forward_hook(moments) for p, moments in zip(parts, found, strict=True)]
    seen = torch.cat([pooled(network, network.stem(some)) for some in images])
    for part, moments, watch in zip(parts, found, watching, strict=True):
        watch.remove()
        part.gauge(*moments.mean_and_variance())
    network.head.weight.copy_(stored["head.weight"])
    network.head.bias.copy_(stored["head.bias"])
    if isinstance(network.gauge, nn.BatchNorm1d):
        network.gauge.running_mean.copy_(seen.mean(0))
        network.gauge.running_var.copy_(seen.var(0))
        network.head.bias += network.head.weight @ network.gauge.running_mean
        network.head.weight *= (network.gauge.running_var + network.gauge.eps).sqrt()
    return network


class _Moments:
    """Sums of what a convolution gives, channel by channel."""

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0, torch.zeros(()), torch.zeros(())

    def __call__(self, _layer: nn.Module, _given: tuple[Tensor, ...], found: Tensor) -> None:
        self._count += found.numel() // found.shape[1]
        self._sum = self._sum + found.double().sum((0, 2, 3))
        self._squares = self._squares + found.double().square().sum((0, 2, 3))

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        mean = self._sum / self._count
        return mean.float(), (self._squares / self._count - mean.square()).clamp(min=1e-6).float()


def _stored(file: Path) -> dict[str, Tensor]:
    """The weights of a file of `training.graph.write_narrow`, as float32 by their names."""
    found = {w.name: np.array(numpy_helper.to_array(w)) for w in onnx.load(file).graph.initializer}
    weights = {}
    for name, values in found.items():
        wide = name.removesuffix("_narrow")
        step = found.get(f"{wide}_step", np.float32(1)) if wide != name else np.float32(1)
        weights[wide] = torch.from_numpy(np.asarray(values * step, np.float32))
    return weights


def _parts(network: Network, stored: dict[str, Tensor]) -> Iterator[Folded]:
    filters, bias = _from_bytes(_from_squares(stored["stem.0.weight"]), stored["stem.0.bias"])
    yield Folded(network.stem[0], network.stem[1], filters, bias)
    for place, block in enumerate(network.stages):
        for layer in ("1", "2"):
            name = f"stages.{place}.conv{layer}"
            convolution, norm = getattr(block, f"conv{layer}"), getattr(block, f"norm{layer}")
            yield Folded(convolution, norm, stored[f"{name}.weight"], stored[f"{name}.bias"])
        if isinstance(block.shortcut, nn.Sequential):
            name = next(n for n in stored if n.startswith(f"stages.{place}.shortcut.") and n.endswith(".weight"))
            filters = stored[name].sum((2, 3), keepdim=True)  # an average before it was folded in
            yield Folded(*block.shortcut[-2:], filters, stored[name.replace("weight", "bias")])
    if network.spread is not None:
        yield Folded(*network.spread[:2], stored["spread.0.weight"], stored["spread.0.bias"])


def _from_squares(filters: Tensor) -> Tensor:
    """3 x 3 on squares of 2 x 2 pixels -> 5 x 5 on pixels; the inverse of what training.served does."""
    pixels = filters.unflatten(1, (2, 2, 3)).permute(0, 3, 4, 1, 5, 2)
    return pixels.reshape(len(filters), 3, 6, 6)[:, :, :5, :5]


def _from_bytes(filters: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """For bytes less GREY -> for normalised pixels."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    wide = filters * (255 * std).view(1, 3, 1, 1)
    return wide, bias - (wide * ((GREY / 255 - mean) / std).view(1, 3, 1, 1)).sum((1, 2, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with part_a.zip, part_b.zip, classes.json")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="unpacked photos and checkpoints")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="starter", help="that made the file")
    parser.add_argument("--file", type=Path, default=WHEEL, help="the float32 form of the network")
    options = parser.parse_args()
    photos = load_training(options.data, options.work)
    sample = torch.from_numpy(photos.pixels[:: max(1, len(photos) // SAMPLE)])
    recipe = RECIPES[options.recipe]
    network = restored(options.file, recipe, len(read_classes(options.data)), sample)
    steps = sum(stage.epochs for stage in recipe.stages) * (len(photos) // recipe.batch)
    state = {"next_step": steps, "settled": recipe.settled, "finished": True, "network": network.state_dict()}
    torch.save(state, options.work / f"{options.recipe}.pt")
    print(f"restored: {options.work / f'{options.recipe}.pt'}")


if __name__ == "__main__":
    main()
