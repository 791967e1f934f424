"""Hides where a photo comes from: each source of the training photos was shrunk and compressed in its own way.

A network that sees the photos as they are tells Tiny-ImageNet's sharp 64 x 64 JPEGs from the other sources' smooth
photos with 98 % certainty, and so half knows the class. On real photos, which look like none of them, it then fails.
Here every photo gets a random sharpness, JPEG quality and noise, so that these say nothing about the class any more.
"""

import torch
from torch import Tensor
from torch.nn import functional

SHARPNESS = (-0.9, 1.2)  # share of the detail (photo minus its blur) that is added; -1 leaves the blur
QUALITY = (30.0, 95.0)  # of JPEG, in libjpeg's scale
NOISE = (0.0, 12.0)  # deviation, of 255
BLOCK = 8

LIGHT = (
    *((16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56)),
    *((14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92)),
    *((49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99)),
)  # quantisation tables of ITU-T T.81, annex K
COLOUR = (
    *((17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99), (24, 26, 56, 99, 99, 99, 99, 99)),
    *((47, 66, 99, 99, 99, 99, 99, 99),),
    *(((99,) * 8,) * 4),
)
TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def equalise(pixels: Tensor) -> Tensor:
    """uint8 (batch, height, width, 3) -> the same, each photo spoilt in its own way; sides are multiples of 8."""
    x = pixels.permute(0, 3, 1, 2).float()
    x = _compressed(_sharpened(x))
    x = x + torch.randn(x.shape, device=x.device) * _drawn(x, NOISE)
    return x.clamp_(0, 255).round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _sharpened(x: Tensor) -> Tensor:
    line = torch.tensor(BINOMIAL, device=x.device)
    kernel = (line[:, None] * line).expand(3, 1, 5, 5)
    blurred = functional.conv2d(functional.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, groups=3)
    return x + (x - blurred) * _drawn(x, SHARPNESS)


def _compressed(x: Tensor) -> Tensor:
    """JPEG without its entropy coding, which loses nothing, on a grid of blocks at a random place."""
    down, right = torch.randint(0, BLOCK, (2,)).tolist()
    height, width = x.shape[2:]
    mix = torch.tensor(TO_YCC, device=x.device)
    padded = functional.pad(x - 128, (right, BLOCK - right, down, BLOCK - down), mode="reflect")
    quantised = _quantised(torch.einsum("ij,njhw->nihw", mix, padded))[
        :, :, down : down + height, right : right + width
    ]
    return torch.einsum("ij,njhw->nihw", torch.linalg.inv(mix), quantised) + 128


def _quantised(x: Tensor) -> Tensor:
    count, channels, height, width = x.shape
    rows, columns = height // BLOCK, width // BLOCK
    waves, steps = _waves(x.device), _steps(x)
    blocks = (
        x.reshape(count, channels, rows, BLOCK, columns, BLOCK).transpose(3, 4).reshape(count, channels, -1, BLOCK**2)
    )
    blocks = (blocks @ waves.T).div_(steps).round_().mul_(steps) @ waves
    return blocks.view(count, channels, rows, columns, BLOCK, BLOCK).transpose(3, 4).reshape(x.shape)


def _waves(device: torch.device) -> Tensor:
    """The two-dimensional cosine transform of a block, flattened: (64, 64), orthogonal."""
    index = torch.arange(BLOCK, device=device)
    waves = torch.cos((2 * index + 1) * index[:, None] * torch.pi / (2 * BLOCK)) / 2
    waves[0] /= 2**0.5
    return torch.kron(waves, waves)


def _steps(x: Tensor) -> Tensor:
    quality = _drawn(x, QUALITY)
    factor = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    tables = torch.tensor((LIGHT, COLOUR, COLOUR), device=x.device, dtype=x.dtype)
    return (tables * factor).clamp_(min=1).view(-1, 3, 1, BLOCK**2)


def _drawn(x: Tensor, bounds: tuple[float, float]) -> Tensor:
    return torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(*bounds)
