"""What kind of network a file is, and what is refused before any library sees it."""

import os
import pickle
import time
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.models.inspection.kinds import RUNTIMES, Kind, kind_of
from image_tagger.models.inspection.parts import found_parts, parts_of
from image_tagger.models.inspection.texts import MOST_LAYERS
from image_tagger.models.opening.process import GIBIBYTE, Limits
from tests.models import networks

PROTOTXT = 'layer {\n  name: "data"\n  type: "Input"\n}\n'
SHARED = {
    "caffe/face_RFB-320/RFB-320.caffemodel": Kind.CAFFEMODEL,
    "caffe/squeezenet_v1.1/deploy.prototxt": Kind.PROTOTXT,
    "caffe/squeezenet_v1.1/squeezenet_v1.1.caffemodel": Kind.CAFFEMODEL,
    "darknet/yolo-fastest-1.1.cfg": Kind.DARKNET,
    "darknet/yolo-fastest-1.1.weights": Kind.DARKNET_WEIGHTS,
    "huggingface/mobilenet_v1_0.25_224/model.safetensors": Kind.SAFETENSORS,
    "keras/fer2013_mini_XCEPTION.102-0.66.hdf5": Kind.HDF5,
    "keras/mobilenet_v1_0.25_224.h5": Kind.HDF5,
    "onnx/yolox_nano_416.onnx": Kind.ONNX,
    "tensorflow/mobilenet_v1_0.25_224_frozen.pb": Kind.GRAPH_DEF,
    "tensorflow/mobilenet_v1_0.25_224_savedmodel": Kind.SAVED_MODEL,
    "tensorflow/mtcnn.pb": Kind.GRAPH_DEF,
    "tflite/coco_ssd_mobilenet_v1_quant.tflite": Kind.TFLITE,
    "tflite/mobilenet_v1_0.25_224.tflite": Kind.TFLITE,
}


def archive(file: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file


@pytest.mark.parametrize("name", SHARED)
def test_real_networks_are_known_whatever_they_are_called(shared_data: Path, tmp_path: Path, name: str) -> None:
    file = shared_data / "models" / name
    assert kind_of(file) is SHARED[name]
    if file.is_file() and file.suffix != ".weights":
        (tmp_path / "network").symlink_to(file)
        assert kind_of(tmp_path / "network") is SHARED[name]


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b""}, Kind.KERAS),
        ({"net/archive_format": b"pt2", "net/models/model.json": b"{}"}, Kind.EXPORTED),
        ({"serialized_exported_program.json": b"{}", "version": b"1"}, Kind.EXPORTED),
        ({"net/code/__torch__.py": b"", "net/constants.pkl": b"", "net/data.pkl": b""}, Kind.TORCHSCRIPT),
    ],
)
def test_archives_are_told_by_what_is_in_them(tmp_path: Path, members: dict[str, bytes], kind: Kind) -> None:
    assert kind_of(archive(tmp_path / "network", members)) is kind


def test_what_generated_files_are(tmp_path: Path) -> None:
    assert kind_of(networks.means(tmp_path / "a.onnx")) is Kind.ONNX
    (tmp_path / "a.prototxt").write_text(PROTOTXT)
    assert kind_of(tmp_path / "a.prototxt") is Kind.PROTOTXT
    (tmp_path / "a.cfg").write_text("# comment\n[net]\nwidth=320\n")
    assert kind_of(tmp_path / "a.cfg") is Kind.DARKNET
    (tmp_path / "a.xml").write_text('<?xml version="1.0"?>\n<net name="a" version="11"></net>')
    assert kind_of(tmp_path / "a.xml") is Kind.OPENVINO


def test_every_kind_names_a_runtime() -> None:
    assert set(RUNTIMES) == set(Kind)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (pickle.dumps({"weights": [1.0]}), "it is a pickle"),
        (pickle.dumps(np.zeros(3), protocol=2), "it is a pickle"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b"\x1f\x8b\x08\x00aaaa", "compressed by gzip"),
        (b'\x80\x02\x00\x00\x00\x00\x00\x00{"a": 1}', "its header claims 640 bytes"),
        ((2**31).to_bytes(8, "little") + b'{"a": 1}', "its header claims 2147483648 bytes"),
        (b"\x0a\xff\xff\xff\xff\x07name", "it is cut short"),
        (b"\x08" + b"\xff" * 11, "too many bytes"),
        (b"PK\x03\x04broken", "its archive is broken"),
        (b'node {\n  name: "x"\n}\n', "a TensorFlow graph as text"),
        (b"saved_model_schema_version: 1\nmeta_graphs {\n}\n", "a part of a TensorFlow SavedModel; name the folder"),
        (b'{"modelTopology": {}}', "TensorFlow.js"),
        (b"hello", "no network that is known"),
        (bytes(range(256)), "cannot be used"),
    ],
)
def test_what_is_no_network_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "network.onnx").write_bytes(content)
    with pytest.raises(InvalidModel, match=r"network\.onnx cannot be used") as refused:
        kind_of(tmp_path / "network.onnx")
    assert reason in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"net/data.pkl": b"", "net/data/0": b""}, "it is a pickle"),
        ({"config.json": b"{}", "model.weights.h5": bytes(32 * 1024**2)}, "claims to hold"),
        ({"config.json": b"{}", "../model.weights.h5": b""}, "names a file outside"),
        ({"/etc/config.json": b"{}"}, "names a file outside"),
        ({"c:\\config.json": b"{}"}, "names a file outside"),
        ({".": b"{}"}, "names a file outside"),
        ({"readme.txt": b""}, "no network that is known"),
        ({"a/saved_model.pb": b""}, "unpack it first"),
    ],
)
def test_archives_that_do_harm_or_no_good_are_refused(tmp_path: Path, members: dict[str, bytes], reason: str) -> None:
    with pytest.raises(InvalidModel, match=reason):
        kind_of(archive(tmp_path / "network.keras", members))


def test_a_description_of_a_million_layers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.prototxt").write_text("layer {\n}\n" * (MOST_LAYERS + 1))
    with pytest.raises(InvalidModel, match="it has 20001 layers"):
        kind_of(tmp_path / "a.prototxt")
    (tmp_path / "a.prototxt").write_text(PROTOTXT * 1_000_000)
    with pytest.raises(InvalidModel, match="it is a text of"):
        kind_of(tmp_path / "a.prototxt")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="there is no file 'absent'"):
        parts_of(tmp_path / "absent")
    with pytest.raises(InvalidModel, match="holds no network"):
        parts_of(tmp_path)
    (tmp_path / "net.prototxt").write_text(PROTOTXT)
    with pytest.raises(InvalidModel, match=r"needs a \.caffemodel file beside it; there is none"):
        parts_of(tmp_path / "net.prototxt")


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "a/b", "..\\weights.bin", "..", ".", ""])
def test_weights_outside_of_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(16))
    (tmp_path / "inner").mkdir()
    with pytest.raises(InvalidModel, match="outside of its folder"):
        parts_of(networks.with_outside_weights(tmp_path / "inner" / "a.onnx", location))


def test_weights_outside_of_the_folder_cannot_be_hidden(tmp_path: Path) -> None:
    (tmp_path / "weights.").write_bytes(bytes(16))
    file = networks.with_outside_weights(tmp_path / "a.onnx", "/secret" + "9 letters")
    passed_over = b"\x11weights."  # the same field as a number of eight bytes, which libraries pass over
    written = file.read_bytes()
    assert written.count(b"\x12\x10/secret9 letters") == 1
    file.write_bytes(written.replace(b"\x12\x10/secret9 letters", b"\x12\x07/secret" + passed_over))
    assert onnx.load(file, load_external_data=False).graph.initializer[-1].external_data[0].value == "/secret"
    with pytest.raises(InvalidModel, match="cannot be used: a text in it is written as a number"):
        parts_of(file)


def test_weights_outside_of_the_folder_are_found_in_what_a_function_has_by_default(tmp_path: Path) -> None:
    file = networks.with_outside_weights(tmp_path / "a.onnx", "/secret")
    model = onnx.load(file, load_external_data=False)
    far = model.graph.initializer.pop()
    default = onnx.AttributeProto(name="far", type=onnx.AttributeProto.TENSOR, t=far)
    model.functions.add(name="f", domain="own", attribute_proto=[default])
    file.write_bytes(model.SerializeToString())
    with pytest.raises(InvalidModel, match="outside of its folder: '/secret'"):
        parts_of(file)


def test_weights_beside_a_network_are_a_part_of_it(tmp_path: Path) -> None:
    file = networks.with_outside_weights(tmp_path / "a.onnx", "weights.bin")
    with pytest.raises(InvalidModel, match="are not beside it"):
        parts_of(file)
    (tmp_path / "weights.bin").write_bytes(bytes(16))
    assert parts_of(file).companions == ("weights.bin",)


@pytest.mark.parametrize("name", ["saved_model.pb", "saved_model.pbtxt"])
def test_a_folder_with_a_graph_as_bytes_or_text_is_a_saved_model(tmp_path: Path, name: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / name).write_bytes(b"saved_model_schema_version: 1\n")
    for path in (tmp_path, tmp_path / "model"):
        assert (parts_of(path).kind, parts_of(path).file) == (Kind.SAVED_MODEL, tmp_path / "model")


def test_both_halves_of_a_network_are_found_from_either(shared_data: Path) -> None:
    folder = shared_data / "models" / "caffe" / "squeezenet_v1.1"
    described, weighed = (parts_of(folder / name) for name in ("deploy.prototxt", "squeezenet_v1.1.caffemodel"))
    assert described == weighed == parts_of(folder)
    assert described.companions == ("squeezenet_v1.1.caffemodel",)


def test_a_folder_of_the_hub_is_for_another_command(shared_data: Path) -> None:
    folder = shared_data / "models" / "huggingface" / "mobilenet_v1_0.25_224"
    for path in (folder, folder / "model.safetensors"):
        with pytest.raises(InvalidModel, match="models pull"):
            parts_of(path)


@pytest.mark.parametrize(
    "text", ["\n", " \n", " ", "\t", "layer\n", "layer" + " " * 99, "layer:" + "\n" * 99, "node\n"]
)
def test_a_text_takes_time_by_its_length_and_not_more(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.prototxt").write_text(text * (200_000 // len(text)) + "layer")
    began = time.process_time()
    with pytest.raises(InvalidModel, match="no network that is known"):
        kind_of(tmp_path / "a.prototxt")
    assert time.process_time() - began < 2  # by its square it would be minutes


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.onnx")
    with pytest.raises(InvalidModel, match="it is no file"):
        parts_of(tmp_path / "a.onnx")


def test_what_takes_long_to_look_through_is_looked_through_by_another_process(tmp_path: Path) -> None:
    file = networks.with_outside_weights(tmp_path / "a.onnx", "weights.bin")
    (tmp_path / "weights.bin").write_bytes(bytes(16))
    assert found_parts(file) == parts_of(file)
    file.write_bytes(file.read_bytes() + networks.many_nodes(20_000_000))
    with pytest.raises(InvalidModel, match=r"a\.onnx cannot be used: it takes longer than 2 s"):
        found_parts(file, Limits(GIBIBYTE, 2))
