"""The head is fitted once more at the end, to photos as they are."""

import copy
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
settle: Any = import_module("training.settle")  # after torch, which may not be there
network: Any = import_module("training.network")
recipe: Any = import_module("training.recipe")

RECIPE = recipe.Recipe(
    stages=(recipe.Stage(32, 1),), shape=network.Shape((8, 8, 8, 8), (1, 1, 1, 1), levels=2), taught=0.5
)
COUNT, CLASSES = 96, 3


@pytest.fixture
def lessons() -> Any:
    """Photos that differ by their colour."""
    generator = torch.Generator().manual_seed(1)
    classes = torch.arange(COUNT) % CLASSES
    pixels = torch.randint(0, 120, (COUNT, 64, 64, 3), generator=generator)
    pixels[torch.arange(COUNT), :, :, classes] += 100
    return settle.Lessons(pixels.to(torch.uint8), classes, torch.eye(CLASSES)[classes].half())


@pytest.fixture
def trained() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return network.Network(CLASSES, RECIPE.shape)


def loss(trained: Any, lessons: Any) -> float:
    with torch.no_grad():
        logits = trained.eval()(settle.normalise(lessons.pixels))
    return float(settle.loss_of(logits, lessons.classes, lessons.taught.float(), RECIPE))


def test_photos_are_told_better_and_all_but_the_head_stays(trained: Any, lessons: Any) -> None:
    before, known = copy.deepcopy(trained.state_dict()), loss(trained, lessons)
    settle.settle(trained, lessons, RECIPE)
    assert loss(trained, lessons) < known
    for name, weights in trained.state_dict().items():
        assert torch.equal(weights, before[name]) != name.startswith("head.")


def test_twice_gives_the_same(trained: Any, lessons: Any) -> None:
    other = copy.deepcopy(trained)
    settle.settle(trained, lessons, RECIPE)
    settle.settle(other, lessons, RECIPE)
    assert torch.equal(trained.head.weight, other.head.weight)


def test_without_a_teacher_the_labels_alone_decide(lessons: Any) -> None:
    logits = torch.randn(COUNT, CLASSES, generator=torch.Generator().manual_seed(3))
    alone = settle.loss_of(logits, lessons.classes, None, RECIPE)
    expected = torch.nn.functional.cross_entropy(logits, lessons.classes, label_smoothing=RECIPE.label_smoothing)
    assert torch.equal(alone, expected)
    untaught = replace(RECIPE, taught=0.0)
    assert torch.allclose(settle.loss_of(logits, lessons.classes, lessons.taught.float(), untaught), expected)


def test_the_head_is_the_mean_of_one_for_whole_photos_and_one_for_what_is_shown(trained: Any, lessons: Any) -> None:
    whole, centre, both = (copy.deepcopy(trained) for _ in range(3))
    settle.settle(whole, lessons, RECIPE)
    centre.head = settle._fitted(centre, lessons, RECIPE, 0.5)
    settle.settle(both, lessons, replace(RECIPE, shown=0.5))
    assert not torch.equal(whole.head.weight, centre.head.weight)
    assert torch.allclose(both.head.weight, (whole.head.weight + centre.head.weight) / 2, atol=1e-6)
