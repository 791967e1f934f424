"""Uploads: what is refused at once, what the check finds, and real networks of every framework."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import CLASSIFICATION, Door, Wire, made, outputs, preprocessing


def fields(**others: Any) -> Wire:
    """The fields of an upload."""
    given = {"name": "test", "framework": "onnx", "preprocessing": json.dumps(preprocessing()), **others}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"name": None}, "name: this field is required"),
        ({"framework": "pytorch"}, "none of nv-caffe-0.x-mod, tensorflow-1.x"),
        ({"framework": "nv-caffe-0.x-mod"}, "deploy.prototxt"),
        ({"framework": "tflite"}, "*.tflite"),
        ({"preprocessing": None}, "preprocessing: this field is required"),
        ({"preprocessing": "{"}, "preprocessing"),
        ({"preprocessing": json.dumps(preprocessing(resize_type="CRUMPLE"))}, "resize_type"),
        ({"preprocessing": json.dumps(preprocessing(resize="CROP"))}, "resize"),
        ({"preprocessing": json.dumps(preprocessing(size="8by8"))}, "target_size"),
        ({"preprocessing": json.dumps(preprocessing(size="0x8"))}, "size"),
        ({"preprocessing": json.dumps(preprocessing(mean_file="mean.npy"))}, "'mean.npy' was not uploaded"),
        ({"preprocessing": json.dumps({"inputs": preprocessing()["inputs"] * 2})}, "takes 2"),
    ],
)
def test_a_wrong_upload_is_refused_at_once(door: Door, network_file: Path, others: Wire, reason: str) -> None:
    response = door.form("/networks/", fields(**others), network__onnx=colours(network_file).read_bytes())
    assert response.status_code == 400
    assert reason in response.json()["error"]


def test_an_upload_without_files_is_refused(door: Door) -> None:
    response = door.post("/networks/", {**fields(), "preprocessing": preprocessing()})
    assert response.status_code == 400
    assert "multipart" in response.json()["error"]


@pytest.mark.parametrize("name", ["../network.onnx", "folder/network.onnx", ".network.onnx"])
def test_names_of_files_are_names(http: httpx.Client, name: str) -> None:
    response = http.post("/v0.7/networks/", data=fields(), files=[(name, ("network.onnx", b"x"))])
    assert response.status_code == 400
    assert "name of a file" in response.json()["error"]


def test_a_file_stands_once(http: httpx.Client) -> None:
    files = [("network.onnx", ("a", b"x")), ("network.onnx", ("b", b"y"))]
    response = http.post("/v0.7/networks/", data=fields(), files=files)
    assert (response.status_code, response.json()["error"]) == (400, "there are two files 'network.onnx'")


@pytest.mark.parametrize("text", ["{", "NaN", '{"a": 1e999}', '"\\ud800"', "[" * 200 + "]" * 200])
def test_metadata_that_are_no_json_are_a_text(http: httpx.Client, network_file: Path, text: str) -> None:
    files = {"network.onnx": colours(network_file).read_bytes()}
    uploaded = made(http.post("/v0.7/networks/", data=fields(metadata=text), files=files))
    assert uploaded["metadata"] == text


def test_the_flattened_preprocessing_is_the_same(http: httpx.Client, network_file: Path) -> None:
    entry = preprocessing()["inputs"][0]["image"]
    flat = {f"preprocessing.inputs[0]image.{name}": str(value) for name, value in entry.items()}
    flat |= {"preprocessing.inputs[0]tensor_name": "image", "preprocessing.batched_output": "True"}
    flat |= {"metadata.owner.name": "lab", "name": "flat", "framework": "onnx"}
    parts = [("network.onnx", ("my-weights.bin", colours(network_file).read_bytes()))]
    network = made(http.post("/v0.7/networks/", data=flat, files=parts))
    assert network["preprocessing"]["inputs"][0]["image"].items() >= entry.items()
    assert network["preprocessing"]["batched_output"] is True
    assert network["metadata"] == {"owner": {"name": "lab"}}


def test_the_task_tells_what_was_found(door: Door, network_file: Path) -> None:
    network = door.upload(colours(network_file))
    data = door.ended(network["task_id"])["data"]
    assert (data["network_id"], data["runtime"], data["format"]) == (network["id"], "onnx", "ONNX")
    assert [tensor["name"] for tensor in data["inputs"]] == ["image"]
    assert [tensor["name"] for tensor in data["outputs"]] == ["shares", "means"]


@pytest.mark.parametrize(
    ("content", "described", "reason"),
    [
        (b"no network", preprocessing(), "network.onnx"),
        (b"", preprocessing(), "empty"),
        (None, preprocessing(tensor="data"), "no input 'data'; it has: image"),
        (None, preprocessing(size="9x8"), "takes 3 x 8 x 8, the preprocessing gives 3 x 8 x 9"),
        (None, preprocessing(dimension_order="NHWC"), "takes 3 x 8 x 8, the preprocessing gives 8 x 8 x 3"),
    ],
)
def test_the_task_tells_why_it_was_refused(
    door: Door, network_file: Path, content: bytes | None, described: Wire, reason: str
) -> None:
    colours(network_file)
    if content is not None:
        network_file.write_bytes(content)
    network = door.upload(network_file, described=described)
    task = door.ended(network["task_id"])
    assert task["status"] == "error"
    assert reason in task["error"]
    body = {"network_id": network["id"], "spec_id": door.spec()["id"], "post_processings": CLASSIFICATION}
    refused = door.post("/recognition/versions/", body)
    assert refused.status_code == 400
    assert reason in refused.json()["error"]


def test_a_mean_file_that_is_none_refuses(door: Door, network_file: Path, tmp_path: Path) -> None:
    mean = tmp_path / "mean.npy"
    mean.write_bytes(b"no mean" * 100)
    network = door.upload(colours(network_file), mean, described=preprocessing(mean_file="mean.npy"))
    assert "mean.npy cannot be read" in door.ended(network["task_id"])["error"]


def test_a_saved_model_is_called_by_no_name_of_ours(door: Door, tmp_path: Path) -> None:
    graph = tmp_path / "saved_model.pb"
    graph.write_bytes(b"no graph" * 100)
    network = door.upload(graph, framework="tensorflow-1.x")
    assert "saved" in door.ended(network["task_id"])["error"].lower()


@pytest.mark.parametrize("name", ["name", "description"])
def test_texts_that_no_database_keeps_are_refused(door: Door, name: str) -> None:
    spec = {"name": "doors", "outputs": outputs(), name: "a\0b"}
    assert door.post("/recognition/specs/", spec).status_code == 400


def test_public_models_have_no_versions(door: Door) -> None:
    assert door.get("/recognition/public/starter/versions").status_code == 404


def test_equal_networks_outlive_each_other(door: Door, tmp_path: Path, photo: bytes) -> None:
    first, second = door.upload(colours(tmp_path / "a.onnx")), door.upload(colours(tmp_path / "a.onnx"))
    version = door.version(second, door.spec())
    for network in (first, second):
        assert door.ended(network["task_id"])["status"] == "success"
    assert door.delete(f"/networks/{first['id']}/").status_code == 204
    assert door.labels(f"/recognition/versions/{version['id']}", photo)["predicted"]
