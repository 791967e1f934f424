"""The model's card states what was measured."""

import pytest

from training.card import Figures, PhotoResult, Score, Timing, card_text, figures_text


@pytest.fixture
def figures() -> Figures:
    return Figures(
        file_bytes=3_164_942,
        side=80,
        held_out={"all 293 classes": Score(14_650, 0.5432, 0.789)},
        calibration_error=0.0179,
        photos=[
            PhotoResult("a.jpg", "espresso", "espresso", 0.91, rank=1, rank_squashed=2),
            PhotoResult("b.jpg", "bee", "ladybug", 0.4, rank=6, rank_squashed=1),
        ],
        confusions=[("beagle", "Shih-Tzu", 12)],
        per_class=50,
        timing=Timing("a processor", 0.284, 1.349),
    )


@pytest.mark.parametrize(
    "line",
    [
        "| all 293 classes | 14,650 | 54.3 % | 78.9 % |",
        "| central square (the product) | 50.0 % (1 of 2) | 50.0 % (1 of 2) |",
        "| whole photo squashed | 50.0 % (1 of 2) | 100.0 % (2 of 2) |",
        "| b.jpg | bee | ladybug (40.0 %) | 6 | 1 |",
        "| beagle | Shih-Tzu | 12 of 50 |",
        "- File: 3,164,942 bytes; input 80 x 80, RGB bytes.",
    ],
)
def test_every_figure_has_its_line(figures: Figures, line: str) -> None:
    assert line in figures_text(figures).splitlines()


def test_the_card_holds_the_same_figures_as_the_screen(figures: Figures) -> None:
    assert figures_text(figures) in card_text(figures)


def test_the_card_names_the_terms_of_the_training_photos(figures: Figures) -> None:
    assert "non-commercial research" in card_text(figures)
