"""Checkpoints of real architectures with small random weights, saved as transformers and timm save them.

Needs the extra `hf`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

LABELS = ("cat", "dog", "crane", "ship", "crane")  # one name twice, as in ImageNet
SIDE = 64
SPREAD = 3.0  # size of the logits, so that the answers are not all alike
ATTENTION = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
SMALL: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
    # kind -> model class, configuration, processor class, its settings
    "vit": ("ViT", {**ATTENTION, "image_size": SIDE}, "ViT", {"size": {"height": SIDE, "width": SIDE}}),
    "deit": ("DeiT", {**ATTENTION, "image_size": SIDE}, "DeiT", {"size": 73, "crop_size": SIDE}),
    "beit": ("Beit", {**ATTENTION, "image_size": SIDE}, "Beit", {"size": SIDE}),
    "swin": (
        "Swin",
        {"embed_dim": 24, "depths": [1, 1, 2, 1], "num_heads": [1, 2, 2, 4], "image_size": SIDE, "window_size": 2},
        "ViT",
        {"size": SIDE},
    ),
    "convnext": ("ConvNext", {"hidden_sizes": [8, 16, 24, 32], "depths": [1] * 4}, "ConvNext", {"size": SIDE}),
    "resnet": (
        "ResNet",
        {"embedding_size": 16, "hidden_sizes": [16, 32, 48, 64], "depths": [1] * 4},
        "ConvNext",
        {"size": SIDE, "crop_pct": 0.875},
    ),
    "efficientnet": (
        "EfficientNet",
        {"image_size": SIDE, "width_coefficient": 0.25, "depth_coefficient": 0.3, "hidden_dim": 320},
        "EfficientNet",
        {"size": SIDE, "image_std": [0.4785, 0.4732, 0.4743]},
    ),
    "mobilevit": (
        "MobileViT",
        {"image_size": SIDE, "hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 16, 24, 32, 40, 48, 64]},
        "MobileViT",
        {"size": {"shortest_edge": 72}, "crop_size": SIDE},
    ),
    "siglip": (
        "Siglip",
        {"vision_config": {**ATTENTION, "image_size": SIDE, "patch_size": 16}},
        "Siglip",
        {"size": {"height": SIDE, "width": SIDE}},
    ),
}


def transformers_checkpoint(folder: Path, kind: str, **more: Any) -> Path:
    """`config.json`, `preprocessor_config.json` and `model.safetensors` of one of SMALL."""
    import torch  # noqa: PLC0415 - an extra
    import transformers  # noqa: PLC0415 - the same

    model_class, numbers, processor_class, settings = SMALL[kind]
    torch.manual_seed(0)
    labels = dict(enumerate(LABELS))
    config = getattr(transformers, f"{model_class}Config")(**{**numbers, "id2label": labels, **more})
    model = getattr(transformers, f"{model_class}ForImageClassification")(config)
    _spread(model)
    model.save_pretrained(folder)
    getattr(transformers, f"{processor_class}ImageProcessorPil")(**settings).save_pretrained(folder)
    return folder


def timm_checkpoint(folder: Path, architecture: str, **config: Any) -> Path:
    """`config.json` and `model.safetensors` as on the hub."""
    import safetensors.torch  # noqa: PLC0415 - an extra
    import timm  # noqa: PLC0415 - the same
    import torch  # noqa: PLC0415 - the same

    torch.manual_seed(0)
    classes = config.get("num_classes", 1000)
    model = timm.create_model(architecture, pretrained=False, num_classes=classes)
    _spread(model)
    folder.mkdir(parents=True)
    safetensors.torch.save_file(model.state_dict(), folder / "model.safetensors")
    cfg = {"num_classes": classes, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "crop_pct": 0.904}
    cfg |= {"interpolation": "bicubic", "crop_mode": "center", "input_size": [3, SIDE, SIDE]}
    described = {"architecture": architecture, "num_classes": classes, "pretrained_cfg": {**cfg, "tag": "random"}}
    (folder / "config.json").write_text(json.dumps(described | config))
    return folder


def pipeline_of(folder: Path) -> Callable[..., list[dict[str, Any]]]:
    """transformers' own pipeline, with the processor that works on Pillow."""
    from transformers import AutoImageProcessor, pipeline  # noqa: PLC0415 - an extra

    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    classify: Callable[..., list[dict[str, Any]]] = pipeline(
        "image-classification", model=str(folder), image_processor=processor, device="cpu"
    )
    return classify


def _spread(model: Any) -> None:
    """Untrained networks answer alike to everything; weights of the usual size let pictures decide."""
    import torch  # noqa: PLC0415 - an extra

    pictures = torch.randn(8, 3, SIDE, SIDE)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    last = [parameter for parameter in model.parameters() if parameter.ndim == 2][-1]
    with torch.no_grad():
        last.normal_()
        model.train()(pictures)
        output = model.eval()(pictures)
        last *= SPREAD / getattr(output, "logits", output).square().mean().sqrt()
