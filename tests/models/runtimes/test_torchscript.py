"""TorchScript runs only where the operator says so; then its answers are those of torch.

Needs the extra `torch`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, MissingExtra
from image_tagger.settings import read_settings
from tests.models.runtimes.test_torch_archives import exported

try:
    runtime = plugins.load("image_tagger.models.runtimes", "torchscript")
except MissingExtra as missing:
    pytest.skip(f"needs the extra `torch`: {missing}", allow_module_level=True)
torch = runtime.torch
ALLOWED = {"allow_torchscript": True}


class Both(torch.nn.Module):  # type: ignore[misc, name-defined]  # torch is not looked into
    """One tensor in, two out."""

    def forward(self, pixels: Any) -> Any:
        return pixels + 1, pixels.amax((1, 2, 3))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.save(torch.jit.trace(Both(), torch.zeros(1, 3, 4, 4)), tmp_path / "a.pt")
    return tmp_path / "a.pt"


def test_the_operator_decides() -> None:
    assert read_settings().allow_torchscript is False
    assert runtime.ALLOWED in type(read_settings()).model_fields


@pytest.mark.parametrize("options", [{}, {"allow_torchscript": False}, {"allow_torchscript": "yes"}])
def test_without_the_setting_nothing_is_opened(tmp_path: Path, options: dict[str, bool | str]) -> None:
    with pytest.raises(InvalidModel, match="the setting `allow_torchscript` lets such files run"):
        runtime.load(tmp_path / "missing.pt", "cpu", options)


def test_answers_are_those_of_torch(file: Path) -> None:
    opened = runtime.load(file, "cpu", ALLOWED)
    assert [info.name for info in opened.inputs] == ["pixels"]
    fed = np.random.default_rng(0).normal(size=(3, 3, 4, 4)).astype(np.float32)
    most, more = opened.with_threads(2).run({"pixels": fed}, ["output_1", "output_0"])
    np.testing.assert_array_equal(more, fed + 1)
    np.testing.assert_array_equal(most, fed.max((1, 2, 3)))


def test_what_the_network_does_not_have_is_named(file: Path) -> None:
    opened = runtime.load(file, "cpu", ALLOWED)
    with pytest.raises(InvalidModel, match="has no output 'other'; it has: output_0, output_1"):
        opened.run({"pixels": np.zeros((1, 3, 4, 4), np.float32)}, ["other"])
    with pytest.raises(InvalidModel, match="'pixels' is not fed"):
        opened.run({}, [])


def test_other_archives_are_named(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(1)}, tmp_path / "weights.pt")
    with pytest.raises(InvalidModel, match=r"^weights\.pt is no TorchScript program: it is a pickle"):
        runtime.load(tmp_path / "weights.pt", "cpu", ALLOWED)
    with pytest.raises(InvalidModel, match=r"^a\.pt2 is no TorchScript program; it is: PyTorch ExportedProgram"):
        runtime.load(exported(tmp_path / "a.pt2"), "cpu", ALLOWED)


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_file_cut_short_is_named(file: Path, kept: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InvalidModel, match=r"^a\.pt is no TorchScript program: its archive is broken"):
        runtime.load(file, "cpu", ALLOWED)
