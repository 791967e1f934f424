"""`.pt2` archives are read without torch: pickles, compiled code, bombs and paths stay closed and are named."""

import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.formats.pt2 import archive, program

META = {
    "dtype": 7,
    "sizes": [{"as_int": 3}],
    "strides": [{"as_int": 1}],
    "storage_offset": {"as_int": 0},
    "requires_grad": False,
    "device": {"type": "cpu", "index": None},
    "layout": 7,
}
FED = META | {"sizes": [{"as_expr": {"expr_str": "s0", "hint": {"as_int": 2}}}, {"as_int": 3}]}
GRAPH: dict[str, Any] = {
    "nodes": [
        {
            "target": "torch.ops.aten.add.Tensor",
            "inputs": [
                {"name": "self", "arg": {"as_tensor": {"name": "x"}}, "kind": 1},
                {"name": "other", "arg": {"as_tensor": {"name": "p_w"}}, "kind": 1},
            ],
            "outputs": [{"as_tensor": {"name": "add"}}],
            "metadata": {},
        }
    ],
    "tensor_values": {"x": FED, "p_w": META, "add": FED},
}
PARAMETER = {"parameter": {"arg": {"name": "p_w"}, "parameter_name": "w"}}
SIGNATURE: dict[str, Any] = {
    "input_specs": [PARAMETER, {"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
    "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "add"}}}}],
}
WEIGHT = {"path_name": "weight_0", "is_param": True, "use_pickle": False, "tensor_meta": META}


class Bomb:
    """Opening it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def exported(file: Path, *, members: dict[str, bytes] | None = None, weight: Any = None, **graph: Any) -> Path:
    """An archive as torch.export.save writes it: x + w."""
    module = {"graph": GRAPH | graph.pop("graph", {}), "signature": SIGNATURE | graph.pop("signature", {})}
    described = {"graph_module": module, "schema_version": {"major": 8, "minor": 1}} | graph
    contents = {
        "archive_format": b"pt2",
        "archive_version": b"0",
        "models/model.json": json.dumps(described).encode(),
        "data/weights/model_weights_config.json": json.dumps({"config": {"w": weight or WEIGHT}}).encode(),
        "data/weights/weight_0": np.array([1, 2, 3], np.float32).tobytes(),
        "data/constants/model_constants_config.json": b'{"config": {}}',
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in (contents | (members or {})).items():
            opened.writestr(f"a/{name}" if name[0] not in "./" else name, content)
    return file


def read(file: Path) -> program.Program:
    return program.of(archive.read(file), file.name)


def test_a_program_is_read(tmp_path: Path) -> None:
    found = read(exported(tmp_path / "a.pt2"))
    assert found.inputs == (program.Described("x", (None, 3), "float32"),)
    assert found.outputs == (program.Described("add", (None, 3), "float32"),)
    assert [call.operator for call in found.calls] == ["torch.ops.aten.add.Tensor"]
    assert found.held["p_w"].content == np.array([1, 2, 3], np.float32).tobytes()


def test_pickled_examples_stay_closed(tmp_path: Path) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "written"))
    read(exported(tmp_path / "a.pt2", members={"data/sample_inputs/model.pt": bomb}))
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("weight", [WEIGHT | {"use_pickle": True}, WEIGHT | {"path_name": "custom_obj_0"}])
def test_pickled_weights_are_refused(tmp_path: Path, weight: dict[str, Any]) -> None:
    with pytest.raises(InvalidModel, match=r"^a\.pt2 keeps 'w' in a pickle, which is never opened here"):
        read(exported(tmp_path / "a.pt2", weight=weight))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"data/aotinductor/model/model.so": b"\x7fELF"}, "holds compiled code"),
        ({"serialized_exported_program.json": b"{}"}, "keeps its weights in a pickle, as torch before 2.9 did"),
        ({"../evil": b""}, "names a file outside"),
        ({"/etc/passwd": b""}, "names a file outside"),
        ({"data/weights/more": bytes(64 * 1024**2)}, "claims to hold"),
        ({"models/model.json": b"["}, "is no PyTorch ExportedProgram"),
        ({"models/model.json": b"[]"}, "is incomplete, or of a version of torch that is not known"),
        ({"models/model.json": b"[" * 100_000}, "is no PyTorch ExportedProgram"),
    ],
)
def test_a_member_that_does_not_belong_there_is_named(tmp_path: Path, members: dict[str, bytes], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason) as refused:
        read(exported(tmp_path / "a.pt2", members=members))
    assert str(refused.value).startswith("a.pt2 ")
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"schema_version": {"major": 99}}, "is of version 99 of torch's format; 8 is known here"),
        ({"graph": {"nodes": [{}]}}, "the graph in a.pt2 is incomplete"),
        ({"graph": {"tensor_values": {}}}, "the graph in a.pt2 is incomplete"),
        ({"signature": {"input_specs": [{"custom_obj": {}}]}}, "takes a custom obj, which is no tensor"),
        ({"signature": {"output_specs": [{"buffer_mutation": {}}]}}, "changes its own weights when it runs"),
    ],
)
def test_a_graph_that_cannot_be_followed_is_named(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        read(exported(tmp_path / "a.pt2", **changed))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_an_archive_cut_short_is_named(tmp_path: Path, kept: float) -> None:
    content = exported(tmp_path / "a.pt2").read_bytes()
    (tmp_path / "a.pt2").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InvalidModel, match=r"^a\.pt2 is no PyTorch ExportedProgram: its archive is broken"):
        read(tmp_path / "a.pt2")


def test_a_plain_pickle_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt2", "w") as opened:
        opened.writestr("a/data.pkl", pickle.dumps(Bomb(tmp_path / "written")))
    with pytest.raises(InvalidModel, match=r"^a\.pt2 is no PyTorch ExportedProgram: it is a pickle"):
        read(tmp_path / "a.pt2")
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("runtime", ["torch", "torchscript"])
def test_without_torch_the_extra_is_named(runtime: str) -> None:
    program_text = (
        "import sys; sys.modules['torch'] = None\n"
        "from image_tagger import plugins\n"
        "from image_tagger.domain.errors import MissingExtra\n"
        f"try: plugins.load('image_tagger.models.runtimes', {runtime!r})\n"
        "except MissingExtra as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program_text], capture_output=True, text=True, check=True)
    assert said.stdout == "PyTorch is not installed: `pip install 'image-tagger[torch]'`\n"
