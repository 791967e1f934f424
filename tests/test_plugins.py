"""Plug-in folders: what is found in them, what is refused, and that every plug-in offers what it promises."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from image_tagger import plugins
from image_tagger.domain.errors import InvalidRequest, MissingExtra

RUNTIMES = "image_tagger.models.runtimes"
PROMISES: dict[str, dict[str, tuple[str, ...]]] = {
    "image_tagger.api.dialects": {"routes": ("services",), "render_error": ("error",)},
    RUNTIMES: {"load": ("files", "device", "options")},
    "image_tagger.models.postprocessing": {"read": ("outputs", "spec", "selection", "placement")},
    "image_tagger.models.sources": {"fetch": ("location", "into", "terms")},
}
OFFERED = [
    (folder, name, function, parameters)
    for folder, functions in PROMISES.items()
    for name in plugins.names(folder)
    for function, parameters in functions.items()
]


@pytest.mark.parametrize(("folder", "name", "function", "parameters"), OFFERED)
def test_a_plug_in_offers_what_its_folder_promises(
    folder: str, name: str, function: str, parameters: tuple[str, ...]
) -> None:
    try:
        offered = getattr(plugins.load(folder, name), function)
    except MissingExtra as missing:
        pytest.skip(str(missing))
    assert tuple(inspect.signature(offered).parameters) == parameters


@pytest.mark.parametrize("folder", PROMISES)
def test_the_names_are_the_file_names(folder: str) -> None:
    (path,) = import_module(folder).__path__
    files = {file.stem for file in Path(path).iterdir() if not file.name.startswith("__")}
    assert files
    assert files == set(plugins.names(folder))
    assert plugins.names(folder) == tuple(sorted(files))


@pytest.mark.parametrize(
    "name", ["", "os", "ONNX", "__init__", "onnx.load", "..postprocessing.classification", "../onnx"]
)
def test_a_name_that_is_no_plug_in_never_reaches_the_import_system(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        plugins.load(RUNTIMES, name)
    assert str(refused.value) == f"{name!r} is none of the runtimes: {', '.join(plugins.names(RUNTIMES))}"


@pytest.fixture
def other_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed distribution that brings a runtime."""
    (tmp_path / "abacus_for_image_tagger.py").write_text("def load(files, device, options): ...\n")
    metadata = tmp_path / "abacus-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: abacus\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{RUNTIMES}]\nabacus = abacus_for_image_tagger\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugins.installed.cache_clear()
    plugins.names.cache_clear()
    yield
    monkeypatch.undo()
    plugins.installed.cache_clear()
    plugins.names.cache_clear()


@pytest.mark.usefixtures("other_distribution")
def test_another_distribution_can_bring_a_plug_in() -> None:
    assert {"abacus", "onnx"} <= {*plugins.names(RUNTIMES)}
    assert callable(plugins.load(RUNTIMES, "abacus").load)
    assert plugins.load(RUNTIMES, "onnx").__name__ == f"{RUNTIMES}.onnx"
