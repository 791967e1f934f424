"""Pictures that tests make for themselves."""

import io

import numpy as np
import PIL.Image


def jpeg(width: int = 96, height: int = 64, *, seed: int = 0) -> bytes:
    """A JPEG of coarse random patches, the same for the same seed."""
    patches = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    picture = PIL.Image.fromarray(patches).resize((width, height), PIL.Image.Resampling.BICUBIC)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    return content.getvalue()
