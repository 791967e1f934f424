"""The models that ship with the product; `starter` is this folder: network, labels, groups, golden answers, card."""

from pathlib import Path

FOLDER = Path(__file__).parent
FOLDERS = (FOLDER, FOLDER / "fp32")
