"""The flow of the client's own tests, with the client itself: what it asks, and what it asserts of the answers."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from deepomatic.api.client import Client
from deepomatic.api.exceptions import ClientError, TaskError
from deepomatic.api.inputs import ImageInput

from tests.dialects.recognition.networks import colours
from tests.dialects.recognition.platform import ALIAS, CLASSIFICATION, outputs, preprocessing

AT_ONCE = 20


def check_schema(data: dict[str, Any]) -> None:
    """Exactly these keys, of exactly these types: the schema that the client's tests check."""
    assert set(data) == {"outputs"}
    (output,) = data["outputs"]
    assert set(output) == {"labels"}
    assert set(output["labels"]) == {"predicted", "discarded"}
    for one in (*output["labels"]["predicted"], *output["labels"]["discarded"]):
        assert {key: type(value) for key, value in one.items()} == {
            "threshold": float,
            "label_id": int,
            "score": float,
            "label_name": str,
        }
    assert all(one["score"] >= one["threshold"] for one in output["labels"]["predicted"])
    assert all(one["score"] < one["threshold"] for one in output["labels"]["discarded"])


def test_public_specifications_are_listed(client: Client) -> None:
    listed = client.RecognitionSpec.list(public=True)
    assert listed.count() > 0
    assert len(listed.data()["results"]) > 0
    for spec in listed:
        assert spec["id"]
        assert {"name", "description", "update_date"} <= set(spec.data())


def test_pages_are_followed(client: Client) -> None:
    listed = client.RecognitionSpec.list(public=True, limit=1)
    assert [spec["id"] for spec in listed] == [spec["id"] for spec in client.RecognitionSpec.list(public=True)]
    assert listed.next().prev().data() == listed.data()


def test_the_documented_model_says_what_it_is(client: Client) -> None:
    spec = client.RecognitionSpec.retrieve(ALIAS)
    assert spec["id"] == ALIAS
    assert "starter" in spec["description"]
    assert len(spec["outputs"][0]["labels"]["labels"]) == 293


def test_four_ways_to_send_a_picture_give_one_answer(client: Client, photo: bytes, photo_url: str) -> None:
    spec = client.RecognitionSpec.retrieve(ALIAS)
    ways = (
        ImageInput(photo_url),
        ImageInput(io.BytesIO(photo)),
        ImageInput(photo, encoding="binary"),
        ImageInput(base64.b64encode(photo), encoding="base64"),
    )
    first, *others = (spec.inference(inputs=[way], show_discarded=True, max_predictions=3) for way in ways)
    check_schema(first)
    labels = first["outputs"][0]["labels"]
    assert len(labels["predicted"]) + len(labels["discarded"]) == 3
    assert others == [first] * 3


def test_a_network_of_ones_own(client: Client, photo_url: str, network_file: Path) -> None:
    file = colours(network_file)
    network = client.Network.create(
        name="My first network", framework="onnx", preprocessing=preprocessing(), files={"network.onnx": str(file)}
    )
    assert network["id"]
    assert network["name"] == "My first network"
    assert {"description", "create_date", "update_date"} <= set(network.data())
    assert client.Network.retrieve(network["id"])["name"]
    network.update(description="I had forgotten the description")
    assert network["description"] == "I had forgotten the description"

    spec = client.RecognitionSpec.create(name="My recognition model", outputs=outputs())
    version = client.RecognitionVersion.create(
        network_id=network["id"], spec_id=spec["id"], post_processings=CLASSIFICATION
    )
    assert version["id"]
    assert version.data()["network_id"] == network["id"]
    assert version["post_processings"] == [
        {"classification": {"output_tensor": "shares", "activation": "none", "thresholds": [0.025] * 3}}
    ]
    client.Task.retrieve(network["task_id"]).wait()

    check_schema(spec.inference(inputs=[ImageInput(photo_url)], show_discarded=False, max_predictions=3))
    box = {"xmin": 0.1, "ymin": 0.1, "xmax": 0.9, "ymax": 0.9}
    check_schema(version.inference(inputs=[ImageInput(photo_url, bbox=box)], show_discarded=True, max_predictions=3))

    versions = spec.versions()
    assert versions.count() > 0
    assert [one["id"] for one in versions] == [version["id"]]

    pending = spec.inference(inputs=[ImageInput(photo_url)], return_task=True, wait_task=False)
    (task,) = list(client.Task.list(task_ids=[pending.pk]))
    assert task["status"] in {"pending", "success"}
    assert task["error"] is None
    task.wait()
    assert task["status"] == "success"
    check_schema(task["data"])

    network.delete()
    assert list(spec.versions()) == []


def test_many_tasks_are_waited_for_together(client: Client, photo: bytes) -> None:
    spec = client.RecognitionSpec.retrieve(ALIAS)
    inputs = [ImageInput(photo, encoding="binary")]
    tasks = [spec.inference(inputs=inputs, return_task=True, wait_task=False) for _ in range(AT_ONCE)]
    pending, succeeded, failed = client.Task.batch_wait(tasks=tasks, timeout=30)
    assert (pending, failed) == ([], [])
    assert [(place, task.pk) for place, task in succeeded] == [(place, task.pk) for place, task in enumerate(tasks)]
    for _, task in succeeded:
        check_schema(task["data"])


def test_no_inputs_are_an_error_of_the_request(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client.RecognitionSpec.retrieve(ALIAS).inference(inputs=[])
    assert caught.value.status_code == 400
    assert "error" in caught.value.json()


def test_bytes_that_are_no_picture_are_an_error_of_the_task(client: Client) -> None:
    with pytest.raises(TaskError) as caught:
        client.RecognitionSpec.retrieve(ALIAS).inference(inputs=[ImageInput(b"no picture", encoding="binary")])
    assert "no picture" in caught.value.task["error"]


def test_tensors_of_a_bare_network_become_arrays(client: Client, photo: bytes, network_file: Path) -> None:
    network = client.Network.create(
        name="bare",
        framework="onnx",
        preprocessing=preprocessing(),
        files={"network.onnx": colours(network_file).read_bytes()},
    )
    client.Task.retrieve(network["task_id"]).wait()
    inputs = [ImageInput(photo, encoding="binary")]
    tensors = network.inference(inputs=inputs, output_tensors=["shares", "means"])
    assert {name: array.shape for name, array in tensors.items()} == {"shares": (1, 3), "means": (1, 3)}
    assert tensors["shares"].sum() == pytest.approx(1)
    network.delete()


def test_the_account_of_the_key(client: Client) -> None:
    assert client.Account.retrieve("me")["role"] == "admin"


def test_polygons_and_backgrounds_travel_in_forms(client: Client, photo: bytes) -> None:
    corners = [{"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 1, "y": 1}]
    given = ImageInput(photo, encoding="binary", polygon=corners, crop_uniform_background=True)
    check_schema(client.RecognitionSpec.retrieve(ALIAS).inference(inputs=[given], show_discarded=True))
