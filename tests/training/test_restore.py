"""Training can go on from the file in the wheel."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

torch: Any = pytest.importorskip("torch")
onnx: Any = pytest.importorskip("onnx")
restore: Any = import_module("training.restore")  # after torch, which may not be there
network: Any = import_module("training.network")
recipe: Any = import_module("training.recipe")
served: Any = import_module("training.served")

SHAPE = network.Shape((8, 8, 16, 16), (1, 1, 1, 1), mixed=24, levels=2, spread=20)
RECIPE = recipe.Recipe(stages=(recipe.Stage(32, 1, equalise=True),), shape=SHAPE)
CLASSES = 5
SAMPLE = torch.randint(0, 256, (48, 64, 64, 3), generator=torch.Generator().manual_seed(1)).to(torch.uint8)


@pytest.fixture(scope="module")
def trained() -> Any:
    """A network whose every normalisation has something to say."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        made = network.Network(CLASSES, SHAPE)
        for module in made.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.uniform_(module.bias, -0.5, 0.5)
        made.train()(restore.augment(SAMPLE, 32, 0.7))
    return made.eval()


@pytest.fixture(scope="module")
def again(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    weights = {name: own.numpy() for name, own in served.Served(trained).state_dict().items()}
    names = [name for name in weights if name.startswith("stages.") and name.endswith(".weight")]
    steps = {name: np.abs(weights[name]).max(axis=(1, 2, 3), keepdims=True) / 127 for name in names}
    head = {"head.weight_narrow": weights.pop("head.weight").astype(np.float16)}
    whole = {f"{name}_narrow": np.rint(weights.pop(name) / step).astype(np.int8) for name, step in steps.items()}
    stored = weights | head | whole | {f"{name}_step": step for name, step in steps.items()}
    initializers = [onnx.numpy_helper.from_array(values, name) for name, values in stored.items()]
    file = tmp_path_factory.mktemp("wheel") / "narrow.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "wheel", [], [], initializers)), file)
    with torch.random.fork_rng():
        return restore.restored(file, RECIPE, CLASSES, SAMPLE)


def test_what_was_folded_for_the_wheel_comes_back_as_a_network_that_answers_the_same(trained: Any, again: Any) -> None:
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        expected, found = trained(images), again(images)
    assert torch.allclose(found, expected, atol=0.05 * float(expected.abs().max()))  # the file's filters are rounded


def test_its_normalisations_know_what_training_photos_give(again: Any) -> None:
    seen: list[Any] = []
    again.stem[0].register_forward_hook(lambda _layer, _given, found: seen.append(found))
    with torch.no_grad():
        again(restore.augment(restore.equalise(SAMPLE), 32, 0.7))
    mean, norm = seen[0].mean((0, 2, 3)), again.stem[1]
    assert float(((mean - norm.running_mean) / norm.running_var.sqrt()).abs().max()) < 0.3
    assert torch.allclose(again.stem[0].weight.flatten(1).norm(dim=1), torch.ones(8), atol=1e-4)
