"""TensorFlow's own answers are given, for SavedModels of both ages and frozen graphs; real networks are right.

Needs the extra `tensorflow`.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from image_tagger import plugins
from image_tagger.domain.errors import InvalidModel, ModelUnavailable
from image_tagger.domain.geometry import Size
from image_tagger.domain.labels import LabelSet
from image_tagger.domain.specs import Layout, Network, Preprocessing, Spec, Version
from image_tagger.models import contract, loaded
from image_tagger.models.adding import converting
from image_tagger.models.formats.graphs import operations
from image_tagger.models.manifest import sha256

tensorflow = pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)
runtime = plugins.load("image_tagger.models.runtimes", "tensorflow")
v1: Any = tensorflow.compat.v1
MOBILENETS = ("tensorflow/mobilenet_v1_0.25_224_frozen.pb", "tensorflow/mobilenet_v1_0.25_224_savedmodel")
SHAPE = (8, 8, 3)
OTHER_RESIZING = 5e-3  # a probability, when the crop ends between other pixels


def pictures(number: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(size=(number, *SHAPE)).astype(np.float32)


class Made(tensorflow.Module):  # type: ignore[misc, name-defined]  # TensorFlow is not looked into
    """Two variables and a convolution."""

    def __init__(self, body: Any = None) -> None:
        super().__init__()
        self.body = body
        self.weights = tensorflow.Variable(np.random.default_rng(0).normal(size=(3, 3, 3, 4)), dtype="float32")
        self.bias = tensorflow.Variable([0.5, -0.5, 0.0, 1.0])

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, *SHAPE], "float32", name="pixels")])  # type: ignore[untyped-decorator]  # the same
    def ask(self, pixels: Any) -> dict[str, Any]:
        if self.body is not None:
            pixels = self.body(pixels)
        convolved = tensorflow.nn.conv2d(pixels, self.weights, 2, "SAME") + self.bias
        return {"scores": tensorflow.nn.softmax(tensorflow.reduce_mean(convolved, [1, 2]))}


def saved_model(folder: Path, body: Any = None) -> tuple[Path, Made]:
    network = Made(body)
    tensorflow.saved_model.save(network, str(folder), signatures={"serving_default": network.ask, "again": network.ask})
    return folder, network


def old_saved_model(folder: Path, *, resource: bool, text: bool = False) -> NDArray[np.float32]:
    """As TensorFlow 1 writes it; the answers to `pictures()`."""
    with tensorflow.Graph().as_default(), v1.Session() as session:
        fed = v1.placeholder("float32", [None, *SHAPE], name="image_tensor")
        start = np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype(np.float32)
        weights = v1.get_variable("weights", initializer=start, use_resource=resource)
        scores = tensorflow.nn.softmax(tensorflow.reduce_mean(tensorflow.nn.conv2d(fed, weights, 1, "SAME"), [1, 2]))
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        info = v1.saved_model.build_tensor_info
        asked = v1.saved_model.build_signature_def({"inputs": info(fed)}, {"scores": info(scores)}, "predict")
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": asked})
        builder.save(as_text=text)
        answers: NDArray[np.float32] = session.run(scores, {fed: pictures()})
    return answers


def frozen(file: Path, operation: Any) -> Path:
    with tensorflow.Graph().as_default() as graph:
        operation(v1.placeholder("float32", [None, *SHAPE], name="x"))
    file.write_bytes(graph.as_graph_def().SerializeToString())
    return file


def squared_photo(file: Path, side: int = 224) -> NDArray[np.float32]:
    with PIL.Image.open(file) as photo:
        kept = int(0.875 * min(photo.size))
        left, top = ((length - kept) // 2 for length in photo.size)
        box = photo.convert("RGB").crop((left, top, left + kept, top + kept))
    return ((np.asarray(box.resize((side, side), PIL.Image.Resampling.BILINEAR), np.float32) - 127.5) / 127.5)[None]


def expected(shared_data: Path, name: str) -> dict[str, Any]:
    rows = json.loads((shared_data / "models" / "models.json").read_text(encoding="utf-8"))["models"]
    found: dict[str, Any] = next(row for row in rows if row["name"] == name)["expected"]
    return found


def test_a_saved_model_answers_as_in_tensorflow(tmp_path: Path) -> None:
    folder, network = saved_model(tmp_path / "model")
    opened = runtime.load(folder, "cpu")
    assert [(info.name, info.shape, info.element) for info in opened.inputs] == [("pixels", (None, *SHAPE), "float32")]
    assert [(info.name, info.shape) for info in opened.outputs] == [("scores", (None, 4))]
    [answer] = opened.run({"pixels": pictures()}, [])
    np.testing.assert_allclose(answer, network.ask(pictures())["scores"].numpy(), atol=1e-6)


def test_another_signature_is_an_option(tmp_path: Path) -> None:
    folder, _ = saved_model(tmp_path / "model")
    assert runtime.load(folder, "cpu", {"signature": "again"}).outputs[0].name == "scores"
    with pytest.raises(InvalidModel, match="has no signature 'third'; it has: again, serving_default"):
        runtime.load(folder, "cpu", {"signature": "third"})


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("text", [False, True])
def test_saved_models_of_tensorflow_1_answer_from_their_folder_and_flat(
    tmp_path: Path, *, resource: bool, text: bool
) -> None:
    answers = old_saved_model(tmp_path / "model", resource=resource, text=text)
    [from_folder] = runtime.load(tmp_path / "model", "cpu").run({"inputs": pictures()}, ["scores"])
    np.testing.assert_array_equal(from_folder, answers)
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in [path for path in (tmp_path / "model").rglob("*") if path.is_file()]:
        file.rename(flat / file.name)
    opened = runtime.load(flat / ("saved_model.pbtxt" if text else "saved_model.pb"), "cpu")
    [from_files] = opened.run({"image_tensor:0": pictures()}, ["Softmax"])
    np.testing.assert_array_equal(from_files, answers)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    old_saved_model(tmp_path / "model", resource=True)
    (tmp_path / "model" / "variables" / "variables.index").unlink()
    with pytest.raises(InvalidModel, match=r"the weights of saved_model.pb are missing"):
        runtime.load(tmp_path / "model", "cpu")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (
            "EagerPyFunc",
            lambda x: tensorflow.ensure_shape(tensorflow.py_function(lambda y: y, [x], "float32"), x.shape),
        ),
        ("ReadFile", lambda x: x + tensorflow.cast(tensorflow.strings.length(tensorflow.io.read_file("a")), "float32")),
    ],
)
def test_a_saved_model_that_does_more_is_refused(tmp_path: Path, operation: str, body: Any) -> None:
    folder, _ = saved_model(tmp_path / "model", body)
    with pytest.raises(InvalidModel, match=f"saved_model.pb uses the operation '{operation}'"):
        runtime.load(folder, "cpu")


@pytest.mark.parametrize("old", [False, True])
def test_nothing_that_saves_is_opened(tmp_path: Path, *, old: bool) -> None:
    if old:
        old_saved_model(tmp_path / "model", resource=True)
    else:
        saved_model(tmp_path / "model")
    graph = runtime.load(tmp_path / "model", "cpu").session.graph.as_graph_def()
    bodies = (graph.node, *(function.node_def for function in graph.library.function))
    used = {node.op for body in bodies for node in body}
    assert not used & {"SaveV2", "MergeV2Checkpoints"}
    assert "ShardedFilename" in used  # the saver was there


def test_a_writing_graph_never_writes(tmp_path: Path) -> None:
    written = tmp_path / "written"
    file = frozen(tmp_path / "bad.pb", lambda x: (v1.write_file(str(written), "a"), tensorflow.nn.relu(x)))
    with pytest.raises(InvalidModel, match=r"bad.pb uses the operation 'WriteFile'"):
        runtime.load(file, "cpu")
    assert not written.exists()


def test_a_frozen_graph_takes_and_gives_any_tensor(tmp_path: Path) -> None:
    file = frozen(
        tmp_path / "graph.pb",
        lambda x: tensorflow.identity(tensorflow.add(tensorflow.nn.relu(x, name="inner"), 1, name="sum"), name="last"),
    )
    opened = runtime.load(file, "cpu")
    assert [info.name for info in opened.inputs] == ["x"]
    assert [info.name for info in opened.outputs] == ["last"]
    last, inner = opened.run({"x:0": pictures()}, ["last", "inner:0"])
    np.testing.assert_array_equal(inner, pictures().clip(0))
    np.testing.assert_array_equal(last, inner + 1)
    np.testing.assert_array_equal(opened.run({"sum": pictures()}, ["last"])[0], pictures())
    with pytest.raises(InvalidModel, match=r"graph.pb has no tensor 'other'"):
        opened.run({"x": pictures()}, ["other"])
    with pytest.raises(InvalidModel, match=r"graph.pb has no tensor 'other'"):
        opened.inner("other")
    with pytest.raises(InvalidModel, match=r"graph.pb cannot be run on these inputs"):
        opened.run({"x": pictures()[..., :2]}, ["last"])


@pytest.mark.parametrize("tensor", ["sum", "sum:0"])
def test_pictures_may_enter_inside_of_a_graph(tmp_path: Path, tensor: str) -> None:
    file = frozen(tmp_path / "graph.pb", lambda x: tensorflow.negative(tensorflow.add(x, 1, name="sum"), name="last"))
    network = Network(file, "tensorflow", Preprocessing(Size(8, 8), layout=Layout.NHWC), sha256(file), tensor=tensor)
    model = loaded.load(Version("m", network, Spec(LabelSet(("a",)), "tagging")))
    assert model.misfit(SHAPE) == ""
    assert model.misfit((8, 8, 1)).startswith(f"; its input '{tensor}' takes 8 x 8 x 3")
    for picture, (answer,) in zip(pictures(), model.run(pictures()), strict=True):
        np.testing.assert_array_equal(answer, -picture)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04N."])
def test_what_is_no_graph_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pb").write_bytes(content)
    with pytest.raises(InvalidModel, match=r"^bad.pb is no TensorFlow graph"):
        runtime.load(tmp_path / "bad.pb", "cpu")


def test_a_graph_cut_short_is_named(tmp_path: Path) -> None:
    folder, _ = saved_model(tmp_path / "model")
    content = (folder / "saved_model.pb").read_bytes()
    (folder / "saved_model.pb").write_bytes(content[: len(content) // 2])
    with pytest.raises(InvalidModel, match=r"^saved_model.pb is no SavedModel: "):
        runtime.load(folder, "cpu")


def test_weights_cut_short_are_named(tmp_path: Path) -> None:
    folder, _ = saved_model(tmp_path / "model")
    weights = folder / "variables" / "variables.data-00000-of-00001"
    weights.write_bytes(weights.read_bytes()[:40])
    with pytest.raises(InvalidModel, match=r"^model is no network that TensorFlow can open"):
        runtime.load(folder, "cpu")


def test_an_unknown_device_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no device 'abacus'"):
        runtime.load(tmp_path / "any.pb", "abacus")


@pytest.mark.parametrize("name", ["model", "graph.pb"])
def test_it_becomes_onnx_that_answers_the_same(tmp_path: Path, name: str) -> None:
    pytest.importorskip("tf2onnx", reason="needs the extra `tensorflow`", exc_type=ImportError)
    old_saved_model(tmp_path / "model", resource=True)
    frozen(tmp_path / "graph.pb", lambda x: tensorflow.nn.softmax(tensorflow.reduce_mean(x, [1, 2]) * 3, name="y"))
    labels = LabelSet(tuple(f"label {place}" for place in range(4 if name == "model" else 3)))
    taken = Preprocessing(size=Size(8, 8), layout=Layout.NHWC)
    network = Network(tmp_path / name, "tensorflow", taken, sha256(tmp_path / name))
    original = Version("m", network, Spec(labels, "classification"))
    (tmp_path / "converted").mkdir()
    converted = converting.convert(original, tmp_path / "converted")
    assert converted is not None
    assert contract.compare(loaded.load(original), loaded.load(converted), 1e-5).kept


def test_a_graph_that_cannot_be_exported_stays(shared_data: Path, tmp_path: Path) -> None:
    opened = runtime.load(shared_data / "models" / "tensorflow" / "mtcnn.pb", "cpu")
    with pytest.raises(InvalidModel, match=r"tf2onnx cannot export mtcnn\.pb"):
        opened.export(tmp_path / "network.onnx")


def test_threads_share_a_network(tmp_path: Path) -> None:
    folder, _ = saved_model(tmp_path / "model")
    opened = runtime.load(folder, "cpu").with_threads(2)
    alone = [opened.run({"pixels": pictures(number)}, [])[0] for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda number: opened.run({"pixels": pictures(number)}, [])[0], range(1, 9)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_no_harmless_operation_is_unknown_to_tensorflow() -> None:
    assert [name for name in operations.harmless() if not hasattr(tensorflow.raw_ops, name)] == []


@pytest.mark.parametrize("name", MOBILENETS)
def test_mobilenet_knows_the_photos(shared_data: Path, name: str) -> None:
    opened = runtime.load(shared_data / "models" / name, "cpu")
    for photo, rows in expected(shared_data, name).items():
        [answer] = opened.run({opened.inputs[0].name: squared_photo(shared_data / "photos" / photo)}, [])
        assert answer[0].argmax() == rows[0][0]
        assert answer[0].max() == pytest.approx(rows[0][2], abs=OTHER_RESIZING)


def test_both_forms_of_mobilenet_agree(shared_data: Path) -> None:
    frozen_one, saved_one = (runtime.load(shared_data / "models" / name, "cpu") for name in MOBILENETS)
    photo = squared_photo(shared_data / "photos" / "cc_macaw.jpg")
    answers = [one.run({one.inputs[0].name: photo}, [])[0] for one in (frozen_one, saved_one)]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)


def test_a_graph_with_loops_finds_the_faces(shared_data: Path) -> None:
    opened = runtime.load(shared_data / "models" / "tensorflow" / "mtcnn.pb", "cpu")
    assert {info.name for info in opened.inputs} == {"input", "min_size", "thresholds", "factor"}
    more = {"min_size:0": np.array(40.0), "thresholds:0": np.array([0.6, 0.7, 0.7]), "factor:0": np.array(0.7)}
    for photo, faces in expected(shared_data, "tensorflow/mtcnn.pb").items():
        with PIL.Image.open(shared_data / "photos" / photo) as image:
            pixels = np.asarray(image.convert("RGB"), np.float32)[..., ::-1]
        scores, landmarks, boxes = opened.run({"input:0": pixels[None], **more}, ["prob:0", "landmarks:0", "box:0"])
        assert landmarks.shape == (len(faces), 10)
        np.testing.assert_allclose(scores, [face["score"] for face in faces], atol=1e-3)
        np.testing.assert_allclose(boxes, [face["y1x1y2x2"] for face in faces], atol=0.1)
