"""Photos as the network is shown them once it is trained: in torch the same as in the product."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from training.shipped import bytes_of, enlarged

torch: Any = pytest.importorskip("torch")
augment: Any = import_module("training.augment")  # after torch, which may not be there

SIDE = 96


@pytest.mark.parametrize("share", [1.0, 0.96, 0.75])
def test_the_centre_that_is_shown_is_the_one_that_the_product_takes(share: float) -> None:
    generator = np.random.default_rng(1)
    coarse = generator.integers(40, 216, (4, 8, 8, 3), dtype=np.uint8)
    pixels = enlarged(coarse, bytes_of(64))
    product = enlarged(pixels, bytes_of(SIDE, shown=share)).astype(np.float32)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    seen = augment.shown(images, SIDE, share).permute(0, 2, 3, 1).numpy()
    assert seen.shape == product.shape
    assert np.abs(seen - product).max() < 3
    assert np.abs(seen - product).mean() < 0.5


def test_all_of_a_photo_of_the_same_size_is_shown_as_it_is() -> None:
    images = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(augment.shown(images, SIDE, 1.0), images, atol=1e-5)
