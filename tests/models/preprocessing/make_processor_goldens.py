"""Writes the tensors that the processors of transformers and timm make.

Run as `python -m tests.models.preprocessing.make_processor_goldens`. Needs the extra `hf`; the tests read the file
without it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from tests.models.preprocessing.processor_cases import CASES, SIZES, TIMM, Settings, picture

FILE = Path(__file__).parent / "data" / "processors.npz"


def transformers_tensor(name: str, settings: Settings, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the processor of transformers that works on Pillow makes of a picture, as in its pipeline."""
    import transformers  # noqa: PLC0415 - an extra

    stem = name.removesuffix("Fast").removesuffix("FeatureExtractor").removesuffix("ImageProcessor")
    processor = getattr(transformers, f"{stem}ImageProcessorPil").from_dict(settings)
    tensor: NDArray[np.float32] = processor(PIL.Image.fromarray(pixels), return_tensors="np")["pixel_values"][0]
    return tensor


def timm_tensor(settings: Settings, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What timm's transform for evaluation makes of a picture."""
    import timm.data  # noqa: PLC0415 - an extra

    transform: Any = timm.data.create_transform(**timm.data.resolve_data_config(pretrained_cfg=settings))
    tensor: NDArray[np.float32] = transform(PIL.Image.fromarray(pixels)).numpy()
    return tensor


def main() -> None:
    """Every case with every picture."""
    tensors: dict[str, Any] = {}
    for width, height in SIZES:
        pixels = picture(width, height)
        for case, (name, settings) in CASES.items():
            tensors[f"{case} {width}x{height}"] = transformers_tensor(name, settings, pixels)
        for case, settings in TIMM.items():
            tensors[f"{case} {width}x{height}"] = timm_tensor(settings, pixels)
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(FILE, **tensors)


if __name__ == "__main__":
    main()
