"""Augmentation of a whole batch at once: random resized crop and flip in one resampling, then light and colour."""

import torch
from torch import Tensor
from torch.nn import functional

from training.network import MEAN, STD

ASPECT = (3 / 4, 4 / 3)
JITTER = 0.25  # largest relative change of light, contrast and saturation


def normalise(pixels: Tensor) -> Tensor:
    """uint8 (batch, side, side, 3) in 0..255 -> float32 (batch, 3, side, side), mean 0, deviation 1."""
    scaled = pixels.permute(0, 3, 1, 2).float().div_(255)
    return scaled.sub_(_channels(MEAN, scaled)).div_(_channels(STD, scaled))


def augment(pixels: Tensor, side: int, least_area: float) -> Tensor:
    """uint8 (batch, 64, 64, 3) -> float32 (batch, 3, side, side), normalised; draws from torch's default generator.

    A crop keeps `least_area` (0..1) of the photo's area at least.
    """
    crops = _crops(len(pixels), least_area, pixels.device)
    grid = functional.affine_grid(crops, [len(pixels), 3, side, side], False)
    images = normalise(pixels).contiguous(memory_format=torch.channels_last)
    return _jitter(functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False))


def shown(images: Tensor, side: int, share: float) -> Tensor:
    """float32 (batch, 3, any, any) -> (batch, 3, side, side): this share (0..1) of their sides, at the centre."""
    whole = side + 2 * round((side / share - side) / 2)
    first = (whole - side) // 2
    images = functional.interpolate(images, size=(whole, whole), mode="bicubic", antialias=True)
    return images[:, :, first : first + side, first : first + side]


def _crops(count: int, least_area: float, device: torch.device) -> Tensor:
    area = torch.empty(count, device=device).uniform_(least_area, 1.0)
    log_aspect = torch.empty(count, device=device).uniform_(
        torch.tensor(ASPECT[0]).log(), torch.tensor(ASPECT[1]).log()
    )
    width = (area * log_aspect.exp()).sqrt().clamp_(max=1)
    height = (area / log_aspect.exp()).sqrt().clamp_(max=1)
    flip = torch.randint(0, 2, (count,), device=device) * 2 - 1
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 1, 1] = width * flip, height
    theta[:, 0, 2] = (1 - width) * torch.empty_like(width).uniform_(-1, 1)
    theta[:, 1, 2] = (1 - height) * torch.empty_like(height).uniform_(-1, 1)
    return theta


def _jitter(images: Tensor) -> Tensor:
    def factor() -> Tensor:
        return 1 + JITTER * (2 * torch.rand(len(images), 1, 1, 1, device=images.device) - 1)

    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * factor()
    mean = grey.mean((2, 3), keepdim=True)
    return mean + (images - mean) * factor() + (factor() - 1)


def _channels(values: tuple[float, ...], like: Tensor) -> Tensor:
    return torch.tensor(values, device=like.device).view(1, 3, 1, 1)
