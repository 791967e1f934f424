"""The model that ships with the product: its network, labels, golden answers and card are files of this folder."""

from pathlib import Path

FOLDER = Path(__file__).parent
