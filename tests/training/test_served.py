"""What is folded away for speed changes no number."""

from importlib import import_module
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
served: Any = import_module("training.served")  # after torch, which may not be there
network: Any = import_module("training.network")

SHAPE = network.Shape((8, 8, 16, 16), (1, 1, 1, 1), mixed=24)
DEEP = network.Shape((8, 8, 16, 16), (1, 1, 2, 1), mixed=24, levels=3)
SPREAD = network.Shape((8, 8, 16, 16), (1, 1, 1, 1), mixed=24, levels=3, spread=20)
SHAPES = (SHAPE, DEEP, SPREAD, network.Shape((8, 16), (1, 1), levels=1))
CLASSES, SIDE = 5, 32
PIXELS = torch.randint(0, 256, (4, SIDE, SIDE, 3), generator=torch.Generator().manual_seed(1)).to(torch.uint8)


def drawn(shape: Any) -> Any:
    """A network whose every normalisation has something to say."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        made = network.Network(CLASSES, shape)
        for module in made.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
                torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    return made.eval()


@pytest.fixture
def trained() -> Any:
    return drawn(SHAPE)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_served_network_gives_what_the_trained_one_gives(shape: Any) -> None:
    made = served.Served(drawn(shape))
    with torch.no_grad():
        assert torch.allclose(made(PIXELS), made.expected(PIXELS), atol=1e-4)


def test_the_head_sees_means_and_maxima_of_the_last_maps_the_last_first() -> None:
    made = drawn(DEEP)
    first = x = made.stem(torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3)))
    maps = [x := block(x) for block in made.stages]
    expected = [pool for seen in (maps[5], maps[4], maps[3]) for pool in (seen.mean((2, 3)), seen.amax((2, 3)))]
    assert torch.equal(network.pooled(made, first), torch.cat(expected, 1))


def test_the_head_sees_the_means_of_more_channels_last() -> None:
    made = drawn(SPREAD)
    first = made.stem(torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3)))
    expected = made.spread(made.stages(first)).mean((2, 3))
    assert expected.shape == (2, 20)
    assert torch.equal(network.pooled(made, first)[:, -20:], expected)


def test_the_first_convolution_sees_squares_of_two_by_two_pixels(trained: Any) -> None:
    entry = served.Served(trained).entry(PIXELS)
    assert entry.shape == (4, 12, SIDE // 2, SIDE // 2)
    square = PIXELS[1, 6:8, 10:12].reshape(-1).float() - served.GREY
    assert torch.equal(entry[1, :, 3, 5], square)


def test_nothing_is_averaged_before_a_shortcut_any_more(trained: Any) -> None:
    assert any(isinstance(layer, torch.nn.AvgPool2d) for layer in trained.modules())
    assert not any(isinstance(layer, torch.nn.AvgPool2d) for layer in served.Served(trained).modules())


def test_an_average_with_a_network_without_the_last_block_has_a_part_of_it(trained: Any) -> None:
    weights: Any = import_module("training.weights")
    smaller = {name: own for name, own in trained.state_dict().items() if not name.startswith("stages.4.")}
    full = weights.with_silent_blocks(smaller, trained.state_dict())
    silent = network.Network(CLASSES, SHAPE)
    silent.load_state_dict(full)
    shorter = network.Network(CLASSES, network.Shape(SHAPE.widths, SHAPE.blocks))
    shorter.load_state_dict(smaller)
    images = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        assert torch.equal(silent.eval()(images), shorter.eval()(images))
