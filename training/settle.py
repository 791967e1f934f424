"""After a training: the head alone, fitted to photos as they are and not as training spoils them.

The network before the head has learnt not to see where a photo comes from (training.equalise), and stays as it is. Only
the weights of what it sees are still those for spoilt photos: Kirichenko et al. 2022, arXiv:2204.02937.
"""

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.augment import normalise, shown
from training.network import Network, pooled
from training.recipe import Recipe

EPOCHS, RATE, DECAY, BATCH = 6, 1e-3, 1e-2, 1024
DROPOUT = 0.3  # of the features, so that the head leans on none of them alone
TAUGHT = 0.4  # share of the loss that the teacher decides here
WARM_UP = 0.05  # of all steps
AT_ONCE = 256  # photos that the network sees at once


@dataclass(frozen=True, slots=True)
class Lessons:
    """Photos, uint8 (count, 64, 64, 3), their classes (count,), and the teacher's probabilities (count, classes)."""

    pixels: Tensor
    classes: Tensor
    taught: Tensor | None = None


def loss_of(logits: Tensor, classes: Tensor, taught: Tensor | None, recipe: Recipe) -> Tensor:
    """Cross-entropy with the labels, and with the teacher where there is one, in the recipe's shares."""
    loss = functional.cross_entropy(logits, classes, label_smoothing=recipe.label_smoothing)
    return loss if taught is None else torch.lerp(loss, functional.cross_entropy(logits, taught), recipe.taught)


def settle(network: Network, lessons: Lessons, recipe: Recipe) -> None:
    """Fit the head of a network in place, at the side of its last stage.

    It becomes the mean of one that is fitted to whole photos and one that is fitted to the share that will be shown.
    """
    heads = [_fitted(network, lessons, recipe, share) for share in dict.fromkeys((1.0, recipe.shown))]
    for own, *fitted in zip(network.head.parameters(), *(head.parameters() for head in heads), strict=True):
        own.data.copy_(torch.stack(fitted).mean(0))


def _fitted(network: Network, lessons: Lessons, recipe: Recipe, share: float) -> nn.Linear:
    """A head for this share (0..1) of the photos' sides.

    Every second photo is seen mirrored in the first pass, the others in the second, and so on in turn.
    """
    torch.manual_seed(recipe.seed)
    shares, head = replace(recipe, taught=TAUGHT), copy.deepcopy(network.head)
    device = head.weight.device
    views = [_seen(network, lessons.pixels, recipe.stages[-1].side, share, mirrored) for mirrored in (1, 0)]
    optimiser = torch.optim.AdamW(head.parameters(), RATE, weight_decay=DECAY)
    batches = max(1, len(lessons.pixels) // BATCH)
    for step in range(EPOCHS * batches):
        if step % batches == 0:
            order, seen = torch.randperm(len(lessons.pixels)), views[step // batches % len(views)]
        chosen = order[step % batches * BATCH :][:BATCH]
        progress = step / (EPOCHS * batches)
        optimiser.param_groups[0]["lr"] = RATE * min(1.0, progress / WARM_UP) * (1 - progress)
        taught = None if lessons.taught is None else lessons.taught[chosen].to(device).float()
        logits = head(functional.dropout(seen[chosen].to(device).float(), DROPOUT))
        optimiser.zero_grad()
        loss_of(logits, lessons.classes[chosen].to(device), taught, shares).backward()
        optimiser.step()
    return head


@torch.no_grad()
def _seen(network: Network, pixels: Tensor, side: int, share: float, mirrored: int) -> Tensor:
    """What the head sees of each photo, float16 (count, features). mirrored: the first of every second one, 0 or 1."""
    network.eval()
    device = network.head.weight.device
    found = []
    for first in range(0, len(pixels), AT_ONCE):
        some = pixels[first : first + AT_ONCE].clone()
        some[mirrored::2] = some[mirrored::2].flip(2)
        images = shown(normalise(some.to(device)), side, share)
        with torch.autocast(device.type, torch.bfloat16):
            some_seen = pooled(network, network.stem(images.contiguous(memory_format=torch.channels_last)))
        found.append(network.gauge(some_seen.float()).half().cpu())
    return torch.cat(found)
