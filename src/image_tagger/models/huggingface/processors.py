"""What the image processors of transformers do where `preprocessor_config.json` does not say: facts, class by class."""

from collections.abc import Mapping
from typing import Any

NEAREST, LANCZOS, BILINEAR, BICUBIC = 0, 1, 2, 3  # Pillow's numbers, as they stand in the files
HALF = (0.5, 0.5, 0.5)
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
Settings = Mapping[str, Any]

# `default_to_square`: whether a bare number as size means both sides, not the short one.
STANDARD: Settings = {
    "do_resize": True,
    "do_rescale": True,
    "do_normalize": True,
    "do_center_crop": False,
    "rescale_factor": 1 / 255,
    "resample": BILINEAR,
    "image_mean": HALF,
    "image_std": HALF,
    "default_to_square": True,
}
_SHORTEST: Settings = {"default_to_square": False, "do_center_crop": True, "resample": BICUBIC}
_CLIP: Settings = {**_SHORTEST, "size": 224, "crop_size": 224, "image_mean": CLIP[0], "image_std": CLIP[1]}
_IMAGENET: Settings = {"image_mean": IMAGENET[0], "image_std": IMAGENET[1]}
_MOBILENET: Settings = {**_SHORTEST, "resample": BILINEAR, "size": 256, "crop_size": 224}

CLASSES: Mapping[str, Settings] = {
    "ViT": {"size": 224},
    "DeiT": {"resample": BICUBIC, "size": 256, "do_center_crop": True, "crop_size": 224},
    "Beit": {"resample": BICUBIC, "size": 224, "crop_size": 224},
    "Siglip": {"resample": BICUBIC, "size": {"height": 224, "width": 224}, "default_to_square": False},
    "ConvNext": {"resample": BICUBIC, "size": 384, "default_to_square": False, "crop_pct": 224 / 256},
    "CLIP": _CLIP,
    "Bit": _CLIP,
    "MobileNetV1": _MOBILENET,
    "MobileNetV2": _MOBILENET,
    "MobileViT": {**_SHORTEST, "size": 224, "crop_size": 256, "do_flip_channel_order": True},
    "Pvt": {"resample": BICUBIC, "size": 224, **_IMAGENET},
    "Levit": {**_SHORTEST, "size": 224, "crop_size": 224, **_IMAGENET},
    "PoolFormer": {**_SHORTEST, "size": 224, "crop_size": 224, "crop_pct": 0.9, **_IMAGENET},
    "EfficientNet": {"resample": BICUBIC, "size": 346, "crop_size": 289, "include_top": True, "rescale_offset": False},
}

# Which class a model has whose file names none.
MODEL_TYPES: Mapping[str, str] = {
    "vit": "ViT", "vit_msn": "ViT", "swin": "ViT", "swinv2": "ViT", "dinat": "ViT", "ijepa": "ViT",
    "deit": "DeiT", "beit": "Beit", "data2vec-vision": "Beit", "siglip": "Siglip",
    "convnext": "ConvNext", "convnextv2": "ConvNext", "resnet": "ConvNext", "regnet": "ConvNext", "cvt": "ConvNext",
    "clip": "CLIP", "bit": "Bit", "dinov2": "Bit", "focalnet": "Bit", "hiera": "Bit",
    "mobilenet_v1": "MobileNetV1", "mobilenet_v2": "MobileNetV2", "mobilevit": "MobileViT", "mobilevitv2": "MobileViT",
    "pvt": "Pvt", "pvt_v2": "Pvt", "levit": "Levit", "poolformer": "PoolFormer", "efficientnet": "EfficientNet",
}  # fmt: skip
