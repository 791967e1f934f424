"""Keras files are looked into without Keras: code, classes of their own, bombs and paths are refused."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.keras import configuration
from image_tagger.models.formats.keras.archive import CONFIGURATION, WEIGHTS, read_configuration

DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
MARSHALLED = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA"}}


def network(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [DENSE, *layers]}}


def archive(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return file


def whole(**more: bytes) -> dict[str, bytes]:
    return {CONFIGURATION: json.dumps(network()).encode(), WEIGHTS: b"weights", "metadata.json": b"{}", **more}


def test_layers_of_keras_are_taken() -> None:
    old = {"class_name": "Model", "config": {"layers": [{"class_name": "Conv2D", "config": {"activation": "relu"}}]}}
    named = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    for table in (network(), network({**DENSE, "config": {"activation": named}}), old):
        assert configuration.check(json.dumps(table), "a.keras") == table


@pytest.mark.parametrize("kind", ["Lambda", "TFOpLambda", "SlicingOpLambda"])
def test_a_layer_with_code_is_named(kind: str) -> None:
    layer = {"module": "keras.layers", "class_name": kind, "config": {"function": MARSHALLED}}
    with pytest.raises(InvalidModel, match=f"^a.keras has a layer '{kind}', which holds code"):
        configuration.check(json.dumps(network(layer)), "a.keras")


def test_code_is_found_however_deep_it_stands() -> None:
    inner = network({"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Lambda", "config": {}}}})
    with pytest.raises(InvalidModel, match="'Lambda'"):
        configuration.check(json.dumps(network(inner)), "a.keras")


@pytest.mark.parametrize("kind", ["TFSMLayer", "TorchModuleWrapper", "StringLookup"])
def test_a_layer_that_reads_other_files_is_named(kind: str) -> None:
    with pytest.raises(InvalidModel, match=f"'{kind}', which reads other files"):
        configuration.check(json.dumps(network({"class_name": kind, "config": {}})), "a.keras")


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        ({"module": "os", "class_name": "system", "config": "ls"}, "os.system"),
        ({"module": "keras_evil.layers", "class_name": "Dense", "config": {}}, "keras_evil.layers.Dense"),
        ({"module": None, "class_name": "Own", "config": {}, "registered_name": "Mine>Own"}, "Mine>Own"),
        ({"class_name": "Mine>Own", "config": {}}, "Mine>Own"),
    ],
)
def test_a_class_of_its_own_is_named(layer: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidModel, match=f"needs the code of its own class '{named}'"):
        configuration.check(json.dumps(network(layer)), "a.keras")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"layers": []}', "[" * 100_000])
def test_what_is_no_configuration_is_named(text: str) -> None:
    with pytest.raises(InvalidModel, match=r"a\.keras"):
        configuration.check(text, "a.keras")


def test_nesting_has_an_end() -> None:
    table: dict[str, Any] = network()
    for _ in range(configuration.MOST_DEPTH):
        table = {"class_name": "Bidirectional", "config": {"layer": table}}
    with pytest.raises(InvalidModel, match="nested too deeply"):
        configuration.check(json.dumps(table), "a.keras")


def test_the_configuration_of_an_archive_is_read(tmp_path: Path) -> None:
    assert json.loads(read_configuration(archive(tmp_path / "a.keras", whole()))) == network()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"../evil": b""}, "names a file outside"),
        ({"/etc/passwd": b""}, "names a file outside"),
        ({"assets/words.txt": b""}, "brings files that a network of layers does not need: 'assets/words.txt'"),
        ({"code.py": b""}, "does not need: 'code.py'"),
        ({"bomb": bytes(64 * 1024**2)}, "claims to hold"),
    ],
)
def test_a_member_that_does_not_belong_there_is_named(tmp_path: Path, more: dict[str, bytes], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason) as refused:
        read_configuration(archive(tmp_path / "a.keras", whole() | more))
    assert str(refused.value).startswith("a.keras ")
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_an_archive_cut_short_is_named(tmp_path: Path, kept: float) -> None:
    content = archive(tmp_path / "a.keras", whole()).read_bytes()
    (tmp_path / "a.keras").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InvalidModel, match=r"^a\.keras is no Keras network: its archive is broken or cut short"):
        read_configuration(tmp_path / "a.keras")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=r"^a\.keras cannot be read: No such file"):
        read_configuration(tmp_path / "a.keras")


@pytest.mark.parametrize("library", ["keras", "h5py"])
def test_without_keras_the_extra_is_named(library: str) -> None:
    program = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from image_tagger import plugins\n"
        "from image_tagger.domain.errors import MissingExtra\n"
        "try: plugins.load('image_tagger.models.runtimes', 'keras')\n"
        "except MissingExtra as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "Keras is not installed: `pip install 'image-tagger[keras]'`\n"
