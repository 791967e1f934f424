"""The model's card states what was measured; its page shows the photos that may be shown, and no others."""

import json
from pathlib import Path

import pytest
from PIL import Image

from training import page
from training.card import card_text, figures_text
from training.figures import (
    ClassResult,
    Figures,
    OutsideResult,
    PhotoResult,
    Said,
    Score,
    Timing,
    Unsure,
    Variant,
)
from training.unsure import Behaviour

ESPRESSO = Said(("food", "espresso"), 0.91)
INSECT = Said(("animal", "insect"), 0.62)


@pytest.fixture
def figures() -> Figures:
    held_out = Score(14_650, 0.5432, 0.789)
    return Figures(
        side=80,
        held_out={"all 293 classes": held_out},
        variants=[
            Variant("starter", 3_164_942, held_out, 0.0179, Score(2, 0.5, 0.5), 0.861),
            Variant("starter-fp32", 5_753_880, held_out, 0.0169, Score(2, 0.5, 1.0), 1.349),
        ],
        timing=Timing("a processor", 0.284),
        photos=[
            PhotoResult("cc_a.jpg", "espresso", "espresso", 0.91, 1, 2, ESPRESSO, said_holds=True),
            PhotoResult("in_b.jpg", "bee", "ladybug", 0.4, 6, 1, INSECT, said_holds=True),
        ],
        outside=[
            OutsideResult("cc_c.png", ("plant",), INSECT, said_holds=False),
            OutsideResult("coco_d.jpg", (), None, said_holds=False),
        ],
        unsure=Unsure(0.5, {"drawn: noise": Behaviour(50, 0.1, 0.3, 0.25)}, {"energy": (0.75, 0.5)}),
        classes=[ClassResult(f"class {place}", 50, 10 + place, "plate", 12) for place in range(25)],
        confusions=[("beagle", "Shih-Tzu", 12)],
    )


@pytest.mark.parametrize(
    "line",
    [
        "| all 293 classes | 14,650 | 54.3 % | 78.9 % |",
        "| starter | 3,164,942 | 54.3 % | 78.9 % | 0.018 | 50.0 % / 50.0 % | 0.86 ms |",
        "| starter-fp32 | 5,753,880 | 54.3 % | 78.9 % | 0.017 | 50.0 % / 100.0 % | 1.35 ms |",
        "| central square (the product) | 50.0 % (1 of 2) | 50.0 % (1 of 2) |",
        "| whole photo squashed | 50.0 % (1 of 2) | 100.0 % (2 of 2) |",
        "| in_b.jpg | bee | ladybug (40.0 %) | **animal > insect (62.0 %)** | 6 | 1 |",
        "| cc_c.png | plant | animal > insect (62.0 %) |",
        "| coco_d.jpg | none of these | **none of these** |",
        "| drawn: noise | 50 | 10.0 % | 30.0 % | 60.0 % | 25.0 % | 30.0 % |",
        "| energy | 0.750 | 0.500 |",
        "| class 0 | 10 of 50 | plate (12) |",
        "| beagle | Shih-Tzu | 12 of 50 |",
    ],
)
def test_every_figure_has_its_line(figures: Figures, line: str) -> None:
    assert line in figures_text(figures).splitlines()


def test_the_card_holds_the_same_figures_as_the_screen(figures: Figures) -> None:
    assert figures_text(figures) in card_text(figures)


def test_the_card_shows_the_hardest_classes_only(figures: Figures) -> None:
    assert "| class 19 |" in card_text(figures)
    assert "| class 20 |" not in card_text(figures)


@pytest.mark.parametrize("terms", ["non-commercial research", "WordNet 3.0"])
def test_the_card_names_the_terms_of_what_it_was_made_from(figures: Figures, terms: str) -> None:
    assert terms in card_text(figures)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of photos with their index."""
    folder = tmp_path / "photos"
    folder.mkdir()
    names = ("cc_a.jpg", "in_b.jpg", "cc_c.png", "coco_d.jpg")
    for name in names:
        Image.new("RGB", (400, 200), "green").save(folder / name)
    rows = [{"file": name, "licence": f"CC0 ({name})", "source": "somewhere", "original": "old.jpg"} for name in names]
    (folder / "photos.json").write_text(json.dumps(rows))
    return folder


def test_the_page_shows_freely_licensed_photos_and_names_their_licence(figures: Figures, photos: Path) -> None:
    page.write(photos.parent / "model-card.md", figures, photos)
    lines = (photos.parent / "model-card.md").read_text().splitlines()
    assert "| cc_a.jpg | CC0 (cc_a.jpg) | somewhere | old.jpg |" in lines
    assert "| ![cc_c.png](model-card/cc_c.jpg) | plant | animal > insect (62.0 %) |" in lines
    assert {file.name for file in (photos.parent / "model-card").iterdir()} == {"cc_a.jpg", "cc_c.jpg"}


def test_the_page_lists_every_class(figures: Figures, photos: Path) -> None:
    page.write(photos.parent / "model-card.md", figures, photos)
    assert "| class 24 | 34 of 50 | plate (12) |" in (photos.parent / "model-card.md").read_text()


def test_thumbnails_are_small_and_hold_nothing_but_the_picture(figures: Figures, photos: Path) -> None:
    page.write(photos.parent / "model-card.md", figures, photos)
    with Image.open(photos.parent / "model-card" / "cc_a.jpg") as picture:
        assert picture.size == (96, 48)
        assert not picture.getexif()
