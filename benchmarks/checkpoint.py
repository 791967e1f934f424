"""A ViT-B/16 with random weights, saved as on the hub: the work of a real one, and nobody's licence; `... FOLDER`."""

import sys
from pathlib import Path

LABELS = 1000
SPREAD = 0.5  # of the last layer, so that pictures do not all get the same answer


def save(folder: Path) -> None:
    """Write `config.json`, `preprocessor_config.json` and `model.safetensors`. Needs the extra `hf`."""
    import torch  # noqa: PLC0415 - an extra
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil  # noqa: PLC0415 - the same

    torch.manual_seed(0)
    model = ViTForImageClassification(ViTConfig(id2label={number: f"class{number}" for number in range(LABELS)}))
    torch.nn.init.normal_(model.classifier.weight, std=SPREAD)
    model.save_pretrained(folder)
    ViTImageProcessorPil().save_pretrained(folder)


if __name__ == "__main__":
    save(Path(sys.argv[1]))
