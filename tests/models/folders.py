"""Small model folders that tests change and break."""

import shutil
from pathlib import Path

from image_tagger.models import embedded

FILES = ("model.toml", "labels.txt", "hierarchy.txt", "golden.npz", "starter.onnx")


def copy_of_starter(into: Path) -> Path:
    """A folder with the embedded model's files, free to be changed."""
    folder = into / "model"
    folder.mkdir()
    for name in FILES:
        shutil.copy(embedded.FOLDER / name, folder / name)
    return folder


def rewrite(folder: Path, old: str, new: str) -> None:
    """Change a text that stands in `model.toml`."""
    manifest = folder / "model.toml"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))
