"""OpenVINO answers as torch, ONNX Runtime and TensorFlow do, and real networks know the photos.

Needs the extra `openvino`.
"""

import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.domain.specs import Layout, Preprocessing
from image_tagger.models.running.pool import usable_cores
from image_tagger.models.running.rechecked import Rechecked
from image_tagger.models.running.tensors import Runtime
from image_tagger.models.runtimes import onnx as onnx_runtime
from image_tagger.models.runtimes import openvino
from tests.models.networks import means, shares
from tests.models.runtimes.real import MOBILENET, RFB, Real, box_errors, score_error

PLAIN = {"activation": "none"}
FACES = {"background": "first", "nms_threshold": 0.3}
IMPORTS = "import sys; from pathlib import Path; from image_tagger.models.runtimes import openvino"


@pytest.fixture
def here() -> None:
    """Skips where the extra is not installed."""
    pytest.importorskip("openvino", reason="needs the extra `openvino`", exc_type=ImportError)


def pictures(number: int, side: int = 8) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(size=(number, 3, side, side)).astype(np.float32)


def answers(network: Runtime, batch: NDArray[Any]) -> NDArray[Any]:
    return network.run({network.inputs[0].name: batch}, [])[0]


def write(file: Path, nodes: list[Any], shape: tuple[Any, ...] = ("n", 3, "h", "w"), given: str = "answer") -> Path:
    taken = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    out = helper.make_tensor_value_info(given, TensorProto.FLOAT, ("n", "labels"))
    model = helper.make_model(
        helper.make_graph(nodes, "test", [taken], [out]),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("house", 1)],
        ir_version=8,
    )
    file.write_bytes(model.SerializeToString())
    return file


def pooled(file: Path) -> Path:
    pool = helper.make_node("GlobalAveragePool", ["image"], ["pooled"])
    return write(file, [pool, helper.make_node("Flatten", ["pooled"], ["answer"])])


def weighed(file: Path, weights: list[list[float]]) -> Path:
    """Makes the answer of the colours' means by these: a row for each colour."""
    constant = numpy_helper.from_array(np.array(weights, np.float32))
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        helper.make_node("Constant", [], ["weights"], value=constant),
        helper.make_node("MatMul", ["means", "weights"], ["answer"]),
    ]
    return write(file, nodes)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("make", [means, shares])
def test_an_onnx_file_answers_as_in_onnx_runtime(make: Any, tmp_path: Path) -> None:
    file = make(tmp_path / "network.onnx")
    one, two = openvino.load(file, "cpu"), onnx_runtime.load(file, "cpu")
    assert one.inputs == two.inputs
    np.testing.assert_allclose(answers(one, pictures(1)), answers(two, pictures(1)), atol=1e-6)


@pytest.mark.usefixtures("here")
def test_a_network_of_torch_answers_as_in_torch(tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch", reason="needs the extra `hf`", exc_type=ImportError)
    pytest.importorskip("onnxscript", reason="needs the extra `hf`", exc_type=ImportError)
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, stride=2, padding=1),
        torch.nn.BatchNorm2d(8),
        torch.nn.Hardswish(),
        torch.nn.Conv2d(8, 16, 3, groups=8),
        torch.nn.GELU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(16, 5),
    ).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dynamic = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            network,
            (torch.zeros(2, 3, 16, 16),),
            tmp_path / "n.onnx",
            dynamic_shapes=dynamic,
            dynamo=True,
            verbose=False,
        )
    opened = openvino.load(tmp_path / "n.onnx", "cpu")
    assert opened.inputs[0].shape == (None, 3, 16, 16)
    for number in (1, 4):
        batch = pictures(number, 16)
        with torch.inference_mode():
            expected = network(torch.from_numpy(batch)).numpy()
        np.testing.assert_allclose(answers(opened, batch), expected, atol=1e-5)


@pytest.mark.usefixtures("here")
def test_a_saved_model_and_a_frozen_graph_answer_as_in_tensorflow(tmp_path: Path) -> None:
    tensorflow: Any = pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)
    from tensorflow.python.framework.convert_to_constants import (  # noqa: PLC0415 - an extra
        convert_variables_to_constants_v2,
    )

    network = tensorflow.Module()
    network.weights = tensorflow.Variable(np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype(np.float32))

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 8, 8, 3], "float32", name="pixels")])  # type: ignore[untyped-decorator]  # TensorFlow is not looked into
    def ask(pixels: Any) -> Any:
        hidden = tensorflow.nn.conv2d(pixels, network.weights, 2, "SAME")
        return {"scores": tensorflow.nn.softmax(tensorflow.reduce_mean(hidden, [1, 2]))}

    network.ask = ask
    tensorflow.saved_model.save(network, str(tmp_path / "saved"), signatures=ask)
    graph = convert_variables_to_constants_v2(ask.get_concrete_function()).graph.as_graph_def()
    (tmp_path / "frozen.pb").write_bytes(graph.SerializeToString())
    batch = pictures(3).transpose(0, 2, 3, 1)
    expected = ask(tensorflow.constant(batch))["scores"].numpy()
    for file in ("saved", "saved/saved_model.pb", "frozen.pb"):
        opened = openvino.load(tmp_path / file, "cpu")
        assert opened.inputs[0].shape == (None, 8, 8, 3)
        np.testing.assert_allclose(answers(opened, batch), expected, atol=1e-6)
        [same] = opened.run({"pixels": batch}, [opened.outputs[0].name.removesuffix(":0")])
        np.testing.assert_array_equal(same, answers(opened, batch))


@pytest.mark.usefixtures("here")
def test_pictures_of_any_size_and_number(tmp_path: Path) -> None:
    network = openvino.load(pooled(tmp_path / "network.onnx"), "auto")
    assert network.inputs[0].shape == (None, 3, None, None)
    for number, side in ((1, 8), (3, 17), (2, 5)):
        batch = pictures(number, side)
        np.testing.assert_allclose(answers(network, batch), batch.mean((2, 3)), atol=1e-6)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("threads", [0, 2])
def test_threads_do_not_disturb_each_other(tmp_path: Path, threads: int) -> None:
    network = openvino.load(pooled(tmp_path / "network.onnx"), "cpu")
    network = network.with_threads(threads) if threads else network
    batches = [pictures(1 + place % 3, 4 + place) for place in range(40)]
    with ThreadPoolExecutor(8) as together:
        found = list(together.map(lambda batch: answers(network, batch), batches))
    for batch, answer in zip(batches, found, strict=True):
        np.testing.assert_allclose(answer, batch.mean((2, 3)), atol=1e-5)


@pytest.mark.usefixtures("here")
def test_full_precision_unless_told_otherwise(tmp_path: Path) -> None:
    file = pooled(tmp_path / "network.onnx")
    for options in ({}, {"precision": "f32"}):
        opened = openvino.load(file, "cpu", options)
        assert isinstance(opened, openvino.OpenVinoRuntime)
        assert "float32" in str(opened.compiled.get_property("INFERENCE_PRECISION_HINT"))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"precision": "f8"}, "the precision must be one of f32, f16, bf16, not 'f8'"),
        ({"fast": True}, "no option 'fast'; it has: precision, recheck"),
        ({"recheck": 0.5}, "`recheck` goes with a lower precision; this network computes in f32 anyway"),
        ({"precision": "f32", "recheck": 0.5}, "`recheck` goes with a lower precision"),
        *(
            ({"precision": "bf16", "recheck": wrong}, f"`recheck` must be a positive number, not '{wrong}'")
            for wrong in (0, -1, True, "much", float("nan"), float("inf"))
        ),
    ],
)
def test_options_that_there_are_not(tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        openvino.load(pooled(tmp_path / "network.onnx"), "cpu", options)


@pytest.mark.usefixtures("here")
def test_values_that_are_close_in_bfloat16_are_computed_again(tmp_path: Path) -> None:
    if not openvino.computes("bf16"):
        pytest.skip("this processor does not compute in bfloat16")
    weights: list[list[float]] = [[1, 1.001, 0], [0, 0, 0], [0, 0, 1.003]]  # those of red are the same in bfloat16
    file = weighed(tmp_path / "network.onnx", weights)
    ways: list[dict[str, float | str | bool]] = [{}, {"precision": "bf16"}, {"precision": "bf16", "recheck": 0.1}]
    exact, fast, sure = (openvino.load(file, "cpu", options) for options in ways)
    red, blue = np.random.default_rng(0).uniform(0.5, 1, (2, 20))
    blue[::2] = 0
    batch = np.stack([red * (blue == 0), 0 * red, blue], 1).astype(np.float32)[:, :, np.newaxis, np.newaxis]
    expected, rough, found = (answers(network, batch) for network in (exact, fast, sure))
    assert (expected.argmax(1)[::2] == 1).all()
    assert not rough.argmax(1)[::2].any()
    np.testing.assert_allclose(found[::2], expected[::2], atol=1e-6)
    np.testing.assert_array_equal(found[1::2], rough[1::2])
    assert (np.abs(found - expected).max(1)[1::2] > 1e-4).all()


@pytest.mark.usefixtures("here")
def test_sums_that_are_normalised_keep_what_bfloat16_would_round_away(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        helper.make_node("Constant", [], ["much"], value=numpy_helper.from_array(np.full(3, 256, np.float32))),
        helper.make_node("Constant", [], ["ones"], value=numpy_helper.from_array(np.ones(3, np.float32))),
        helper.make_node("Constant", [], ["weights"], value=numpy_helper.from_array(np.eye(3, dtype=np.float32))),
        helper.make_node("Add", ["means", "much"], ["sum"]),
        helper.make_node("LayerNormalization", ["sum", "ones"], ["normal"]),
        helper.make_node("MatMul", ["normal", "weights"], ["answer"]),
    ]
    file = write(tmp_path / "network.onnx", nodes)
    exact, fast = (openvino.load(file, "cpu", {"precision": precision}) for precision in ("f32", "bf16"))
    assert [info.name for info in fast.outputs] == ["answer"]
    np.testing.assert_allclose(answers(fast, pictures(5)), answers(exact, pictures(5)), atol=0.02)


@pytest.mark.usefixtures("here")
def test_both_networks_use_the_cores_that_they_are_given(tmp_path: Path) -> None:
    opened = openvino.load(pooled(tmp_path / "network.onnx"), "cpu", {"precision": "bf16", "recheck": 0.25})
    assert isinstance(opened, Rechecked)
    wide = opened.with_threads(2)
    assert wide.margin == 0.25
    for network, precision in ((wide.fast, "bf16"), (wide.exact, "f32")):
        assert isinstance(network, openvino.OpenVinoRuntime)
        assert network.precision == precision
        assert int(network.compiled.get_property("NUM_STREAMS")) == max(1, usable_cores() // 2)
    np.testing.assert_allclose(answers(wide, pictures(3)), pictures(3).mean((2, 3)), atol=1e-2)


@pytest.mark.usefixtures("here")
def test_a_network_with_several_inputs_is_not_computed_again(tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    taken = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("n", 3)) for name in ("one", "other")]
    out = helper.make_tensor_value_info("answer", TensorProto.FLOAT, ("n", 3))
    graph = helper.make_graph([helper.make_node("Add", ["one", "other"], ["answer"])], "test", taken, [out])
    file.write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    with pytest.raises(InvalidModel, match="`recheck` is for networks with one input; this one has 2"):
        openvino.load(file, "cpu", {"precision": "bf16", "recheck": 0.25})


@pytest.mark.usefixtures("here")
def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    network = openvino.load(pooled(tmp_path / "network.onnx"), "cpu")
    for feeds, outputs, reason in (
        ({"image": pictures(1)[:, :2]}, [], "network.onnx cannot be run on inputs of 1 x 2 x 8 x 8"),
        ({"image": pictures(1)}, ["nothing"], "the network has no output 'nothing'; it has: answer"),
        ({}, [], "the network's input 'image' is not fed"),
        ({"image": pictures(1), "more": pictures(1)}, [], "the network has no input 'more'; it has: image"),
    ):
        with pytest.raises(InvalidModel) as refused:
            network.run(feeds, outputs)
        assert str(refused.value) == reason
    assert answers(network, pictures(2)).shape == (2, 3)


@pytest.mark.usefixtures("here")
def test_unknown_operations_are_named(tmp_path: Path) -> None:
    wobble = helper.make_node("Wobble", ["image"], ["answer"], domain="house")
    with pytest.raises(InvalidModel, match=r"^network\.onnx is no network that OpenVINO can open: .*Wobble"):
        openvino.load(write(tmp_path / "network.onnx", [wobble]), "cpu")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["network.onnx", "network.pb", "network.tflite", "network.xml"])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x3a\xff\xff\xff\xff\x07", bytes(100)], ids=["empty", "text", "two gigabytes", "zeros"]
)
def test_wrong_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidModel) as refused:
        openvino.load(tmp_path / name, "cpu")
    assert str(refused.value).startswith(f"{name} is no network that OpenVINO can open")
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.usefixtures("here")
def test_a_file_that_is_cut_short_says_so(tmp_path: Path) -> None:
    file = pooled(tmp_path / "network.onnx")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(InvalidModel, match=r"^network\.onnx is no network that OpenVINO can open: it is cut short"):
        openvino.load(file, "cpu")


@pytest.mark.usefixtures("here")
def test_another_device_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"there is no device 'abacus' for OpenVINO here; there are: .*cpu"):
        openvino.load(pooled(tmp_path / "network.onnx"), "abacus")


@pytest.mark.usefixtures("here")
def test_nothing_is_reported_to_anybody_and_nothing_said(tmp_path: Path) -> None:
    file = pooled(tmp_path / "network.onnx")
    program = f"{IMPORTS}; openvino.load(Path({str(file)!r}), 'cpu'); print(sys.modules['openvino_telemetry'])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_without_the_extra_its_name_is_told(tmp_path: Path) -> None:
    try:
        import openvino as library  # noqa: F401, PLC0415 - whether it is there
    except ImportError:
        with pytest.raises(MissingExtra, match=r"pip install 'image-tagger\[openvino\]'"):
            openvino.load(tmp_path / "network.onnx", "cpu")
    else:
        pytest.skip("the extra is installed")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "name",
    [
        "onnx/mobilenet_v1_0.25_224.onnx",
        "tensorflow/mobilenet_v1_0.25_224_frozen.pb",
        "tensorflow/mobilenet_v1_0.25_224_savedmodel",
        "tflite/mobilenet_v1_0.25_224.tflite",
    ],
)
def test_mobilenet_knows_the_photos_in_every_form(shared_data: Path, name: str) -> None:
    in_onnx = name.endswith(".onnx")
    preprocessing: Preprocessing = replace(MOBILENET, layout=Layout.NCHW) if in_onnx else MOBILENET
    real = Real(name, name, "openvino", preprocessing, "labels_1001.txt", options={} if in_onnx else PLAIN)
    assert score_error(real, shared_data) < 0.005


@pytest.mark.usefixtures("here")
def test_faces_are_found(shared_data: Path) -> None:
    name = "onnx/face_RFB-320.onnx"
    worst, overlap = box_errors(
        Real(name, name, "openvino", RFB, "", "detection_boxes", ("scores", "boxes"), FACES), shared_data
    )
    assert worst < 0.01
    assert overlap > 0.9


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tflite/coco_ssd_mobilenet_v1_quant.tflite", "it has no operation TFLite_Detection_PostProcess"),
        ("tflite/mobilenet_v2_1.0_224_quant.tflite", "gives quantised answers, which the runtime `tflite` reads"),
        ("tensorflow/mtcnn.pb", "mtcnn.pb is no network that OpenVINO can open"),
    ],
)
def test_what_openvino_cannot_do_is_said(shared_data: Path, name: str, reason: str) -> None:
    with pytest.raises(InvalidModel) as refused:
        openvino.load(shared_data / "models" / name, "cpu")
    assert reason in str(refused.value)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("mobilenet_v1_0.25_224", -1, 1),
        ("yolox_nano_416", 0, 255),
        ("face_RFB-320", -1, 1),
        ("nsfw_mobilenet_v2_224", -1, 1),
    ],
)
def test_real_networks_answer_as_in_onnx_runtime(shared_data: Path, name: str, low: int, high: int) -> None:
    file = shared_data / "models" / "onnx" / f"{name}.onnx"
    one, two = openvino.load(file, "cpu"), onnx_runtime.load(file, "cpu")
    (taken,) = two.inputs
    shape = [side or 1 for side in taken.shape]
    feeds = {taken.name: np.random.default_rng(0).uniform(low, high, shape).astype(np.float32)}
    names = [info.name for info in two.outputs]
    for found, expected in zip(one.run(feeds, names), two.run(feeds, names), strict=True):
        np.testing.assert_allclose(found, expected, atol=5e-5)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["tensorflow/mobilenet_v1_0.25_224_frozen.pb", "tflite/mobilenet_v1_0.25_224.tflite"])
def test_mobilenet_answers_as_in_tensorflow(shared_data: Path, name: str) -> None:
    tensorflow: Any = pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)
    original = tensorflow.saved_model.load(str(shared_data / "models/tensorflow/mobilenet_v1_0.25_224_savedmodel"))
    ask = original.signatures["serving_default"]
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
    (expected,) = ask(tensorflow.constant(picture)).values()
    opened = openvino.load(shared_data / "models" / name, "cpu")
    np.testing.assert_allclose(answers(opened, picture), expected.numpy(), atol=1e-6)
