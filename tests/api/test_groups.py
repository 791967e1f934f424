"""The groups of the API pages: each says what it is, and those asked most often come first."""

from pathlib import Path

from image_tagger.api.app import create_app
from image_tagger.settings import Settings


def test_every_group_has_a_heading(tmp_path: Path) -> None:
    page = create_app(Settings(data_dir=tmp_path)).openapi()
    headings = {group["name"]: group["description"] for group in page["tags"]}
    used = {tag for path in page["paths"].values() for request in path.values() for tag in request["tags"]}
    assert used - {"Operations"} == set(headings)
    assert all(len(description) > 20 for description in headings.values())
    assert list(headings)[:2] == ["Image Tagger v1", "Detect tagger"]
