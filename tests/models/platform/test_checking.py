"""What an uploaded network is found to be, and which descriptions of its inputs are taken.

Needs the extra `tensorflow`.
"""

from pathlib import Path
from typing import Any

import pytest

from image_tagger.domain.errors import InvalidModel
from image_tagger.domain.recognition import NetworkDraft, NetworkFile
from image_tagger.models.platform.checking import check

tensorflow = pytest.importorskip("tensorflow", reason="needs the extra `tensorflow`", exc_type=ImportError)


def frozen(file: Path) -> Path:
    with tensorflow.Graph().as_default() as graph:
        fed = tensorflow.compat.v1.placeholder("float32", [None, 8, 8, 3], name="x")
        inner = tensorflow.multiply(fed, 2, name="inside")
        tensorflow.nn.softmax(tensorflow.reduce_mean(inner, [1, 2]), name="last")
    file.write_bytes(graph.as_graph_def().SerializeToString())
    return file


def saved_model(folder: Path, *, text: bool) -> dict[str, Path]:
    """Its files by the names that an upload gives them."""
    v1 = tensorflow.compat.v1
    with tensorflow.Graph().as_default(), v1.Session() as session:
        fed = v1.placeholder("float32", [None, 8, 8, 3], name="x")
        factor = v1.get_variable("factor", initializer=2.0, use_resource=True)
        scores = tensorflow.nn.softmax(tensorflow.reduce_mean(fed * factor, [1, 2]), name="last")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        info = v1.saved_model.build_tensor_info
        asked = v1.saved_model.build_signature_def({"x": info(fed)}, {"scores": info(scores)}, "predict")
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": asked})
        builder.save(as_text=text)
    return {path.name: path for path in folder.rglob("*") if path.is_file()}


def found(files: dict[str, Path], tensor: str) -> dict[str, Any]:
    image = {"target_size": "8x8", "resize_type": "SQUASH", "pixel_scaling": 1.0, "dimension_order": "NHWC"}
    image |= {"data_type": "FLOAT32", "color_channels": "RGB"}
    described = {"inputs": [{"tensor_name": tensor, "image": image}]}
    uploaded = tuple(NetworkFile(name, "0", 1) for name in files)
    return check(NetworkDraft("network", "tensorflow-1.x", described, uploaded), files)


@pytest.mark.parametrize("tensor", ["inside", "inside:0"])
def test_pictures_may_enter_inside_of_a_graph(tmp_path: Path, tensor: str) -> None:
    assert found({"net.pb": frozen(tmp_path / "net.pb")}, tensor)["runtime"] == "tensorflow"


@pytest.mark.parametrize("tensor", ["insid", "inside:1", "multiply"])
def test_a_part_of_a_name_is_no_tensor(tmp_path: Path, tensor: str) -> None:
    with pytest.raises(InvalidModel, match=f"^the network has no input '{tensor}'; it has: x$"):
        found({"net.pb": frozen(tmp_path / "net.pb")}, tensor)


@pytest.mark.parametrize("text", [False, True])
def test_a_saved_model_may_be_written_as_bytes_or_text(tmp_path: Path, *, text: bool) -> None:
    files = saved_model(tmp_path / "model", text=text)
    assert {"saved_model.pbtxt" if text else "saved_model.pb", "variables.index"} < files.keys()
    findings = found(files, "x")
    assert findings["format"] == "TensorFlow SavedModel"
    assert findings["runtime"] == ("tensorflow" if text else "openvino")
