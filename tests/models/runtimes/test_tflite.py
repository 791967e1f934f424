"""TFLite networks on LiteRT: quantised ones give real numbers, and real ones know the photos.

Needs the extra `tflite`; what makes small networks needs `tensorflow` as well.
"""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from image_tagger.domain.errors import InvalidModel, MissingExtra, ModelUnavailable
from image_tagger.models.running.tensors import TensorInfo
from image_tagger.models.runtimes import openvino, tflite
from tests.models.runtimes.real import COCO_SSD, MOBILENET, QUANTISED, Real, box_errors, score_error

MARK = b"\x1c\0\0\0TFL3"
SIDE = 8
PLAIN = {"activation": "none"}
BOXES = tuple(f"TFLite_Detection_PostProcess{slot}" for slot in ("", ":1", ":2", ":3"))
Made = tuple[Path, Callable[[NDArray[np.float32]], NDArray[np.float32]]]


def pictures(number: int) -> NDArray[np.float32]:
    return np.random.default_rng(number).uniform(-1, 1, size=(number, SIDE, SIDE, 3)).astype(np.float32)


def needs_extra() -> None:
    pytest.importorskip("ai_edge_litert", reason="needs the extra `tflite`", exc_type=ImportError)


def made(folder: Path, *, how: str = "float", last: Callable[[Any, Any], Any] | None = None) -> Made:
    """A small network as TFLite, and what TensorFlow answers."""
    needs_extra()
    tensorflow: Any = pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)
    random = np.random.default_rng(0)
    kernel, weights = (random.normal(size=size).astype(np.float32) for size in ((3, 3, 3, 4), (4, 5)))

    @tensorflow.function(autograph=False, input_signature=[tensorflow.TensorSpec([None, SIDE, SIDE, 3], "float32")])  # type: ignore[untyped-decorator]  # TensorFlow is not looked into
    def answer(pixels: Any) -> Any:
        hidden = tensorflow.nn.relu(tensorflow.nn.conv2d(pixels, kernel, 2, "SAME"))
        scores = tensorflow.linalg.matmul(tensorflow.reduce_mean(hidden, [1, 2]), weights)
        return last(tensorflow, scores) if last else tensorflow.nn.softmax(scores)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter tells of its own successor
        converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()])
        _prepare(converter, tensorflow, how)
        (folder / "network.tflite").write_bytes(converter.convert())
    return folder / "network.tflite", lambda batch: np.asarray(answer(tensorflow.constant(batch)))


def _prepare(converter: Any, tensorflow: Any, how: str) -> None:
    if how in {"int8", "uint8"}:
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([pictures(1 + n)[:1]] for n in range(20))
        converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = getattr(tensorflow, how)
    elif how == "flex":
        converter.target_spec.supported_ops = [
            tensorflow.lite.OpsSet.TFLITE_BUILTINS,
            tensorflow.lite.OpsSet.SELECT_TF_OPS,
        ]
    elif how == "custom":
        converter.allow_custom_ops = True


def test_a_network_answers_as_in_tensorflow(tmp_path: Path) -> None:
    file, original = made(tmp_path)
    network = tflite.load(file, "cpu")
    (taken,) = network.inputs
    assert (taken.shape, taken.element) == ((None, SIDE, SIDE, 3), "float32")
    for number in (1, 3, 2):
        [answers] = network.run({taken.name: pictures(number)}, [])
        np.testing.assert_allclose(answers, original(pictures(number)), atol=1e-5)


def test_openvino_and_litert_agree(tmp_path: Path) -> None:
    file, _ = made(tmp_path)
    pytest.importorskip("openvino", reason="needs the extra `openvino`", exc_type=ImportError)
    one, two = tflite.load(file, "cpu"), openvino.load(file, "cpu")
    answers = [network.run({network.inputs[0].name: pictures(2)}, [])[0] for network in (one, two)]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)


@pytest.mark.parametrize(("how", "taken"), [("int8", "float32"), ("uint8", "uint8")])
def test_quantised_networks_give_real_numbers(tmp_path: Path, how: str, taken: str) -> None:
    file, original = made(tmp_path, how=how)
    network = tflite.load(file, "cpu")
    assert network.inputs[0].element == taken
    assert network.outputs[0].element == "float32"
    [answers] = network.run({network.inputs[0].name: pictures(3)}, [])
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, original(pictures(3)), atol=0.03)
    np.testing.assert_allclose(answers * 256, np.round(answers * 256), atol=1e-4)  # codes are 256ths


@pytest.mark.parametrize("how", ["int8", "uint8"])
def test_the_bytes_of_a_picture_are_codes(tmp_path: Path, how: str) -> None:
    file, original = made(tmp_path, how=how)
    network = tflite.load(file, "cpu")
    codes = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.uint8)
    [answers] = network.run({network.inputs[0].name: codes}, [])
    real = (codes.astype(np.float32) - 127.5) / 127.5  # the pictures that it was quantised for are of -1..1
    np.testing.assert_allclose(answers, original(real), atol=0.03)


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    file, original = made(tmp_path)
    network = tflite.load(file, "cpu").with_threads(2)
    name = network.inputs[0].name
    batches = [pictures(1 + place % 3) for place in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda batch: network.run({name: batch}, [])[0], batches))
    for batch, answer in zip(batches, answers, strict=True):
        np.testing.assert_allclose(answer, original(batch), atol=1e-5)


@pytest.mark.parametrize(
    ("how", "last", "named"),
    [
        ("flex", lambda tf, scores: tf.linalg.det(scores[:, :, None] * scores[:, None]), "FlexMatrixDeterminant"),
        ("custom", lambda tf, scores: tf.math.erfinv(scores), "Erfinv"),
    ],
    ids=["flex", "custom"],
)
def test_operations_of_tensorflow_and_of_others_are_named(tmp_path: Path, how: str, last: Any, named: str) -> None:
    file, _ = made(tmp_path, how=how, last=last)
    with pytest.raises(InvalidModel) as refused:
        tflite.load(file, "cpu")
    assert str(refused.value) == f"network.tflite is no network that LiteRT can open: it has no operation {named}"


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    file, _ = made(tmp_path)
    network = tflite.load(file, "cpu")
    name = network.inputs[0].name
    for feeds, outputs, reason in (
        ({name: pictures(1)[:, :5]}, [], "network.tflite cannot be run on inputs of 1 x 5 x 8 x 3"),
        ({name: pictures(1)}, ["nothing"], "the network has no output 'nothing'"),
        ({}, [], f"the network's input {name!r} is not fed"),
        ({name: pictures(1).astype(complex)}, [], f"the network's input {name!r} takes float32, not complex128"),
    ):
        with pytest.raises(InvalidModel) as refused:
            network.run(feeds, outputs)
        assert str(refused.value).startswith(reason)
    assert network.run({name: pictures(2)}, [])[0].shape == (2, 5)


@pytest.mark.parametrize("content", [b"", b"hello", MARK[:6], b"\x89PNG\r\n\x1a\n"])
def test_another_format_is_refused(tmp_path: Path, content: bytes) -> None:
    needs_extra()
    (tmp_path / "network.tflite").write_bytes(content)
    with pytest.raises(InvalidModel, match=r"^network\.tflite is no TFLite network$"):
        tflite.load(tmp_path / "network.tflite", "cpu")


@pytest.mark.parametrize("content", [MARK, MARK + bytes(100), b"\xff\xff\xff\x7fTFL3" + bytes(100)])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    needs_extra()
    (tmp_path / "network.tflite").write_bytes(content)
    with pytest.raises(InvalidModel, match=r"^network\.tflite is no network that LiteRT can open: it is damaged"):
        tflite.load(tmp_path / "network.tflite", "cpu")


def test_other_options_and_devices_are_refused(tmp_path: Path) -> None:
    needs_extra()
    with pytest.raises(InvalidModel, match="tflite has no option 'speed'"):
        tflite.load(tmp_path / "network.tflite", "cpu", {"speed": "high"})
    with pytest.raises(ModelUnavailable, match="there is no device 'cuda'"):
        tflite.load(tmp_path / "network.tflite", "cuda")


def test_without_the_extra_its_name_is_told(tmp_path: Path) -> None:
    try:
        import ai_edge_litert  # noqa: F401, PLC0415 - whether it is there
    except ImportError:
        with pytest.raises(MissingExtra, match=r"pip install 'image-tagger\[tflite\]'"):
            tflite.load(tmp_path / "network.tflite", "cpu")
    else:
        pytest.skip("the extra is installed")


@pytest.mark.parametrize(
    ("file", "preprocessing", "most"),
    [("mobilenet_v1_0.25_224", MOBILENET, 0.005), ("mobilenet_v2_1.0_224_quant", QUANTISED, 0.03)],
)
def test_mobilenets_know_the_photos(shared_data: Path, file: str, preprocessing: Any, most: float) -> None:
    needs_extra()
    name = f"tflite/{file}.tflite"
    assert score_error(Real(name, name, "tflite", preprocessing, "labels_1001.txt", options=PLAIN), shared_data) < most


def test_an_ssd_with_its_own_postprocessing(shared_data: Path) -> None:
    needs_extra()
    name = "tflite/coco_ssd_mobilenet_v1_quant.tflite"
    network = tflite.load(shared_data / "models" / name, "cpu")
    assert network.inputs == (TensorInfo("normalized_input_image_tensor", (1, 300, 300, 3), "uint8"),)
    real = Real(name, name, "tflite", COCO_SSD, "ssd90.txt", "tflite_detection", BOXES)
    worst, overlap = box_errors(real, shared_data)
    assert worst < 0.1
    assert overlap > 0.85


def test_a_file_that_is_cut_short(shared_data: Path, tmp_path: Path) -> None:
    needs_extra()
    whole = (shared_data / "models" / "tflite" / "mobilenet_v1_0.25_224.tflite").read_bytes()
    for kept in (len(whole) // 2, len(whole) - 1000, 40):
        (tmp_path / "network.tflite").write_bytes(whole[:kept])
        with pytest.raises(InvalidModel, match=r"^network\.tflite is no network that LiteRT can open: it is damaged"):
            tflite.load(tmp_path / "network.tflite", "cpu")
