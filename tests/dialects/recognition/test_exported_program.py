"""A network of PyTorch, from the upload to a prediction."""

import importlib.util
from pathlib import Path

import pytest

from tests.dialects.pictures import jpeg
from tests.dialects.recognition.networks import colours, colours_as_pt2
from tests.dialects.recognition.platform import Door

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs the extra `torch`")


def test_it_answers_as_the_same_network_in_onnx(door: Door, tmp_path: Path) -> None:
    files = {"pt2": colours_as_pt2(tmp_path / "network.pt2"), "onnx": colours(tmp_path / "network.onnx")}
    answers = []
    for framework, file in files.items():
        network = door.upload(file, framework=framework)
        data = door.ended(network["task_id"])["data"]
        tensor = data["outputs"][0]["name"]
        version = door.version(network, door.spec(), [{"classification": {"output_tensor": tensor}}])
        found = door.labels(f"/recognition/versions/{version['id']}", jpeg(5), show_discarded=True)
        answers.append({one["label_name"]: one["score"] for one in found["predicted"] + found["discarded"]})
    assert answers[0] == pytest.approx(answers[1], abs=1e-5)
    assert len(answers[0]) == 3
