"""torch's own answers are given, natively and as ONNX; a program that reaches beyond tensors is refused.

Needs the extra `torch`.
"""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Network, Preprocessing, Spec, Version
from image_tagger.models import contract, loaded
from image_tagger.models.adding import converting
from image_tagger.models.manifest import sha256
from tests.models.runtimes.test_torch_archives import GRAPH, META, WEIGHT, Bomb, exported

try:
    runtime = plugins.load("image_tagger.models.runtimes", "torch")
except MissingExtra as missing:
    pytest.skip(f"needs the extra `torch`: {missing}", allow_module_level=True)
torch = runtime.torch
SIDE, LABELS = 32, ("cat", "dog", "crane")


class Plain(torch.nn.Module):  # type: ignore[misc, name-defined]  # torch is not looked into
    """Convolution, normalisation, shapes that depend on the batch, a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, 2), torch.nn.BatchNorm2d(8), torch.nn.GELU())
        self.last = torch.nn.Linear(8, len(LABELS))
        self.scale = torch.tensor([2.0, 3.0, 4.0])

    def forward(self, pixels: Any) -> Any:
        taken = self.first(pixels).mean((2, 3)).view(pixels.shape[0], -1)
        return self.last(taken) * self.scale


class Many(torch.nn.Module):  # type: ignore[misc, name-defined]  # torch is not looked into
    """Lists of tensors, an index, attention, two outputs, half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.into = torch.nn.Conv2d(3, 16, 8, 8)
        self.attend = torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)

    def forward(self, pixels: Any) -> Any:
        taken = self.attend(self.into(pixels).flatten(2).transpose(1, 2))
        left, right = taken.chunk(2, dim=1)
        best, place = torch.cat([left, right[:, :3]], 1).amax(2).topk(4)
        return best.half(), place


def saved(file: Path, made: Any, *, fixed: int = 0) -> Any:
    torch.manual_seed(0)
    module = made().eval()
    free = None if fixed else ({0: torch.export.Dim("batch")},)
    program = torch.export.export(module, (torch.zeros(fixed or 2, 3, SIDE, SIDE),), dynamic_shapes=free)
    torch.export.save(program, file)
    return module


def pictures(number: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(size=(number, 3, SIDE, SIDE)).astype(np.float32)


def answers(module: Any, fed: NDArray[np.float32]) -> list[NDArray[Any]]:
    with torch.inference_mode():
        given = module(torch.from_numpy(fed))
    return [one.numpy() for one in (given if isinstance(given, tuple) else (given,))]


def version(file: Path) -> Version:
    taken = Preprocessing(size=Size(SIDE, SIDE))
    return Version("m", Network(file, "torch", taken, sha256(file)), Spec(LabelSet(LABELS), "classification"))


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("made", [Plain, Many])
def test_answers_are_those_of_torch(tmp_path: Path, made: Any, number: int) -> None:
    module = saved(tmp_path / "a.pt2", made)
    opened = runtime.load(tmp_path / "a.pt2", "cpu")
    assert [(info.name, info.shape, info.element) for info in opened.inputs] == [
        ("pixels", (None, 3, SIDE, SIDE), "float32")
    ]
    given = opened.run({"pixels": pictures(number)}, [info.name for info in opened.outputs])
    for ours, theirs in zip(given, answers(module, pictures(number)), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_fixed_number_of_pictures_is_told(tmp_path: Path) -> None:
    saved(tmp_path / "a.pt2", Plain, fixed=2)
    opened = runtime.load(tmp_path / "a.pt2", "cpu")
    assert opened.inputs[0].shape == (2, 3, SIDE, SIDE)
    with pytest.raises(InvalidModel, match=r"takes the shape \(2, 3, 32, 32\), not \(3, 3, 32, 32\)"):
        opened.run({"pixels": pictures(3)}, [])


def test_it_becomes_onnx_that_answers_the_same(tmp_path: Path) -> None:
    saved(tmp_path / "a.pt2", Plain)
    original = version(tmp_path / "a.pt2")
    converted = converting.convert(original, tmp_path)
    assert converted is not None
    assert converted.network.runtime == "onnx"
    assert contract.compare(loaded.load(original), loaded.load(converted), 1e-5).kept


def test_onnx_itself_has_no_other_form(tmp_path: Path) -> None:
    saved(tmp_path / "a.pt2", Plain)
    converted = converting.convert(version(tmp_path / "a.pt2"), tmp_path)
    assert converted is not None
    (tmp_path / "again").mkdir()
    assert converting.convert(converted, tmp_path / "again") is None
    assert list((tmp_path / "again").iterdir()) == []


def test_what_cannot_be_exported_stays(tmp_path: Path) -> None:
    program = torch.export.export(
        Plain().eval(),
        (torch.zeros(2, 3, SIDE, SIDE),),
        dynamic_shapes=({2: torch.export.Dim("height", min=9), 3: torch.export.Dim("width", min=9)},),
    )
    torch.export.save(program, tmp_path / "a.pt2")
    with pytest.raises(InvalidModel, match=r"a\.pt2 takes pictures of any size"):
        converting.convert(version(tmp_path / "a.pt2"), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.pt2"]


def test_threads_share_a_network(tmp_path: Path) -> None:
    saved(tmp_path / "a.pt2", Plain)
    opened = runtime.load(tmp_path / "a.pt2", "cpu").with_threads(2)
    alone = [opened.run({"pixels": pictures(number)}, [])[0] for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda number: opened.run({"pixels": pictures(number)}, [])[0], range(1, 9)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_one_run_uses_one_core_unless_told(tmp_path: Path) -> None:
    opened = runtime.load(exported(tmp_path / "a.pt2"), "cpu")
    for wanted, network in ((1, opened), (2, opened.with_threads(2)), (1, opened)):
        network.run({"x": np.zeros((1, 3), np.float32)}, [])
        assert torch.get_num_threads() == wanted


def test_a_program_made_by_hand_is_followed(tmp_path: Path) -> None:
    [answer] = runtime.load(exported(tmp_path / "a.pt2"), "cpu").run({"x": np.ones((2, 3), np.float32)}, ["add"])
    np.testing.assert_array_equal(answer, [[2, 3, 4], [2, 3, 4]])


@pytest.mark.parametrize(
    "target",
    [
        "torch.load",
        "torch.hub.load",
        "torch.ops.load_library",
        "os.system",
        "torch.ops.aten.__class__.mro",
        "builtins.eval",
        "_operator.methodcaller",
        "math.__loader__",
        "torch.ops.aten.nothing.default",
        "torch.ops.mine.own.default",
    ],
)
def test_an_operator_that_is_none_of_tensors_is_named(tmp_path: Path, target: str) -> None:
    nodes = [GRAPH["nodes"][0] | {"target": target}]
    with pytest.raises(InvalidModel, match=f"^a.pt2 cannot be opened: it uses the operator '{target}'"):
        runtime.load(exported(tmp_path / "a.pt2", graph={"nodes": nodes}), "cpu")


def test_an_operator_that_reads_files_is_named(tmp_path: Path) -> None:
    inputs = [{"name": "filename", "arg": {"as_string": "/etc/hostname"}, "kind": 1}]
    nodes = [{**GRAPH["nodes"][0], "target": "torch.ops.aten.from_file.default", "inputs": inputs}]
    with pytest.raises(InvalidModel, match="which reads files"):
        runtime.load(exported(tmp_path / "a.pt2", graph={"nodes": nodes}), "cpu")


def call(operator: str, gives: str, **arguments: Any) -> dict[str, Any]:
    """A node that gives one tensor. A text is the name of one, other values stand as the format writes them."""
    inputs = [
        {"name": name, "arg": {"as_tensor": {"name": value}} if isinstance(value, str) else value, "kind": 1}
        for name, value in arguments.items()
    ]
    outputs = [{"as_tensor": {"name": gives}}] if gives else []
    return {"target": f"torch.ops.aten.{operator}", "inputs": inputs, "outputs": outputs, "metadata": {}}


ONE: dict[str, Any] = {"as_float": 1.0}
LAST = call("add.Tensor", "add", self="x", other="p_w")
NORMALISED = {"weight": {"as_none": True}, "bias": {"as_none": True}, "running_mean": "p_w", "running_var": "p_w"}


@pytest.mark.parametrize(
    "writer",
    [
        call("add_.Tensor", "changed", self="p_w", other="x"),
        call("add.out", "changed", self="x", other="x", out="p_w"),
        call("_foreach_add_.Scalar", "", self={"as_tensors": [{"name": "x"}, {"name": "p_w"}]}, scalar=ONE),
        call(
            "batch_norm.default", "changed", input="x", **NORMALISED, training={"as_bool": True},
            momentum=ONE, eps=ONE, cudnn_enabled={"as_bool": False},
        ),
    ],
)  # fmt: skip
def test_weights_do_not_change(tmp_path: Path, writer: dict[str, Any]) -> None:
    with pytest.raises(InvalidModel, match="it changes its own weights when it runs"):
        runtime.load(exported(tmp_path / "a.pt2", graph={"nodes": [writer, LAST]}), "cpu")


@pytest.mark.parametrize(
    "other_name",
    [
        call("view.default", "other", self="p_w", size={"as_ints": [3]}),
        call("dropout.default", "other", input="p_w", p=ONE, train={"as_bool": False}),
        call("atleast_1d.default", "other", self="p_w"),
        call("expand.default", "other", self="x", size={"as_ints": [-1, 3]}),  # of what is fed
    ],
)
@pytest.mark.parametrize("in_a_list", [True, False])
def test_weights_do_not_change_under_another_name(
    tmp_path: Path, other_name: dict[str, Any], *, in_a_list: bool
) -> None:
    alone = call("add_.Scalar", "changed", self="other", other=ONE)
    listed = call("_foreach_add_.Scalar", "", self={"as_tensors": [{"name": "other"}]}, scalar=ONE)
    writer = listed if in_a_list else alone
    opened = runtime.load(exported(tmp_path / "a.pt2", graph={"nodes": [other_name, writer, LAST]}), "cpu")
    fed = np.zeros((2, 3), np.float32)
    for _ in range(2):
        with pytest.raises(InvalidModel, match=r"^a\.pt2 cannot be run: it changes its own weights"):
            opened.run({"x": fed}, [])
    assert not fed.any()
    assert opened.module.held_0.tolist() == [1, 2, 3]


def test_what_a_network_has_computed_may_change(tmp_path: Path) -> None:
    nodes = [LAST | {"outputs": [{"as_tensor": {"name": "sum"}}]}, call("relu_.default", "add", self="sum")]
    opened = runtime.load(exported(tmp_path / "a.pt2", graph={"nodes": nodes}), "cpu")
    for _ in range(2):
        [answer] = opened.run({"x": np.array([[-1, -2, -9]], np.float32)}, [])
        np.testing.assert_array_equal(answer, [[0, 0, 0]])
    opened.export(tmp_path / "network.onnx")
    assert (tmp_path / "network.onnx").is_file()


def test_expressions_and_guards_are_not_evaluated(tmp_path: Path) -> None:
    written = tmp_path / "written"
    code = f"__import__('pathlib').Path({str(written)!r}).touch()"
    shape = META | {"sizes": [{"as_expr": {"expr_str": code, "hint": None}}, {"as_int": 3}]}
    values = GRAPH["tensor_values"] | {"x": shape, "add": shape}
    more = {"guards_code": [code], "range_constraints": {code: {"min_val": 0, "max_val": 3}}}
    pickled = {"data/sample_inputs/model.pt": pickle.dumps(Bomb(written))}
    opened = runtime.load(exported(tmp_path / "a.pt2", graph={"tensor_values": values}, members=pickled, **more), "cpu")
    opened.run({"x": np.zeros((1, 3), np.float32)}, [])
    assert not written.exists()


@pytest.mark.parametrize(
    "meta", [{"sizes": [{"as_int": 1 << 40}]}, {"storage_offset": {"as_int": 9}}, {"dtype": 99}, {"sizes": "x"}]
)
def test_a_weight_beyond_its_bytes_is_refused(tmp_path: Path, meta: dict[str, Any]) -> None:
    with pytest.raises(InvalidModel, match=r"^a\.pt2 contradicts itself"):
        runtime.load(exported(tmp_path / "a.pt2", weight=WEIGHT | {"tensor_meta": META | meta}), "cpu")


def test_what_the_network_does_not_have_is_named(tmp_path: Path) -> None:
    opened = runtime.load(exported(tmp_path / "a.pt2"), "cpu")
    with pytest.raises(InvalidModel, match="has no output 'other'; it has: add"):
        opened.run({"x": np.zeros((1, 3), np.float32)}, ["other"])
    with pytest.raises(InvalidModel, match="'x' is not fed"):
        opened.run({}, [])
    with pytest.raises(ModelUnavailable, match="no device 'abacus'"):
        runtime.load(tmp_path / "a.pt2", "abacus")
