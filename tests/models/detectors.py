"""A small detector that tests make: it finds the bright quarters of a picture."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from image_tagger.models.manifest import sha256

QUARTERS = ((0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), (0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 1.0, 1.0))  # xyxy
MANIFEST = """
name = "quarters"

[network]
file = "quarters.onnx"
runtime = "onnx"
sha256 = "{sha256}"
outputs = ["scores", "boxes"]

[preprocessing]
size = [16, 16]
resize = "{resize}"
filter = "box"
fill = [0, 0, 0]

[spec]
labels = "labels.txt"
postprocessing = "detection_boxes"
thresholds = [0.6]
"""


def quarter_detector(folder: Path, resize: str = "squash") -> Path:
    """A model folder. The score of `light`, in each quarter of the input, is how bright it is: 0 black, 1 white."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_network(folder / "quarters.onnx")
    (folder / "labels.txt").write_text("light\n")
    (folder / "model.toml").write_text(MANIFEST.format(sha256=sha256(folder / "quarters.onnx"), resize=resize))
    return folder


def _write_network(file: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["means"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Reshape", ["means", "shape"], ["scores"]),
        helper.make_node("Mul", ["scores", "nothing"], ["zeros"]),
        helper.make_node("Add", ["zeros", "quarters"], ["boxes"]),
    ]
    constants = {
        "shape": np.array([-1, 4, 1], np.int64),
        "nothing": np.zeros((1, 1, 4), np.float32),
        "quarters": np.array([QUARTERS], np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "quarters",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ("n", 3, 16, 16))],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ("n", 4, 1)),
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ("n", 4, 4)),
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString())
