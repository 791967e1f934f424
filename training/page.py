"""The card as a page of the documentation: with thumbnails of the freely licensed photos, and with every class."""

import json
from pathlib import Path

from PIL import Image, ImageOps

from training import card
from training.figures import Figures

FREE = "cc_"  # the names of the photos that may be shown begin with this
SIDE = 96  # pixels, the longer side of a thumbnail
QUALITY = 80  # of JPEG
PICTURES = "model-card"  # the folder beside the page


def write(page: Path, figures: Figures, photos: Path) -> None:
    """The page, and the thumbnails in a folder beside it."""
    files = [*(result.file for result in figures.photos), *(result.file for result in figures.outside)]
    names = {file: _thumbnail(photos / file, page) for file in files if file.startswith(FREE)}
    text = card.card_text(figures, names=names, classes=len(figures.classes))
    page.write_text(f"{text}\n{_credits(photos, sorted(names))}\n", encoding="utf-8")


def _thumbnail(photo: Path, page: Path) -> str:
    """Writes it; answers the Markdown that shows it."""
    file = page.parent / PICTURES / f"{photo.stem}.jpg"
    file.parent.mkdir(exist_ok=True)
    with Image.open(photo) as picture:
        small = ImageOps.exif_transpose(picture).convert("RGB")
        small.thumbnail((SIDE, SIDE))
        small.save(file, quality=QUALITY)
    return f"![{photo.name}]({PICTURES}/{file.name})"


def _credits(photos: Path, files: list[str]) -> str:
    rows = {row["file"]: row for row in json.loads((photos / "photos.json").read_text(encoding="utf-8"))}
    makers = [(file, rows[file]["licence"], rows[file]["source"], rows[file]["original"]) for file in files]
    head = ("photo", "licence, author", "by way of", "file there")
    return "\n".join(("", "## The photos shown", "", "Shrunk; otherwise as they are.", "", *card.table(head, makers)))
