"""Image processors of every family that is read, small, and pictures of awkward sizes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Settings = dict[str, Any]
# class -> what its preprocessor_config.json says; sides are small so that the expected tensors are
CASES: dict[str, tuple[str, Settings]] = {
    "vit": ("ViTImageProcessor", {"size": {"height": 14, "width": 14}, "resample": 2}),
    "vit, old file": ("ViTFeatureExtractor", {"size": 14, "resample": 2, "image_mean": [0.5] * 3}),
    "vit, not square": ("ViTImageProcessorFast", {"size": {"height": 12, "width": 19}, "resample": 1}),
    "swin": ("ViTImageProcessor", {"size": 14, "resample": 3, "image_mean": [0.485, 0.456, 0.406],
                                   "image_std": [0.229, 0.224, 0.225]}),
    "convnext": ("ConvNextImageProcessor", {"size": {"shortest_edge": 14}, "crop_pct": 0.875}),
    "resnet, old file": ("ConvNextFeatureExtractor", {"size": 15, "crop_pct": 0.875, "resample": 3,
                                                      "image_mean": [0.485, 0.456, 0.406],
                                                      "image_std": [0.229, 0.224, 0.225]}),
    "beit": ("BeitImageProcessor", {"size": {"height": 16, "width": 16}, "do_center_crop": True,
                                    "crop_size": {"height": 13, "width": 13}}),
    "beit, no crop": ("BeitImageProcessor", {"size": 14}),
    "deit": ("DeiTImageProcessor", {"size": 17, "crop_size": 14}),
    "deit, crop larger than the picture": ("DeiTImageProcessor", {"size": 9, "crop_size": 14}),
    "efficientnet": ("EfficientNetImageProcessor", {"size": 16, "resample": 0, "image_std": [0.4785, 0.4732, 0.4743],
                                                    "image_mean": [0.485, 0.456, 0.406]}),
    "efficientnet, offset": ("EfficientNetImageProcessor", {"size": 16, "rescale_factor": 1 / 127.5,
                                                            "rescale_offset": True, "do_normalize": False,
                                                            "include_top": False, "do_center_crop": True,
                                                            "crop_size": {"height": 11, "width": 12}}),
    "mobilevit": ("MobileViTImageProcessor", {"size": {"shortest_edge": 17}, "crop_size": 14, "resample": 2}),
    "mobilevit, defaults of size": ("MobileViTImageProcessor", {"size": 15, "crop_size": 16,
                                                                "do_flip_channel_order": False}),
    "mobilenet": ("MobileNetV1ImageProcessor", {"size": {"shortest_edge": 17}, "crop_size": 14}),
    "siglip": ("SiglipImageProcessor", {"size": {"height": 14, "width": 14}}),
    "clip": ("CLIPImageProcessor", {"size": 16, "crop_size": 13}),
    "dinov2": ("BitImageProcessor", {"size": {"shortest_edge": 16}, "crop_size": 14}),
    "pvt": ("PvtImageProcessor", {"size": 14}),
    "levit": ("LevitImageProcessor", {"size": 14, "crop_size": 14}),
    "poolformer": ("PoolFormerImageProcessor", {"size": {"shortest_edge": 14}, "crop_size": 14}),
    "no rescaling": ("ViTImageProcessor", {"size": 14, "do_rescale": False, "image_mean": [123.0, 117.0, 104.0],
                                           "image_std": [58.0, 57.0, 57.0]}),
    "no resizing": ("ViTImageProcessor", {"do_resize": False, "do_center_crop": True, "crop_size": 14}),
}  # fmt: skip

TIMM: dict[str, Settings] = {
    "timm": {"input_size": [3, 14, 14], "crop_pct": 0.904, "interpolation": "bicubic", "crop_mode": "center"},
    "timm, bilinear": {"input_size": [3, 15, 15], "crop_pct": 0.875, "interpolation": "bilinear",
                       "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    "timm, squash": {"input_size": [3, 12, 17], "crop_pct": 0.9, "interpolation": "bicubic", "crop_mode": "squash"},
}  # fmt: skip

SIZES = ((57, 41), (40, 63), (14, 14), (17, 19), (13, 200), (5, 3), (1, 1))  # width, height


def picture(width: int, height: int) -> NDArray[np.uint8]:
    """Soft blotches with hard edges and noise, the same every time."""
    random = np.random.default_rng(width * 1000 + height)
    down, across = np.mgrid[0:height, 0:width]
    waves = [128 + 90 * np.sin(across / (3 + c) + down / (7 - c)) + 30 * ((across + c) % 11 > 5) for c in range(3)]
    noisy = np.stack(waves, axis=-1) + random.normal(0, 12, (height, width, 3))
    return noisy.clip(0, 255).astype(np.uint8)
